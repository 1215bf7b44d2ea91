"""What all pages of a running installation share."""

from dataclasses import dataclass, field
from datetime import datetime

from jinja2 import Environment

from points.flows.access import Installation
from points.flows.ports import Messenger
from points.kernel.ids import AssociationId
from points.web.static_files import Shelf

TOUCHED_MAX = 10_000


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
    """

    installation: Installation
    association: AssociationId
    secure: bool
    messenger: Messenger
    shelf: Shelf
    templates: Environment
    touched: dict[str, datetime] = field(default_factory=dict)

    def csrf(self, session: str) -> str:
        """Return what a form of a session carries, so that no other site can make one.

        Keyed and of this session alone. It survives a proof of the second factor, which gives the
        session another token: forms in other tabs stay good.
        """
        return self.installation.context.factors.blind(session, "form", self.association)
