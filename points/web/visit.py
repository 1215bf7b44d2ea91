"""One request of somebody in a browser, and short ways to answer it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from points.audit.model import Origin
from points.engine import Command, Engine, Outcome
from points.flows.access import Access
from points.flows.context import Context
from points.identity.keys import is_sandbox
from points.identity.model import Principal
from points.identity.policy import Action, judge
from points.kernel.ids import AssociationId, OperationId
from points.web.doors import CONSOLE, Door
from points.web.forms import Form
from points.web.house import House
from points.web.sections import GROUPS, around
from points.web.stops import Missing
from points.web.texts import Texts, texts

_OWN_PATH = re.compile(
    r"/(?:console|m|counter)(?:/(?!\.)[A-Za-z0-9._~@:-]+)*(?:\?[A-Za-z0-9=&%._~+:-]*)?"
)


@dataclass(slots=True, kw_only=True)
class Visit:
    """Somebody before a page.

    Attributes:
        door: Through which they come.
        language: ``zh`` or ``en``.
        form: What they sent.
        origin: From where.
        access: Who they are and what they ask for; None before they have logged in.
        renewed: The token that their session goes on with, if it got another one.
        kept_seconds: How long the browser keeps it; None: until it is closed.
        ended: Whether the browser is to forget the session.
    """

    house: House
    request: Request
    door: Door
    language: str
    form: Form
    origin: Origin
    access: Access | None = None
    renewed: str | None = None
    kept_seconds: int | None = None
    ended: bool = False
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def here(self) -> Access:
        """Who asks, on a page that is nobody's without.

        Raises:
            Missing: Nobody logged in.
        """
        if self.access is None:
            raise Missing
        return self.access

    @property
    def engine(self) -> Engine:
        """Where commands go."""
        return self.house.installation.engine

    @property
    def context(self) -> Context:
        """Rules, activity types, codes."""
        return self.house.installation.context if self.access is None else self.access.context

    @property
    def association(self) -> AssociationId:
        """Whose pages these are."""
        return self.house.association

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return self.here.principal

    @property
    def t(self) -> Texts:
        """The pages' texts in the visitor's language."""
        return texts(self.language)

    def can(self, action: str) -> bool:
        """Return whether whoever asks may do something, with a fresh proof if it needs one."""
        return self.access is not None and judge(self.access.principal, Action(action)).allowed

    @property
    def operation(self) -> OperationId:
        """The operation's id: the form's own name with its sender in it; sent twice, done once."""
        once = self.form.once
        return self.here.fresh_operation if once is None else self.here.named(f"web-{once}")

    def acting(self) -> dict[str, Any]:
        """Return what every command begins with: whose data, the form's name, who acts."""
        return {
            "association_id": self.here.association,
            "operation_id": self.operation,
            "actor": self.here.actor,
        }

    def submit(self, command: Command, **beside: str) -> Outcome:
        """Carry out a command; a refusal is put into the form."""
        outcome = self.here.submit(command)
        if outcome.refusal is not None:
            self.form.refuse(outcome.refusal, **beside)
        return outcome

    @property
    def asked(self) -> str:
        """The address that was asked for, to be returned to."""
        url = self.request.url
        return url.path + (f"?{url.query}" if url.query else "")

    def whole_address(self, path: str) -> str:
        """Return a page's address as somebody else types it: with the host that was asked."""
        return str(self.request.url.replace(path=path, query=""))

    def query(self, name: str, most: int = 80) -> str:
        """Return a parameter of the address; empty where it is missing or too long."""
        found = self.request.query_params.get(name, "").strip()
        return found if len(found) <= most and found.isprintable() else ""

    def next_page(self, default: str) -> str:
        """Return where somebody wanted to go, if that is a page of this door."""
        wanted = self.form.get("next") or self.request.query_params.get("next", "")
        fits = _OWN_PATH.fullmatch(wanted) is not None
        below = wanted == self.door.home or wanted.startswith(
            (self.door.home + "/", self.door.home + "?")
        )
        return wanted if fits and below else default

    def show(
        self,
        template: str,
        status: int | None = None,
        /,
        **values: Any,  # noqa: ANN401 - of any page
    ) -> Response:
        """Return a page.

        Args:
            template: Its name.
            status: By default 200, or 422 where the form has a fault.
            values: What the template shows.
        """
        found = self.house.templates.get_template(template)
        shown = found.render(**self._frame(), **values)
        fine = HTTPStatus.OK if self.form.sound else HTTPStatus.UNPROCESSABLE_ENTITY
        return HTMLResponse(shown, status or fine)

    def go(self, path: str, done: str = "", **query: str) -> Response:
        """Send somebody on after something was done.

        Args:
            path: A path of ours.
            done: Which of the ``done_`` texts the next page begins with.
            query: More of the address.
        """
        said = {**query, **({"done": done} if done else {})}
        return RedirectResponse(f"{path}?{urlencode(said)}" if said else path, HTTPStatus.SEE_OTHER)

    def _allowed(self) -> frozenset[Action]:
        """Return everything that whoever asks may do, with a fresh proof if it needs one."""
        access = self.access
        if access is None:
            return frozenset()
        return frozenset(each for each in Action if judge(access.principal, each).allowed)

    def _frame(self) -> Mapping[str, Any]:
        session = self.access.principal.session if self.access else None
        return {
            "t": self.t,
            "lang": self.language,
            "door": self.door,
            "visit": self,
            "form": self.form,
            "me": self.access.principal if self.access else None,
            "can": self.can,
            "now": self.house.installation.clock.now(),
            "day": timedelta(days=1),
            "path": self.request.url.path,
            "csrf": self.house.csrf(session) if session else "",
            "once": self.house.installation.ids.next(),
            "urls": self.house.shelf.urls,
            "sandbox": is_sandbox(self.association),
            "sections": GROUPS if self.door is CONSOLE else (),
            "allowed": self._allowed() if self.door is CONSOLE else frozenset(),
            "around": around(self.request.url.path),
            "done": self.t.find(f"done_{self.query('done', 30)}"),
        }
