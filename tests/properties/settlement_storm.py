"""Statements drawn up, disputed, answered, agreed to and paid, beside a model on paper."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from points.engine import Outcome
from points.flows.answer_dispute import AnswerDispute, Verdict
from points.flows.confirm_statement import ConfirmStatement, CountersignStatement
from points.flows.correct_statement import CorrectStatement
from points.flows.dispute_line import DisputeLine
from points.flows.draw_up_statement import prepare
from points.flows.make_contract import MakeContract
from points.flows.pay_statement import PayStatement
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, OutletId, PartnerId, StatementId
from points.partners.model import Cycle
from points.partners.standing import Reason
from points.partners.statement_store import chain_of
from tests.flows.market import HOSPITAL, PHARMACY, Market
from tests.flows.town import HERE, STAFF
from tests.properties.settlement_model import (
    ACCEPTED,
    FEES,
    Booked,
    Quarrel,
    Row,
    Sheet,
    fee_of,
    rows_of,
)

ZONE = timedelta(hours=8)
WU, SUN = Actor("staff:wu"), Actor("staff:sun")
CORRECTIONS = (137, -51, -700, 10**9)
CLAIMS = (1, -1, 250, -20, 40, -300, 0, 7, 10**9)
VERDICTS = (Verdict.ACCEPT, Verdict.REJECT, Verdict.REJECT)
AGAIN, ANY = 0.2, 0.15
RULES = {
    *("redeem", "capture", "void", "ask again", "ask again by a code that was replaced"),
    *("reissue", "authorise", "present an old code", "go on after a new code"),
    *("correct", "draw_up", "dispute", "accept", "reject", "dispute a fee", "accept a fee"),
    *("propose", "approve", "approve of a capture", "refuse", "refuse of a capture", "withdraw"),
    *("refuse what was taken meanwhile", "void what was set right"),
    *("accept what is left", "accept nothing"),
    *("reject a fee", "confirm", "countersign", "pay", "pay in full", "the same again"),
}
"""What must be seen to run to its end: done, or refused where being refused is the promise."""
HEADS = "SELECT * FROM statement WHERE association_id = :a ORDER BY statement_id"
LINES = "SELECT * FROM statement_line WHERE association_id = :a ORDER BY statement_id, number"


@dataclass(slots=True)
class Tally:
    """What was carried out to its end, and what was refused, by name."""

    ended: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def missed(self) -> set[str]:
        """Return the rules that never ran to their end."""
        return RULES - {what for what, times in self.ended.items() if times}

    def agrees(self, what: str, outcome: Outcome, against: str) -> bool:
        """Hold an answer against the model's; return whether the thing was done."""
        said = "" if outcome.refusal is None else outcome.refusal.code
        assert said == against, what
        if said:
            self.refused[f"{what}: {said}"] += 1
        else:
            self.ended[what] += 1
        return not said


@dataclass(slots=True)
class Office:
    """Where partners are settled with, and what the model knows of it.

    Attributes:
        money: What pools have left, and what captures spent of them, by the model.
        booked: What is open, and in no statement yet.
        corrected: What pools paid, or got back, beside captures.
        captures: What each capture still comes to.
        origin: Of which capture each void and correction is in the end, and each capture of itself.
        counted: Each capture's partner, outlet and request number, the newest last.
        set_right: Captures that were corrected: nobody voids them any more.
    """

    here: Market
    chance: random.Random
    tally: Tally
    money: Callable[[], tuple[int, int]]
    booked: list[Booked] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    closed: dict[PartnerId, datetime] = field(default_factory=dict)
    corrected: int = 0
    captures: dict[str, int] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    counted: dict[str, tuple[PartnerId, OutletId, str]] = field(default_factory=dict)
    set_right: set[str] = field(default_factory=set)
    number: int = 0

    def __post_init__(self) -> None:
        for partner, fee in FEES.items():
            terms = {"starts_on": date(2026, 3, 2), "cycle": Cycle.MONTH, "fee": fee}
            self.here.town.done(MakeContract(**self.here.named(partner_id=partner, **terms)))

    def captured(self, partner: PartnerId, outlet: OutletId, fen: int, **more: str) -> None:
        """Note what a capture is owed, and charged."""
        self.origin[more["source"]], self.captures[more["source"]] = more["source"], fen
        self.counted[more["source"]] = partner, outlet, more["reference"]
        self.book(partner, fen, outlet=outlet, fee=-fee_of(partner, fen), kind="capture", **more)

    def voided(self, partner: PartnerId, outlet: OutletId, fen: int, **more: str) -> None:
        """Note what a void takes back, and gives back of the fee."""
        self.changed(more["source"], more["reference"], -fen)
        self.book(partner, -fen, outlet=outlet, fee=fee_of(partner, fen), kind="void", **more)

    def changed(self, source: str, of: str, fen: int) -> list[str]:
        """Note by how much a void or a correction changed what a capture comes to; return which."""
        capture = self.origin.get(of)
        if capture is None:
            return []
        self.origin[source] = capture
        self.captures[capture] += fen
        return [capture]

    def adjusted(
        self, partner: PartnerId, fen: int, *, source: str, capture: str, **more: Any
    ) -> None:
        """Note what two people agreed on: the pool pays it, the next statement lists it."""
        self.set_right.update(self.changed(source, capture, fen))
        self.corrected += fen
        self.book(partner, fen, source=source, kind="correction", **more)

    def book(self, partner: PartnerId, fen: int, **more: Any) -> None:
        """Note what is owed, where it counts: never within a period that was drawn up."""
        now = self.here.clock.now()
        at = max(now, self.closed.get(partner, now))
        self.booked.append(Booked(partner=partner, at=at, fen=fen, **more))

    def correct(self) -> None:
        """Agree that a partner is owed more or less, within the money that there is."""
        all_of_it = -(self.money()[1] + self.corrected) or 1
        partner = self.chance.choice((PHARMACY, HOSPITAL))
        fen = self.chance.choice((*CORRECTIONS, all_of_it))
        named = self.here.named(partner_id=partner, programme="health", reason="test")
        command = CorrectStatement(**named, amount_fen=Fen(fen))
        done = self.asked("correct", command, self.lacking(fen))
        if done:
            self.corrected += fen
            source = done["correction_id"]
            self.book(partner, fen, source=source, kind="correction", outlet=None, reference="test")

    def lacking(self, fen: int) -> str:
        """Return the reason that the pool has against paying that, or getting it back."""
        free, spent = self.money()
        lacks = fen > free or -fen > spent + self.corrected
        return "pool_exhausted" if lacks else ""

    def draw_up(self) -> None:
        """I10: everything that was booked before a period's end stands in one statement."""
        # Mostly whom something is owed to: about a statement of nothing there is nothing to say.
        every = self.chance.random() < ANY
        owed = [each for each in FEES if every or any(b.partner == each for b in self.booked)]
        if not owed:
            return
        partner = self.chance.choice(owed)
        now = self.here.clock.now()
        day = (now + ZONE).date() - timedelta(days=self.chance.choice((0, 31, 31)))
        month = datetime(day.year, day.month, 1, tzinfo=UTC) + timedelta(days=31)
        ends = month.replace(day=1) - ZONE
        operation = self.here.town.operation()
        command = prepare(self.here.engine, HERE, operation, STAFF, partner, day)
        against = "period_open" if now < ends else ""
        if not against and ends <= self.closed.get(partner, ends - ZONE):
            against = "period_closed"
        done = self.asked("draw_up", command, against)
        if not done:
            return
        mine = [each for each in self.booked if each.partner == partner and each.at < ends]
        rows = {row.number: row for row in rows_of(mine)}
        self.booked = [each for each in self.booked if each not in mine]
        self.closed[partner] = ends
        frozen = self.kept()[done["statement_id"]]
        assert [listed(line) for line in frozen[1]] == list(rows.values())
        sheet = Sheet(
            statement_id=StatementId(done["statement_id"]),
            partner=partner,
            number=sum(each.partner == partner for each in self.sheets) + 1,
            drawn_by=STAFF,
            rows=rows,
            frozen=frozen,
        )
        self.sheets.append(sheet)
        assert (done["count"], done["total_fen"]) == (len(rows), sheet.total)
        assert (done["number"], done["fees_fen"]) == (sheet.number, sheet.total - sheet.from_pools)

    def dispute(self) -> None:
        """Say that a line should say something else, for the partner."""
        sheet = self.sheet(lambda each: bool(each.rejected or (each.rows and not each.confirmed)))
        if sheet is None:
            return
        number = self.chance.choice([*sheet.rejected, *sheet.rejected, self.line(sheet)])
        row = sheet.rows.get(number)
        claims = self.chance.choice(CLAIMS) + (row.fen if row else 0)
        if row is not None and row.kind == "fee":
            claims = self.chance.choice((min(claims, 0), 0, 1))
        self.claim(sheet, number, claims)

    def claim(self, sheet: Sheet, number: int, claims: int) -> None:
        """Say, for the partner, what a line should say."""
        row = sheet.rows.get(number)
        what, reason = "dispute", Reason.AMOUNT_WRONG
        if row is not None and row.kind == "fee":
            what, reason = "dispute a fee", Reason.FEE_WRONG
        command = DisputeLine(
            **self.about(sheet, Actor(f"partner:{sheet.partner}")),
            line=number,
            claims_fen=claims,
            reason=reason,
        )
        if self.asked(what, command, sheet.against_dispute(number, claims)):
            sheet.dispute(number, claims)
            sheet.step()

    def answer(self) -> None:
        """Accept what a partner claims, which the next statement makes good, or reject it."""
        sheet = self.sheet(lambda each: bool(each.waiting))
        if sheet is None:
            return
        number = self.chance.choice(sheet.waiting) if sheet.waiting else self.line(sheet)
        self.reply(sheet, number, self.chance.choice(VERDICTS))

    def reply(self, sheet: Sheet, number: int, verdict: Verdict) -> None:
        """Answer what a partner claims of a line, within what its capture still comes to."""
        quarrel = sheet.quarrels.get(number)
        accepts, fee = verdict is Verdict.ACCEPT, quarrel is not None and quarrel.row.kind == "fee"
        against, adjusts = sheet.against_answer(number), 0
        if quarrel is not None and accepts:
            adjusts = quarrel.claims - quarrel.row.fen
            asked = adjusts
            if adjusts < 0 and (capture := self.origin.get(quarrel.row.source)) is not None:
                adjusts = max(adjusts, -self.captures[capture])
            lacks = "nothing_left" if not adjusts else "" if fee else self.lacking(adjusts)
            against = against or lacks
        command = AnswerDispute(
            **self.about(sheet, STAFF),
            line=number,
            verdict=verdict,
            text="" if accepts else "不成立",
        )
        done = self.asked(f"{verdict.value}{' a fee' if fee else ''}", command, against)
        if accepts and quarrel is not None:
            self.tally.ended["accept what is left"] += bool(done) and adjusts != asked
            self.tally.ended["accept nothing"] += against == "nothing_left"
        if not done or quarrel is None:
            return
        if accepts:
            assert done["amount_fen"] == adjusts
            self.adjust(sheet, quarrel, adjusts, done["correction_id"])
        else:
            sheet.reject(number)
        sheet.step()

    def adjust(self, sheet: Sheet, quarrel: Quarrel, fen: int, source: str) -> None:
        """Note what was accepted: the pool pays it, but for fees; the next statement lists it."""
        quarrel.state, row = ACCEPTED, quarrel.row
        fee = fen if row.kind == "fee" else 0
        self.set_right.update(self.changed(source, row.source, fen))
        self.corrected += fen - fee
        self.book(
            sheet.partner,
            fen,
            source=source,
            kind="fee" if fee else "correction",
            outlet=row.outlet,
            fee=fee,
            reference=f"dispute:{sheet.number}/{row.number}",
        )

    def confirm(self) -> None:
        """Agree for the partner."""
        if sheet := self.sheet(lambda each: not each.against_confirming()):
            command = ConfirmStatement(**self.about(sheet, Actor(f"partner:{sheet.partner}")))
            if self.asked("confirm", command, sheet.against_confirming()):
                sheet.confirm()
                sheet.step()

    def countersign(self) -> None:
        """Agree for the association, as somebody else than whoever drew up."""
        if sheet := self.sheet(lambda each: each.countersigned is None):
            actor = self.chance.choice((WU, WU, SUN, STAFF))
            command = CountersignStatement(**self.about(sheet, actor), drawn_by=sheet.drawn_by)
            if self.asked("countersign", command, sheet.against_countersigning(actor)):
                sheet.countersigned = actor
                sheet.step()

    def pay(self) -> None:
        """Mark a payment: of all that can be paid, or of a part, or of what cannot be."""
        sheet = self.sheet(lambda each: each.payable != 0)
        if sheet is None:
            return
        owed, actor = sheet.payable, self.chance.choice((WU, SUN))
        fen = self.chance.choice((owed, owed, owed // 2, owed + 1, -1, 1))
        self.number += 1
        reference = f"B-{self.number:04}"
        if sheet.references and self.chance.random() < AGAIN:
            reference = min(sheet.references)
        command = PayStatement(
            **self.about(sheet, actor),
            amount_fen=fen,
            reference=reference,
            paid_on=(self.here.clock.now() + ZONE).date(),
            countersigned_by=sheet.countersigned or "",
        )
        if self.asked("pay", command, sheet.against_paying(actor, fen, reference)):
            sheet.paid += fen
            sheet.references.add(reference)
            sheet.step()
            self.tally.ended["pay in full"] += sheet.state == "paid"

    def sheet(self, ready: Callable[[Sheet], bool]) -> Sheet | None:
        """Return a statement that is ready for a step; now and then any, one that is paid too."""
        every = self.chance.random() < ANY
        some = [each for each in self.sheets if every or ready(each)]
        return self.chance.choice(some) if some else None

    def line(self, sheet: Sheet) -> int:
        """Return a line's number; the last are fees, and now and then there is no such line."""
        last = max(len(sheet.rows), 1)
        return self.chance.choice((1, last, last, self.chance.randint(1, last), last + 1))

    def about(self, sheet: Sheet, actor: Actor) -> dict[str, Any]:
        by = {"partner_id": sheet.partner, "statement_id": sheet.statement_id, "actor": actor}
        return self.here.named(**by)

    def asked(self, what: str, command: Any, against: str) -> dict[str, Any]:
        """Send a command, now and then twice: it is done once, and answered the same (I4)."""
        outcome = self.here.engine.submit(command)
        if not self.tally.agrees(what, outcome, against):
            return {}
        if self.chance.random() < AGAIN:
            again = self.here.engine.submit(command)
            assert (again.replayed, again.result) == (True, outcome.result)
            self.tally.ended["the same again"] += 1
        return outcome.result

    def kept(self) -> dict[str, tuple[Any, list[Any]]]:
        """Return each statement's row and those of its lines, as they are in the database."""
        with self.here.engine.reading(HERE) as connection:
            heads = connection.execute(text(HEADS), {"a": HERE}).all()
            lines = connection.execute(text(LINES), {"a": HERE}).all()
        kept = {head.statement_id: (tuple(head), []) for head in heads}
        for line in lines:
            kept[line.statement_id][1].append(line)
        return kept

    def agrees(self) -> None:
        """Compare every statement, paid or not, with what it was and where it has to stand."""
        assert self.kept() == {each.statement_id: each.frozen for each in self.sheets}
        with self.here.engine.reading(HERE) as connection:
            found = {
                filed.standing.statement_id: filed.standing
                for partner in FEES
                for filed in chain_of(connection, HERE, partner)
            }
        for sheet in self.sheets:
            stands = found[sheet.statement_id]
            now = (stands.state, stands.paid_fen, stands.payable_fen, stands.version)
            assert now == (sheet.state, sheet.paid, sheet.payable, sheet.steps)
        sources = [row.source for sheet in self.sheets for row in sheet.rows.values() if row.source]
        assert len(sources) == len(set(sources))

    def settled(self) -> int:
        """Return what pools paid by all statements and all that is open."""
        open_ones = sum(each.fen for each in self.booked if each.kind != "fee")
        return open_ones + sum(sheet.from_pools for sheet in self.sheets)


def listed(line: Any) -> Row:
    """Return a line of the database as the model writes it."""
    sums_fees = line.kind == "fee" and not line.fee_fen
    return Row(
        number=line.number,
        source="" if sums_fees else line.source_id,
        kind=line.kind,
        outlet=line.outlet_id,
        fen=line.amount_fen,
        fee=line.fee_fen,
        reference=line.reference,
        last4=line.last4,
    )
