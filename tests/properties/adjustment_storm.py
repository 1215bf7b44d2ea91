"""Adjustments proposed, approved, rejected and withdrawn beside the settlement, and a recount.

The recount reads raw rows: what each capture still comes to, and in how many lines each fen stands.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from points.adjustments.model import Reason
from points.adjustments.store import find_adjustment
from points.flows import adjust_settlement
from points.flows.adjust_settlement import (
    About,
    DecideAdjustment,
    ProposeAdjustment,
    WithdrawAdjustment,
    look_up,
)
from points.flows.answer_dispute import Verdict as Answer
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AdjustmentId, OutletId, PartnerId
from points.kernel.two_people import Verdict
from tests.flows.market import HOSPITAL, PHARMACY, SHOP, WARD
from tests.flows.town import HERE
from tests.properties.settlement_storm import SUN, WU, Office

FLOWS = {
    ProposeAdjustment: adjust_settlement.PROPOSE,
    DecideAdjustment: adjust_settlement.DECIDE,
    WithdrawAdjustment: adjust_settlement.WITHDRAW,
}
AMOUNTS = (90, -45, -600, 10**9)
FREELY, ANY, BY_THE_SAME, REFUSED = 0.25, 0.15, 0.15, 0.4
OTHER = {WU: SUN, SUN: WU}
OUTLETS: dict[PartnerId, OutletId] = {PHARMACY: SHOP, HOSPITAL: WARD}
PROPOSED, APPROVED, REJECTED, WITHDRAWN = "proposed", "approved", "rejected", "withdrawn"

KEPT = """SELECT d.adjustment_id, d.partner_id, d.number, d.amount_fen, d.capture_id, e.step
    FROM adjustment d LEFT JOIN adjustment_event e ON e.association_id = d.association_id
    AND e.adjustment_id = d.adjustment_id
    WHERE d.association_id = :a ORDER BY d.partner_id, d.number"""
EVENTS = """SELECT event_id, kind, undoes, cost_fen, partner_id, booked_at FROM voucher_event
    WHERE association_id = :a AND kind IN ('captured', 'voided')"""
CORRECTIONS = """SELECT correction_id, corrects, amount_fen, partner_id, booked_at
    FROM statement_correction WHERE association_id = :a ORDER BY correction_id"""
LISTED = """SELECT source_id, amount_fen FROM statement_line
    WHERE association_id = :a AND (kind <> 'fee' OR fee_fen <> 0)"""
CLOSED = "SELECT partner_id, closed_until FROM partner_account WHERE association_id = :a"


@dataclass(slots=True, kw_only=True)
class Asked:
    """An adjustment as one would write it down.

    Attributes:
        capture: Which capture it is about; empty for none.
        until: When it can no longer be decided.
    """

    adjustment_id: AdjustmentId
    partner: PartnerId
    number: int
    outlet: OutletId | None
    fen: int
    capture: str
    by: Actor
    until: datetime
    state: str = PROPOSED


@dataclass(slots=True)
class Adjusting:
    """Where two people change what partners are owed, and what the model knows of it."""

    office: Office
    chance: random.Random
    asked: list[Asked] = field(default_factory=list)

    def propose(self) -> None:
        """Ask for more or less, of a capture or of none."""
        if self.office.counted and self.chance.random() > FREELY:
            capture = self.capture()
            left = self.office.captures[capture]
            fen = self.chance.choice((-left or -1, -left or -1, -left - 1, 1 - left or -1, 60))
            self.ask(capture, fen)
        else:
            self.ask("", self.chance.choice(AMOUNTS))

    def ask(self, capture: str, fen: int) -> Asked | None:
        """Ask for so much, and return what was asked for if it may be."""
        if capture:
            partner, outlet, request = self.office.counted[capture]
            about = self.about(partner, capture=self.chance.choice((capture, request)))
            assert (about.capture_id, about.request_no) == (capture, request)
        else:
            partner = self.chance.choice((PHARMACY, HOSPITAL))
            at = self.chance.choice((None, OUTLETS[partner]))
            about = self.about(partner, programme="health", outlet_id=at)
            outlet = at
        assert (about.programme, about.outlet_id) == ("health", outlet)
        by, reason = self.chance.choice((WU, SUN)), self.chance.choice(list(Reason))
        named = self.office.here.named(actor=by, partner_id=partner, about=about)
        command = ProposeAdjustment(**named, amount_fen=Fen(fen), reason=reason, note="次日才发现")
        done = self.office.asked("propose", command, self.against_amount(capture, fen))
        if not done:
            return None
        number = 1 + sum(each.partner == partner for each in self.asked)
        assert (done["number"], done["state"]) == (number, PROPOSED)
        self.asked.append(
            Asked(
                adjustment_id=AdjustmentId(done["adjustment_id"]),
                partner=partner,
                number=number,
                outlet=outlet,
                fen=fen,
                capture=capture,
                by=by,
                until=datetime.fromisoformat(done["until"]),
            )
        )
        return self.asked[-1]

    def capture(self) -> str:
        """Return a capture: any, the newest, or one about which there is something to decide."""
        every = list(self.office.counted)
        waiting = [each.capture for each in self.asked if each.state == PROPOSED and each.capture]
        sources = [
            self.office.origin.get(sheet.rows[number].source, "")
            for sheet in self.office.sheets
            for number in sheet.waiting
        ]
        groups = (every, every[-1:], waiting[-3:], [each for each in sources if each])
        return self.chance.choice(self.chance.choice([each for each in groups if each]))

    def about(self, partner: PartnerId, **what: Any) -> About:
        found = look_up(self.office.here.engine, HERE, partner, **what)
        assert isinstance(found, About), found
        return found

    def against_amount(self, capture: str, fen: int) -> str:
        """Return the reason against so much: the capture's bounds first, then the pool's."""
        if capture and -fen > self.office.captures[capture]:
            return "adjustment_too_large"
        return self.office.lacking(fen)

    def decide(self) -> None:
        """Approve or reject, as another person; what happened since counts."""
        if (one := self.one()) is None:
            return
        by = one.by if self.chance.random() < BY_THE_SAME else OTHER[one.by]
        self.settle(one, by, approves=self.chance.random() > REFUSED)

    def settle(self, one: Asked, by: Actor, *, approves: bool) -> None:
        """Say yes or no to one, as somebody."""
        against = self.against_ending(one) or ("own_adjustment" if by == one.by else "")
        if approves:
            against = against or self.against_amount(one.capture, one.fen)
        command = DecideAdjustment(
            **self.office.here.named(actor=by, fact=self.fact(one)),
            verdict=Verdict.APPROVE if approves else Verdict.REJECT,
            reason="" if approves else "不成立",
        )
        what = ("approve" if approves else "refuse") + (" of a capture" if one.capture else "")
        done = self.office.asked(what, command, against)
        if against == "adjustment_too_large":
            self.office.tally.ended["refuse what was taken meanwhile"] += 1
        if not done:
            return
        one.state = APPROVED if approves else REJECTED
        assert done["state"] == one.state
        if approves:
            assert done["correction_id"] == one.adjustment_id
            self.office.adjusted(
                one.partner,
                one.fen,
                source=str(one.adjustment_id),
                capture=one.capture,
                outlet=one.outlet,
                reference=f"adjust:{one.number}/{self.fact(one).reason.value}",
            )

    def twice(self) -> None:
        """Ask for all of a capture twice over, and approve both: only the first is there to have."""
        some = [each for each, left in self.office.captures.items() if left]
        if not some:
            return
        capture = self.chance.choice([self.chance.choice(some), some[-1]])
        left = self.office.captures[capture]
        both = [self.ask(capture, -left), self.ask(capture, -left)]
        for one in both:
            if one is not None:
                self.settle(one, OTHER[one.by], approves=True)

    def meet(self) -> None:
        """Adjust a capture of which a line is in dispute, and accept the dispute afterwards."""
        some = [
            (sheet, number, row.source)
            for sheet in self.office.sheets
            for number, row in sheet.rows.items()
            if row.kind == "capture"
            and not sheet.against_dispute(number, 0)
            and self.office.captures[row.source] > 1
        ]
        if not some:
            return
        sheet, number, capture = self.chance.choice(some)
        self.office.claim(sheet, number, 0)
        left = self.office.captures[capture]
        one = self.ask(capture, self.chance.choice((-left, 1 - left)))
        if one is not None:
            self.settle(one, OTHER[one.by], approves=True)
        self.office.reply(sheet, number, Answer.ACCEPT)

    def withdraw(self) -> None:
        """Take one's own back, before somebody decides."""
        if (one := self.one()) is None:
            return
        by = one.by if self.chance.random() > BY_THE_SAME else OTHER[one.by]
        against = self.against_ending(one)
        against = against or ("" if by == one.by else "not_adjustments_proposer")
        command = WithdrawAdjustment(**self.office.here.named(actor=by, fact=self.fact(one)))
        if self.office.asked("withdraw", command, against):
            one.state = WITHDRAWN

    def against_ending(self, one: Asked) -> str:
        over = one.state != PROPOSED or one.until <= self.office.here.clock.now()
        return "adjustment_decided" if over else ""

    def one(self) -> Asked | None:
        """Return one that waits; now and then any, one that has ended too."""
        every = self.chance.random() < ANY
        some = [each for each in self.asked if every or not self.against_ending(each)]
        return self.chance.choice(some) if some else None

    def fact(self, one: Asked) -> Any:
        with self.office.here.engine.reading(HERE) as connection:
            found = find_adjustment(connection, HERE, one.adjustment_id)
        assert found is not None
        return found.fact

    def agrees(self) -> None:
        """Compare adjustments and captures with the model, and count every fen in the lines."""
        assert self.rows(KEPT) == [
            (
                *(each.adjustment_id, each.partner, each.number, each.fen, each.capture or None),
                None if each.state == PROPOSED else each.state,
            )
            for each in sorted(self.asked, key=lambda each: (each.partner, each.number))
        ]
        left = self.recounted()
        assert left == self.office.captures
        assert min(left.values(), default=0) >= 0
        assert list(self.misplaced()) == []

    def recounted(self) -> dict[str, int]:
        """Return what captures come to, from nothing but rows of what was booked."""
        about: dict[str, str] = {}
        left: dict[str, int] = {}
        events = self.rows(EVENTS)
        for event, kind, _, cost, *_ in events:
            if kind == "captured":
                about[event], left[event] = event, cost
        for event, kind, undoes, cost, *_ in events:
            if kind == "voided":
                about[event] = undoes
                left[undoes] -= cost
        # Each corrects what was booked before it, so in their order none comes too early.
        for correction, corrects, fen, *_ in self.rows(CORRECTIONS):
            if corrects in about:
                about[correction] = about[corrects]
                left[about[correction]] += fen
        return left

    def misplaced(self) -> Iterator[str]:
        """Yield what does not stand in one line, by its amount, once its period is closed."""
        closed = dict(self.rows(CLOSED))
        booked = [
            (event, cost if kind == "captured" else -cost, closed[partner], at)
            for event, kind, _, cost, partner, at in self.rows(EVENTS)
        ]
        booked += [
            (correction, fen, closed[partner], at)
            for correction, _, fen, partner, at in self.rows(CORRECTIONS)
        ]
        listed = Counter(self.rows(LISTED))
        expected = Counter(
            (source, fen) for source, fen, until, at in booked if until is not None and at < until
        )
        for source, fen in (listed - expected) + (expected - listed):
            yield f"{source}: {fen} fen"

    def rows(self, sql: str) -> list[Any]:
        with self.office.here.engine.reading(HERE) as connection:
            return [tuple(row) for row in connection.execute(text(sql), {"a": HERE})]
