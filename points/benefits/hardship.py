"""The hardship fund's part of a batch: funds under their locks, and what is given and got."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from points.benefits.model import EntryKind, Fund, HardshipEntry
from points.kernel.ids import MemberId


@dataclass(slots=True)
class HardshipBook:
    """Funds, and what members gave and got of late. Nothing here touches a database.

    Attributes:
        funds: By programme, those that were asked for and exist.
        recent: What the members that were asked for gave and got in the last weeks.
        donations: Those that were asked for, by id.
        returned: Which of them were given back.
        entries: What this batch appends.
    """

    funds: dict[str, Fund] = field(default_factory=dict)
    recent: dict[MemberId, list[HardshipEntry]] = field(default_factory=dict)
    donations: dict[str, HardshipEntry] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    entries: list[HardshipEntry] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.entries)

    def fund(self, programme: str) -> Fund:
        """Return a programme's fund; one that nobody gave anything to is empty."""
        if programme not in self.funds:
            self.funds[programme] = Fund(programme=programme, fresh=True)
        return self.funds[programme]

    def within(
        self,
        member: MemberId,
        programme: str,
        kinds: Collection[EntryKind],
        month: str,
        month_of: Callable[[datetime], str],
    ) -> int:
        """Return what a member gave or got in a month, this batch included."""
        return sum(
            each.points
            for each in self.recent.get(member, ())
            if each.programme == programme
            and each.kind in kinds
            and month_of(each.recorded_at) == month
        )

    def take(self, entry: HardshipEntry) -> None:
        """Append an entry and count it."""
        self.fund(entry.programme).take(entry)
        self.entries.append(entry)
        self.recent.setdefault(entry.member_id, []).append(entry)
        if entry.kind is EntryKind.RETURNED and entry.about is not None:
            self.returned.add(entry.about)
