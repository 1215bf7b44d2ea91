"""The rule book's part of a batch: drafts and versions under their locks, and what is appended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from points.kernel.ensure import ensure
from points.kernel.ids import DraftId
from points.rulebook.model import (
    AFTER,
    Base,
    Draft,
    DraftEvent,
    DraftState,
    Retirement,
    Shelved,
    Standing,
    Step,
    Version,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """A version that this batch publishes, with what is printed in it."""

    version: Version
    text: str
    cases: Mapping[str, str]


@dataclass(slots=True)
class Press:
    """Drafts and versions as they stand. Nothing here touches a database.

    Attributes:
        drafts: Those that were asked for.
        shelf: Every published version, by programme and number; only under the book's lock.
    """

    drafts: dict[DraftId, Standing] = field(default_factory=dict)
    shelf: dict[tuple[str, int], Shelved] = field(default_factory=dict)
    saved: list[Draft] = field(default_factory=list)
    events: list[DraftEvent] = field(default_factory=list)
    published: list[Printing] = field(default_factory=list)
    retired: list[Retirement] = field(default_factory=list)
    bases: dict[str, Base] = field(default_factory=dict)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        appended = len(self.saved) + len(self.events) + len(self.published)
        return appended + len(self.retired) + len(self.bases)

    @property
    def revises(self) -> bool:
        """Whether the rule book is another one after this batch."""
        return bool(self.published or self.retired or self.bases)

    def of(self, programme: str) -> Iterator[Shelved]:
        """Yield a programme's published versions."""
        return (each for each in self.shelf.values() if each.version.programme == programme)

    def save(self, draft: Draft, event: DraftEvent) -> None:
        """Append a revision of a draft, the first one or the next."""
        before = self.drafts.get(draft.draft_id)
        ensure(draft.revision == (before.draft.revision if before else 0) + 1, "no revision twice")
        ensure(event.step is Step.SAVED, "a revision is saved")
        self.saved.append(draft)
        self._append(
            event,
            Standing(
                draft=draft,
                state=DraftState.DRAFT,
                sequence=event.sequence,
                writers=(before.writers if before else frozenset()) | {draft.author},
            ),
        )

    def take(self, event: DraftEvent) -> None:
        """Append a step of a draft that stands already."""
        before = self.drafts[event.draft_id]
        ensure(event.revision == before.draft.revision, "a step is about the newest revision")
        ensure(event.step is not Step.SAVED, "a revision is saved with its text")
        self._append(
            event,
            Standing(
                draft=before.draft,
                state=AFTER[event.step],
                sequence=event.sequence,
                writers=before.writers,
                submission=event if event.step is Step.SUBMITTED else before.submission,
            ),
        )

    def _append(self, event: DraftEvent, after: Standing) -> None:
        before = self.drafts.get(event.draft_id)
        ensure(event.sequence == (before.sequence if before else 0) + 1, "sequences are gapless")
        self.events.append(event)
        self.drafts[event.draft_id] = after

    def publish(self, printing: Printing) -> None:
        """Append a version."""
        key = (printing.version.programme, printing.version.version)
        ensure(key not in self.shelf, "a number is given once")
        self.published.append(printing)
        self.shelf[key] = Shelved(version=printing.version)

    def retire(self, retirement: Retirement) -> None:
        """Give a version an end before its own."""
        found = self.shelf[retirement.programme, retirement.version]
        ensure(found.retirement is None, "a version is ended once")
        self.retired.append(retirement)
        self.shelf[retirement.programme, retirement.version] = Shelved(
            version=found.version, retirement=retirement
        )

    def keep(self, base: Base) -> None:
        """Keep a rule file of the folder that scores something; twice is once."""
        self.bases.setdefault(base.sha256, base)

    def highest(self, programme: str) -> int:
        """Return the highest published number of a programme; zero where there is none."""
        return max((each.version.version for each in self.of(programme)), default=0)
