"""Proposals in the database: loads under locks, appends, and bounded reads."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from points.db.base import indexed
from points.db.bulk import append_rows, put_rows, within
from points.kernel.amounts import Points
from points.kernel.ids import (
    ActivityId,
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    ProposalId,
    TransactionId,
)
from points.proposals.agenda import Agenda
from points.proposals.model import Kind, Proposal, Replacement, Settled, Standing, State
from points.proposals.tables import proposal, proposal_event, proposal_state

LIMIT_MAX = 1000


@dataclass(slots=True)
class ProposalKeys:
    """What a batch needs of the proposals: those to lock."""

    proposals: set[ProposalId] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A proposal with the step that ended it, if one did."""

    standing: Standing
    settled: Settled | None


def load_agenda(connection: Connection, association: AssociationId, keys: ProposalKeys) -> Agenda:
    """Lock where proposals stand, and read what they ask for."""
    agenda = Agenda()
    if not keys.proposals:
        return agenda
    s = proposal_state.c
    # Sorted: two batches that lock the same rows in opposite orders would wait for ever.
    rows = connection.execute(
        select(s.proposal_id, s.state)
        .where(s.association_id == association, within(connection, s.proposal_id, keys.proposals))
        .order_by(s.proposal_id)
        .with_for_update(key_share=True)
    ).all()
    facts = _proposals(connection, association, [row.proposal_id for row in rows])
    for proposal_id, state in rows:
        agenda.proposals[ProposalId(proposal_id)] = Standing(
            proposal=facts[proposal_id], kept=State(state)
        )
    return agenda


def save_agenda(connection: Connection, association: AssociationId, agenda: Agenda) -> None:
    """Append what was proposed and decided, and bring the states up to it."""
    a = association
    append_rows(connection, proposal, PROPOSAL, [(a, *_row(each)) for each in agenda.opened])
    append_rows(
        connection,
        proposal_event,
        EVENT,
        [
            (
                *(a, e.proposal.proposal_id, e.step.value, e.actor, e.proposal.proposed_by),
                *(e.reason, e.operation_id, e.recorded_at),
            )
            for e in agenda.settled
        ],
    )
    changed = {each.proposal_id for each in agenda.opened} | {
        each.proposal.proposal_id for each in agenda.settled
    }
    put_rows(
        connection,
        proposal_state,
        ("association_id", "proposal_id", "state", "until"),
        [
            (a, name, agenda.proposals[name].kept.value, agenda.proposals[name].proposal.until)
            for name in sorted(changed)
        ],
    )


def find_proposal(
    connection: Connection, association: AssociationId, proposal_id: ProposalId
) -> Filed | None:
    """Return a proposal with what became of it, or None."""
    return next(iter(_filed(connection, association, [proposal_id])), None)


def list_proposals(
    connection: Connection,
    association: AssociationId,
    state: State,
    now: datetime,
    *,
    before: str = "",
    limit: int = 50,
) -> list[Filed]:
    """Return proposals in a state, the newest first; page on with the last one's id."""
    s = proposal_state.c
    kept = State.PROPOSED if state is State.EXPIRED else state
    timed = {State.PROPOSED: [s.until > now], State.EXPIRED: [s.until <= now]}.get(state, [])
    ids = connection.execute(
        select(s.proposal_id)
        .where(
            s.association_id == association,
            s.state == kept.value,
            indexed(s.state),
            *timed,
            *([s.proposal_id < before] if before else []),
        )
        .order_by(s.proposal_id.desc())
        .limit(min(limit, LIMIT_MAX))
    ).scalars()
    return _filed(connection, association, [ProposalId(each) for each in ids])


def _filed(
    connection: Connection, association: AssociationId, ids: list[ProposalId]
) -> list[Filed]:
    facts = _proposals(connection, association, ids)
    e = proposal_event.c
    rows = connection.execute(
        select(proposal_event).where(
            e.association_id == association, within(connection, e.proposal_id, ids)
        )
    ).mappings()
    settled = {row["proposal_id"]: _settled(row, facts[row["proposal_id"]]) for row in rows}
    return [
        Filed(
            standing=Standing(
                proposal=facts[each],
                kept=settled[each].step if each in settled else State.PROPOSED,
            ),
            settled=settled.get(each),
        )
        for each in ids
        if each in facts
    ]


def _proposals(
    connection: Connection, association: AssociationId, ids: Iterable[str]
) -> dict[str, Proposal]:
    p = proposal.c
    rows = connection.execute(
        select(proposal).where(
            p.association_id == association, within(connection, p.proposal_id, ids)
        )
    )
    return {row["proposal_id"]: _proposal(row) for row in rows.mappings()}


PROPOSAL = (
    "association_id",
    *("proposal_id", "kind", "member_id", "reason", "note", "proposed_by", "proposed_at", "until"),
    *("measure", "points", "expires_at", "activity_id", "transactions"),
    *("peers", "supersedes", "type", "occurred_at", "ended_at", "fields", "donation_id"),
)
EVENT = (
    "association_id",
    *("proposal_id", "step", "actor", "proposed_by", "reason", "operation_id", "recorded_at"),
)


def _row(x: Proposal) -> tuple[Any, ...]:
    return (
        *(x.proposal_id, x.kind.value, x.member_id, x.reason, x.note, x.proposed_by),
        *(x.proposed_at, x.until, x.measure, x.points, x.expires_at),
        # Which activity a correction is of has a column of its own, so that what is known of
        # reversals stays true of them.
        None if x.replacement else x.activity_id,
        list(x.transactions),
        list(x.peers),
        *_replacement_row(x),
        x.donation_id,
    )


def _replacement_row(x: Proposal) -> tuple[Any, ...]:
    right = x.replacement
    if right is None:
        return (None,) * 5
    return (x.activity_id, right.type, right.occurred_at, right.ended_at, dict(right.fields))


def _proposal(row: Any) -> Proposal:  # noqa: ANN401 - a row mapping
    activity_id = row["activity_id"] or row["supersedes"]
    return Proposal(
        proposal_id=ProposalId(row["proposal_id"]),
        kind=Kind(row["kind"]),
        member_id=MemberId(row["member_id"]),
        reason=row["reason"],
        note=row["note"],
        proposed_by=Actor(row["proposed_by"]),
        proposed_at=row["proposed_at"],
        until=row["until"],
        measure=row["measure"],
        points=None if row["points"] is None else Points(row["points"]),
        expires_at=row["expires_at"],
        activity_id=None if activity_id is None else ActivityId(activity_id),
        transactions=tuple(TransactionId(each) for each in row["transactions"]),
        peers=tuple(MemberId(each) for each in row["peers"]),
        replacement=_replacement(row),
        donation_id=row["donation_id"],
    )


def _replacement(row: Any) -> Replacement | None:  # noqa: ANN401 - a row mapping
    if row["supersedes"] is None:
        return None
    return Replacement(
        type=row["type"],
        occurred_at=row["occurred_at"],
        ended_at=row["ended_at"],
        fields=row["fields"],
    )


def _settled(row: Any, of: Proposal) -> Settled:  # noqa: ANN401 - a row mapping
    return Settled(
        proposal=of,
        step=State(row["step"]),
        actor=Actor(row["actor"]),
        reason=row["reason"],
        operation_id=OperationId(row["operation_id"]),
        recorded_at=row["recorded_at"],
    )
