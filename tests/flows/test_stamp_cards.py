"""Stamp cards: a stamp an activity, one gift a full card, and what is reversed is taken back."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest

from points.benefits.card_store import cards_of
from points.benefits.cards import CardBook, CardEvent, CardStep, StampCard
from points.db.engines import open_database
from points.engine import Engine
from points.flows.card_desk import card_figures, cards_shown
from points.flows.leave import Leave
from points.flows.rebuild import rebuild
from points.flows.reverse import Reverse
from points.flows.stamping import collect_stamps
from points.flows.table import FLOWS
from points.flows.turn_in import TurnIn
from points.flows.verify import verify
from points.inbox.box import Inbox
from points.inbox.reads import notices_of
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import Actor, Ids, MemberId, OperationId
from points.rules import BenefitPolicy, CardRule, Gift, Title, load_benefits
from points.unit_of_work import writing
from points.vouchers.reads import vouchers_of
from tests.flows.hardship import context
from tests.flows.market import Market, market, republish
from tests.flows.town import HERE, activity_types

DAY = timedelta(days=1)
TITLE = Title("健康课堂", "Health lessons")
NEEDED = 3
YAML = """
version: 1
timezone: Asia/Shanghai
stamp_cards:
  - code: lessons
    title: {zh: 健康课堂, en: Health lessons}
    programme: health
    on: [health.quiz]
    when: event.passed
    stamps: 3
    valid_for: P30D
    since: "2026-01-01"
    gives: {reward: C13}
"""


def rule(gives: Gift | None = None) -> CardRule:
    read, findings = load_benefits(YAML, file="benefits.yaml", types=activity_types())
    assert read is not None, findings
    found = read.cards["lessons"]
    return (
        found
        if gives is None
        else CardRule(
            code=found.code,
            title=TITLE,
            programme="health",
            types=found.types,
            stamps=NEEDED,
            valid_days=30,
            since=date(2026, 1, 1),
            gives=gives,
            when=found.when,
        )
    )


def policy(gives: Gift | None = None) -> BenefitPolicy:
    return BenefitPolicy(cards={"lessons": rule(gives)})


@pytest.fixture
def here(database_url: str) -> Iterator[Market]:
    with market(database_url, dict(FLOWS), context(policy())) as it:
        yield it


@pytest.fixture
def quick(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url, dict(FLOWS), context(policy())) as it:
        yield it


def lesson(here: Market, member: MemberId, *, passed: bool = True, ago: timedelta = DAY) -> str:
    """Record, approve and score a lesson."""
    town = here.town
    shift = town.shift(member, type="health.quiz", fields={"passed": passed}, ago=ago)
    activity = str(town.done(shift)["activity_id"])
    if str(town.filed(activity).claim.state) != "approved":
        town.approve(activity)
    town.score(activity)
    return activity


def lessons(here: Market, member: MemberId, count: int = NEEDED) -> list[str]:
    return [lesson(here, member, ago=(number + 1) * DAY) for number in range(count)]


def undo(here: Market, activity: str) -> None:
    claim = here.town.filed(activity).claim
    here.town.done(
        Reverse(
            **here.named(actor="system:test", member_id=claim.member_id),
            activity_id=claim.activity_id,
            transactions=claim.transactions,
            reason="error",
            peers=claim.peers,
        )
    )


def card(here: Market, member: MemberId) -> StampCard:
    with here.engine.reading(HERE) as connection:
        found = cards_of(connection, HERE, member)
    return found[0] if found else StampCard(member_id=member, card="lessons")


def gifts(here: Market, member: MemberId) -> list[str]:
    with here.engine.reading(HERE) as connection:
        held = vouchers_of(connection, HERE, member, most=20)
    return [f"{each.voucher.reward_id} {each.voucher.terms.price}" for each in held]


def collect(here: Market) -> int:
    return collect_stamps(here.engine, HERE)


def sound(here: Market) -> None:
    verdict = verify(here.engine, HERE)
    assert verdict.ok, verdict.first_difference


def test_a_full_card_gives_one_voucher_for_nothing(here: Market) -> None:
    member = here.member()
    lessons(here, member, 2)
    lesson(here, member, passed=False)
    assert collect(here) == 3, "each is looked at once, whatever comes of it"
    assert card(here, member).stamps == 2
    lesson(here, member, ago=9 * DAY)
    assert collect(here) == 2, "a stamp, and the gift"
    assert gifts(here, member) == ["C13 0"]
    assert (card(here, member).round, card(here, member).stamps) == (2, 0)
    assert collect(here) == 0
    with here.engine.reading(HERE) as connection:
        told = {each.kind.value for each in notices_of(connection, HERE, member, limit=9)}
    assert told >= {"stamp_card_full", "stamp_card_turned_in"}
    [figures] = card_figures(here.engine, HERE)
    assert (figures.holders, figures.stamps, figures.given) == (0, 0, 1)
    sound(here)


def test_a_full_card_may_give_points(sqlite_url: str) -> None:
    with market(sqlite_url, dict(FLOWS), context(policy(Gift(points=30, days=10)))) as here:
        member = here.member()
        lessons(here, member)
        before = here.balance(member).available
        collect(here)
        assert here.balance(member).available == before + 30
        here.clock.advance(12 * DAY)
        assert here.balance(member).available <= before
        sound(here)


def test_a_full_card_gives_nothing_to_who_is_gone(sqlite_url: str) -> None:
    with market(sqlite_url, dict(FLOWS), context(policy(Gift(points=30, days=10)))) as here:
        member = here.member()
        lessons(here, member)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("points.flows.stamping._turned_in", lambda *_: iter(()))
            collect_stamps(here.engine, HERE)
        assert card(here, member).stamps == NEEDED
        here.town.done(Leave(**here.named(member_id=member, programme="health")))
        before = here.balance(member).available
        collect(here)
        assert here.balance(member).available == before
        assert card(here, member).stamps == NEEDED
        sound(here)


def test_one_stamp_a_day(quick: Market) -> None:
    member = quick.member()
    for _ in range(3):
        lesson(quick, member)
    collect(quick)
    assert card(quick, member).stamps == 1
    sound(quick)


def test_a_card_lapses_and_the_next_begins_anew(quick: Market) -> None:
    member = quick.member()
    lessons(quick, member, 2)
    collect(quick)
    quick.clock.advance(32 * DAY)
    [shown] = cards_shown(quick.engine, HERE, member)
    assert (shown.card.stamps, shown.card.round, shown.full) == (0, 2, False)
    lesson(quick, member)
    collect(quick)
    assert (card(quick, member).round, card(quick, member).stamps) == (2, 1)
    sound(quick)


def test_what_is_reversed_takes_its_stamp_with_it(here: Market) -> None:
    member = here.member()
    first, _ = lessons(here, member, 2)
    collect(here)
    undo(here, first)
    assert collect(here) == 1
    assert card(here, member).stamps == 1
    assert collect(here) == 0
    sound(here)


def test_a_stamp_that_was_turned_in_is_owed_and_the_next_one_pays_it(quick: Market) -> None:
    member = quick.member()
    first, *_ = lessons(quick, member)
    collect(quick)
    assert gifts(quick, member) == ["C13 0"]
    undo(quick, first)
    collect(quick)
    assert (card(quick, member).owed, card(quick, member).stamps) == (1, 0)
    paying = lesson(quick, member, ago=10 * DAY)
    collect(quick)
    assert (card(quick, member).owed, card(quick, member).stamps) == (0, 0)
    undo(quick, paying)
    collect(quick)
    assert card(quick, member).owed == 1, "what paid is gone, so it is owed again"
    sound(quick)


def test_a_stamp_of_a_card_that_lapsed_is_gone_already(quick: Market) -> None:
    member = quick.member()
    [first] = lessons(quick, member, 1)
    collect(quick)
    quick.clock.advance(32 * DAY)
    lesson(quick, member)
    collect(quick)
    undo(quick, first)
    collect(quick)
    assert (card(quick, member).owed, card(quick, member).stamps) == (0, 1)
    sound(quick)


def test_a_gift_that_is_not_to_be_had_waits(quick: Market) -> None:
    member = quick.member()
    republish(quick, C13={"visible_from": date(2027, 1, 1)})
    lessons(quick, member)
    collect(quick)
    assert gifts(quick, member) == []
    [shown] = cards_shown(quick.engine, HERE, member)
    assert shown.full
    lesson(quick, member, ago=8 * DAY)
    republish(quick, C13={})
    quick.clock.advance(timedelta(hours=2))
    collect(quick)
    assert gifts(quick, member) == ["C13 0"]
    assert card(quick, member).stamps == 1, "what came meanwhile is on the next card"
    sound(quick)


def test_cards_are_rebuilt_and_a_difference_is_named(here: Market) -> None:
    member = here.member()
    lessons(here, member, 2)
    collect(here)
    with writing(here.engine.database, HERE) as connection:
        connection.exec_driver_sql("UPDATE stamp_card SET stamps = 3")
    first = verify(here.engine, HERE).first_difference
    assert first is not None
    assert first.check == "stamp_cards_follow_from_their_steps"
    rebuild(here.engine, HERE)
    sound(here)


def test_facts_of_cards_check_themselves() -> None:
    empty = StampCard(member_id=MemberId("m"), card="c")
    with pytest.raises(BrokenInvariant):
        StampCard(member_id=MemberId("m"), card="c", stamps=-1)
    now: Any = None
    with pytest.raises(BrokenInvariant):
        CardEvent(
            step=CardStep.TURNED_IN,
            after=empty,
            operation_id=OperationId("o"),
            recorded_at=now,
            round=1,
        )
    assert CardBook().changes() == 0


def racing(here: Market, url: str, member: MemberId) -> Counter[str]:
    """Let eight workers turn the same card in at once, on two engines."""
    answers = [""] * 8
    with ExitStack() as stack:
        engines = []
        for _ in range(2):
            database = open_database(url)
            stack.callback(database.dispose)
            engine = Engine(
                database,
                FLOWS,
                clock=here.clock,
                ids=Ids(here.clock),
                context=context(policy()),
                batch_max=2,
            )
            engines.append(stack.enter_context(engine))
        start = threading.Barrier(8)

        def run(racer: int) -> None:
            command = TurnIn(
                **here.named(actor=Actor("system:test")), member_id=member, card="lessons", round=1
            )
            start.wait(timeout=60)
            outcome = engines[racer % 2].submit(command)
            answers[racer] = outcome.refusal.code if outcome.refusal else "won"

        threads = [threading.Thread(target=run, args=(racer,)) for racer in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    return Counter(answers)


@pytest.mark.postgres
def test_eight_workers_turn_one_card_in_once(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with market(postgres_url, dict(FLOWS), context(policy())) as here:
        member = here.member()
        lessons(here, member)
        monkeypatch.setattr("points.flows.stamping._turned_in", lambda *_: iter(()))
        collect(here)
        assert racing(here, postgres_url, member) == Counter({"won": 1, "nothing_to_do": 7})
        assert gifts(here, member) == ["C13 0"]
        sound(here)


def test_the_control_a_card_that_is_never_turned_over_gives_twice(
    quick: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the step that begins the next round, a second turning in gives again."""
    member = quick.member()
    lessons(quick, member)
    monkeypatch.setattr(
        CardBook,
        "step",
        lambda book, step, after, **_: (
            book.card(after.member_id, after.card)
            if step is CardStep.TURNED_IN
            else CONTROL(book, step, after, **_)
        ),
    )
    # The name under which it is told would keep it from happening twice as well.
    monkeypatch.setattr(Inbox, "tell", lambda *_: True)
    republish(quick, C13={"limits": ()})
    collect(quick)
    quick.clock.advance(timedelta(hours=1))
    collect(quick)
    assert len(gifts(quick, member)) == 2


CONTROL = CardBook.step
