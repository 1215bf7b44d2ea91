"""The three doors: staff, members and tills, each with a session of its own in a browser."""

from dataclasses import dataclass
from datetime import timedelta

from points.flows.open_browser import BROWSER_IDLE
from points.identity.roles import Kind
from points.identity.sessions import STAFF_IDLE, TILL_IDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One part of the pages.

    Attributes:
        name: First part of its paths, and of its templates.
        kind: What kind of caller comes through it.
        idle: How long a session lasts that nobody uses; its page does not outlast it.
        suffix: Sets its cookie apart: whoever is staff and a member as well is logged in to both.
    """

    name: str
    kind: Kind
    idle: timedelta
    suffix: str = ""

    @property
    def home(self) -> str:
        """Where somebody who logged in begins."""
        return f"/{self.name}"

    @property
    def entrance(self) -> str:
        """Where somebody logs in."""
        return f"/{self.name}/log-in"


CONSOLE = Door(name="console", kind=Kind.STAFF, idle=STAFF_IDLE)
PHONE = Door(name="m", kind=Kind.MEMBER, idle=BROWSER_IDLE, suffix="-m")
COUNTER = Door(name="counter", kind=Kind.PARTNER, idle=TILL_IDLE, suffix="-counter")
DOORS = (CONSOLE, PHONE, COUNTER)
PREFIXES = ("/console", "/m", "/counter", "/static")
"""Which paths are pages: these and everything below them, and ``/`` itself."""


def is_page(path: str) -> bool:
    """Return whether a path belongs to the pages."""
    return path == "/" or any(path == each or path.startswith(f"{each}/") for each in PREFIXES)
