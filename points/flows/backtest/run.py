"""Runs a back-test from its first activity to its report."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from points.flows.backtest.kept import Kept
from points.flows.backtest.processes import Opener, spread
from points.flows.backtest.scoring import Bench, pairs, sum_members, sum_stream
from points.flows.backtest.source import Item, Mark
from points.flows.backtest.trial import Trial
from points.kernel.canonical import digest
from points.kernel.errors import Misused
from points.rules import RuleSet
from points.rules.impact import Impact, Pair, Partial, reasons
from points.rules.impact.reasons import Reason, by_member

Engine = Callable[[Opener, Iterable[Sequence[str]], int], Iterator[tuple[Sequence[str], Partial]]]
"""Sums groups of members up somewhere else: on processes, or on a Spark."""
Summer = Callable[[Iterable[Sequence[str]]], Iterator[tuple[Sequence[str], Partial]]]
Watch = Callable[[int, int], None]
"""Hears how many activities were compared, of about how many."""


def backtest(
    bench: Bench,
    *,
    watch: Watch = lambda _done, _all: None,
    kept: Kept | None = None,
    opener: Opener | None = None,
    jobs: int = 1,
    engine: Engine = spread,
) -> Impact:
    """Score the activities of a period both ways, exactly, and return what differs.

    Args:
        bench: What is tried, and on what.
        watch: Hears how it goes on.
        kept: Where it may go on, and keeps what is done.
        opener: Opens the same bench in another process; none are begun without.
        jobs: On how many processes.
        engine: Who sums the groups up, where they are not summed up here.

    Raises:
        Misused: The activities changed meanwhile, or ``kept`` is of other inputs.
    """
    kept = kept or Kept()
    mark = bench.source.mark()
    kept.begin(digest(inputs(bench.trial, mark)))
    whole = Partial()
    if bench.trial.shared:
        whole.merge(sum_stream(bench))
    else:
        for part in _parts(bench, kept, _summer(bench, engine, opener, jobs)):
            whole.merge(part)
            watch(whole.activities, mark.activities)
    impact = report(bench, whole, mark, engine="exact" if engine is spread else "spark")
    if bench.source.mark() != mark:
        raise Misused(
            "backtest.moved",
            "回测期间数据有变化，请重新回测",
            "the activities changed meanwhile; try again",
        )
    return impact


def inputs(trial: Trial, mark: Mark) -> dict[str, Any]:
    """Return all that a result follows from, as plain values."""
    return {
        "programme": trial.programme,
        "since": trial.since,
        "until": trial.until,
        "before": trial.basis_before().as_json(),
        "after": trial.basis_after().as_json(),
        "fen": (trial.fen_a_point, trial.budget_fen),
        "book": sorted(each.sha256 for each in trial.versions()),
        "data": mark.sha256,
    }


def report(bench: Bench, part: Partial, mark: Mark, *, engine: str = "exact") -> Impact:
    """Return the report of sums, with reasons for the largest changes."""
    trial = bench.trial
    activities, members = _explained(bench, part.wanted())
    return Impact(
        programme=trial.programme,
        since=trial.since,
        until=trial.until,
        timezone=str(trial.zone),
        before=trial.basis_before(),
        after=trial.basis_after(),
        engine=engine,
        data=mark.sha256,
        fen_a_point=trial.fen_a_point,
        budget_fen=trial.budget_fen,
        part=part,
        reasons=activities,
        member_reasons=members,
        titles=_titles(trial.versions(), trial.programme),
    )


def _parts(bench: Bench, kept: Kept, summer: Summer) -> Iterator[Partial]:
    done: list[Sequence[str]] = []

    def undone() -> Iterator[Sequence[str]]:
        for shard in bench.source.shards():
            if kept.part(shard) is None:
                yield shard
            else:
                done.append(shard)

    for shard, part in summer(undone()):
        kept.keep(shard, part)
        yield part
    yield from (found for shard in done if (found := kept.part(shard)) is not None)


def _summer(bench: Bench, engine: Engine, opener: Opener | None, jobs: int) -> Summer:
    if opener is None or (engine is spread and jobs == 1):
        return lambda shards: ((shard, sum_members(bench, shard)) for shard in shards)
    return lambda shards: engine(opener, shards, jobs)


def _explained(
    bench: Bench, wanted: Mapping[str, set[str]]
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """Return the reasons of the largest changes: by activity, and by member."""
    ids = set().union(*wanted.values()) if wanted else set()
    activities: dict[str, list[dict[str, Any]]] = {}
    members: dict[str, list[Reason]] = {}
    until = bench.source.as_of
    for items in _again(bench, sorted(wanted)):
        for pair, _ in pairs(items, bench.trial, explained=wanted, until=until):
            if pair.subject.member_id not in wanted or not pair.changed:
                continue
            found = _reasons(pair, bench.trial)
            members.setdefault(pair.subject.member_id, []).extend(found)
            if pair.subject.activity_id in ids:
                activities[pair.subject.activity_id] = [each.as_json() for each in found]
    return activities, {member: by_member(found) for member, found in members.items()}


def _again(bench: Bench, members: Sequence[str]) -> Iterator[Iterable[Item]]:
    if not members:
        return iter(())
    return iter([bench.source.stream()]) if bench.trial.shared else bench.source.members(members)


def _reasons(pair: Pair, trial: Trial) -> list[Reason]:
    at = pair.subject.occurred_at
    before = trial.choose_before(trial.programme, at)
    return reasons(pair, before, trial.choose_after(trial.programme, at))


def _titles(rulesets: Iterable[RuleSet], programme: str) -> dict[str, dict[str, str]]:
    titles: dict[str, dict[str, str]] = {}
    for ruleset in rulesets:
        if ruleset.programme == programme:
            named = {rule.id: rule.title for rule in ruleset.rules}
            named |= {cap.id: cap.title for cap in ruleset.caps.values()}
            named |= {
                name: kind.title
                for name, kind in ruleset.types.types.items()
                if programme in kind.programmes
            }
            titles |= {name: title.as_json() for name, title in named.items()}
    return titles


def cores() -> int:
    """Return how many processes this machine runs at once."""
    return os.cpu_count() or 1
