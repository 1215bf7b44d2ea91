"""How often a key may ask, and what an answer says about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from points.api.problems import Problem
from points.db.redis import Standing
from points.identity.roles import Kind

WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Policy:
    """How many requests a minute a caller of each kind may make; feeds are machines.

    Attributes:
        visits_a_minute: From one address, of those who are not known yet.
    """

    a_minute: Mapping[Kind, int] = field(
        default_factory=lambda: {
            Kind.MEMBER: 240,
            Kind.PARTNER: 1_200,
            Kind.STAFF: 1_200,
            Kind.SOURCE: 600_000,
        }
    )
    visits_a_minute: int = 30


def spoken(most: int, standing: Standing) -> dict[str, str]:
    """Return the header fields of draft-ietf-httpapi-ratelimit-headers-10."""
    return {
        "RateLimit-Policy": f'"key";q={most};w={WINDOW_SECONDS}',
        "RateLimit": f'"key";r={standing.remaining};t={standing.reset_seconds}',
    }


def too_many(most: int, standing: Standing) -> Problem:
    """Return the problem of a caller beyond its limit."""
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "rate_limited",
        "请求过于频繁，请稍后再试",
        "too many requests; try again later",
        headers={**spoken(most, standing), "Retry-After": str(standing.reset_seconds)},
    )
