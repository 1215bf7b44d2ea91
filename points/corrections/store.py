"""Correction batches in the database: loads under locks, and appends."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from points.corrections.batches import Batches
from points.corrections.model import (
    Correction,
    Kind,
    Line,
    Posting,
    Reach,
    Result,
    Standing,
    State,
    Step,
)
from points.corrections.tables import (
    correction,
    correction_event,
    correction_line,
    correction_posting,
    correction_state,
)
from points.db.base import indexed
from points.db.bulk import append_rows, put_rows, within
from points.kernel.ids import (
    ActivityId,
    Actor,
    AssociationId,
    CorrectionId,
    DraftId,
    MemberId,
    OperationId,
)


@dataclass(slots=True)
class CorrectionKeys:
    """What a batch needs of the corrections.

    Attributes:
        corrections: Those to lock.
        parts: Members' parts whose lines and outcome are needed; whoever asks locks the member.
        reached: Members of whom must be known which corrections have reached them.
    """

    corrections: set[CorrectionId] = field(default_factory=set)
    parts: set[tuple[CorrectionId, MemberId]] = field(default_factory=set)
    reached: set[MemberId] = field(default_factory=set)


def load_batches(
    connection: Connection, association: AssociationId, keys: CorrectionKeys
) -> Batches:
    """Lock where batches stand, and read what they ask for."""
    batches = Batches()
    if keys.corrections:
        _lock(connection, association, keys.corrections, batches)
    if keys.parts:
        _load_parts(connection, association, keys.parts, batches)
    if keys.reached:
        batches.reached.update(reached(connection, association, keys.reached))
    return batches


def _load_parts(
    connection: Connection,
    association: AssociationId,
    parts: set[tuple[CorrectionId, MemberId]],
    batches: Batches,
) -> None:
    """Read the parts of a page of members, each batch's at once."""
    batches.lines.update({part: [] for part in parts})
    members: dict[CorrectionId, set[MemberId]] = {}
    for name, member in parts:
        members.setdefault(name, set()).add(member)
    for name, mine in sorted(members.items()):
        for line in lines_of(connection, association, name, mine):
            batches.lines[name, line.member_id].append(line)
        for posting in _postings(connection, association, name, mine):
            batches.postings[name, posting.member_id] = posting
    known = standings(connection, association, members)
    batches.standings.update(
        {each: found for each, found in known.items() if each not in batches.standings}
    )


def _lock(
    connection: Connection, association: AssociationId, ids: set[CorrectionId], batches: Batches
) -> None:
    s, p, c = correction_state.c, correction_posting.c, correction.c
    # Sorted: two batches that lock the same rows in opposite orders would wait for ever.
    locked = list(
        connection.execute(
            select(s.correction_id)
            .where(s.association_id == association, within(connection, s.correction_id, ids))
            .order_by(s.correction_id)
            .with_for_update(key_share=True)
        ).scalars()
    )
    batches.standings.update(standings(connection, association, locked))
    counts = connection.execute(
        select(p.correction_id, func.count())
        .where(p.association_id == association, within(connection, p.correction_id, ids))
        .group_by(p.correction_id)
    )
    batches.posted.update({CorrectionId(each): int(number) for each, number in counts})
    undoing = connection.execute(
        select(c.correction_id, c.undoes).where(
            c.association_id == association, within(connection, c.undoes, ids)
        )
    ).all()
    alive = standings(connection, association, [row.correction_id for row in undoing])
    batches.undone.update(
        CorrectionId(row.undoes)
        for row in undoing
        if alive[row.correction_id].kept in (State.APPROVED, State.DONE)
    )


def standings(
    connection: Connection, association: AssociationId, ids: Iterable[str]
) -> dict[CorrectionId, Standing]:
    """Return batches and where they stand."""
    c, s = correction.c, correction_state.c
    wanted = list(ids)
    states = {
        row.correction_id: State(row.state)
        for row in connection.execute(
            select(s.correction_id, s.state).where(
                s.association_id == association, within(connection, s.correction_id, wanted)
            )
        )
    }
    rows = connection.execute(
        select(correction).where(
            c.association_id == association, within(connection, c.correction_id, wanted)
        )
    )
    return {
        CorrectionId(row["correction_id"]): Standing(
            correction=_correction(row), kept=states[row["correction_id"]]
        )
        for row in rows.mappings()
    }


def lines_of(
    connection: Connection,
    association: AssociationId,
    correction_id: CorrectionId,
    members: Iterable[MemberId] | None = None,
) -> list[Line]:
    """Return the lines of some members, or of all, in their order."""
    x = correction_line.c
    rows = connection.execute(
        select(correction_line)
        .where(
            x.association_id == association,
            x.correction_id == correction_id,
            *([] if members is None else [within(connection, x.member_id, members)]),
        )
        .order_by(x.member_id, x.activity_id, x.rule_id, x.measure)
    )
    return [line_of(row) for row in rows.mappings()]


def reached(
    connection: Connection, association: AssociationId, members: Iterable[MemberId]
) -> dict[MemberId, list[Reach]]:
    """Return which corrections have reached members, and when."""
    p, c = correction_posting.c, correction.c
    rows = connection.execute(
        select(p.member_id, p.correction_id, p.recorded_at).where(
            p.association_id == association,
            within(connection, p.member_id, members),
            p.result == Result.POSTED.value,
            indexed(p.member_id),
        )
    ).all()
    if not rows:
        return {}
    heads = {
        row.correction_id: row
        for row in connection.execute(
            select(c.correction_id, c.programme, c.starts, c.ends).where(
                c.association_id == association,
                within(connection, c.correction_id, {row.correction_id for row in rows}),
            )
        )
    }
    found: dict[MemberId, list[Reach]] = {}
    for row in rows:
        head = heads[row.correction_id]
        reach = Reach(head.programme, head.starts, head.ends, row.recorded_at)
        found.setdefault(MemberId(row.member_id), []).append(reach)
    return found


def _postings(
    connection: Connection,
    association: AssociationId,
    correction_id: CorrectionId,
    members: Iterable[MemberId],
) -> list[Posting]:
    p = correction_posting.c
    rows = connection.execute(
        select(correction_posting).where(
            p.association_id == association,
            p.correction_id == correction_id,
            within(connection, p.member_id, members),
        )
    )
    return [posting_of(row) for row in rows.mappings()]


def save_batches(connection: Connection, association: AssociationId, batches: Batches) -> None:
    """Append what was proposed, decided and posted, and bring the states up to it."""
    a = association
    append_rows(
        connection, correction, CORRECTION, [(a, *_row(each)) for each, _ in batches.opened]
    )
    append_rows(
        connection,
        correction_line,
        LINE,
        [
            (a, each.correction_id, *_line_row(line))
            for each, lines in batches.opened
            for line in lines
        ],
    )
    append_rows(connection, correction_event, EVENT, [(a, *_step_row(s)) for s in batches.steps])
    append_rows(
        connection, correction_posting, POSTING, [(a, *_posting_row(p)) for p in batches.came]
    )
    changed = {each.correction_id for each, _ in batches.opened} | {
        each.correction.correction_id for each in batches.steps
    }
    put_rows(
        connection,
        correction_state,
        ("association_id", "correction_id", "state", "until"),
        [
            (a, name, found.kept.value, found.correction.until)
            for name, found in sorted(batches.standings.items())
            if name in changed
        ],
    )


CORRECTION = (
    *("association_id", "correction_id", "kind", "programme", "note", "proposed_by"),
    *("proposed_at", "until", "starts", "ends", "version", "sha256", "draft_id", "revision"),
    *("undoes", "members", "lines", "lines_sha256", "totals"),
)
LINE = (
    *("association_id", "correction_id", "member_id", "activity_id", "rule_id", "measure"),
    *("occurred_at", "old", "new", "reason"),
)
EVENT = (
    *("association_id", "correction_id", "number", "step", "actor", "proposed_by", "reason"),
    *("operation_id", "recorded_at"),
)
POSTING = (
    *("association_id", "correction_id", "member_id", "result", "up", "down", "operation_id"),
    "recorded_at",
)


def _row(x: Correction) -> tuple[Any, ...]:
    return (
        *(x.correction_id, x.kind.value, x.programme, x.note, x.proposed_by, x.proposed_at),
        *(x.until, x.starts, x.ends, x.version, x.sha256, x.draft_id, x.revision, x.undoes),
        *(x.members, x.lines, x.lines_sha256, {m: dict(t) for m, t in x.totals.items()}),
    )


def _line_row(x: Line) -> tuple[Any, ...]:
    return (
        *(x.member_id, x.activity_id, x.rule_id, x.measure, x.occurred_at, x.old, x.new),
        dict(x.reason),
    )


def _step_row(x: Step) -> tuple[Any, ...]:
    return (
        *(x.correction.correction_id, 2 if x.step is State.DONE else 1, x.step.value, x.actor),
        *(x.correction.proposed_by, x.reason, x.operation_id, x.recorded_at),
    )


def _posting_row(x: Posting) -> tuple[Any, ...]:
    return (
        *(x.correction_id, x.member_id, x.result.value, x.up, x.down, x.operation_id),
        x.recorded_at,
    )


def _correction(row: Any) -> Correction:  # noqa: ANN401 - a row mapping
    return Correction(
        correction_id=CorrectionId(row["correction_id"]),
        kind=Kind(row["kind"]),
        programme=row["programme"],
        note=row["note"],
        proposed_by=Actor(row["proposed_by"]),
        proposed_at=row["proposed_at"],
        until=row["until"],
        starts=row["starts"],
        ends=row["ends"],
        version=row["version"],
        sha256=row["sha256"],
        draft_id=None if row["draft_id"] is None else DraftId(row["draft_id"]),
        revision=row["revision"],
        undoes=None if row["undoes"] is None else CorrectionId(row["undoes"]),
        members=row["members"],
        lines=row["lines"],
        lines_sha256=row["lines_sha256"],
        totals=row["totals"],
    )


def line_of(row: Any) -> Line:  # noqa: ANN401 - a row mapping
    """Return the line that a row holds."""
    return Line(
        MemberId(row["member_id"]),
        ActivityId(row["activity_id"]),
        row["rule_id"],
        row["measure"],
        row["occurred_at"],
        row["old"],
        row["new"],
        row["reason"],
    )


def posting_of(row: Any) -> Posting:  # noqa: ANN401 - a row mapping
    """Return the outcome that a row holds."""
    return Posting(
        correction_id=CorrectionId(row["correction_id"]),
        member_id=MemberId(row["member_id"]),
        result=Result(row["result"]),
        up=row["up"],
        down=row["down"],
        operation_id=OperationId(row["operation_id"]),
        recorded_at=row["recorded_at"],
    )
