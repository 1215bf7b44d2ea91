"""What every page of one draft begins with: the draft as it stands, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from points.flows.lint import Surroundings
from points.flows.rule_shelf import looked_up
from points.flows.save_draft import SaveDraft
from points.kernel.errors import Refusal
from points.kernel.findings import Finding, Severity
from points.kernel.ids import DraftId
from points.rulebook.model import Draft, DraftState, Standing
from points.rules import RuleSet
from points.rules.diff import Diff, diff
from points.web.stops import Missing
from points.web.visit import Visit

_CLOSED = (DraftState.SUBMITTED, DraftState.APPROVED)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A draft that a page is about."""

    visit: Visit
    standing: Standing

    @property
    def draft(self) -> Draft:
        """Its newest revision."""
        return self.standing.draft

    @property
    def address(self) -> str:
        """Where its pages begin."""
        return f"/console/rules/drafts/{self.draft.draft_id}"

    @property
    def file(self) -> str:
        """What its file is called in findings."""
        return f"{self.draft.programme}.yaml"

    @cached_property
    def read(self) -> tuple[RuleSet | None, list[Finding]]:
        """The rules that it says, if it can be read, and everything said against it."""
        return self.check(self.draft.text)

    def check(self, text: str) -> tuple[RuleSet | None, list[Finding]]:
        """Return the same of what its text might become."""
        house = self.visit.house
        around = Surroundings(types=self.visit.context.types, policy=house.installation.limits)
        return house.readings.of(text, self.file, around)

    @property
    def findings(self) -> list[Finding]:
        """Everything that can be said against it."""
        return self.read[1]

    @property
    def errors(self) -> int:
        """How many of the findings stop it."""
        return sum(each.severity is Severity.ERROR for each in self.findings)

    @property
    def ruleset(self) -> RuleSet | None:
        """The rules that it says, if it can be read."""
        return self.read[0]

    @property
    def base(self) -> RuleSet:
        """The newest approved version, which it would follow."""
        return self.visit.context.rules.of(self.draft.programme)

    @cached_property
    def diff(self) -> Diff | None:
        """What it would change."""
        return diff(self.base, self.ruleset) if self.ruleset else None

    @property
    def editable(self) -> bool:
        """Whether whoever looks may go on writing it."""
        return self.visit.can("write_rules") and self.standing.state not in _CLOSED

    def save(
        self, *, text: str | None = None, cases: Mapping[str, str] | None = None, revision: int
    ) -> bool:
        """Save the next revision; a refusal is put into the form.

        Args:
            text: The rule file, where it changed.
            cases: The case files, where they changed.
            revision: The one that was seen.
        """
        draft = self.draft
        outcome = self.visit.submit(
            SaveDraft(
                **self.visit.acting(),
                programme=draft.programme,
                text=draft.text if text is None else text,
                cases=draft.cases if cases is None else cases,
                note=draft.note,
                draft_id=draft.draft_id,
                revision=revision,
            )
        )
        return outcome.refusal is None


def open_draft(visit: Visit, draft_id: str) -> Opened:
    """Return a draft for a page.

    Raises:
        Missing: There is none.
    """
    found = looked_up(visit.engine, visit.association, DraftId(draft_id))
    if isinstance(found, Refusal):
        raise Missing
    return Opened(visit=visit, standing=found)


def open_to_write(visit: Visit, draft_id: str) -> Opened:
    """Return a draft for a page that changes it.

    Raises:
        Missing: There is none, or it is not open any more.
    """
    found = open_draft(visit, draft_id)
    if not found.editable:
        raise Missing
    return found


def seen_revision(visit: Visit) -> int:
    """Return the revision that somebody saw when they filled the form in."""
    return visit.form.whole("revision", least=1, most=1_000_000)
