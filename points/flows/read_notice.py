"""Take note of a notice."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

NO_NOTICE = NotFound(noun="notice", noun_zh="通知")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotice:
    """Say that somebody read a notice; reading it twice changes nothing."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    notice_id: str


def needs(command: ReadNotice, keys: Keys) -> None:
    """Lock the notice."""
    keys.staff.notices.add(command.notice_id)


def decide(command: ReadNotice, on: WorkingSet) -> Decision:
    """Note the moment."""
    notice = on.staff.notices.get(command.notice_id)
    if notice is None or notice.recipient != command.staff_id:
        return NO_NOTICE
    if notice.read_at is None:
        on.staff.read(notice, on.now)
    return {"notice_id": command.notice_id}


FLOW = Flow("read_notice", needs, decide)
