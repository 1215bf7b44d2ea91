"""The gate before every route: a valid key, within its limit, for something that it may ask."""

import asyncio
import hashlib
import logging
import re
import time
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from points.api.caller import Caller, Visitor
from points.api.limits import WINDOW_SECONDS, Policy, spoken, too_many
from points.api.origin import origin_of
from points.api.problems import Problem, language_of
from points.audit.model import Origin
from points.db.redis import Swift
from points.flows.access import Installation
from points.flows.authenticate import authenticate, touch
from points.identity.errors import Forbidden, PersonNeeded, SecondFactorNeeded
from points.identity.keys import read_key
from points.identity.model import Principal
from points.identity.policy import FRESH, Action, Needs, admit
from points.identity.sessions import SEEN_EVERY, read_token
from points.kernel.ids import AssociationId

KNOWN_SECONDS = 1.0
"""How long a key that was found is believed without asking again; a revoked one dies as late."""

KNOWN_MAX = 10_000
_log = logging.getLogger(__name__)
_KEY = re.compile(r"[A-Za-z0-9._~-]{1,64}")


class Keyed(StrEnum):
    """Where a route finds the caller's own name for a request."""

    NOT = "not"
    HEADER = "header"
    BODY = "body"


@dataclass(slots=True)
class Gate:
    """Lets callers in. One for each application."""

    installation: Installation
    swift: Swift
    policy: Policy
    _known: dict[str, tuple[Principal, float]] = field(default_factory=dict)
    _touched: dict[str, float] = field(default_factory=dict)
    _touching: set[asyncio.Future[None]] = field(default_factory=set)

    async def admit(self, request: Request, action: Action, keyed: Keyed) -> Caller:
        """Return the caller.

        Raises:
            Problem: 401 no valid key, 429 too often, 403 never allowed, 400 no idempotency key.
        """
        spelled = _bearer(request)
        principal = await self._principal(spelled)
        headers = await self._count(principal, spelled)
        verdict = admit(principal, action, self.installation.clock.now())
        if verdict.lacking is not Needs.NOTHING:
            raise _with(_unproved(verdict.lacking), headers)
        if not verdict.allowed:
            raise _with(Problem.of(Forbidden()), headers)
        return Caller(
            installation=self.installation,
            principal=principal,
            action=action,
            language=language_of(request),
            key=_idempotency_key(request) if keyed is Keyed.HEADER else None,
            swift=self.swift,
            headers=headers,
            forget_keys=self.forget,
            origin=self._origin(request, spelled),
        )

    async def visit(self, request: Request) -> Visitor:
        """Return somebody who is not known yet, within the limit of an address.

        Raises:
            Problem: 429 too often.
        """
        origin = origin_of(request, "")
        headers = await self._hit(f"visitor:{origin.address}", self.policy.visits_a_minute)
        return Visitor(
            installation=self.installation,
            language=language_of(request),
            headers=headers,
            forget_keys=self.forget,
            origin=origin,
        )

    def _origin(self, request: Request, spelled: str) -> Origin:
        return origin_of(request, _public_part(spelled))

    def forget(self) -> None:
        """Believe no key without asking, because one was revoked here."""
        self._known.clear()

    async def _principal(self, spelled: str) -> Principal:
        name, now = hashlib.sha256(spelled.encode()).hexdigest(), time.monotonic()
        found = self._known.get(name)
        if found is not None and now < found[1]:
            return found[0]
        principal = await run_in_threadpool(authenticate, self.installation.engine, spelled)
        if principal is None:
            self._known.pop(name, None)
            raise _unauthenticated()
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[name] = (principal, now + KNOWN_SECONDS)
        if principal.session is not None:
            self._touch(principal.association_id, principal.session, now)
        return principal

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
            _log.warning(
                "the use of a session could not be noted", extra={"error": type(error).__name__}
            )

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


def _bearer(request: Request) -> str:
    scheme, _, spelled = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not spelled.strip():
        raise _unauthenticated()
    return spelled.strip()


def _unauthenticated() -> Problem:
    return Problem(
        401,
        "unauthenticated",
        "密钥缺失或无效",
        "the key is missing or not valid",
        headers={"WWW-Authenticate": "Bearer"},
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
