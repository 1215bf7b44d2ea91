"""Shared counts, points put off, and effects in the database."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, text

from points.activities.docket import Docket
from points.activities.model import State, Used, UseKey
from points.activities.outcome_tables import (
    IS_OPEN,
    deferral,
    deferral_end,
    open_deferral,
    rule_effect,
    shared_usage,
)
from points.activities.outcomes import Deferral, DeferralEnd, EffectKind, Ending, RuleEffect
from points.activities.tables import claim
from points.db.base import indexed
from points.db.bulk import append_rows, delete_rows, put_rows, within
from points.kernel.amounts import Points
from points.kernel.ids import ActivityId, AssociationId, MemberId

GONE_BACK = (State.UPHELD, State.REVERSED)
"""States in which what an activity did no longer stands."""

_SHARED = ("holder", "measure", "cap", "window_key")
_DEFERRAL = (
    *("deferral_id", "activity_id", "member_id", "programme", "rule_id", "measure", "points"),
    *("due_at", "round", "ruleset_version", "ruleset_sha256", "recorded_at"),
)
_END = ("deferral_id", "outcome", "points", "transaction_id", "recorded_at")
_EFFECT = (
    *("activity_id", "rule_id", "kind", "member_id", "programme", "measure", "occurred_at"),
    *("ruleset_version", "ruleset_sha256", "reason", "froze", "recorded_at"),
)


def lock_shared(
    connection: Connection, association: AssociationId, keys: Iterable[UseKey], docket: Docket
) -> None:
    """Lock and load what branches and programmes have used, sorted, as the last of all counts.

    Everybody who scores meets at these rows, so they are held for the least time. Whoever only
    looks holds nothing.
    """
    wanted = sorted({key for key in keys if key.shared})
    if not wanted:
        return
    if connection.get_execution_options().get("writes"):
        _make(connection, association, wanted)
    u = shared_usage.c
    rows = connection.execute(
        select(u.holder, u.cap, u.measure, u.window_key, u.points, u.times)
        .where(
            u.association_id == association,
            within(connection, u.use_key, {"|".join(key) for key in wanted}),
            indexed(u.use_key),
        )
        .order_by(u.holder, u.measure, u.cap, u.window_key)
        .with_for_update(key_share=True)
    )
    for *names, points, times in rows:
        docket.usage[UseKey(*names)] = Used(points, times)


def _make(connection: Connection, association: AssociationId, keys: list[UseKey]) -> None:
    # A row that does not exist locks nothing: two would both see the whole budget. Whoever comes
    # second waits for the first's row; in the order of the key, as they are locked.
    rows = sorted((key.holder, key.measure, key.cap, key.window_key) for key in keys)
    connection.execute(
        text(
            "INSERT INTO shared_usage (association_id, holder, measure, cap, window_key, points,"
            " times) VALUES (:a, :holder, :measure, :cap, :window_key, 0, 0)"
            " ON CONFLICT DO NOTHING"
        ),
        [{"a": association, **dict(zip(_SHARED, row, strict=True))} for row in rows],
    )


def load_deferrals(
    connection: Connection,
    association: AssociationId,
    ids: Collection[str],
    activities: Collection[ActivityId],
    docket: Docket,
) -> None:
    """Load those deferrals that are still open, of some ids and of some activities."""
    found: list[Deferral] = []
    if ids:
        found += _open(connection, association, within(connection, deferral.c.deferral_id, ids))
    if activities:
        d = deferral.c
        of_them = within(connection, d.activity_id, activities) & indexed(d.activity_id)
        found += _open(connection, association, of_them)
    docket.deferrals.update({each.deferral_id: each for each in found})


def _open(connection: Connection, association: AssociationId, wanted: Any) -> list[Deferral]:  # noqa: ANN401 - a condition
    rows = connection.execute(
        select(deferral).where(deferral.c.association_id == association, wanted)
    ).mappings()
    found = {row["deferral_id"]: row for row in rows}
    if not found:
        return []
    o = open_deferral.c
    still = connection.execute(
        select(o.deferral_id).where(
            o.association_id == association, within(connection, o.deferral_id, found)
        )
    )
    return [_deferral_of(found[row.deferral_id]) for row in still]


def due_deferrals(
    connection: Connection,
    association: AssociationId,
    by: datetime,
    *,
    after: tuple[datetime, str] | None = None,
    limit: int = 500,
) -> list[Deferral]:
    """Return deferrals whose window is open by an instant, the earliest first.

    Page on with the last one's instant and id: some may have to wait for something else.
    """
    o = open_deferral.c
    rows = connection.execute(
        select(o.deferral_id)
        .where(o.association_id == association, IS_OPEN, o.due_at <= by, *_after(after))
        .order_by(o.due_at, o.deferral_id)
        .limit(limit)
    )
    ids = [row.deferral_id for row in rows]
    if not ids:
        return []
    found = _open(connection, association, within(connection, deferral.c.deferral_id, ids))
    return sorted(found, key=lambda each: (each.due_at, each.deferral_id))


def resumed_at(
    connection: Connection, association: AssociationId, activities: Collection[ActivityId]
) -> dict[ActivityId, dict[tuple[str, str], datetime]]:
    """Return when what activities had put off was granted, by programme and number."""
    d, e = deferral.c, deferral_end.c
    rows = connection.execute(
        select(d.deferral_id, d.activity_id).where(
            d.association_id == association,
            within(connection, d.activity_id, activities),
            indexed(d.activity_id),
        )
    )
    owners = {row.deferral_id: ActivityId(row.activity_id) for row in rows}
    if not owners:
        return {}
    ends = connection.execute(
        select(e.deferral_id, e.recorded_at).where(
            e.association_id == association,
            within(connection, e.deferral_id, owners),
            e.outcome == Ending.RESUMED.value,
        )
    )
    found: dict[ActivityId, dict[tuple[str, str], datetime]] = {}
    for row in ends:
        _, programme, number = row.deferral_id.split(":")
        found.setdefault(owners[row.deferral_id], {})[programme, number] = row.recorded_at
    return found


def _after(after: tuple[datetime, str] | None) -> list[Any]:
    if after is None:
        return []
    o, (at, name) = open_deferral.c, after
    return [o.due_at >= at, or_(o.due_at > at, o.deferral_id > name)]


def _deferral_of(row: Any) -> Deferral:  # noqa: ANN401 - a row mapping
    names = {name: row[name] for name in _DEFERRAL}
    return Deferral(**{**names, "points": Points(row["points"])})


def load_effects(
    connection: Connection,
    association: AssociationId,
    members: Collection[MemberId],
    docket: Docket,
) -> None:
    """Load the effects that stand on some members."""
    e, c = rule_effect.c, claim.c
    rows = list(
        connection.execute(
            select(rule_effect)
            .where(
                e.association_id == association,
                within(connection, e.member_id, members),
                indexed(e.member_id),
            )
            .order_by(e.recorded_at, e.activity_id, e.rule_id)
        ).mappings()
    )
    if not rows:
        return
    gone = connection.execute(
        select(c.activity_id).where(
            c.association_id == association,
            within(connection, c.activity_id, {row["activity_id"] for row in rows}),
            c.state.in_([state.value for state in GONE_BACK]),
        )
    )
    undone = {row.activity_id for row in gone}
    for row in rows:
        if row["froze"]:
            docket.froze.add((MemberId(row["member_id"]), row["programme"], row["reason"]))
        if row["activity_id"] not in undone:
            names = {name: row[name] for name in _EFFECT}
            effect = RuleEffect(**{**names, "kind": EffectKind(row["kind"])})
            docket.effects.setdefault(effect.member_id, []).append(effect)


def save_outcomes(connection: Connection, association: AssociationId, docket: Docket) -> None:
    """Append what was put off, what became of it, and effects; bring shared counts up to them."""
    a = association
    shared = [key for key in sorted(docket.used) if key.shared]
    put_rows(
        connection,
        shared_usage,
        ("association_id", *_SHARED, "points", "times"),
        [
            (a, key.holder, key.measure, key.cap, key.window_key, *docket.usage[key])
            for key in shared
        ],
    )
    put_off = [tuple(getattr(each, name) for name in _DEFERRAL) for each in docket.put_off]
    append_rows(
        connection, deferral, ("association_id", *_DEFERRAL), [(a, *row) for row in put_off]
    )
    append_rows(
        connection,
        open_deferral,
        ("association_id", "deferral_id", "due_at"),
        [(a, each.deferral_id, each.due_at) for each in docket.put_off],
    )
    append_rows(
        connection, deferral_end, ("association_id", *_END), [_end(a, e) for e in docket.ended]
    )
    delete_rows(
        connection, open_deferral, a, "deferral_id", [each.deferral_id for each in docket.ended]
    )
    append_rows(
        connection,
        rule_effect,
        ("association_id", *_EFFECT),
        [(a, *_effect(each)) for each in docket.done],
    )


def _end(association: AssociationId, x: DeferralEnd) -> tuple[Any, ...]:
    return (
        *(association, x.deferral_id, x.outcome.value, x.points, x.transaction_id),
        x.recorded_at,
    )


def _effect(x: RuleEffect) -> tuple[Any, ...]:
    row = {name: getattr(x, name) for name in _EFFECT}
    return tuple({**row, "kind": x.kind.value}.values())
