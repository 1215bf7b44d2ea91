"""The gate before every route: a valid key, within its limit, for something that it may ask."""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from points.api.caller import Caller, Visitor
from points.api.limits import WINDOW_SECONDS, Policy, spoken, too_many
from points.api.origin import origin_of
from points.api.possession import CHALLENGE, Proofs, prove, unproved
from points.api.problems import Problem, language_of
from points.api.refusals import Refusals, Refused
from points.audit.model import Origin
from points.db.redis import Swift
from points.engine import Outcome
from points.flows.access import Installation, from_there
from points.flows.authenticate import BARE, Turned, examine, touch
from points.flows.note_key_use import NoteKeyUse
from points.flows.ports import Messenger, Silent
from points.identity.errors import (
    AddressNotAllowed,
    Forbidden,
    PersonNeeded,
    ProofInvalid,
    SecondFactorNeeded,
)
from points.identity.keys import is_sandbox, read_key
from points.identity.model import Principal
from points.identity.policy import FRESH, Action, Needs, admit
from points.identity.roles import Kind
from points.identity.sessions import SEEN_EVERY, Binding, Held, read_token
from points.kernel.ids import AssociationId
from points.kernel.networks import neighbourhood

KNOWN_SECONDS = 1.0
"""How long a key that was found is believed without asking again; a revoked one dies as late."""

KNOWN_MAX = 10_000
SANDBOX_HEADER = "X-Points-Sandbox"
"""Stands in every answer about what is only for trying."""

_log = logging.getLogger(__name__)
_KEY = re.compile(r"[A-Za-z0-9._~-]{1,64}")


class Keyed(StrEnum):
    """Where a route finds the caller's own name for a request."""

    NOT = "not"
    HEADER = "header"
    BODY = "body"
    SIGNED = "signed"


@dataclass(slots=True)
class Gate:
    """Lets callers in. One for each application.

    Attributes:
        messenger: Sends codes to those who log in.
        proofs: Remembers which proofs of possession were used.
    """

    installation: Installation
    swift: Swift
    policy: Policy
    messenger: Messenger = field(default_factory=Silent)
    proofs: Proofs = field(init=False)
    refusals: Refusals = field(init=False)
    _known: dict[str, tuple[Principal, float]] = field(default_factory=dict)
    _used: dict[str, date] = field(default_factory=dict)
    _touched: dict[str, float] = field(default_factory=dict)
    _touching: set[asyncio.Future[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.proofs = Proofs(self.installation.engine, self.swift)
        self.refusals = Refusals(self.installation)

    async def admit(self, request: Request, action: Action, keyed: Keyed) -> Caller:
        """Return the caller.

        Raises:
            Problem: 401 no valid key, 429 too often, 403 never allowed, 400 no idempotency key.
        """
        spelled, held = await self._presented(request)
        principal = await self._principal(request, spelled, held)
        headers = await self._count(principal, spelled)
        if is_sandbox(principal.association_id):
            headers[SANDBOX_HEADER] = "true"
        origin = self._origin(request, spelled)
        if not from_there(origin.address, principal.conditions.networks):
            raise _with(Problem.of(AddressNotAllowed()), headers)
        verdict = admit(principal, action, self.installation.clock.now())
        if verdict.lacking is not Needs.NOTHING:
            problem = _unproved(verdict.lacking)
            self.refuse(principal, action, problem.code, origin)
            raise _with(problem, headers)
        if not verdict.allowed:
            self.refuse(principal, action, Forbidden.code, origin)
            raise _with(Problem.of(Forbidden()), headers)
        return Caller(
            installation=self.installation,
            principal=principal,
            action=action,
            language=language_of(request),
            key=_name_of(request, keyed),
            swift=self.swift,
            headers=headers,
            forget_keys=self.forget,
            origin=origin,
        )

    async def visit(self, request: Request) -> Visitor:
        """Return somebody who is not known yet, within the limit of an address.

        Raises:
            Problem: 429 too often.
        """
        origin = origin_of(request, "")
        headers = await self._hit(
            f"visitor:{neighbourhood(origin.address)}", self.policy.visits_a_minute
        )
        return Visitor(
            installation=self.installation,
            language=language_of(request),
            headers=headers,
            forget_keys=self.forget,
            origin=origin,
            request=request,
            messenger=self.messenger,
            later=self.later,
        )

    def refuse(self, principal: Principal, action: Action, code: str, origin: Origin) -> None:
        """Note on the audit trail that a member of staff was refused before any command."""
        if principal.kind is Kind.STAFF:
            refused = Refused(
                association_id=principal.association_id,
                actor=principal.actor,
                action=action.value,
                subject=origin.session,
                code=code,
            )
            self.refusals.note(refused, origin)

    def _turn_away(self, request: Request, spelled: str, found: Turned) -> None:
        key = found.key
        refused = Refused(
            association_id=key.principal.association_id,
            actor=key.principal.actor,
            action="present_key",
            subject=key.key_id,
            code=found.code,
        )
        self.refusals.note(refused, self._origin(request, spelled))

    def _origin(self, request: Request, spelled: str) -> Origin:
        return origin_of(request, _public_part(spelled))

    def later(self, work: Callable[[], None]) -> None:
        """Do something behind the back of a request, so that nobody can tell how long it took."""
        doing = asyncio.get_running_loop().run_in_executor(None, work)
        self._touching.add(doing)
        doing.add_done_callback(self._was_touched)

    def forget(self) -> None:
        """Believe no key without asking, because one was revoked here."""
        self._known.clear()

    async def _presented(self, request: Request) -> tuple[str, Held]:
        """Return the key or token as it came, and how it is held; a proof is checked here."""
        scheme, spelled = _authorization(request)
        if scheme == "bearer":
            return spelled, BARE
        proof = prove(request, self.installation.clock.now(), spelled)
        token = read_token(spelled)
        if token is None:
            raise unproved(ProofInvalid())
        await self.proofs.spend(request.method, token, proof)
        return spelled, Held(Binding.DPOP, proof.thumbprint)

    async def _principal(self, request: Request, spelled: str, held: Held) -> Principal:
        # How it is held is a part of the name: what opens with a proof must not open without one.
        about = f"{held.binding}|{held.thumbprint}|{spelled}"
        name, now = hashlib.sha256(about.encode()).hexdigest(), time.monotonic()
        found = self._known.get(name)
        if found is not None and now < found[1]:
            return found[0]
        principal = await run_in_threadpool(examine, self.installation.engine, spelled, held)
        if not isinstance(principal, Principal):
            self._known.pop(name, None)
            if principal is not None:
                self._turn_away(request, spelled, principal)
            raise _unauthenticated()
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[name] = (principal, now + KNOWN_SECONDS)
        self._note_use(principal, spelled)
        if principal.session is not None:
            self._touch(principal.association_id, principal.session, now)
        return principal

    def _note_use(self, principal: Principal, spelled: str) -> None:
        """Note the day of a key's use, the first time on each day; nobody waits for it."""
        presented, today = read_key(spelled), self.installation.clock.now().date()
        if presented is None or self._used.get(presented.key_id) == today:
            return
        if len(self._used) >= KNOWN_MAX:
            self._used.clear()
        self._used[presented.key_id] = today
        noted = NoteKeyUse.of(principal.association_id, presented.key_id, today)
        asked = self.installation.engine.enqueue(noted)
        asked.add_done_callback(partial(self._noted, presented.key_id))

    def _noted(self, key_id: str, asked: "Future[Outcome]") -> None:
        """Try again with the key's next request where the day could not be noted."""
        if asked.cancelled() or asked.exception() is not None:
            self._used.pop(key_id, None)

    def _touch(self, association: AssociationId, session: str, now: float) -> None:
        """Note that a session is in use, behind the back of the request."""
        if now < self._touched.get(session, 0.0):
            return
        if len(self._touched) >= KNOWN_MAX:
            self._touched.clear()
        self._touched[session] = now + SEEN_EVERY.total_seconds()
        loop = asyncio.get_running_loop()
        noted = loop.run_in_executor(None, touch, self.installation.engine, association, session)
        self._touching.add(noted)
        noted.add_done_callback(self._was_touched)

    def _was_touched(self, noted: "asyncio.Future[None]") -> None:
        self._touching.discard(noted)
        if not noted.cancelled() and (error := noted.exception()) is not None:
            said = {"error": type(error).__name__}
            _log.warning("what was left for later could not be done", extra=said)

    async def _count(self, principal: Principal, spelled: str) -> dict[str, str]:
        most = self.policy.a_minute[principal.kind]
        return await self._hit(f"{principal.association_id}_{_public_part(spelled)}", most)

    async def _hit(self, key: str, most: int) -> dict[str, str]:
        if self.swift.remote:
            standing = await run_in_threadpool(self.swift.hit, key, most, WINDOW_SECONDS)
        else:
            standing = self.swift.hit(key, most, WINDOW_SECONDS)
        if not standing.allowed:
            raise too_many(most, standing)
        return spoken(most, standing)


def _public_part(spelled: str) -> str:
    """Return the id of a key or a session; never any part of its secret."""
    if (token := read_token(spelled)) is not None:
        return token.session_id
    presented = read_key(spelled)
    return presented.key_id if presented else ""


def _with(problem: Problem, headers: dict[str, str]) -> Problem:
    problem.headers.update(headers)
    return problem


def _authorization(request: Request) -> tuple[str, str]:
    """Return the scheme and what follows it."""
    scheme, _, spelled = request.headers.get("authorization", "").partition(" ")
    scheme, spelled = scheme.lower(), spelled.strip()
    if scheme not in {"bearer", "dpop"} or not spelled:
        raise _unauthenticated()
    return scheme, spelled


def _unauthenticated() -> Problem:
    return Problem(
        401,
        "unauthenticated",
        "密钥或登录缺失或无效",
        "the key or token is missing or not valid",
        headers={"WWW-Authenticate": f"Bearer, {CHALLENGE}"},
    )


def _unproved(lacking: Needs) -> Problem:
    """Return the problem of a caller who has the role but did not prove enough (RFC 9470)."""
    if lacking is Needs.PERSON:
        return Problem.of(PersonNeeded())
    problem = Problem.of(SecondFactorNeeded())
    problem.headers["WWW-Authenticate"] = (
        f'Bearer error="insufficient_user_authentication", max_age={FRESH.seconds}'
    )
    return problem


def _name_of(request: Request, keyed: Keyed) -> str | None:
    """Return the caller's own name for its request, where the route takes one."""
    if keyed is Keyed.HEADER:
        return _idempotency_key(request)
    # Whether the id is well formed is said with the signature over it.
    return request.headers.get("webhook-id", "") if keyed is Keyed.SIGNED else None


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("idempotency-key")
    if key is None:
        raise Problem(
            400,
            "idempotency_key_missing",
            "缺少 Idempotency-Key 请求头",
            "the header Idempotency-Key is missing",
        )
    if _KEY.fullmatch(key) is None:
        raise Problem(
            400,
            "idempotency_key_invalid",
            "Idempotency-Key 须为 1 至 64 个字母、数字或 . _ ~ -",
            "Idempotency-Key takes 1 to 64 letters, digits or . _ ~ -",
        )
    return key
