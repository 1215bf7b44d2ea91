"""Publishing while thousands are scored: every batch works by one book, and the next by the newest.

Publications reach into the future only, where nothing can have happened yet. Here they reach back,
as a correction's do, so that a version that was taken at the wrong moment shows on the awards.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from points.activities.tables import award
from points.db.engines import open_database
from points.engine import Decision, Engine, Flow
from points.flows import decide_draft, score
from points.flows.context import Context
from points.flows.decide_draft import DecideDraft
from points.flows.publishing import publish
from points.flows.record import Record
from points.flows.review import Review, Verdict
from points.flows.rule_books import RuleBooks
from points.flows.score import Score
from points.flows.table import FLOWS
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, Ids, MemberId
from points.rules import RuleSet
from points.unit_of_work import WorkingSet, reading
from tests.flows.drafts import cases, deciding, gate_of, rules, saved, submitting
from tests.flows.town import HERE, Town, civic_context, town

SHIFTS, BATCH = 40, 8
PUBLISHED_AT = (12, 28)
"""Whose scoring, counted, a publication comes in between: in the middle of a batch."""


def reaching_back(command: DecideDraft, on: WorkingSet) -> Decision:
    """Publish as an approved correction does."""
    found = on.press.drafts[command.draft_id]
    version = publish(found, command.actor, command.operation_id, on, correction_id="C" * 26)
    return version if isinstance(version, Refusal) else {"version": version.version}


BACK = dict(FLOWS) | {DecideDraft: Flow("decide_draft", decide_draft.needs, reaching_back)}


class Watched:
    """Scores as ever, and remembers which activities were decided in which batch."""

    def __init__(self, publish: Callable[[int], None]) -> None:
        self.batches: list[tuple[WorkingSet, list[str]]] = []
        self.count, self.publish = 0, publish

    def decide(self, command: Score, on: WorkingSet) -> Decision:
        if not self.batches or self.batches[-1][0] is not on:
            self.batches.append((on, []))
        self.count += 1
        self.publish(self.count)
        self.batches[-1][1].append(command.activity.activity_id)
        return score.decide(command, on)


class Hasty(RuleBooks):
    """Broken: whoever asks for the rules gets the newest, in the midst of a batch as well."""

    def at(self, connection: Any, association: AssociationId, revision: int) -> Context:
        context = super().at(connection, association, revision)
        sound = RuleBooks(self.base, self._reading)

        def newest(programme: str, at: Any) -> RuleSet | None:
            sound.forget(association)
            return sound.current(association).rules.in_force(programme, at)

        return replace(context, rules=_Asking(newest, context))  # type: ignore[arg-type]


@dataclass
class _Asking:
    in_force: Callable[[str, Any], RuleSet | None]
    context: Context
    revision: int = -1
    texts: dict[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    def of(self, programme: str) -> RuleSet:
        return self.context.rules.of(programme)


class Deaf(RuleBooks):
    """Broken: never asks again what was published."""

    def at(self, connection: Any, association: AssociationId, revision: int) -> Context:
        held = self._held.get(association)
        return held.context if held is not None else super().at(connection, association, revision)

    def forget(self, association: AssociationId) -> None:
        pass


@contextmanager
def scoring(url: str, here: Town, watched: Watched, kind: type[RuleBooks]) -> Iterator[Engine]:
    """A second engine that only scores, as another process would."""
    database = open_database(url)
    flows = dict(FLOWS) | {Score: Flow("score", score.needs, watched.decide)}
    context = civic_context()
    books = kind(context, partial(reading, database))
    with Engine(
        database,
        flows,
        clock=here.clock,
        ids=Ids(here.clock),
        context=context,
        contexts=books,
        batch_max=BATCH,
    ) as engine:
        yield engine
    database.dispose()


def shifts(here: Town) -> list[Score]:
    """Return the scorings of many shifts of a few people, filed and approved."""
    people: list[MemberId] = [here.person() for _ in range(12)]
    records: list[Record] = [
        here.shift(people[number % 12], ago=timedelta(days=1 + number // 12))
        for number in range(SHIFTS)
    ]
    found = [str(each.result["activity_id"]) for each in here.engine.submit_many(records)]
    reviews = [
        here.command(
            Review, "staff:wang", activity_id=each, verdict=Verdict.APPROVE, level="industry"
        )
        for each in found
    ]
    assert all(each.refusal is None for each in here.engine.submit_many(reviews))
    return [here.scoring(each) for each in found]


def back_to_january(here: Town, version: int) -> None:
    """Publish a version that holds since January, from the other engine, and wait for it."""
    draft = saved(here, rules(version, "2026-01-01", points=version), cases=cases(version))
    here.done(submitting(here, draft, gate=gate_of(here, draft), correction=True))
    here.done(deciding(here, draft))


def versions_by_batch(here: Town, watched: Watched) -> list[set[int]]:
    w = award.c
    with here.engine.reading(HERE) as connection:
        rows = connection.execute(select(w.activity_id, w.ruleset_version, w.rule_id)).all()
    named: dict[str, set[int]] = {}
    for activity, version, _ in rows:
        named.setdefault(activity, set()).add(version)
    assert all(len(each) == 1 for each in named.values()), "no activity is scored by two versions"
    return [
        set.union(*(named.get(each, set()) for each in activities))
        for _, activities in watched.batches
    ]


def run(url: str, kind: type[RuleBooks]) -> list[set[int]]:
    """Score everything in one engine while the other one publishes twice; versions by batch."""
    with town(url, BACK) as here:
        wanted = dict(zip(PUBLISHED_AT, (2, 3), strict=True))

        def publish_at(count: int) -> None:
            if count in wanted:
                back_to_january(here, wanted.pop(count))

        watched = Watched(publish_at)
        asked = shifts(here)
        with scoring(url, here, watched, kind) as engine:
            outcomes = engine.submit_many(asked)
        assert all(each.refusal is None for each in outcomes)
        assert not wanted
        return versions_by_batch(here, watched)


def sound(batches: list[set[int]], scored: list[int]) -> bool:
    """Return whether each batch knew one version: the newest before it began."""
    before, expected = 0, []
    for size in scored:
        expected.append({1 + sum(at <= before for at in PUBLISHED_AT)})
        before += size
    return batches == expected


def test_each_batch_scores_by_the_newest_book_before_it(postgres_url: str) -> None:
    assert sound(run(postgres_url, RuleBooks), [BATCH] * (SHIFTS // BATCH))


@pytest.mark.parametrize("kind", [Hasty, Deaf])
def test_control_books_that_change_in_a_batch_or_never_are_caught(
    postgres_url: str, kind: type[RuleBooks]
) -> None:
    assert not sound(run(postgres_url, kind), [BATCH] * (SHIFTS // BATCH))
