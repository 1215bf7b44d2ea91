"""A code replaced, a voucher passed on, a reward given to many, while others do the same or use it.

Every round is counted from the facts. The controls take locks and the keys behind them away.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from points.catalogue.model import Stock
from points.flows.decide_handout import DecideHandout, Verdict
from points.flows.hand_out import HandOut
from points.flows.handing_out import WORKER
from points.flows.propose_handout import ProposeHandout
from points.flows.reassign import Reassign
from points.flows.reissue import Reissue
from points.flows.table import FLOWS
from points.handouts.errors import HandoutStateWrong
from points.kernel.ids import Actor, HandoutId, OperationId, RewardId
from points.rules import PassingRule, VoucherPolicy
from points.vouchers.errors import (
    AlreadyCaptured,
    AuthorisationEnded,
    VoucherClosed,
    VoucherUnknown,
)
from points.vouchers.model import Links
from tests.faults.racetrack import RACERS, Track, take_locks_away, track
from tests.flows.market import republish
from tests.flows.town import HERE, STAFF, civic_context

ROUNDS, ROUNDS_AT_NIGHT, TRIES = 10, 300, 10
HALF, WHOLE = RACERS // 2, 2000
POLICY = VoucherPolicy(
    passing=(PassingRule(kinds=frozenset({"amount"}), by=frozenset({"staff"}), most=9),),
    received_a_month=100,
)
EVENTS = """SELECT voucher_id, sum(CASE kind WHEN 'captured' THEN 1 ELSE 0 END),
    sum(CASE WHEN kind IN ('reissued', 'reassigned') THEN 1 ELSE 0 END),
    count(*) - count(DISTINCT version)
    FROM voucher_event WHERE association_id = :a GROUP BY voucher_id"""
"""Captures, new codes, and versions that two events share, of each voucher that has any."""
ISSUES = "uq_voucher_code_association_id_voucher_id_form_issue_no"
TOLD_ONCE = "uq_member_notice_once"
KEYS = ("handout_result", "voucher_code", "voucher_owner")

Race = Callable[[Track, int], Iterator[str]]


def racing(url: str) -> Iterator[Track]:
    with track(url, replace(civic_context(), vouchers=POLICY), FLOWS) as it:
        yield it


@pytest.fixture
def on(postgres_url: str) -> Iterator[Track]:
    yield from racing(postgres_url)


def reissue_against_capture(on: Track, rounds: int) -> Iterator[str]:
    """Four replace the code, four use the old one: it is used, or it opens nothing."""

    def use(_number: int, named: str, links: Links) -> Any:
        return on.capture(replace(links, issue_no=1), named, WHOLE)

    links = _fresh(on, rounds)
    yield from _replaced_beside(on, links, use, VoucherUnknown.code)


def reissue_against_an_authorisation(on: Track, rounds: int) -> Iterator[str]:
    """Four replace the code, four go on with what it authorised: it is used, or ended."""
    links, run = _fresh(on, rounds), on.fresh_name()
    taken = on.done(on.authorise(one, f"{run}a{number}") for number, one in enumerate(links))

    def use(number: int, named: str, links: Links) -> Any:
        authorised = str(taken[number]["authorisation_id"])
        return on.capture(links, named, WHOLE, authorisation_id=authorised)

    yield from _replaced_beside(on, links, use, AuthorisationEnded.code)


def _fresh(on: Track, rounds: int) -> list[Links]:
    republish(on.here, C12={"stock": None})
    return on.drawn(rounds)


def _replaced_beside(
    on: Track, links: list[Links], use: Callable[[int, str, Links], Any], late: str
) -> Iterator[str]:
    """Let four replace each code while four use it; whoever is too late is told so."""
    run = on.fresh_name()

    def make(number: int, racer: int) -> object:
        one = links[number]
        if racer < HALF:
            return use(number, f"{run}r{number}-{racer}", one)
        return Reissue(
            association_id=HERE,
            operation_id=OperationId(f"{run}n{number}-{racer}"),
            actor=Actor(f"member:{one.member_id}"),
            voucher_id=one.voucher_id,
            member_id=one.member_id,
        )

    used = Counter({"won": 1, AlreadyCaptured.code: HALF - 1}), {VoucherClosed.code: HALF}
    replaced = Counter({late: HALF}), {"won": HALF}
    ran, events = on.race(len(links), make), on.by_id(EVENTS)
    for number, answers in enumerate(ran):
        facts = events[links[number].voucher_id]
        found = Counter(answers[:HALF]), dict(Counter(answers[HALF:]))
        if (found, facts) not in [(used, (1, 0, 0)), (replaced, (0, HALF, 0))]:
            yield f"round {number}: {found}, facts {facts}"


def passing_against_capture(on: Track, rounds: int) -> Iterator[str]:
    """Four pass the voucher on, each to another; four use it: one thing happens, once."""
    republish(on.here, C12={"stock": None})
    links, run, friends = on.drawn(rounds), on.fresh_name(), on.members(HALF, 1)

    def make(number: int, racer: int) -> object:
        one = replace(links[number], issue_no=1)
        if racer < HALF:
            return on.capture(one, f"{run}r{number}-{racer}", WHOLE)
        return Reassign(
            association_id=HERE,
            operation_id=OperationId(f"{run}p{number}-{racer}"),
            actor=STAFF,
            voucher_id=one.voucher_id,
            reward_id=one.reward_id,
            owner=one.member_id,
            receiver=friends[racer - HALF],
            reason="登记错人",
        )

    used = Counter({"won": 1, AlreadyCaptured.code: HALF - 1}), {VoucherClosed.code: HALF}
    passed = Counter({VoucherUnknown.code: HALF}), {"won": 1, "not_found": HALF - 1}
    ran, events = on.race(rounds, make), on.by_id(EVENTS)
    for number, answers in enumerate(ran):
        facts = events[links[number].voucher_id]
        found = Counter(answers[:HALF]), dict(Counter(answers[HALF:]))
        if (found, facts) not in [(used, (1, 0, 0)), (passed, (0, 1, 0))]:
            yield f"round {number}: {found}, facts {facts}"


def two_runs_of_a_handout(on: Track, rounds: int) -> Iterator[str]:
    """Eight workers give the same member their part: one voucher, and the money adds up."""
    republish(on.here, C07={"limits": (), "stock": Stock(total=100_000)})
    members, run = on.members(rounds, 1), on.fresh_name()
    here, before = on.here, on.here.pool().reserved
    proposed = here.town.done(
        ProposeHandout(
            **here.named(
                reward_id=RewardId("C07"),
                programme="health",
                members=tuple(members),
                note="慰问",
            )
        )
    )
    name = HandoutId(proposed["handout_id"])
    approve = {"handout_id": name, "programme": "health", "proposed_by": STAFF}
    here.town.done(
        DecideHandout(
            **here.named(verdict=Verdict.APPROVE, **approve) | {"actor": Actor("staff:wang")}
        )
    )

    def make(number: int, racer: int) -> HandOut:
        return HandOut(
            association_id=HERE,
            operation_id=OperationId(f"{run}h{number}-{racer}"),
            actor=WORKER,
            handout_id=name,
            member_id=members[number],
            reward_id=RewardId("C07"),
            programme="health",
        )

    ran = on.race(rounds, make)
    vouchers = on.by_id(
        "SELECT member_id, count(*) FROM voucher WHERE association_id = :a GROUP BY member_id"
    )
    for number, answers in enumerate(ran):
        facts = vouchers.get(members[number], (0,))
        if facts != (1,) or set(answers) - {"won", HandoutStateWrong.code}:
            yield f"round {number}: {Counter(answers)}, vouchers {facts}"
    promised = here.pool().reserved - before
    if promised != rounds * 1600:
        yield f"{promised} fen are promised for {rounds} vouchers"


RACES: tuple[Race, ...] = (
    reissue_against_capture,
    reissue_against_an_authorisation,
    passing_against_capture,
    two_runs_of_a_handout,
)
by_name = pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)


@by_name
@pytest.mark.postgres
def test_every_round_has_one_outcome(on: Track, race: Race) -> None:
    assert list(race(on, ROUNDS)) == []
    assert list(on.differences()) == []


@by_name
@pytest.mark.postgres
@pytest.mark.nightly
def test_every_one_of_many_rounds_has_one_outcome(on: Track, race: Race) -> None:
    assert list(race(on, ROUNDS_AT_NIGHT)) == []
    assert list(on.differences()) == []


@by_name
@pytest.mark.postgres
def test_without_locks_the_races_are_seen_to_fail(
    on: Track, race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_locks_away(on, monkeypatch)
    with on.database.begin() as connection:
        for table in KEYS:
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table} CASCADE"))
        connection.execute(text(f"ALTER TABLE voucher_code DROP CONSTRAINT {ISSUES}"))
        # Who is told of a voucher once would not be given a second: a batch fails at that, too.
        connection.execute(text(f"DROP INDEX {TOLD_ONCE}"))
    assert any(list(race(on, ROUNDS)) for _ in range(TRIES))
