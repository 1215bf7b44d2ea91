"""Say that a member has read notices of theirs."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.read_notice import NO_NOTICE
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInbox:
    """Say that notices were read; what was read already stays so."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    notices: tuple[str, ...]


def needs(command: ReadInbox, keys: Keys) -> None:
    """Read the notices."""
    keys.inbox.notices.update(command.notices)


def decide(command: ReadInbox, on: WorkingSet) -> Decision:
    """Note what was not read yet; somebody else's notice does not exist."""
    owners = on.inbox.unread | on.inbox.read_before
    if any(owners.get(notice) != command.member_id for notice in command.notices):
        return NO_NOTICE
    fresh = [n for n in dict.fromkeys(command.notices) if n in on.inbox.unread]
    for notice in fresh:
        on.inbox.read(notice, command.member_id)
    return {"read": len(fresh)}


FLOW = Flow("read_inbox", needs, decide)
