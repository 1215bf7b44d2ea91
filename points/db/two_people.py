"""What ends a proposal, in the database: a table beside each kind of them, all read alike."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKeyConstraint,
    RowMapping,
    Select,
    String,
    Table,
    select,
)

from points.db.acts import Act, Left
from points.db.base import tenant_table
from points.db.bulk import append_rows
from points.db.checks import Check
from points.db.types import Instant
from points.kernel.ids import Actor, OperationId
from points.kernel.two_people import ENDS, Fact, Settled, Standing, State

_SAID = ("step", "actor", "reason", "operation_id", "recorded_at")


def ending_table(name: str, of: Table, key: str) -> Table:
    """Return the table of the steps that end the proposals of another.

    Its key holds no version: a proposal ends once, whatever a lock might miss.

    Args:
        name: The table's.
        of: The proposals' own.
        key: The column that names a proposal, in both.
    """
    return tenant_table(
        name,
        Column(key, String(26), primary_key=True),
        Column("step", String(10), nullable=False),
        Column("actor", String(120), nullable=False),
        Column("proposed_by", String(120), nullable=False),
        Column("reason", String(500), nullable=False),
        Column("operation_id", String(200), nullable=False),
        Column("recorded_at", Instant, nullable=False),
        ForeignKeyConstraint(["association_id", key], [of.c.association_id, of.c[key]]),
        CheckConstraint("step IN ('approved', 'rejected', 'withdrawn')", name="step_known"),
        CheckConstraint("(step = 'withdrawn') = (actor = proposed_by)", name="two_people_decide"),
        append_only=True,
    )


def acts_of(noun: str, of: str, words: tuple[str, ...]) -> tuple[Left, ...]:
    """Return what acts leave of proposals besides the proposing itself.

    Words of staff stand in no answer: the trail repeats them, and is chained.

    Args:
        noun: What flows, steps on the trail and the column that names a proposal are called by.
        of: The proposals' table; what ends them stands in the one beside it.
        words: Columns of a proposal that the trail repeats, its ``note`` as the reason.
    """
    key, ending = f"{noun}_id", {"step": "{state}"}
    ended = tuple(
        Act(kind=f"{noun}_{step.value}", says={key: "e.subject", "reason": "{reason}"})
        for step in ENDS
    )
    proposed = Act(kind=f"{noun}_proposed", says={key: "e.subject", "note": "{reason}"})
    return (
        Left(
            table=f"{of}_event",
            key=(key,),
            says=("operation_id", "step"),
            acts=tuple(Act(kind=f"{verb}_{noun}", says=ending) for verb in ("decide", "withdraw")),
        ),
        Left(table=of, key=(key,), says=words, acts=(proposed,), whole=False, trail=True),
        Left(
            table=f"{of}_event",
            key=(key,),
            says=("operation_id", "reason"),
            acts=ended,
            whole=False,
            trail=True,
        ),
    )


def append_endings(
    connection: Connection, association: str, endings: Table, settled: Iterable[Settled[Any]]
) -> None:
    """Append the steps that ended proposals."""
    append_rows(
        connection,
        endings,
        ("association_id", _key(endings), "proposed_by", *_SAID),
        [
            (
                *(association, each.of.key, each.of.proposed_by, each.step.value),
                *(each.actor, each.reason, each.operation_id, each.recorded_at),
            )
            for each in settled
        ],
    )


def with_endings(proposals: Table, endings: Table, association: str) -> Select[Any]:
    """Return what reads an association's proposals, each with what ended it."""
    p, e, key = proposals.c, endings.c, _key(endings)
    said = (e[each].label(f"ending_{each}") for each in _SAID)
    return (
        select(proposals, *said)
        .outerjoin(endings, (e.association_id == p.association_id) & (e[key] == p[key]))
        .where(p.association_id == association)
    )


def standing_of(row: RowMapping, read: Callable[[RowMapping], Fact]) -> Standing[Fact]:
    """Return the proposal of a row of :func:`with_endings`, with what ended it."""
    fact = read(row)
    if row["ending_step"] is None:
        return Standing(fact=fact)
    settled = Settled(
        of=fact,
        step=State(row["ending_step"]),
        actor=Actor(row["ending_actor"]),
        reason=row["ending_reason"],
        operation_id=OperationId(row["ending_operation_id"]),
        recorded_at=row["ending_recorded_at"],
    )
    return Standing(fact=fact, settled=settled)


def decided_by_another(name: str, noun: str, proposals: Table, endings: Table) -> Check:
    """Return the check that whoever decided is not whoever proposed, who alone withdraws."""
    key = _key(endings)
    return Check(
        name,
        f"SELECT COUNT(*) FROM {endings.name} WHERE association_id = :a",  # noqa: S608 - own words
        f"""
        SELECT '{noun} ' || p.{key}, p.proposed_by, e.proposed_by || '/' || e.actor
        FROM {endings.name} e JOIN {proposals.name} p ON p.association_id = e.association_id
          AND p.{key} = e.{key}
        WHERE e.association_id = :a AND (e.proposed_by <> p.proposed_by
          OR (e.step = 'withdrawn') <> (e.actor = p.proposed_by))
        ORDER BY p.{key} LIMIT 1
        """,  # noqa: S608 - put together from its own words
    )


def _key(endings: Table) -> str:
    """Return the column that names a proposal: the one after the association's."""
    return endings.primary_key.columns.values()[1].name
