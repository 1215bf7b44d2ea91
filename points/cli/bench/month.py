"""A month at a dozen outlets, built through the very flows that an installation uses.

Vouchers of every kind are drawn, captured in parts, voided and captured again; partners settle by
the day or the month; corrections are agreed; the last minutes before midnight are busy, and a clock
that went back books into the open period. Chance is seeded: the same month each time.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from points.cli.bench.market import (
    FACE_FEN,
    OFFICE,
    PROGRAMME,
    ZONE,
    Market,
    partner_of,
    settles_by_day,
)
from points.flows.answer_dispute import AnswerDispute, Verdict
from points.flows.capture import Capture, capture_operation
from points.flows.correct_statement import CorrectStatement
from points.flows.dispute_line import DisputeLine
from points.flows.draw_up_statement import DrawUpStatement, prepare
from points.flows.statement_steps import read_lines
from points.flows.void import Void, void_operation
from points.flows.work import expire_vouchers_due
from points.kernel.amounts import Fen
from points.kernel.clock import ManualClock
from points.kernel.ids import Actor, OutletId, PartnerId, RewardId, StatementId
from points.partners.model import LineKind
from points.partners.standing import Reason
from points.vouchers.model import Links

FIRST, DAYS = date(2026, 3, 1), 31
BEGIN = datetime(2026, 2, 28, tzinfo=ZONE)
LINES_A_DISPUTE = 40
SHARE_VOIDED, SHARE_AGAIN, SHARE_KEPT = 0.03, 0.5, 0.1

Tell = Callable[[int], None]
Lap = Callable[[str], AbstractContextManager[None]]


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
    """Builds the month on a market whose clock it moves.

    Attributes:
        tell: Is told of captures as they are made.
        lap: Takes the time of what it is given a name for.
    """

    market: Market
    clock: ManualClock
    captures: int
    tell: Tell
    lap: Lap
    open: list[Open] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    number: int = 0

    def build(self) -> None:
        """Let the month pass, and the first night of the next one."""
        self._at(FIRST - timedelta(days=1), 9)
        self.market.furnish(BEGIN.date())
        for number in range(DAYS):
            self._day(FIRST + timedelta(days=number), _share(self.captures, number))
        night = FIRST + timedelta(days=DAYS)
        self._at(night, -3)
        self._draw(2 * self.market.outlets)
        self._at(night, 0, 30)
        # Midnight has passed, the month is still open: this belongs to the next period already.
        self._capture(self.market.outlets, night)
        for partner in self.market.partners():
            self._settle(partner, night - timedelta(days=1))
        # A clock that goes back must not bring anything into what is closed.
        self._at(night, -2)
        self._capture(self.market.outlets, night)
        self._at(night, 1)
        self.counts["expired"] = expire_vouchers_due(self.market.engine, self.market.association)

    def _at(self, day: date, hour: int, minute: int = 0) -> None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        self.clock.set(midnight + timedelta(hours=hour, minutes=minute))

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
        for partner in self.market.partners():
            if settles_by_day(partner) and day < FIRST + timedelta(days=DAYS - 1):
                self._settle(partner, day)

    def _draw(self, captures: int) -> None:
        """Draw vouchers until so many captures can be made."""
        waiting = sum(len(each.parts) for each in self.open)
        drawn: list[tuple[RewardId, list[int | None]]] = []
        while waiting < captures:
            reward, parts = self._wish()
            drawn.append((reward, parts))
            waiting += len(parts)
        links = self.market.draw(reward for reward, _ in drawn)
        self.open.extend(Open(*each) for each in zip(links, (p for _, p in drawn), strict=True))
        self._count("redeemed", len(drawn))

    def _wish(self) -> tuple[RewardId, list[int | None]]:
        """Return a reward and how it will be used up; some of it stays unused now and then."""
        kind = self.market.chance.choice(("AMOUNT", "AMOUNT", "ITEM", "ITEM", "COUNT"))
        parts: list[int | None] = [None]
        if kind == "AMOUNT":
            first = self.market.chance.choice((FACE_FEN, 600, 1, 1999, 667))
            parts = [first] if first == FACE_FEN else [first, FACE_FEN - first]
        elif kind == "COUNT":
            parts = [None] * 5
        if len(parts) > 1 and self.market.chance.random() < SHARE_KEPT:
            parts.pop()
        return RewardId(kind), parts

    def _capture(self, captures: int, day: date) -> list[Taken]:
        """Use vouchers at outlets chosen by chance."""
        chosen: list[tuple[Open, OutletId, str, int | None]] = []
        self._draw(captures)
        self.market.chance.shuffle(self.open)
        while len(chosen) < captures:
            each = self.open[-1]
            outlet = self.market.chance.choice(self.market.shops())
            self.number += 1
            number = f"{outlet}-{day:%m%d}-{self.number:06}"
            chosen.append((each, outlet, number, each.parts.pop(0)))
            if not each.parts:
                self.open.pop()
        results = self.market.done(
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
        voided = [each for each in made if self.market.chance.random() < SHARE_VOIDED]
        self.market.done(
            Void(
                association_id=self.market.association,
                operation_id=void_operation(partner_of(each.outlet), f"v-{each.request_no}"),
                actor=Actor(f"outlet:{each.outlet}"),
                partner_id=partner_of(each.outlet),
                outlet_id=each.outlet,
                request_no=each.request_no,
                links=each.links,
            )
            for each in voided
        )
        self._count("voided", len(voided))
        again = [each for each in voided if self.market.chance.random() < SHARE_AGAIN]
        self.market.done(
            self._capturing(
                each.links,
                self.market.chance.choice(self.market.shops()),
                f"again-{each.request_no}",
                each.amount_fen,
            )
            for each in again
        )
        self._count("captured", len(again))

    def _correct(self, made: list[Taken]) -> None:
        """Agree on two corrections with each partner: more for one capture, less for another."""
        for partner in self.market.partners():
            own = [each for each in made if partner_of(each.outlet) == partner]
            for each, fen in zip(own, (137, -51), strict=False):
                correction = CorrectStatement(
                    **self.market.named(
                        partner_id=partner,
                        programme=PROGRAMME,
                        outlet_id=each.outlet,
                        amount_fen=Fen(fen),
                        reason="bench",
                        corrects=each.capture_id,
                    )
                )
                self.market.done([correction])
                self._count("corrected", 1)

    def _settle(self, partner: PartnerId, day: date) -> None:
        """Draw up the statement of the period that a day falls in, and dispute some lines of it."""
        market, operation = self.market, self.market.operation(OFFICE)
        with self.lap("settle"):
            command = prepare(market.engine, market.association, operation, OFFICE, partner, day)
            drawn = market.done([command]) if isinstance(command, DrawUpStatement) else []
        for each in drawn:
            self._count("statements", 1)
            self._dispute(partner, each["statement_id"])

    def _dispute(self, partner: PartnerId, statement: StatementId) -> None:
        """Let the partner dispute some captures and a fee, and accept every other claim."""
        market = self.market
        about: dict[str, Any] = {"partner_id": partner, "statement_id": statement}
        lines = list(read_lines(market.engine, market.association, statement))
        captures = [each for each in lines if each.kind is LineKind.CAPTURE]
        for number, line in enumerate(captures[::LINES_A_DISPUTE]):
            about["line"] = line.number
            claim = {"claims_fen": line.amount_fen + 7, "reason": Reason.AMOUNT_WRONG}
            verdict = Verdict.REJECT if number % 2 else Verdict.ACCEPT
            market.done([DisputeLine(**market.named(**about, **claim))])
            answer = {"verdict": verdict, "text": "按合同价"}
            market.done([AnswerDispute(**market.named(**about, **answer))])
            self._count("disputed", 1)
        for line in lines:
            if line.sums_fees and line.amount_fen < 0:
                self._dispute_fee(about | {"line": line.number}, line.amount_fen + 1)
                break

    def _dispute_fee(self, about: dict[str, Any], claims_fen: int) -> None:
        """Let the partner be charged a fen less; it comes back with the next statement."""
        claim = {"claims_fen": claims_fen, "reason": Reason.FEE_WRONG}
        self.market.done([DisputeLine(**self.market.named(**about, **claim))])
        verdict = {"verdict": Verdict.ACCEPT}
        self.market.done([AnswerDispute(**self.market.named(**about, **verdict))])
        self._count("disputed", 1)

    def _capturing(
        self, links: Links, outlet: OutletId, number: str, amount_fen: int | None
    ) -> Capture:
        return Capture(
            association_id=self.market.association,
            operation_id=capture_operation(partner_of(outlet), number),
            actor=Actor(f"outlet:{outlet}"),
            partner_id=partner_of(outlet),
            outlet_id=outlet,
            request_no=number,
            links=links,
            amount_fen=amount_fen,
        )

    def _count(self, name: str, more: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + more


def _share(captures: int, number: int) -> int:
    """Return how many captures a day has, so that the days add up."""
    return captures * (number + 1) // DAYS - captures * number // DAYS
