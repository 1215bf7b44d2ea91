"""An installation with its pages, and somebody who browses them without scripts."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyotp

from points import wiring
from points.api.app import create
from points.edge.beside import Neighbour
from points.edge.policy import EdgePolicy
from points.flows.add_staff import AddStaff
from points.flows.context import Context
from points.flows.operator_standing import AddOperator
from points.flows.ports import Messenger
from points.flows.set_up_operator import set_up_hash
from points.flows.set_up_staff import Enrolment, begin_set_up, finish_set_up
from points.identity.passwords import Passwords
from points.identity.roles import Grant
from points.identity.second_factor import STEP_SECONDS, about
from points.kernel.clock import ManualClock
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId
from points.web import app as web
from points.web.doors import is_page
from tests.api.market import till
from tests.api.served import HERE, NOON, Served
from tests.asgi import Client
from tests.databases import MASTER_KEY
from tests.flows.staffed import CHEAP, FROM, GOOD
from tests.read_once import rules_read_once

PIN = "274916"
OWN = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}


@dataclass
class Form:
    """A form of a page: where it goes, and what it holds already."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)


class Read(HTMLParser):
    """A page, read: its forms, links, headings, labels, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._select: str | None = None
        self._area: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.tags.append((tag, said))
        if tag == "form":
            self.forms.append(Form(said.get("action") or "", said.get("method") or "get"))
        if tag == "a" and said.get("href"):
            self.links.append(str(said["href"]))
        name = said.get("name")
        if tag == "input" and name and self.forms:
            if said.get("type") in {"checkbox", "radio"} and "checked" not in said:
                return
            self.forms[-1].fields[name] = said.get("value") or ""
        if tag == "select" and name and self.forms:
            self._select = name
            self.forms[-1].fields[name] = ""
        if tag == "option" and self._select and "selected" in said:
            self.forms[-1].fields[self._select] = said.get("value") or ""
        if tag == "textarea" and name and self.forms:
            self._area = name
            self.forms[-1].fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        if tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form(self, ending: str) -> Form:
        """Return the form whose action ends so."""
        found = [each for each in self.forms if each.action.endswith(ending)]
        [chosen] = [each for each in found if each.method == "post"] or found
        return chosen


@dataclass
class Person:
    name: str
    secret: str


@dataclass
class Browser:
    """One browser of one person; follows nothing by itself."""

    house: "House"
    http: Client
    person: Person | None = None

    def get(self, path: str, **more: Any) -> Any:
        return self.http.get(path, follow_redirects=False, **more)

    def read(self, path: str, status: int = 200) -> Read:
        answer = self.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-2000:])
        return Read(answer.text)

    def post(self, path: str, data: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        body = urlencode(data, doseq=True)
        sent = {
            "Content-Type": "application/x-www-form-urlencoded",
            **(OWN if headers is None else headers),
        }
        return self.http.post(path, content=body, headers=sent, follow_redirects=False)

    def send(self, page: Read, ending: str, **typed: Any) -> Any:
        """Send a form of a page with what somebody typed into it."""
        form = page.form(ending)
        return self.post(form.action, {**form.fields, **typed})

    @property
    def token(self) -> str:
        return str(self.http.cookies.get("points"))

    def log_in(self, name: str) -> "Browser":
        self.person = self.house.people[name]
        answer = self.post(
            "/console/log-in",
            {"account": name, "password": GOOD, "code": self.code()},
        )
        assert answer.status_code == 303, answer.text
        self.house.tick()
        return self

    def code(self) -> str:
        assert self.person
        return self.house.code(self.person.name)


@dataclass
class House:
    """A served installation with pages."""

    served: Served
    app: Any
    sent: list[tuple[str, dict[str, str]]]
    people: dict[str, Person] = field(default_factory=dict)
    clerks: set[str] = field(default_factory=set)

    @property
    def installation(self) -> wiring.Installation:
        return self.served.installation

    def tick(self, seconds: int = STEP_SECONDS) -> None:
        self.served.clock.advance(timedelta(seconds=seconds))

    def code(self, name: str) -> str:
        now = int(self.installation.clock.now().timestamp())
        return pyotp.TOTP(self.people[name].secret).at(now)

    def browser(self) -> Browser:
        http = Client(self.app)
        # One loop for all: a client of its own would begin and end a thread with each request.
        http.portal = self.served.http.portal
        return Browser(self, http)

    def hire(self, name: str, *grants: Grant) -> Person:
        """Add an account that its holder has set up."""
        engine, factors = self.installation.engine, self.installation.context.factors
        code = factors.set_up_code(f"{name}-{self.installation.ids.next()}")
        self.served.submit(
            AddStaff(
                association_id=HERE,
                operation_id=OperationId(f"test:{self.installation.ids.next()}"),
                actor=Actor("staff:boss"),
                staff_id=name,
                grants=grants,
                set_up_hash=factors.set_up_hash(code, about(HERE, name)),
            )
        )
        begun = begin_set_up(engine, HERE, name, code, GOOD, FROM)
        assert isinstance(begun, Enrolment), begun
        now = int(self.installation.clock.now().timestamp())
        done = finish_set_up(engine, HERE, name, code, pyotp.TOTP(begun.secret).at(now), FROM)
        assert isinstance(done, tuple), done
        self.tick()
        self.people[name] = Person(name, begun.secret)
        return self.people[name]

    def clerk(self, outlet: str = "YF01") -> Browser:
        """Return a till with a clerk who set a PIN up, or logged in again."""
        browser = self.browser()
        kept = browser.send(browser.read("/counter/log-in"), "/key", key=till(self.served, outlet))
        assert kept.headers["location"] == "/counter/log-in", kept.text
        if outlet in self.clerks:
            answer = browser.send(
                browser.read("/counter/log-in"), "/log-in", operator="07", pin=PIN
            )
        else:
            self.clerks.add(outlet)
            answer = browser.send(
                browser.read("/counter/set-up"),
                "/set-up",
                operator="07",
                set_up_code=self.invite(outlet),
                pin=PIN,
                again=PIN,
            )
        assert answer.headers["location"] == "/counter", answer.text
        return browser

    def invite(self, outlet: str) -> str:
        """Register a clerk; return the set-up code."""
        context = self.installation.context
        code = context.factors.set_up_code(f"clerk-{outlet}")
        self.served.submit(
            AddOperator(
                association_id=HERE,
                operation_id=OperationId(f"test:{self.installation.ids.next()}"),
                actor=Actor("staff:boss"),
                outlet_id=OutletId(outlet),
                operator_id="07",
                set_up_hash=set_up_hash(context, HERE, (OutletId(outlet), "07"), code),
            )
        )
        return code

    def staff(self, name: str, *grants: Grant) -> Browser:
        if name not in self.people:
            self.hire(name, *grants)
        return self.browser().log_in(name)


class Kept(Messenger):
    """Keeps messages instead of sending them."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, str]]] = []

    def send(self, phone: str, template: str, values: Any) -> None:
        del template
        self.sent.append((phone, dict(values)))


def application(
    installation: wiring.Installation,
    messenger: Messenger,
    edge: EdgePolicy,
    association: AssociationId = HERE,
) -> Any:
    pages = web.create(installation, association, messenger, secure=edge.behind_tls)
    return create(installation, edge=edge, neighbour=Neighbour(pages, is_page, web.say_no))


@contextmanager
def browsing(url: str, *, edge: EdgePolicy | None = None) -> Iterator[House]:
    clock = ManualClock(NOON)
    chosen = wiring.settings(
        database_url=url,
        association=HERE,
        secret="s" * 40,
        master_key=MASTER_KEY,
        insecure_dev=True,  # a server for tests need not reach the disk
        erasure_journal=Path(tempfile.mkdtemp(prefix="points-journal-")) / "points.erasures",
    )
    kept = Kept()
    with rules_read_once(), wiring.open_installation(chosen, clock=clock) as installation:
        cheapen(installation.context)
        app = application(installation, kept, edge or EdgePolicy())
        with Client(app) as http:
            yield House(Served(installation, clock, http), app, kept.sent)


def cheapen(context: Context) -> None:
    """Let hashes cost next to nothing; what they cost outside is tried elsewhere."""
    object.__setattr__(context, "passwords", Passwords(**CHEAP))
