"""Relations and counts in the database: loads, locks and appends."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from points.db.bulk import append_rows, put_rows, update_rows, within
from points.duties.model import (
    QuotaKey,
    QuotaName,
    Relation,
    RelationEvent,
    RelationKind,
    RelationStep,
    Used,
)
from points.duties.roster import Roster
from points.duties.tables import quota_use, relation, relation_event
from points.kernel.ids import Actor, AssociationId, MemberId

RELATIONS_MAX = 200


@dataclass(slots=True)
class DutyKeys:
    """What a batch needs of the duties.

    Attributes:
        related: People of staff whose relations decide.
        holders: Whose counts are to be locked.
    """

    related: set[Actor] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)


def load_roster(connection: Connection, association: AssociationId, keys: DutyKeys) -> Roster:
    """Lock the counts and read the relations that a batch needs."""
    roster = Roster()
    if keys.related:
        for each in _relations(connection, association, keys.related):
            roster.relations[each.staff, each.member_id] = each
    if keys.holders:
        q = quota_use.c
        # Sorted: two batches that lock the same rows in opposite orders would wait for ever. A row
        # that is not there yet cannot be locked: its insert collides, and the batch is tried again.
        rows = connection.execute(
            select(q.holder, q.quota, q.day, q.used)
            .where(q.association_id == association, within(connection, q.holder, keys.holders))
            .order_by(q.holder, q.quota)
            .with_for_update(key_share=True)
        )
        for holder, quota, day, used in rows:
            roster.used[QuotaKey(holder, QuotaName(quota))] = Used(day, used)
    return roster


def save_roster(connection: Connection, association: AssociationId, roster: Roster) -> None:
    """Append the relations' steps, and bring relations and counts up to what was done."""
    a = association
    append_rows(
        connection,
        relation_event,
        (
            "association_id",
            *("staff", "member_id", "version", "step", "kind", "actor", "recorded_at"),
        ),
        [
            (
                *(a, e.staff, e.member_id, e.version, e.step.value, e.kind.value, e.actor),
                e.recorded_at,
            )
            for e in roster.events
        ],
    )
    changed = sorted({(event.staff, event.member_id) for event in roster.events})
    put_rows(
        connection,
        relation,
        ("association_id", "staff", "member_id", "kind", "version", "active"),
        [(a, *name, *_standing(roster.relations[name])) for name in changed],
    )
    counted = sorted({QuotaKey(each.holder, QuotaName(each.quota)) for each in roster.counted})
    for write, fresh in ((append_rows, True), (update_rows, False)):
        write(
            connection,
            quota_use,
            ("association_id", "holder", "quota", "day", "used"),
            [
                (a, key.holder, key.quota.value, *roster.used[key])
                for key in counted
                if (key in roster.fresh) is fresh
            ],
        )


def _standing(x: Relation) -> tuple[str, int, bool]:
    return x.kind.value, x.version, x.active


def _relations(
    connection: Connection, association: AssociationId, staff: Collection[Actor]
) -> list[Relation]:
    r = relation.c
    rows = connection.execute(
        select(relation)
        .where(r.association_id == association, within(connection, r.staff, staff))
        .order_by(r.staff, r.member_id)
    )
    return [
        Relation(
            staff=Actor(row["staff"]),
            member_id=MemberId(row["member_id"]),
            kind=RelationKind(row["kind"]),
            version=row["version"],
            active=row["active"],
        )
        for row in rows.mappings()
    ]


def relations_of(
    connection: Connection, association: AssociationId, staff: Actor
) -> list[Relation]:
    """Return what a person of staff has declared and what was withdrawn, at most so many."""
    return _relations(connection, association, [staff])[:RELATIONS_MAX]


def relation_history(
    connection: Connection, association: AssociationId, staff: Actor
) -> list[RelationEvent]:
    """Return every step of a person's relations, the oldest first, at most so many."""
    e = relation_event.c
    rows = connection.execute(
        select(relation_event)
        .where(e.association_id == association, e.staff == staff)
        .order_by(e.member_id, e.version)
        .limit(RELATIONS_MAX)
    )
    return [
        RelationEvent(
            staff=Actor(row["staff"]),
            member_id=MemberId(row["member_id"]),
            version=row["version"],
            step=RelationStep(row["step"]),
            kind=RelationKind(row["kind"]),
            actor=Actor(row["actor"]),
            recorded_at=row["recorded_at"],
        )
        for row in rows.mappings()
    ]
