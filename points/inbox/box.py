"""The inbox's part of a batch: what was told before, and what is told and read now."""

from dataclasses import dataclass, field

from points.inbox.model import Detail, Telling
from points.inbox.words import NoticeKind
from points.kernel.ids import MemberId


@dataclass(slots=True)
class Inbox:
    """What members are told. Nothing here touches a database.

    Attributes:
        told: Of what was asked for, what was told already: member and ``once``.
        unread: Whose notice each is, of those that were asked for and are not read yet.
        read_before: Whose notice each is, of those that were read already.
        tellings: What this batch tells.
        readings: Which notices are read by whom in this batch.
    """

    told: set[tuple[MemberId, str]] = field(default_factory=set)
    unread: dict[str, MemberId] = field(default_factory=dict)
    read_before: dict[str, MemberId] = field(default_factory=dict)
    tellings: list[Telling] = field(default_factory=list)
    readings: list[tuple[str, MemberId]] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.tellings) + len(self.readings)

    def tell(
        self, member_id: MemberId, kind: NoticeKind, about: str, detail: Detail, once: str
    ) -> bool:
        """Tell a member something, unless it was told under this name; return whether it is new.

        The batch has to have asked: ``keys.inbox.once.add((member_id, once))``.
        """
        if (member_id, once) in self.told:
            return False
        self.told.add((member_id, once))
        self.tellings.append(
            Telling(member_id=member_id, kind=kind, about=about, detail=detail, once=once)
        )
        return True

    def read(self, notice_id: str, member_id: MemberId) -> None:
        """Note that a member read a notice of theirs."""
        self.read_before[notice_id] = self.unread.pop(notice_id)
        self.readings.append((notice_id, member_id))
