"""What a request's own headers say against it, before anything is done for it."""

import re

from starlette.datastructures import Headers
from starlette.types import Scope

from points.edge.policy import ANY_HOST, EdgePolicy
from points.edge.refused import CROSS_ORIGIN, HEADERS_TOO_MANY, HOST_UNKNOWN, TOO_LARGE, Refused

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
ONCE = frozenset(
    (b"authorization", b"content-length", b"content-type", b"host", b"idempotency-key", b"origin")
)
"""Fields that mean two things to two readers when they stand twice."""

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?")


def refuses(scope: Scope, headers: Headers, policy: EdgePolicy) -> Refused | None:
    """Return why a request goes no further, or None."""
    names = [name for name, _ in headers.raw if name in ONCE]
    if len(headers.raw) > policy.headers_max or len(names) != len(set(names)):
        return HEADERS_TOO_MANY
    if scope["path"] not in policy.unguarded and not _host_known(headers, policy):
        return HOST_UNKNOWN
    if scope["method"] not in SAFE and "cookie" in headers:
        scheme = "https" if policy.behind_tls else scope["scheme"]
        if not same_origin(headers, scheme):
            return CROSS_ORIGIN
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:19]) > bytes_max(scope, policy):
        return TOO_LARGE
    return None


def bytes_max(scope: Scope, policy: EdgePolicy) -> int:
    """Return how long a request's body may be."""
    return policy.body_bytes_by_path.get(scope["path"], policy.body_bytes_max)


def _host_known(headers: Headers, policy: EdgePolicy) -> bool:
    found = _HOST.fullmatch(headers.get("host", ""))
    if found is None:
        return False
    return ANY_HOST in policy.hosts or found.group(1).strip("[]").lower() in policy.hosts


def same_origin(headers: Headers, scheme: str) -> bool:
    """Return whether a browser says that a request comes from our own pages.

    Cookies go along by themselves, wherever a request comes from. Browsers of today say where with
    ``Sec-Fetch-Site``, older ones at least name the ``Origin``; one that says neither is not
    believed.
    """
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    own = f"{scheme}://{headers.get('host', '')}".lower()
    if origin is not None and origin.lower() != own:
        return False
    if site is not None:
        return site == "same-origin"
    return origin is not None
