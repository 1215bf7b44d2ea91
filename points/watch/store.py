"""The watch in the database: loads under locks, appends, and lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from points.db.base import indexed
from points.db.bulk import append_rows, put_rows, within
from points.kernel.ids import Actor, AlertId, AssociationId, MemberId, OperationId, OutletId
from points.watch.alerts import Alerts
from points.watch.model import Alert, Answer, DayRun, Finding, Kind, Standing, State
from points.watch.tables import alert, alert_event, alert_state, watch_day

LIMIT_MAX = 201


@dataclass(slots=True)
class WatchKeys:
    """What a batch needs of the watch.

    Attributes:
        alerts: Those to lock, if they stand.
        days: Of which must be known whether they were judged.
    """

    alerts: set[AlertId] = field(default_factory=set)
    days: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """An alert, where it stands, and every step of it."""

    alert: Alert
    state: State
    answers: tuple[Answer, ...] = ()


def load_alerts(connection: Connection, association: AssociationId, keys: WatchKeys) -> Alerts:
    """Lock where alerts stand; a day that somebody else judges at the same time collides."""
    found = Alerts()
    if keys.alerts:
        s = alert_state.c
        # Sorted: two batches that lock the same rows in opposite orders would wait for ever.
        rows = connection.execute(
            select(s.alert_id, s.state, s.version)
            .where(s.association_id == association, within(connection, s.alert_id, keys.alerts))
            .order_by(s.alert_id)
            .with_for_update(key_share=True)
        )
        for alert_id, state, version in rows:
            found.standings[AlertId(alert_id)] = Standing(
                alert_id=AlertId(alert_id), state=State(state), version=version
            )
    if keys.days:
        d = watch_day.c
        rows = connection.execute(
            select(d.day).where(
                d.association_id == association, within(connection, d.day, keys.days)
            )
        )
        found.judged = {row[0] for row in rows}
    return found


def save_alerts(connection: Connection, association: AssociationId, found: Alerts) -> None:
    """Append alerts, answers and judged days, and bring the states up to them."""
    a, days = association, {each.alert_id: each.day for each in found.raised}
    append_rows(connection, alert, ALERT, [(a, *_row(each)) for each in found.raised])
    append_rows(
        connection,
        alert_event,
        (
            *("association_id", "alert_id", "version", "step", "actor", "note"),
            *("operation_id", "recorded_at"),
        ),
        [
            (a, e.alert_id, e.version, e.step.value, e.actor, e.note, e.operation_id, e.recorded_at)
            for e in found.answers
        ],
    )
    append_rows(
        connection,
        watch_day,
        ("association_id", "day", "policy_sha256", "seen", "alerts", "judged_at"),
        [(a, r.day, r.policy_sha256, r.seen, r.alerts, r.judged_at) for r in found.runs],
    )
    changed = sorted({*days, *(each.alert_id for each in found.answers)})
    if not changed:
        return
    known = days | _days(connection, association, set(changed) - set(days))
    put_rows(
        connection,
        alert_state,
        ("association_id", "alert_id", "state", "version", "day"),
        [
            (a, each, found.standings[each].state.value, found.standings[each].version, known[each])
            for each in changed
        ],
    )


def _days(
    connection: Connection, association: AssociationId, alerts: set[AlertId]
) -> dict[AlertId, str]:
    rows = connection.execute(
        select(alert.c.alert_id, alert.c.day).where(
            alert.c.association_id == association, within(connection, alert.c.alert_id, alerts)
        )
    )
    return {AlertId(row[0]): row[1] for row in rows}


def find_alert(
    connection: Connection, association: AssociationId, alert_id: AlertId
) -> Filed | None:
    """Return an alert with every step of it, or None."""
    found = _filed(connection, association, [alert_id])
    if not found:
        return None
    e = alert_event.c
    rows = connection.execute(
        select(alert_event)
        .where(e.association_id == association, e.alert_id == alert_id)
        .order_by(e.version)
    ).mappings()
    return Filed(
        alert=found[0].alert, state=found[0].state, answers=tuple(_answer(row) for row in rows)
    )


def list_alerts(
    connection: Connection,
    association: AssociationId,
    state: State,
    *,
    before: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Filed]:
    """Return alerts in a state, the newest day first; page on with the last one's day and id."""
    s = alert_state.c
    ids = connection.execute(
        select(s.alert_id)
        .where(
            s.association_id == association,
            s.state == state.value,
            indexed(s.state),
            *([tuple_(s.day, s.alert_id) < before] if before else []),
        )
        .order_by(s.day.desc(), s.alert_id.desc())
        .limit(min(limit, LIMIT_MAX))
    ).scalars()
    return _filed(connection, association, list(ids))


def last_judged(connection: Connection, association: AssociationId) -> str | None:
    """Return the last day that was judged, or None."""
    d = watch_day.c
    return connection.execute(
        select(func.max(d.day)).where(d.association_id == association)
    ).scalar()


def _filed(connection: Connection, association: AssociationId, ids: Iterable[str]) -> list[Filed]:
    a, s = alert.c, alert_state.c
    rows = connection.execute(
        select(alert, s.state)
        .join(alert_state, (s.association_id == a.association_id) & (s.alert_id == a.alert_id))
        .where(a.association_id == association, within(connection, a.alert_id, ids))
        .order_by(a.day.desc(), a.alert_id.desc())
    )
    return [Filed(alert=_alert(row), state=State(row["state"])) for row in rows.mappings()]


ALERT = (
    "association_id",
    *("alert_id", "kind", "during", "subject", "figures", "threshold", "events"),
    *("outlet_id", "member_id", "day", "policy_sha256", "raised_at"),
)


def _row(x: Alert) -> tuple[Any, ...]:
    f = x.finding
    return (
        *(x.alert_id, f.kind.value, f.window, f.subject, dict(f.figures), dict(f.threshold)),
        *(list(f.events), f.outlet_id, f.member_id, x.day, x.policy_sha256, x.raised_at),
    )


def _alert(row: Any) -> Alert:  # noqa: ANN401 - a row mapping
    finding = Finding(
        kind=Kind(row["kind"]),
        window=row["during"],
        subject=row["subject"],
        figures=row["figures"],
        threshold=row["threshold"],
        events=tuple(row["events"]),
        outlet_id=None if row["outlet_id"] is None else OutletId(row["outlet_id"]),
        member_id=None if row["member_id"] is None else MemberId(row["member_id"]),
    )
    return Alert(
        alert_id=AlertId(row["alert_id"]),
        finding=finding,
        day=row["day"],
        policy_sha256=row["policy_sha256"],
        raised_at=row["raised_at"],
    )


def _answer(row: Any) -> Answer:  # noqa: ANN401 - a row mapping
    return Answer(
        alert_id=AlertId(row["alert_id"]),
        version=row["version"],
        step=State(row["step"]),
        actor=Actor(row["actor"]),
        note=row["note"],
        operation_id=OperationId(row["operation_id"]),
        recorded_at=row["recorded_at"],
    )


def run_of(connection: Connection, association: AssociationId, day: str) -> DayRun | None:
    """Return how a day was judged, or None."""
    d = watch_day.c
    row = (
        connection.execute(select(watch_day).where(d.association_id == association, d.day == day))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    return DayRun(
        day=row["day"],
        policy_sha256=row["policy_sha256"],
        seen=row["seen"],
        alerts=row["alerts"],
        judged_at=row["judged_at"],
    )
