"""Reads of the rule book: its revision, what is printed in it, drafts and their steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from points.db.base import indexed
from points.db.scope import spelled
from points.kernel.ids import Actor, AssociationId, DraftId
from points.rulebook.model import DraftEvent, DraftState, Shelved, Standing, Step
from points.rulebook.store import event_of, shelved, standings
from points.rulebook.tables import (
    rule_base,
    rule_draft,
    rule_draft_event,
    rule_draft_state,
    rule_version,
    rulebook,
)

LIMIT_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A published version with its text and cases."""

    shelved: Shelved
    text: str
    cases: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A revision of a draft without what is written in it, which may be long."""

    draft_id: DraftId
    revision: int
    programme: str
    note: str
    digest: str
    author: Actor
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Who submitted a draft, and when."""

    actor: Actor
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A draft in a list: as it stands, without text, cases, and what the gate found."""

    draft: Brief
    state: DraftState
    submission: Submitted | None = None


@cache
def _revision_wanted() -> Select[Any]:
    # Built once: building a statement costs more than asking it.
    return select(rulebook.c.revision).where(rulebook.c.association_id == bindparam("a"))


def revision_of_book(connection: Connection, association: AssociationId) -> int:
    """Return how often the rule book of an association has changed; zero where it has none."""
    found = connection.execute(_revision_wanted(), {"a": association}).scalar()
    return int(found or 0)


@lru_cache(maxsize=1024)
def revision_statement(association: str) -> str:
    """Return the same question for PostgreSQL, for a message that takes no parameters."""
    return f"SELECT revision FROM rulebook WHERE association_id = {spelled(association)}"  # noqa: S608 - spelled so that nothing in it means anything


def printed(connection: Connection, association: AssociationId) -> list[Printed]:
    """Return every published version with its text, by programme and number."""
    v = rule_version.c
    heads = shelved(connection, association)
    rows = connection.execute(
        select(v.programme, v.version, v.text, v.cases)
        .where(v.association_id == association)
        .order_by(v.programme, v.version)
    )
    # What was published between the two reads has no head yet, and is another revision's.
    return [
        Printed(shelved=heads[row.programme, row.version], text=row.text, cases=row.cases)
        for row in rows
        if (row.programme, row.version) in heads
    ]


def find_version(
    connection: Connection, association: AssociationId, programme: str, number: int
) -> Printed | None:
    """Return a published version, or None."""
    v = rule_version.c
    found = shelved(connection, association).get((programme, number))
    row = connection.execute(
        select(v.text, v.cases).where(
            v.association_id == association, v.programme == programme, v.version == number
        )
    ).first()
    if found is None or row is None:
        return None
    return Printed(shelved=found, text=row.text, cases=row.cases)


def kept_bases(connection: Connection, association: AssociationId) -> dict[str, tuple[str, int]]:
    """Return the rule files that were kept: programme and number by hash."""
    b = rule_base.c
    rows = connection.execute(
        select(b.sha256, b.programme, b.version).where(b.association_id == association)
    )
    return {row.sha256: (row.programme, row.version) for row in rows}


def find_base(connection: Connection, association: AssociationId, sha256: str) -> str | None:
    """Return the text of a rule file that was kept, or None."""
    b = rule_base.c
    text: str | None = connection.execute(
        select(b.text).where(b.association_id == association, b.sha256 == sha256)
    ).scalar()
    return text


def find_draft(
    connection: Connection, association: AssociationId, draft_id: DraftId
) -> Standing | None:
    """Return a draft as it stands, or None."""
    return standings(connection, association, [draft_id]).get(draft_id)


def steps_of(
    connection: Connection, association: AssociationId, draft_id: DraftId
) -> list[DraftEvent]:
    """Return everything that happened to a draft, in order."""
    e = rule_draft_event.c
    rows = connection.execute(
        select(rule_draft_event)
        .where(e.association_id == association, e.draft_id == draft_id)
        .order_by(e.sequence)
        .limit(LIMIT_MAX)
    )
    return [event_of(row) for row in rows]


def list_drafts(
    connection: Connection,
    association: AssociationId,
    state: DraftState | None = None,
    *,
    before: str = "",
    limit: int = 50,
) -> list[Listed]:
    """Return drafts, in one state or in any, the newest first; page on with the last one's id."""
    s, d, e = rule_draft_state.c, rule_draft.c, rule_draft_event.c
    rows = connection.execute(
        select(
            *(s.state, d.draft_id, d.revision, d.programme, d.note, d.digest, d.author),
            *(d.saved_at, e.actor, e.recorded_at),
        )
        .join(
            rule_draft,
            (d.association_id == s.association_id)
            & (d.draft_id == s.draft_id)
            & (d.revision == s.revision),
        )
        .outerjoin(
            rule_draft_event,
            (e.association_id == s.association_id)
            & (e.draft_id == s.draft_id)
            & (e.revision == s.revision)
            & (e.step == Step.SUBMITTED.value),
        )
        .where(
            s.association_id == association,
            *([s.state == state.value, indexed(s.state)] if state else []),
            *([s.draft_id < before] if before else []),
        )
        .order_by(s.draft_id.desc())
        .limit(min(limit, LIMIT_MAX))
    )
    return [_listed(row) for row in rows]


def _listed(row: Any) -> Listed:  # noqa: ANN401 - a row
    submission = None
    if row.actor is not None:
        submission = Submitted(actor=Actor(row.actor), recorded_at=row.recorded_at)
    brief = Brief(
        draft_id=DraftId(row.draft_id),
        revision=row.revision,
        programme=row.programme,
        note=row.note,
        digest=row.digest,
        author=Actor(row.author),
        saved_at=row.saved_at,
    )
    return Listed(draft=brief, state=DraftState(row.state), submission=submission)
