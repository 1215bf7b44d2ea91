"""Handouts in the database: loads under locks, and appends."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from points.db.bulk import append_rows, put_rows, within
from points.handouts.model import Given, Handout, Mode, Result, Standing, State, Step
from points.handouts.pile import Part, Pile
from points.handouts.tables import (
    handout,
    handout_event,
    handout_member,
    handout_printing,
    handout_result,
    handout_state,
)
from points.kernel.amounts import Fen
from points.kernel.ids import (
    Actor,
    AssociationId,
    HandoutId,
    MemberId,
    OperationId,
    OutletId,
    RewardId,
    VoucherId,
)


@dataclass(slots=True)
class HandoutKeys:
    """What a batch needs of the handouts.

    Attributes:
        handouts: Those to lock.
        parts: Members' parts, of handouts that are locked.
        among: Handouts whose members must be nobody of the people who decide, nor related to them;
            with the members that those people are, as their log-ins say.
    """

    handouts: set[HandoutId] = field(default_factory=set)
    parts: set[Part] = field(default_factory=set)
    among: dict[HandoutId, set[MemberId]] = field(default_factory=dict)


def load_pile(connection: Connection, association: AssociationId, keys: HandoutKeys) -> Pile:
    """Lock where handouts stand, and read what they ask for."""
    pile = Pile()
    if keys.handouts:
        _lock(connection, association, keys.handouts, pile)
    members: dict[HandoutId, set[MemberId]] = {}
    for name, member in keys.parts:
        members.setdefault(name, set()).add(member)
    for name, mine in sorted(members.items()):
        _read_parts(connection, association, name, mine, pile)
    return pile


def _lock(
    connection: Connection, association: AssociationId, ids: set[HandoutId], pile: Pile
) -> None:
    s, h = handout_state.c, handout.c
    # Sorted: two batches that lock the same rows in opposite orders would wait for ever.
    states = {
        row["handout_id"]: row
        for row in connection.execute(
            select(handout_state)
            .where(s.association_id == association, within(connection, s.handout_id, ids))
            .order_by(s.handout_id)
            .with_for_update(key_share=True)
        ).mappings()
    }
    rows = connection.execute(
        select(handout).where(
            h.association_id == association, within(connection, h.handout_id, states)
        )
    ).mappings()
    for row in rows:
        fact = handout_of(row)
        pile.standings[fact.handout_id] = standing_of(fact, states[fact.handout_id])


def _read_parts(
    connection: Connection,
    association: AssociationId,
    name: HandoutId,
    members: set[MemberId],
    pile: Pile,
) -> None:
    """Read a page of members at once."""
    r = handout_result.c
    pile.parts |= {(name, each) for each in _named(connection, association, name, members)}
    came = connection.execute(
        select(handout_result).where(
            r.association_id == association,
            r.handout_id == name,
            within(connection, r.member_id, members),
        )
    ).mappings()
    for row in came:
        given = given_of(row)
        pile.given[name, given.member_id] = given


def read_among(
    connection: Connection,
    association: AssociationId,
    sought: Mapping[HandoutId, Collection[MemberId]],
    pile: Pile,
) -> None:
    """Read which of some members, who are few, handouts are for, however many those are for."""
    for name, members in sorted(sought.items()):
        pile.among[name] = _named(connection, association, name, members)


def _named(
    connection: Connection,
    association: AssociationId,
    name: HandoutId,
    members: Collection[MemberId],
) -> set[MemberId]:
    m = handout_member.c
    named = connection.execute(
        select(m.member_id).where(
            m.association_id == association,
            m.handout_id == name,
            within(connection, m.member_id, members),
        )
    ).scalars()
    return {MemberId(member) for member in named}


def handout_of(row: Any) -> Handout:  # noqa: ANN401 - a row mapping
    """Return the handout of a row."""
    return Handout(
        handout_id=HandoutId(row["handout_id"]),
        reward_id=RewardId(row["reward_id"]),
        reward_version=row["reward_version"],
        programme=row["programme"],
        outlet_id=None if row["outlet_id"] is None else OutletId(row["outlet_id"]),
        mode=Mode(row["mode"]),
        note=row["note"],
        source=row["source"],
        members=row["members"],
        members_sha256=row["members_sha256"],
        cost_fen=Fen(row["cost_fen"]),
        proposed_by=Actor(row["proposed_by"]),
        proposed_at=row["proposed_at"],
        until=row["until"],
    )


def standing_of(fact: Handout, row: Any) -> Standing:  # noqa: ANN401 - a row mapping
    """Return where a handout stands."""
    return Standing(
        handout=fact,
        kept=State(row["state"]),
        issued=row["issued"],
        refused=row["refused"],
        reserved_fen=row["reserved_fen"],
        printed=row["printed"],
    )


def given_of(row: Any) -> Given:  # noqa: ANN401 - a row mapping
    """Return what a row says of a member's part."""
    return Given(
        handout_id=HandoutId(row["handout_id"]),
        member_id=MemberId(row["member_id"]),
        result=Result(row["result"]),
        code=row["code"],
        voucher_id=None if row["voucher_id"] is None else VoucherId(row["voucher_id"]),
        operation_id=OperationId(row["operation_id"]),
        recorded_at=row["recorded_at"],
    )


HANDOUT = (
    *("association_id", "handout_id", "reward_id", "reward_version", "programme", "outlet_id"),
    *("mode", "note", "source", "members", "members_sha256", "cost_fen", "proposed_by"),
    *("proposed_at", "until"),
)
EVENT = (
    *("association_id", "handout_id", "number", "step", "actor", "proposed_by", "reason"),
    *("freed_fen", "operation_id", "recorded_at"),
)
RESULT = (
    *("association_id", "handout_id", "member_id", "result", "code", "voucher_id"),
    *("operation_id", "recorded_at"),
)
PRINTING = ("association_id", "handout_id", "actor", "operation_id", "recorded_at")
STATE = (
    *("association_id", "handout_id", "state", "until", "issued", "refused", "reserved_fen"),
    "printed",
)


def save_pile(connection: Connection, association: AssociationId, pile: Pile) -> None:
    """Append what was proposed, decided and given, and bring the standings up to it."""
    a = association
    append_rows(connection, handout, HANDOUT, [(a, *_row(each)) for each, _ in pile.opened])
    append_rows(
        connection,
        handout_member,
        ("association_id", "handout_id", "member_id"),
        [(a, each.handout_id, member) for each, members in pile.opened for member in members],
    )
    append_rows(connection, handout_event, EVENT, [(a, *_step_row(s)) for s in pile.steps])
    append_rows(connection, handout_result, RESULT, [(a, *_given_row(g)) for g in pile.came])
    append_rows(
        connection,
        handout_printing,
        PRINTING,
        [(a, p.handout_id, p.actor, p.operation_id, p.recorded_at) for p in pile.printings],
    )
    touched = [each for _, each in sorted(pile.standings.items()) if each.touched]
    put_rows(connection, handout_state, STATE, [(a, *_state_row(each)) for each in touched])


def _row(x: Handout) -> tuple[Any, ...]:
    return (
        *(x.handout_id, x.reward_id, x.reward_version, x.programme, x.outlet_id, x.mode.value),
        *(x.note, x.source, x.members, x.members_sha256, x.cost_fen, x.proposed_by),
        *(x.proposed_at, x.until),
    )


def _step_row(x: Step) -> tuple[Any, ...]:
    return (
        *(x.handout.handout_id, 2 if x.step is State.DONE else 1, x.step.value, x.actor),
        *(x.handout.proposed_by, x.reason, x.freed_fen, x.operation_id, x.recorded_at),
    )


def _given_row(x: Given) -> tuple[Any, ...]:
    return (
        *(x.handout_id, x.member_id, x.result.value, x.code, x.voucher_id, x.operation_id),
        x.recorded_at,
    )


def _state_row(x: Standing) -> tuple[Any, ...]:
    return (
        *(x.handout.handout_id, x.kept.value, x.handout.until, x.issued, x.refused),
        *(x.reserved_fen, x.printed),
    )
