"""A market for the benches: members with points, money, rewards of every kind, and outlets."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from points.catalogue.model import CatalogueVersion, Reward, RewardKind, Source, Stock
from points.engine import Command, Engine
from points.flows.add_partner import AddOutlet, AddPartner
from points.flows.catalogue_file import catalogue_hash
from points.flows.enrol import Enrol
from points.flows.fund import Fund
from points.flows.grant import Grant
from points.flows.make_contract import MakeContract
from points.flows.redeem import Redeem
from points.flows.stock_catalogue import StockCatalogue
from points.kernel.amounts import Fen, Points
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
from points.partners.agreement import Fee
from points.partners.model import Category, Cycle
from points.vouchers.model import Links

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = Actor("staff:bench")
PROGRAMME, CATEGORY = "health", "pharmacy"
OUTLETS_A_PARTNER = 3
MEMBER_POINTS = 100_000
FUNDS_FEN, FACE_FEN = 1_000_000_000, 2000
FEES = (Fee(basis_points=65, least_fen=1, most_fen=12), Fee(per_capture_fen=3))
CHUNK = 500
"""So many commands are sent at a time; the engine makes batches of them."""


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
class Market:
    """An association with a market, on an engine.

    Attributes:
        outlets: How many; three make a partner.
        people: How many members there are to draw vouchers.
    """

    engine: Engine
    association: AssociationId
    outlets: int
    people: int
    chance: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311
    members: list[MemberId] = field(default_factory=list)
    number: int = 0

    def furnish(self, start: date) -> None:
        """Publish rewards, fund the pool, take up partners and outlets, enrol members.

        Args:
            start: The day from which contracts hold; not in the past.
        """
        version = CatalogueVersion(version=1, zone=ZONE.key, value_fen_per_point=Fen(20), sha256="")
        by_code = sorted(rewards(), key=lambda reward: reward.reward_id)
        version = replace(version, sha256=catalogue_hash(version, by_code))
        money = {"programme": PROGRAMME, "amount_fen": Fen(FUNDS_FEN), "source": Source.UNION}
        self.done([StockCatalogue(**self.named(version=version, rewards=rewards()))])
        self.done([Fund(**self.named(**money))])
        self.done(AddPartner(**self.named(**_chain(each))) for each in self.partners())
        self.done(
            AddOutlet(**self.named(partner_id=partner_of(each), outlet_id=each, name=f"{each} 店"))
            for each in self.shops()
        )
        # One pays a part of each capture, another the same for each, the others nothing.
        self.done(
            MakeContract(**self.named(**_terms(partner, start), fee=fee))
            for partner, fee in zip(self.partners(), FEES, strict=False)
        )
        self._enrol()

    def _enrol(self) -> None:
        people = self.done(
            Enrol(
                **self.named(
                    name="张三",
                    phone=f"139{number:08}",
                    profile=Profile(kind=MemberKind.TAXI_DRIVER),
                    programmes=(PROGRAMME,),
                )
            )
            for number in range(self.people)
        )
        self.members = [MemberId(each["member_id"]) for each in people]
        wallet, points = Measure(PROGRAMME, "wallet"), Points(MEMBER_POINTS)
        self.done(
            Grant(**self.named(member_id=each, measure=wallet, points=points, reason="bench"))
            for each in self.members
        )

    def draw(self, wanted: Iterable[RewardId]) -> list[Links]:
        """Draw vouchers, each for a member chosen by chance."""
        commands = [
            Redeem(
                association_id=self.association,
                operation_id=self.operation(f"member:{member}"),
                actor=Actor(f"member:{member}"),
                member_id=member,
                reward_id=reward,
                programme=PROGRAMME,
            )
            for reward in wanted
            for member in (self.chance.choice(self.members),)
        ]
        return [
            Links(
                voucher_id=result["voucher_id"],
                member_id=command.member_id,
                reward_id=command.reward_id,
                programme=PROGRAMME,
                hold_id=result["hold_id"],
            )
            for command, result in zip(commands, self.done(commands), strict=True)
        ]

    def done(self, commands: Iterable[Command]) -> list[dict[str, Any]]:
        """Carry commands out, all accepted, and return their results."""
        results: list[dict[str, Any]] = []
        waiting = list(commands)
        for begin in range(0, len(waiting), CHUNK):
            for outcome in self.engine.submit_many(waiting[begin : begin + CHUNK]):
                ensure(outcome.refusal is None, f"the bench step is accepted: {outcome.refusal}")
                results.append(outcome.result)
        return results

    def named(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a command's own fields
        """Return what every command of staff begins with, and more."""
        return {
            "association_id": self.association,
            "operation_id": self.operation(OFFICE),
            "actor": OFFICE,
        } | more

    def operation(self, actor: str) -> OperationId:
        """Return a fresh operation id."""
        self.number += 1
        return OperationId(f"{actor}:{self.number}")

    def shops(self) -> list[OutletId]:
        """Return the outlets."""
        return [
            OutletId(f"P{n // OUTLETS_A_PARTNER + 1:02}-{n % OUTLETS_A_PARTNER + 1}")
            for n in range(self.outlets)
        ]

    def partners(self) -> list[PartnerId]:
        """Return the partners."""
        return sorted({partner_of(each) for each in self.shops()})


def partner_of(outlet: OutletId) -> PartnerId:
    """Return whose outlet it is."""
    return PartnerId(outlet[:3])


def settles_by_day(partner: PartnerId) -> bool:
    """Return whether a partner settles by the day: one of four does."""
    return int(partner[1:]) % 4 == 2  # noqa: PLR2004


def _terms(partner: PartnerId, start: date) -> dict[str, Any]:
    return {"partner_id": partner, "starts_on": start, "cycle": _cycle(partner)}


def _cycle(partner: PartnerId) -> Cycle:
    return Cycle.DAY if settles_by_day(partner) else Cycle.MONTH


def _chain(partner: PartnerId) -> dict[str, Any]:
    return {
        "partner_id": partner,
        "category": Category.PHARMACY,
        "name": partner,
        "cycle": _cycle(partner),
    }
