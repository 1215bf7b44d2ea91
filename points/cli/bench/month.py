"""A month at a dozen outlets, built through the very flows that an installation uses.

Vouchers of every kind are drawn, captured in parts, voided and captured again; partners settle by
the day or the month; corrections are agreed; the last minutes before midnight are busy, and a clock
that went back books into the open period. Chance is seeded: the same month each time.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from points.catalogue.model import CatalogueVersion, Reward, RewardKind, Source, Stock
from points.engine import Command, Engine
from points.flows.add_partner import AddOutlet, AddPartner
from points.flows.capture import Capture, capture_operation
from points.flows.close_statement import CloseStatement, prepare
from points.flows.correct_statement import CorrectStatement
from points.flows.enrol import Enrol
from points.flows.fund import Fund
from points.flows.grant import Grant
from points.flows.redeem import Redeem
from points.flows.stock_catalogue import StockCatalogue
from points.flows.void import Void, void_operation
from points.flows.work import expire_vouchers_due
from points.kernel.amounts import Fen, Points
from points.kernel.clock import ManualClock
from points.kernel.ensure import ensure
from points.kernel.ids import (
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    OutletId,
    PartnerId,
    RewardId,
)
from points.ledger.model import Measure
from points.members.model import MemberKind, Profile
from points.partners.model import Category, Cycle
from points.vouchers.model import Links

ZONE = ZoneInfo("Asia/Shanghai")
FIRST, DAYS = date(2026, 3, 1), 31
BEGIN = datetime(2026, 2, 28, tzinfo=ZONE)
OFFICE = Actor("staff:bench")
PROGRAMME, CATEGORY = "health", "pharmacy"
OUTLETS_A_PARTNER = 3
MEMBERS, MEMBER_POINTS = 1000, 100_000
FUNDS_FEN, FACE_FEN = 1_000_000_000, 2000
CHUNK = 500
"""So many commands are sent at a time; the engine makes batches of them."""
SHARE_VOIDED, SHARE_AGAIN, SHARE_KEPT = 0.03, 0.5, 0.1

Tell = Callable[[int], None]
Lap = Callable[[str], AbstractContextManager[None]]


def rewards() -> tuple[Reward, ...]:
    """Return one reward of each kind, with tariffs by partner, category and default."""
    common: dict[str, Any] = {
        "version": 1,
        "programmes": (PROGRAMME,),
        "partners": (CATEGORY,),
        "valid_days": 20,
        "visible_from": date(2026, 1, 1),
    }
    return (
        Reward(
            **common,
            reward_id=RewardId("AMOUNT"),
            title_zh="药房券 20 元",
            title_en="pharmacy voucher",
            kind=RewardKind.AMOUNT,
            price=Points(97),
            amount_fen=Fen(FACE_FEN),
            tariff_is_face=True,
        ),
        Reward(
            **common,
            reward_id=RewardId("ITEM"),
            title_zh="急救包",
            title_en="first aid kit",
            kind=RewardKind.ITEM,
            price=Points(60),
            tariff_fen={"default": 1200, "P02": 1349},
            stock=Stock(total=1_000_000),
        ),
        Reward(
            **common,
            reward_id=RewardId("COUNT"),
            title_zh="量血压五次",
            title_en="five measurements",
            kind=RewardKind.COUNT,
            price=Points(53),
            uses=5,
            tariff_fen={"pharmacy": 333},
        ),
    )


@dataclass(slots=True)
class Open:
    """A voucher that still has parts to use."""

    links: Links
    parts: list[int | None]
    """What each capture takes: fen, or None for one use."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A capture that was made, so that it can be voided or corrected."""

    links: Links
    capture_id: str
    request_no: str
    outlet: OutletId
    amount_fen: int | None


@dataclass(slots=True)
class Month:
    """Builds the month on an engine whose clock it moves."""

    engine: Engine
    clock: ManualClock
    association: AssociationId
    captures: int
    outlets: int
    tell: Tell
    lap: Lap
    chance: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311
    members: list[MemberId] = field(default_factory=list)
    open: list[Open] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    number: int = 0

    def build(self) -> None:
        """Let the month pass, and the first night of the next one."""
        self._at(FIRST - timedelta(days=1), 9)
        self._furnish()
        for number in range(DAYS):
            self._day(FIRST + timedelta(days=number), _share(self.captures, number))
        night = FIRST + timedelta(days=DAYS)
        self._at(night, -3)
        self._draw(2 * self.outlets)
        self._at(night, 0, 30)
        # Midnight has passed, the month is still open: this belongs to the next period already.
        self._capture(self.outlets, night)
        for partner in self._partners():
            self._settle(partner, night - timedelta(days=1))
        # A clock that goes back must not bring anything into what is closed.
        self._at(night, -2)
        self._capture(self.outlets, night)
        self._at(night, 1)
        self.counts["expired"] = expire_vouchers_due(self.engine, self.association)

    def _at(self, day: date, hour: int, minute: int = 0) -> None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        self.clock.set(midnight + timedelta(hours=hour, minutes=minute))

    def _furnish(self) -> None:
        version = CatalogueVersion(
            version=1, zone=ZONE.key, value_fen_per_point=Fen(20), sha256="0" * 64
        )
        self._done([StockCatalogue(**self._named(version=version, rewards=rewards()))])
        money = {"programme": PROGRAMME, "amount_fen": Fen(FUNDS_FEN), "source": Source.UNION}
        self._done([Fund(**self._named(**money))])
        for number, partner in enumerate(self._partners()):
            cycle = Cycle.DAY if _by_day(number) else Cycle.MONTH
            self._done(
                [
                    AddPartner(
                        **self._named(
                            partner_id=partner,
                            category=Category.PHARMACY,
                            name=partner,
                            cycle=cycle,
                        )
                    )
                ]
            )
        self._done(
            AddOutlet(**self._named(partner_id=_partner(each), outlet_id=each, name=f"{each} 店"))
            for each in self._outlets()
        )
        people = self._done(
            Enrol(
                **self._named(
                    name="张三",
                    phone=f"139{number:08}",
                    profile=Profile(kind=MemberKind.TAXI_DRIVER),
                    programmes=(PROGRAMME,),
                )
            )
            for number in range(max(2, min(MEMBERS, self.captures // 5)))
        )
        self.members = [MemberId(each["member_id"]) for each in people]
        wallet = Measure(PROGRAMME, "wallet")
        self._done(
            Grant(
                **self._named(
                    member_id=each, measure=wallet, points=Points(MEMBER_POINTS), reason="bench"
                )
            )
            for each in self.members
        )

    def _day(self, day: date, quota: int) -> None:
        """Draw and use vouchers; take some captures back; settle what ended at midnight."""
        self._at(day, 9)
        self._draw(quota)
        made = self._capture(quota - quota // 4, day)
        self._at(day, 15)
        self._void(made)
        if day.isoweekday() == 1 and made:
            self._correct(made)
        self._at(day, 23, 59)
        self._capture(quota // 4, day)
        self._at(day, 24, 1)
        for number, partner in enumerate(self._partners()):
            if _by_day(number) and day < FIRST + timedelta(days=DAYS - 1):
                self._settle(partner, day)

    def _draw(self, captures: int) -> None:
        """Draw vouchers until so many captures can be made."""
        waiting = sum(len(each.parts) for each in self.open)
        drawn: list[tuple[MemberId, RewardId, list[int | None]]] = []
        while waiting < captures:
            reward, parts = self._wish()
            drawn.append((self.chance.choice(self.members), reward, parts))
            waiting += len(parts)
        results = self._done(
            Redeem(
                association_id=self.association,
                operation_id=self._operation(f"member:{member}"),
                actor=Actor(f"member:{member}"),
                member_id=member,
                reward_id=reward,
                programme=PROGRAMME,
            )
            for member, reward, _ in drawn
        )
        for (member, reward, parts), result in zip(drawn, results, strict=True):
            links = Links(
                voucher_id=result["voucher_id"],
                member_id=member,
                reward_id=reward,
                programme=PROGRAMME,
                hold_id=result["hold_id"],
            )
            self.open.append(Open(links, parts))
        self._count("redeemed", len(drawn))

    def _wish(self) -> tuple[RewardId, list[int | None]]:
        """Return a reward and how it will be used up; some of it stays unused now and then."""
        kind = self.chance.choice(("AMOUNT", "AMOUNT", "ITEM", "ITEM", "COUNT"))
        parts: list[int | None] = [None]
        if kind == "AMOUNT":
            first = self.chance.choice((FACE_FEN, 600, 1, 1999, 667))
            parts = [first] if first == FACE_FEN else [first, FACE_FEN - first]
        elif kind == "COUNT":
            parts = [None] * 5
        if len(parts) > 1 and self.chance.random() < SHARE_KEPT:
            parts.pop()
        return RewardId(kind), parts

    def _capture(self, captures: int, day: date) -> list[Taken]:
        """Use vouchers at outlets chosen by chance."""
        chosen: list[tuple[Open, OutletId, str, int | None]] = []
        self._draw(captures)
        self.chance.shuffle(self.open)
        while len(chosen) < captures:
            each = self.open[-1]
            outlet = self.chance.choice(self._outlets())
            self.number += 1
            number = f"{outlet}-{day:%m%d}-{self.number:06}"
            chosen.append((each, outlet, number, each.parts.pop(0)))
            if not each.parts:
                self.open.pop()
        results = self._done(
            self._capturing(each.links, outlet, number, fen) for each, outlet, number, fen in chosen
        )
        self._count("captured", len(chosen))
        self.tell(len(chosen))
        return [
            Taken(each.links, result["capture_id"], number, outlet, fen)
            for (each, outlet, number, fen), result in zip(chosen, results, strict=True)
        ]

    def _void(self, made: list[Taken]) -> None:
        """Take some captures back, and make half of them again elsewhere."""
        voided = [each for each in made if self.chance.random() < SHARE_VOIDED]
        self._done(
            Void(
                association_id=self.association,
                operation_id=void_operation(_partner(each.outlet), f"v-{each.request_no}"),
                actor=Actor(f"outlet:{each.outlet}"),
                partner_id=_partner(each.outlet),
                outlet_id=each.outlet,
                request_no=each.request_no,
                links=each.links,
            )
            for each in voided
        )
        self._count("voided", len(voided))
        again = [each for each in voided if self.chance.random() < SHARE_AGAIN]
        self._done(
            self._capturing(
                each.links,
                self.chance.choice(self._outlets()),
                f"again-{each.request_no}",
                each.amount_fen,
            )
            for each in again
        )
        self._count("captured", len(again))

    def _correct(self, made: list[Taken]) -> None:
        """Agree on two corrections with each partner: more for one capture, less for another."""
        for partner in self._partners():
            own = [each for each in made if _partner(each.outlet) == partner]
            for each, fen in zip(own, (137, -51), strict=False):
                correction = CorrectStatement(
                    **self._named(
                        partner_id=partner,
                        programme=PROGRAMME,
                        outlet_id=each.outlet,
                        amount_fen=Fen(fen),
                        reason="bench",
                        corrects=each.capture_id,
                    )
                )
                self._done([correction])
                self._count("corrected", 1)

    def _settle(self, partner: PartnerId, day: date) -> None:
        """Draw up the statement of the period that a day falls in."""
        operation = self._operation(OFFICE)
        with self.lap("settle"):
            command = prepare(self.engine, self.association, operation, OFFICE, partner, day)
            if isinstance(command, CloseStatement):
                self._done([command])
        self._count("statements", 1)

    def _capturing(
        self, links: Links, outlet: OutletId, number: str, amount_fen: int | None
    ) -> Capture:
        return Capture(
            association_id=self.association,
            operation_id=capture_operation(_partner(outlet), number),
            actor=Actor(f"outlet:{outlet}"),
            partner_id=_partner(outlet),
            outlet_id=outlet,
            request_no=number,
            links=links,
            amount_fen=amount_fen,
        )

    def _done(self, commands: "Iterator[Command] | list[Command]") -> list[dict[str, Any]]:
        """Carry commands out, all accepted, and return their results."""
        results: list[dict[str, Any]] = []
        waiting = list(commands)
        for begin in range(0, len(waiting), CHUNK):
            for outcome in self.engine.submit_many(waiting[begin : begin + CHUNK]):
                ensure(outcome.refusal is None, f"the bench step is accepted: {outcome.refusal}")
                results.append(outcome.result)
        return results

    def _named(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a command's own fields
        return {
            "association_id": self.association,
            "operation_id": self._operation(OFFICE),
            "actor": OFFICE,
        } | more

    def _operation(self, actor: str) -> OperationId:
        self.number += 1
        return OperationId(f"{actor}:{self.number}")

    def _count(self, name: str, more: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + more

    def _outlets(self) -> list[OutletId]:
        return [
            OutletId(f"P{n // OUTLETS_A_PARTNER + 1:02}-{n % OUTLETS_A_PARTNER + 1}")
            for n in range(self.outlets)
        ]

    def _partners(self) -> list[PartnerId]:
        return sorted({_partner(each) for each in self._outlets()})


def _partner(outlet: OutletId) -> PartnerId:
    return PartnerId(outlet[:3])


def _by_day(number: int) -> bool:
    """Return whether a partner settles by the day: one of four does."""
    return number % 4 == 1


def _share(captures: int, number: int) -> int:
    """Return how many captures a day has, so that the days add up."""
    return captures * (number + 1) // DAYS - captures * number // DAYS
