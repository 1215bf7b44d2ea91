"""Declare that a member is oneself or a relative, and withdraw what no longer holds.

Whoever declares is bound at once. Only somebody else withdraws: a reviewer who could take a
relation back for an afternoon would not be bound by it.
"""

from dataclasses import dataclass

from points.duties.errors import OwnRelation, RelationKnown, RelationUnknown, StaffOnly
from points.duties.model import RelationEvent, RelationKind, RelationStep
from points.engine import Decision, Flow, Result
from points.flows.casework import NO_MEMBER
from points.flows.quotas import is_staff
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareRelation:
    """Declare a relation of a person of staff to a member.

    Attributes:
        staff: Who is related: ``staff:li``; oneself, or whom one answers for.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff: Actor
    member_id: MemberId
    kind: RelationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRelation:
    """Withdraw somebody else's relation to a member."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff: Actor
    member_id: MemberId


def needs_declared(command: DeclareRelation, keys: Keys) -> None:
    """Look at the member, and at what is declared."""
    keys.members.members.add(command.member_id)
    keys.duties.related.add(command.staff)


def needs_withdrawn(command: WithdrawRelation, keys: Keys) -> None:
    """Look at what is declared."""
    keys.members.members.add(command.member_id)
    keys.duties.related.add(command.staff)


def declare(command: DeclareRelation, on: WorkingSet) -> Decision:
    """Bind a person of staff."""
    if not is_staff(command.staff):
        return StaffOnly()
    if on.register.member(command.member_id) is None:
        return NO_MEMBER
    known = on.roster.related(command.staff).get(command.member_id)
    if known is command.kind:
        return RelationKnown()
    return _take(command, RelationStep.DECLARED, command.kind, on)


def withdraw(command: WithdrawRelation, on: WorkingSet) -> Decision:
    """Free a person of staff from a relation."""
    known = on.roster.related(command.staff).get(command.member_id)
    if known is None:
        return RelationUnknown()
    if command.actor == command.staff:
        return OwnRelation()
    return _take(command, RelationStep.WITHDRAWN, known, on)


def _take(
    command: DeclareRelation | WithdrawRelation,
    step: RelationStep,
    kind: RelationKind,
    on: WorkingSet,
) -> Result:
    before = on.roster.relations.get((command.staff, command.member_id))
    on.roster.take(
        RelationEvent(
            staff=command.staff,
            member_id=command.member_id,
            version=(before.version if before else 0) + 1,
            step=step,
            kind=kind,
            actor=command.actor,
            recorded_at=on.now,
        )
    )
    held = before.kind.value if before is not None and before.active else None
    on.trail.note(
        f"relation_{step.value}",
        command.member_id,
        before={"kind": held} if held else None,
        after={"staff": command.staff, "kind": kind.value},
    )
    return {
        "staff": command.staff,
        "member_id": command.member_id,
        "kind": kind.value,
        "active": step is RelationStep.DECLARED,
    }


DECLARED = Flow("declare_relation", needs_declared, declare)
WITHDRAWN = Flow("withdraw_relation", needs_withdrawn, withdraw)
