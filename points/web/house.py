"""What all pages of a running installation share."""

from dataclasses import dataclass, field
from datetime import datetime

from jinja2 import Environment

from points.flows.access import Installation
from points.flows.lint import Surroundings, lint_file
from points.flows.ports import Messenger
from points.kernel.findings import Finding
from points.kernel.ids import AssociationId
from points.rules import RuleSet, load_ruleset
from points.web.static_files import Shelf

TOUCHED_MAX = 10_000
READINGS_MAX = 16


class Readings:
    """Keeps what was read last: a page after the other is about the same draft."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[RuleSet | None, list[Finding]]] = {}

    def of(
        self, text: str, file: str, around: Surroundings
    ) -> tuple[RuleSet | None, list[Finding]]:
        """Return the rules of a text, if it can be read, and everything said against it."""
        found = self._kept.get((file, text))
        if found is None:
            found = (
                load_ruleset(text, file=file, types=around.types)[0],
                lint_file(text, file=file, around=around),
            )
            while len(self._kept) >= READINGS_MAX:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[file, text] = found
        return found


@dataclass(slots=True, kw_only=True)
class House:
    """One installation behind its pages.

    Attributes:
        installation: A running one.
        association: Whose pages these are: who logs in here is one of its people.
        secure: Whether browsers come over TLS, which a proxy in front ends.
        messenger: Sends members their codes.
        shelf: Scripts and styles.
        templates: The pages' templates.
        touched: When each session's use was last noted.
        readings: What the last few drafts that somebody looked at say, by their text.
    """

    installation: Installation
    association: AssociationId
    secure: bool
    messenger: Messenger
    shelf: Shelf
    templates: Environment
    touched: dict[str, datetime] = field(default_factory=dict)
    readings: Readings = field(default_factory=Readings)

    def csrf(self, session: str) -> str:
        """Return what a form of a session carries, so that no other site can make one.

        Keyed and of this session alone. It survives a proof of the second factor, which gives the
        session another token: forms in other tabs stay good.
        """
        return self.installation.context.factors.blind(session, "form", self.association)
