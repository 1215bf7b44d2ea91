"""The rule book in a batch: loads under locks, and appends."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from points.db.bulk import append_rows, put_rows, within
from points.db.together import write
from points.db.types import instant_text
from points.kernel.ids import Actor, AssociationId, DraftId, OperationId
from points.rulebook.model import (
    Base,
    Draft,
    DraftEvent,
    DraftState,
    Retirement,
    Shelved,
    Standing,
    Step,
    Version,
)
from points.rulebook.press import Press
from points.rulebook.tables import (
    rule_draft,
    rule_draft_event,
    rule_draft_state,
    rule_retirement,
    rule_version,
    rulebook,
)


@dataclass(slots=True)
class RulebookKeys:
    """What a batch needs of the rule book.

    Attributes:
        drafts: Those to lock.
        book: Whether the book itself, for whoever publishes or retires: versions are numbered
            under its lock.
    """

    drafts: set[DraftId] = field(default_factory=set)
    book: bool = False


def load_press(connection: Connection, association: AssociationId, keys: RulebookKeys) -> Press:
    """Lock drafts, and the book after them, and read what they say."""
    press = Press()
    if keys.drafts:
        # Sorted: two batches that lock the same rows in opposite orders would wait for ever.
        s = rule_draft_state.c
        locked = connection.execute(
            select(s.draft_id)
            .where(s.association_id == association, within(connection, s.draft_id, keys.drafts))
            .order_by(s.draft_id)
            .with_for_update(key_share=True)
        ).scalars()
        press.drafts = standings(connection, association, [DraftId(each) for each in locked])
    if keys.book:
        _lock_book(connection, association)
        press.shelf = shelved(connection, association)
    return press


def _lock_book(connection: Connection, association: AssociationId) -> None:
    """Make the book's row where there is none: one that does not exist locks nothing."""
    connection.execute(
        text(
            "INSERT INTO rulebook (association_id, revision) VALUES (:a, 1) ON CONFLICT DO NOTHING"
        ),
        {"a": association},
    )
    b = rulebook.c
    connection.execute(select(b.revision).where(b.association_id == association).with_for_update())


def save_press(
    connection: Connection, association: AssociationId, press: Press, now: datetime
) -> None:
    """Append what was saved, decided and published, and bring states and revision up to it."""
    a = association
    append_rows(connection, rule_draft, DRAFT, [(a, *_draft_row(each)) for each in press.saved])
    append_rows(
        connection, rule_draft_event, EVENT, [(a, *_event_row(each)) for each in press.events]
    )
    changed = sorted({each.draft_id for each in press.events})
    put_rows(
        connection,
        rule_draft_state,
        ("association_id", "draft_id", "state", "revision", "sequence"),
        [(a, name, *_state_row(press.drafts[name])) for name in changed],
    )
    append_rows(
        connection,
        rule_version,
        VERSION,
        [(a, *_version_row(each.version), each.text, dict(each.cases)) for each in press.published],
    )
    append_rows(
        connection, rule_retirement, RETIREMENT, [(a, *_retired_row(r)) for r in press.retired]
    )
    for base in press.bases.values():
        _keep(connection, association, base, now)
    if press.revises:
        _revise(connection, association)


def _keep(connection: Connection, association: str, base: Base, now: datetime) -> None:
    """Keep a rule file; two batches may both be the first to score by it."""
    postgres = connection.dialect.name == "postgresql"
    at = now if postgres else instant_text(now)
    _say(
        connection,
        "INSERT INTO rule_base (association_id, sha256, programme, version, text, recorded_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (association, base.sha256, base.programme, base.version, base.text, at),
    )


def _revise(connection: Connection, association: str) -> None:
    """Count the book up, from what is there by then: who scores first does not lock it before."""
    _say(
        connection,
        "INSERT INTO rulebook (association_id, revision) VALUES (?, 1)"
        " ON CONFLICT (association_id) DO UPDATE SET revision = rulebook.revision + 1",
        (association,),
    )


def _say(connection: Connection, statement: str, parameters: tuple[Any, ...]) -> None:
    if connection.dialect.name == "postgresql":
        write(connection, statement.replace("?", "%s"), parameters)
    else:
        connection.exec_driver_sql(statement, parameters)


def standings(
    connection: Connection, association: AssociationId, ids: Iterable[DraftId]
) -> dict[DraftId, Standing]:
    """Return drafts as they stand, by id; those that are none are left out."""
    wanted = list(ids)
    if not wanted:
        return {}
    s, d, e = rule_draft_state.c, rule_draft.c, rule_draft_event.c
    rows = connection.execute(
        select(s.state, s.sequence, rule_draft)
        .join(
            rule_draft,
            (d.association_id == s.association_id)
            & (d.draft_id == s.draft_id)
            & (d.revision == s.revision),
        )
        .where(s.association_id == association, within(connection, s.draft_id, wanted))
    ).all()
    writers: dict[str, set[Actor]] = {}
    for draft_id, author in connection.execute(
        select(d.draft_id, d.author)
        .where(d.association_id == association, within(connection, d.draft_id, wanted))
        .distinct()
    ):
        writers.setdefault(draft_id, set()).add(Actor(author))
    submissions = {
        row.draft_id: event_of(row)
        for row in connection.execute(
            select(rule_draft_event)
            .where(
                e.association_id == association,
                within(connection, e.draft_id, wanted),
                e.step == Step.SUBMITTED.value,
            )
            .order_by(e.draft_id, e.sequence)
        )
    }
    return {
        DraftId(row.draft_id): _standing(row, writers[row.draft_id], submissions) for row in rows
    }


def _standing(row: Row[Any], writers: set[Actor], submissions: dict[str, DraftEvent]) -> Standing:
    newest = submissions.get(row.draft_id)
    stands = newest is not None and newest.revision == row.revision
    return Standing(
        draft=draft_of(row),
        state=DraftState(row.state),
        sequence=row.sequence,
        writers=frozenset(writers),
        submission=newest if stands else None,
    )


def shelved(connection: Connection, association: AssociationId) -> dict[tuple[str, int], Shelved]:
    """Return every published version without its text, by programme and number."""
    v, r = rule_version.c, rule_retirement.c
    ended = {
        (row.programme, row.version): _retirement(row)
        for row in connection.execute(
            select(rule_retirement).where(r.association_id == association)
        )
    }
    rows = connection.execute(
        select(*(column for column in v if column.name not in ("text", "cases")))
        .where(v.association_id == association)
        .order_by(v.programme, v.version)
    )
    return {
        (row.programme, row.version): Shelved(
            version=version_of(row), retirement=ended.get((row.programme, row.version))
        )
        for row in rows
    }


DRAFT = (
    *("association_id", "draft_id", "revision", "programme", "text", "cases", "note", "digest"),
    *("author", "saved_at"),
)
EVENT = (
    *("association_id", "draft_id", "sequence", "step", "revision", "actor", "submitted_by"),
    *("reason", "detail", "operation_id", "recorded_at"),
)
VERSION = (
    *("association_id", "programme", "version", "sha256", "digest", "starts_at", "ends_at"),
    *("draft_id", "revision", "submitted_by", "approved_by", "correction_id", "published_at"),
    *("operation_id", "text", "cases"),
)
RETIREMENT = (
    *("association_id", "programme", "version", "ends_at", "actor", "reason", "operation_id"),
    *("recorded_at", "correction_id"),
)


def _draft_row(x: Draft) -> tuple[Any, ...]:
    return (
        *(x.draft_id, x.revision, x.programme, x.text, dict(x.cases), x.note, x.digest),
        *(x.author, x.saved_at),
    )


def _event_row(x: DraftEvent) -> tuple[Any, ...]:
    return (
        *(x.draft_id, x.sequence, x.step.value, x.revision, x.actor, x.submitted_by, x.reason),
        *(dict(x.detail), x.operation_id, x.recorded_at),
    )


def _state_row(x: Standing) -> tuple[Any, ...]:
    return (x.state.value, x.draft.revision, x.sequence)


def _version_row(x: Version) -> tuple[Any, ...]:
    return (
        *(x.programme, x.version, x.sha256, x.digest, x.starts_at, x.ends_at, x.draft_id),
        *(x.revision, x.submitted_by, x.approved_by, x.correction_id, x.published_at),
        x.operation_id,
    )


def _retired_row(x: Retirement) -> tuple[Any, ...]:
    return (
        *(x.programme, x.version, x.ends_at, x.actor, x.reason, x.operation_id),
        *(x.recorded_at, x.correction_id),
    )


def draft_of(row: Row[Any]) -> Draft:
    """Return a revision from its row."""
    return Draft(
        draft_id=DraftId(row.draft_id),
        revision=row.revision,
        programme=row.programme,
        text=row.text,
        cases=row.cases,
        note=row.note,
        digest=row.digest,
        author=Actor(row.author),
        saved_at=row.saved_at,
    )


def event_of(row: Row[Any]) -> DraftEvent:
    """Return a draft's event from its row."""
    return DraftEvent(
        draft_id=DraftId(row.draft_id),
        sequence=row.sequence,
        step=Step(row.step),
        revision=row.revision,
        actor=Actor(row.actor),
        operation_id=OperationId(row.operation_id),
        recorded_at=row.recorded_at,
        submitted_by=None if row.submitted_by is None else Actor(row.submitted_by),
        reason=row.reason,
        detail=row.detail,
    )


def version_of(row: Row[Any]) -> Version:
    """Return a version from its row."""
    return Version(
        programme=row.programme,
        version=row.version,
        sha256=row.sha256,
        digest=row.digest,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        draft_id=DraftId(row.draft_id),
        revision=row.revision,
        submitted_by=Actor(row.submitted_by),
        approved_by=Actor(row.approved_by),
        published_at=row.published_at,
        operation_id=OperationId(row.operation_id),
        correction_id=row.correction_id,
    )


def _retirement(row: Row[Any]) -> Retirement:
    return Retirement(
        correction_id=row.correction_id,
        programme=row.programme,
        version=row.version,
        ends_at=row.ends_at,
        actor=Actor(row.actor),
        reason=row.reason,
        operation_id=OperationId(row.operation_id),
        recorded_at=row.recorded_at,
    )
