"""Random months of a partner: statements against a recount in plain Python, to the fen."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.flows.confirm_statement import ConfirmStatement
from points.flows.draw_up_statement import Booked
from points.flows.statement_export import canonical_chunks
from points.flows.verify import verify
from points.flows.verify_statement import verify_statement
from points.kernel.amounts import Fen
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import Actor
from points.partners.agreement import NO_FEE, Agreement, Fee, Rounding
from points.partners.model import Correction, Cycle, LineKind
from points.partners.statement_store import lines_of
from points.unit_of_work import reading
from tests.flows import test_adjust_settlement as adjusting
from tests.flows.market import SHOP, SHOP_2, Market, market
from tests.flows.test_redeem_statements import correction
from tests.flows.test_settlement import answer, contract, dispute, drawn_up
from tests.flows.town import HERE

OFFICE = Actor("partner:YF")
ADJUSTING = adjusting.FLOWS
FEES = (
    NO_FEE,
    Fee(per_capture_fen=30),
    Fee(basis_points=60),
    Fee(basis_points=333, rounding=Rounding.DOWN, least_fen=3, most_fen=20),
)


@dataclass
class Recount:
    """The same months once more, in as plain a way as there is."""

    fee: Fee
    captured: list[tuple[str, int]] = field(default_factory=list)
    voided: list[tuple[str, int]] = field(default_factory=list)
    corrected: int = 0
    given_back: int = 0

    def fees(self) -> int:
        taken = sum(map(self.fee_of, (fen for _, fen in self.captured)))
        voided = sum(map(self.fee_of, (fen for _, fen in self.voided)))
        return voided - taken + self.given_back

    def fee_of(self, fen: int) -> int:
        if self.fee.per_capture_fen:
            return min(self.fee.per_capture_fen, fen)
        how = ROUND_HALF_UP if self.fee.rounding is Rounding.HALF_UP else ROUND_DOWN
        part = (Decimal(fen) * self.fee.basis_points / 10_000).quantize(Decimal(1), how)
        if not self.fee.basis_points:
            return 0
        most = fen if self.fee.most_fen is None else min(fen, self.fee.most_fen)
        return min(max(int(part), self.fee.least_fen), most)

    def total(self) -> int:
        captured, voided = (sum(fen for _, fen in each) for each in (self.captured, self.voided))
        return captured - voided + self.corrected + self.fees()


@contextmanager
def months(url: str, seed: int) -> Iterator[tuple[Market, list[tuple[Any, Recount]]]]:
    """Play two months at random; yield each statement with the recount of its month."""
    with market(url, ADJUSTING) as here:
        yield here, list(played(here, random.Random(seed), random.Random(-seed)))


def played(
    here: Market, dice: random.Random, others: random.Random
) -> Iterator[tuple[Any, Recount]]:
    carried, number = (0, 0), 0
    left: dict[str, int] = {}
    for month in (3, 4):
        fee = dice.choice(FEES)
        first = here.clock.now().astimezone().date() if month == 3 else date(2026, 4, 1)
        if month == 3:
            here.town.done(contract(here, first, cycle=Cycle.MONTH, fee=fee))
        in_force = fee if month == 3 else here_fee(here)
        now = Recount(fee=in_force, corrected=carried[0], given_back=carried[1])
        for _ in range(dice.randint(3, 7)):
            number += 1
            fen, outlet = dice.randint(1, 2000), dice.choice((SHOP, SHOP_2))
            here.captured(here.voucher(), f"r{number}", fen, outlet=outlet)
            now.captured.append((outlet, fen))
            if dice.random() < 0.3:
                here.desk.void(here.till(outlet), f"r{number}", f"v{number}")
                now.voided.append((outlet, fen))
            left[f"r{number}"] = 0 if now.voided[-1:] == [(outlet, fen)] else fen
            now.corrected += adjusted_at_random(here, left, others)
            if dice.random() < 0.2:
                here.town.done(correction(here, fen := dice.choice((-1, 1, 77))))
                now.corrected += fen
            here.clock.advance(timedelta(hours=dice.randint(1, 30)))
        here.clock.set(datetime.fromisoformat(f"2026-{month + 1:02}-01T00:00:00+08:00"))
        it = drawn_up(here, date(2026, month, 15))
        yield it, now
        carried = disputed(here, it, dice, left)


def adjusted_at_random(here: Market, left: dict[str, int], dice: random.Random) -> int:
    """Adjust what a capture of any month still comes to; return by how much."""
    if dice.random() > 0.4:
        return 0
    name = dice.choice(sorted(left))
    about, most = adjusting.of(here, name), min(max(left[name], 0), here.pool().spent)
    too_much = adjusting.asked(here, -most - 1, about)
    assert here.town.refused(too_much) in {"adjustment_too_large", "pool_exhausted"}
    fen = -dice.randint(1, most) if most else dice.choice((3, 40))
    adjusting.adjusted(here, fen, about)
    left[name] += fen
    return fen


def here_fee(here: Market) -> Fee:
    with reading(here.engine.database, HERE) as connection:
        from points.partners.store import find_agreement  # noqa: PLC0415 - used here alone

        found = find_agreement(connection, HERE, "YF")  # type: ignore[arg-type]
    assert found is not None
    in_force = found[0].on(date(2026, 4, 1))
    return in_force.fee if in_force else NO_FEE


def disputed(here: Market, it: Any, dice: random.Random, left: dict[str, int]) -> tuple[int, int]:
    """Dispute some lines, accept some; return what the next month and its fees are adjusted by."""
    carried = {LineKind.CAPTURE: 0, LineKind.FEE: 0}
    with reading(here.engine.database, HERE) as connection:
        lines = list(lines_of(connection, HERE, it.standing.statement_id))
    for line in lines:
        if line.kind not in carried or dice.random() > 0.4:
            continue
        claim = line.amount_fen + dice.choice((-1, 1, 250))
        if line.kind is LineKind.FEE:
            claim = min(claim, 0)
        here.town.done(dispute(here, it, line.number, claim))
        if dice.random() < 0.5:
            here.town.done(answer(here, it, line.number))
            carried[line.kind] += claim - line.amount_fen
            if line.kind is LineKind.CAPTURE:
                left[line.reference] += claim - line.amount_fen
        else:
            here.town.done(answer(here, it, line.number, "不成立"))
    by = here.named(
        partner_id=it.statement.partner_id,
        statement_id=it.standing.statement_id,
        actor=OFFICE,
    )
    here.town.done(ConfirmStatement(**by))
    return carried[LineKind.CAPTURE], carried[LineKind.FEE]


def differences(url: str, seed: int) -> Iterator[str]:
    """Yield where statements, recount, pool, hash and verifier do not agree."""
    with months(url, seed) as (here, all_of_them):
        for it, recount in all_of_them:
            totals = it.statement.totals
            told = (totals.total_fen, totals.fees_fen, totals.captured_fen, totals.corrected_fen)
            captured = sum(fen for _, fen in recount.captured)
            if told != (recount.total(), recount.fees(), captured, recount.corrected):
                yield f"{told} is not {recount}"
            with reading(here.engine.database, HERE) as connection:
                lines = list(lines_of(connection, HERE, it.standing.statement_id))
            if sum(line.amount_fen for line in lines) != totals.total_fen:
                yield "lines do not add up"
            if sum(line.fee_fen for line in lines) != totals.fees_fen:
                yield "fees do not add up"
            whole = b"".join(canonical_chunks(it.statement, lines))
            if hashlib.sha256(whole).hexdigest() != totals.sha256:
                yield "the hash is another"
            if not verify_statement(here.engine, HERE, it.statement).ok:
                yield "the verifier differs"
        settled = sum(it.statement.totals.total_fen for it, _ in all_of_them)
        fees = sum(it.statement.totals.fees_fen for it, _ in all_of_them)
        corrected_later = here.pool().spent - (settled - fees)
        if corrected_later != open_corrections(here):
            yield "the pool differs"
        if not verify(here.engine, HERE).ok:
            yield "the books differ"


def open_corrections(here: Market) -> int:
    """Return what was accepted after the last statement, and is in the open period."""
    from points.flows.draw_up_statement import draft_statement  # noqa: PLC0415 - used here alone

    draft = draft_statement(here.engine, HERE, "YF", date(2026, 5, 15))  # type: ignore[arg-type]
    assert draft is not None
    return draft.totals.corrected_fen


@pytest.mark.parametrize("seed", [2, 3])  # the second gives a fee back
def test_months_add_up_to_the_fen(sqlite_url: str, seed: int) -> None:
    assert list(differences(sqlite_url, seed)) == []


@pytest.mark.postgres
def test_months_add_up_on_postgresql(postgres_url: str) -> None:
    assert list(differences(postgres_url, 5)) == []


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 125))
def test_many_months_add_up(sqlite_url: str, seed: int) -> None:
    assert list(differences(sqlite_url, seed)) == []


def test_the_control_a_fee_that_is_forgotten_is_noticed(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    charged = Agreement.fee_of
    monkeypatch.setattr(
        Agreement, "fee_of", lambda self, fen, at: Fen(max(charged(self, fen, at) - 1, 0))
    )
    monkeypatch.setattr("tests.properties.test_settlement.FEES", FEES[1:2])
    assert list(differences(sqlite_url, 1))


def test_the_control_fees_given_back_out_of_a_pool_are_noticed(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Correction, "of_fees", property(lambda _: False))
    monkeypatch.setattr("tests.properties.test_settlement.FEES", FEES[1:2])
    with pytest.raises(BrokenInvariant, match="never goes below zero"):
        list(differences(sqlite_url, 3))


def test_the_control_an_adjustment_that_no_statement_lists_is_noticed(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Booked._lines

    def forgetful(self: Booked, *more: Any) -> Any:
        kept = [each for each in self.corrections if not each.reason.startswith("adjust:")]
        return right(replace(self, corrections=kept), *more)

    monkeypatch.setattr(Booked, "_lines", forgetful)
    assert list(differences(sqlite_url, 2))


fees = st.builds(
    lambda points, rounding, least, more: Fee(
        basis_points=points, rounding=rounding, least_fen=least, most_fen=least + more
    ),
    st.integers(0, 10_000),
    st.sampled_from(Rounding),
    st.integers(0, 500),
    st.integers(0, 5_000),
)


@given(fees, st.integers(0, 10**9))
def test_a_fee_is_rounded_once_and_never_more_than_the_capture(fee: Fee, fen: int) -> None:
    assert fee.of(fen) == Recount(fee=fee).fee_of(fen)
    assert 0 <= fee.of(fen) <= fen
