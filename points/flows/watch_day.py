"""Judge the days that are over: gather what happened, and tell staff what looks odd. Once a day.

A day is judged when it has been over for an hour, by the thresholds that hold then; its alerts and
the note that it was judged are written together, so a worker that dies judges it again, and no
alert is told twice. Nothing is blocked by any of this.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from points import unit_of_work
from points.engine import Decision, Engine, Flow
from points.flows.context import Context
from points.identity.shared_phones import shared_phones
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.ledger.errors import NothingToDo
from points.partners.places import places
from points.rules import WatchPolicy
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.watching import (
    Traded,
    attempts_between,
    captures_by_day,
    first_trade,
    tallies_between,
    traded_between,
)
from points.watch.model import Alert, Attempts, DayRun, Finding, Phone, Seen, Tally, Watched
from points.watch.signs import judge
from points.watch.store import last_judged

WORKER = Actor("system:watch")
SETTLES = timedelta(hours=1)
"""How long a day must have been over: what was decided just before midnight is written by then."""

DAY = timedelta(days=1)
FINDINGS_MAX = 1000
"""More than these on one day are thresholds that nobody can work with; the first ones are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeDay:
    """Tell what a day's judgement found.

    Attributes:
        findings: What the signs said.
        seen: How many captures and voids there were.
        policy_sha256: Of the thresholds.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    day: str
    findings: tuple[Finding, ...]
    seen: int
    policy_sha256: str


def needs(command: JudgeDay, keys: Keys) -> None:
    """Know whether the day was judged, and which alerts stand already."""
    keys.watch.days.add(command.day)
    keys.watch.alerts |= {each.alert_id for each in command.findings}


def decide(command: JudgeDay, on: WorkingSet) -> Decision:
    """Raise each alert that is new, and note the day."""
    if command.day in on.alerts.judged:
        return NothingToDo()
    new = 0
    for finding in command.findings:
        new += on.alerts.raise_once(
            Alert(
                alert_id=finding.alert_id,
                finding=finding,
                day=command.day,
                policy_sha256=command.policy_sha256,
                raised_at=on.now,
            )
        )
    on.alerts.judge(
        DayRun(
            day=command.day,
            policy_sha256=command.policy_sha256,
            seen=command.seen,
            alerts=new,
            judged_at=on.now,
        )
    )
    return {"day": command.day, "seen": command.seen, "alerts": new}


FLOW = Flow("judge_day", needs, decide)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the signs say of a day, told to nobody yet."""

    day: date
    seen: int
    findings: tuple[Finding, ...]


def watch_due(engine: Engine, association: AssociationId, *, most: int = 400) -> int:
    """Judge the days that are over and were not judged yet, oldest first; return the new alerts."""
    known: Context = engine.context_of(association)
    raised = 0
    for day in _due(engine, association, known.watch, most):
        found = judged(engine, association, day, known.watch)
        outcome = engine.submit(
            JudgeDay(
                association_id=association,
                operation_id=OperationId(f"system:watch:{day.isoformat()}"),
                actor=WORKER,
                day=day.isoformat(),
                findings=found.findings,
                seen=found.seen,
                policy_sha256=known.watch.sha256,
            )
        )
        if outcome.refusal is None and not outcome.replayed:
            raised += outcome.result["alerts"]
    return raised


def _due(
    engine: Engine, association: AssociationId, policy: WatchPolicy, most: int
) -> Iterator[date]:
    with engine.reading(association) as connection:
        last, first = last_judged(connection, association), first_trade(connection, association)
    if first is None:
        return
    over = (engine.clock.now() - SETTLES).astimezone(policy.zone).date()
    day = date.fromisoformat(last) + DAY if last else first.astimezone(policy.zone).date()
    while day < over and most > 0:
        yield day
        day, most = day + DAY, most - 1


def back_run(
    engine: Engine, association: AssociationId, first: date, last: date, policy: WatchPolicy
) -> Iterator[Judged]:
    """Yield what thresholds would have said of each day, each finding once; nothing is written."""
    told: set[str] = set()
    day = first
    while day <= last:
        found = judged(engine, association, day, policy)
        fresh = tuple(each for each in found.findings if each.alert_id not in told)
        told |= {each.alert_id for each in fresh}
        yield Judged(day=day, seen=found.seen, findings=fresh)
        day += DAY


def judged(engine: Engine, association: AssociationId, day: date, policy: WatchPolicy) -> Judged:
    """Return what the signs say of a day."""
    watched = gathered(engine, association, day, policy)
    findings = judge(watched, policy.signs)[:FINDINGS_MAX]
    return Judged(day=day, seen=len(watched.seen), findings=tuple(findings))


def gathered(engine: Engine, association: AssociationId, day: date, policy: WatchPolicy) -> Watched:
    """Read everything that a day is judged by, in one snapshot."""
    days = [_midnight(day - DAY * back, policy) for back in range(policy.window_days - 1, -2, -1)]
    begins, ends = days[-2], days[-1]
    asked = association, begins, ends
    least = policy.signs.get("shared_phone", {}).get("members")
    with unit_of_work.snapshot(engine.database, association) as connection:
        trades = traded_between(connection, *asked)
        tallies = tallies_between(connection, association, days[0], ends)
        counts = captures_by_day(connection, association, days[:-1])
        where = places(connection, association)
        tries = attempts_between(connection, *asked)
        phones = shared_phones(connection, *asked, least) if least else {}
    return Watched(
        day=day.isoformat(),
        seen=tuple(_seen(each) for each in trades),
        tallies=tuple(
            Tally(outlet_id=o, operator_id=p, member_id=m, captures=c, voids=v)
            for o, p, m, c, v in sorted(tallies)
        ),
        past=_past(counts, len(days) - 2),
        places=where,
        attempts=_attempts(tries),
        phones=tuple(Phone(device=name, members=who) for name, who in phones.items()),
        hour_of={e.event_id: e.recorded_at.astimezone(policy.zone).hour for e in trades},
    )


def _midnight(day: date, policy: WatchPolicy) -> datetime:
    return datetime.combine(day, time(), tzinfo=policy.zone).astimezone(UTC)


def _seen(each: Traded) -> Seen:
    return Seen(
        event_id=each.event_id,
        at=each.recorded_at,
        voucher_id=each.voucher_id,
        member_id=each.member_id,
        partner_id=PartnerId(each.partner_id),
        outlet_id=each.outlet_id,
        operator_id=each.operator_id,
        device_id=each.device_id,
        cost_fen=each.cost_fen,
        issued_at=each.issued_at,
        undoes=each.undoes,
        whole=each.whole,
        outside_hours=each.outside_hours,
    )


def _past(counts: dict[tuple[OutletId, int], int], days: int) -> dict[OutletId, tuple[int, ...]]:
    """Return captures of the earlier days, from an outlet's first one on; quiet days are zero."""
    first: dict[OutletId, int] = {}
    for outlet, number in counts:
        first[outlet] = min(first.get(outlet, number), number)
    return {
        outlet: tuple(counts.get((outlet, number), 0) for number in range(begins, days))
        for outlet, begins in first.items()
    }


def _attempts(tries: list[tuple[Any, str, str]]) -> tuple[Attempts, ...]:
    devices: dict[tuple[Any, str], list[str]] = defaultdict(list)
    for outlet, device, attempt in tries:
        devices[outlet, device].append(attempt)
    return tuple(
        Attempts(outlet_id=outlet, device_id=device, attempts=tuple(ids))
        for (outlet, device), ids in devices.items()
    )
