"""The gate before every route: a valid key, within its limit, for something that it may ask."""

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from points.api.caller import Caller, Installation
from points.api.limits import WINDOW_SECONDS, Policy, spoken, too_many
from points.api.narrowing import within
from points.api.origin import Network, origin_of
from points.api.problems import Problem, language_of
from points.api.refusals import Refusals, Refused
from points.audit.model import Origin
from points.db.redis import Swift
from points.flows.authenticate import Turned, examine
from points.identity.errors import Forbidden
from points.identity.model import Principal, Role, read_key
from points.identity.policy import Action, judge

KNOWN_SECONDS = 1.0
"""How long a key that was found is believed without asking again; a revoked one dies as late."""

KNOWN_MAX = 10_000
_KEY = re.compile(r"[A-Za-z0-9._~-]{1,64}")


class Keyed(StrEnum):
    """Where a route finds the caller's own name for a request."""

    NOT = "not"
    HEADER = "header"
    BODY = "body"


@dataclass(slots=True)
class Gate:
    """Lets callers in. One for each application.

    Attributes:
        proxies: Whose word about a caller's address counts.
    """

    installation: Installation
    swift: Swift
    policy: Policy
    proxies: Sequence[Network] = ()
    refusals: Refusals = field(init=False)
    _known: dict[str, tuple[Principal, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.refusals = Refusals(self.installation)

    async def admit(self, request: Request, action: Action, keyed: Keyed) -> Caller:
        """Return the caller.

        Raises:
            Problem: 401 no valid key, 429 too often, 403 never allowed, 400 no idempotency key.
        """
        spelled = _bearer(request)
        principal = await self._principal(request, spelled)
        headers = await self._count(principal, spelled)
        if not judge(principal, action).allowed or not within(principal, action):
            self.forbid(principal, action, self._origin(request, spelled))
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

    def forbid(self, principal: Principal, action: Action, origin: Origin) -> None:
        """Note on the audit trail that a member of staff asked for what they may not do."""
        if principal.role is Role.STAFF:
            refused = Refused(
                association_id=principal.association_id,
                actor=principal.actor,
                action=action.value,
                subject=origin.session,
                code=Forbidden.code,
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
        presented = read_key(spelled)
        return origin_of(request, presented.key_id if presented else "", self.proxies)

    def forget(self) -> None:
        """Believe no key without asking, because one was revoked here."""
        self._known.clear()

    async def _principal(self, request: Request, spelled: str) -> Principal:
        name, now = hashlib.sha256(spelled.encode()).hexdigest(), time.monotonic()
        found = self._known.get(name)
        if found is not None and now < found[1]:
            return found[0]
        principal = await run_in_threadpool(examine, self.installation.engine, spelled)
        if not isinstance(principal, Principal):
            self._known.pop(name, None)
            if principal is not None:
                self._turn_away(request, spelled, principal)
            raise _unauthenticated()
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[name] = (principal, now + KNOWN_SECONDS)
        return principal

    async def _count(self, principal: Principal, spelled: str) -> dict[str, str]:
        most = self.policy.a_minute[principal.role]
        key = spelled.rsplit("_", 1)[0] if spelled.count("_") > 1 else spelled
        if self.swift.remote:
            standing = await run_in_threadpool(self.swift.hit, key, most, WINDOW_SECONDS)
        else:
            standing = self.swift.hit(key, most, WINDOW_SECONDS)
        if not standing.allowed:
            raise too_many(most, standing)
        return spoken(most, standing)


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
