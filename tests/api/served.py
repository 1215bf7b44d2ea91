"""A served installation to ask things of, with a key for everyone."""

import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from json import dumps as spell
from pathlib import Path
from typing import Any

from points import wiring
from points.api.app import create
from points.api.limits import Policy
from points.db.redis import Swift
from points.edge.policy import EdgePolicy
from points.flows.issue_key import IssueKey
from points.identity.feeds import sign
from points.identity.keys import fresh_secret, secret_hash, spell_key
from points.identity.roles import STAFF_ROLES, Grant, Kind, Level, Role
from points.identity.sealing import Seal
from points.kernel.clock import ManualClock
from points.kernel.ids import Actor, AssociationId, OperationId
from tests.asgi import Client
from tests.databases import MASTER_KEY
from tests.people import open_outlet, sign_in
from tests.read_once import rules_read_once

HERE, THERE = AssociationId("panjin"), AssociationId("elsewhere")
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday, twelve o'clock in Shanghai
OPERATOR = Actor("staff:console")
FEED_SECRET = b"a source's secret of 32 bytes..."


EVERYTHING = (
    *(Grant(role=role) for role in STAFF_ROLES),
    Grant(role=Role.REVIEWER, level=Level.INDUSTRY),
    Grant(role=Role.REVIEWER, level=Level.PROVIDER),
)
"""All that a person of staff can be; who may do what is tried in ``test_permissions``."""


def roles_of(kind: Kind, outlet: str | None) -> tuple[Grant, ...]:
    """Return the roles of a caller of a kind."""
    if kind is Kind.STAFF:
        return EVERYTHING
    if kind is Kind.PARTNER:
        return (Grant(role=Role.TILL if outlet else Role.PARTNER),)
    return (Grant(role=Role(kind.value)),)


@dataclass
class Messages:
    """Takes messages as a provider would, and shows them to the test."""

    sent: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def send(self, phone: str, template: str, values: Mapping[str, str]) -> None:
        assert template == "login_code"
        with self.arrived:
            self.sent.append((phone, values))
            self.arrived.notify_all()

    def code(self, phone: str, count: int = 1) -> str:
        """Return the newest code of a number, once so many messages came to it."""

        def mine() -> list[str]:
            return [values["code"] for to, values in self.sent if to == phone]

        with self.arrived:
            assert self.arrived.wait_for(lambda: len(mine()) >= count, timeout=5), "no message"
            return mine()[-1]


@dataclass
class Served:
    """An installation behind a test client."""

    installation: wiring.Installation
    clock: ManualClock
    http: Client
    keys: dict[tuple[AssociationId, Kind, str, str | None], str] = field(default_factory=dict)
    count: int = 0
    messages: Messages = field(default_factory=Messages)

    def next(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def submit(self, command: Any) -> Mapping[str, Any]:
        outcome = self.installation.engine.submit(command)
        assert outcome.refusal is None, outcome.refusal
        return outcome.result

    def key(
        self,
        kind: Kind,
        subject: str,
        *,
        association: AssociationId = HERE,
        outlet: str | None = None,
        till: str | None = None,
        grants: tuple[Grant, ...] = (),
        actions: frozenset[str] | None = None,
        networks: tuple[str, ...] = (),
    ) -> str:
        """Return a key for somebody, or a session of a person of staff; the same one each time."""
        name = (association, kind, subject, f"{outlet}/{till}" if till else outlet)
        if kind is Kind.MEMBER and actions is None:
            if name not in self.keys:
                engine = self.installation.engine
                self.keys[name] = sign_in(engine, association, subject, kind=kind)
            return self.keys[name]
        if kind is Kind.STAFF and actions is None:
            if name not in self.keys or grants:
                self.keys[name] = sign_in(
                    self.installation.engine, association, subject, grants or EVERYTHING
                )
            return self.keys[name]
        if name not in self.keys or grants:
            key_id, secret = self.installation.ids.next(), fresh_secret()
            if outlet is not None:
                open_outlet(self.installation.engine, association, subject, outlet)
            self.submit(
                IssueKey(
                    association_id=association,
                    operation_id=OperationId(f"staff:console:{key_id}"),
                    actor=OPERATOR,
                    key_id=key_id,
                    secret_hash=secret_hash(secret),
                    grants=grants or roles_of(kind, outlet),
                    subject=subject,
                    outlet=outlet,
                    till=till,
                    actions=actions,
                    networks=networks,
                    feed_secret=self.seal.close(FEED_SECRET, f"{association}|{subject}"),
                )
            )
            self.keys[name] = spell_key(association, key_id, secret)
        return self.keys[name]

    @property
    def seal(self) -> Seal:
        return self.installation.context.feed_seal

    def signed(
        self, body: bytes, message_id: str = "", secret: bytes = FEED_SECRET
    ) -> dict[str, str]:
        """Return the headers with which a source signs a body now."""
        timestamp, name = int(self.clock.now().timestamp()), message_id or self.next()
        return {
            "webhook-id": name,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secret, name, timestamp, body),
        }

    def ask(
        self,
        method: str,
        path: str,
        key: str | None = None,
        *,
        json: Any = None,
        idempotency_key: str | None = "",
        **headers: str,
    ) -> Any:
        """Ask something; a request that writes gets a fresh idempotency key."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        if method == "POST" and idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key or self.next()
        if method == "POST" and path.startswith("/v1/activities") and idempotency_key is not None:
            body = spell(json).encode()
            sent |= self.signed(body, idempotency_key) | {"Content-Type": "application/json"}
            return self.http.request(method, path, headers=sent, content=body)
        if (method, path) == ("DELETE", "/v1/session"):  # whoever logs out comes back anew
            self.keys = {whose: kept for whose, kept in self.keys.items() if kept != key}
        return self.http.request(method, path, headers=sent, json=json)

    def staff(self, method: str, path: str, **more: Any) -> Any:
        return self.ask(method, path, self.key(Kind.STAFF, "li"), **more)

    def person(self, *programmes: str, **more: Any) -> str:
        """Enrol somebody; return the member's id."""
        self.count += 1
        body = {
            "name": "张三",
            "phone": f"138{self.count:08}",
            "kind": "rider",
            "party_member": True,
            "programmes": list(programmes or ("party", "health")),
        }
        answer = self.staff("POST", "/v1/members", json=body | more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["member_id"])

    def member(self, member_id: str, method: str, path: str, **more: Any) -> Any:
        return self.ask(method, path, self.key(Kind.MEMBER, member_id), **more)


@contextmanager
def served(
    url: str,
    *,
    swift: Swift | None = None,
    policy: Policy | None = None,
    edge: EdgePolicy | None = None,
    address: str = "testclient",
) -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="points-journal-") as beside:
        clock = ManualClock(NOON)
        chosen = wiring.settings(
            database_url=url,
            association=HERE,
            secret="s" * 40,
            insecure_dev=True,  # a server for tests need not reach the disk
            master_key=MASTER_KEY,
            erasure_journal=Path(beside) / "points.erasures",
        )
        with rules_read_once(), wiring.open_installation(chosen, clock=clock) as installation:
            messages = Messages()
            app = create(installation, swift=swift, policy=policy, edge=edge, messenger=messages)
            with Client(app, address=address) as http:
                yield Served(installation, clock, http, messages=messages)


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Return a problem, after a look at its form."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:points:problem:{code}"
    assert body["status"] == status
    return body
