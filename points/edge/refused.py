"""A request that goes no further."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why, for programs and for people; channels give it their own form."""

    status: int
    code: str
    zh: str
    en: str
    headers: Mapping[str, str] = field(default_factory=dict)


class BodyRefused(Exception):
    """A body that is too long or comes too slowly; raised where it is read."""

    def __init__(self, why: Refused) -> None:
        super().__init__(why.code)
        self.why = why


CLOSES = {"Connection": "close"}
"""What is left of a body is not read, so the connection is of no more use."""

HOST_UNKNOWN = Refused(
    status=400, code="host_unknown", zh="主机名不在允许之列", en="the host name is not allowed"
)
HEADERS_TOO_MANY = Refused(
    status=431,
    code="headers_too_many",
    zh="请求头过多或重复",
    en="too many header fields, or one that may stand once stands twice",
)
CROSS_ORIGIN = Refused(
    status=403,
    code="cross_origin",
    zh="请求来自其他网站",
    en="the request comes from another site",
)
CROWDED = Refused(
    status=503,
    code="crowded",
    zh="请求过多，请稍后再试",
    en="too many requests at once; try again",
    headers={"Retry-After": "1"},
)
TOO_LARGE = Refused(
    status=413,
    code="too_large",
    zh="请求内容过大",
    en="the request is too large",
    headers=CLOSES,
)
TOO_SLOW = Refused(
    status=408,
    code="too_slow",
    zh="请求内容传送过慢",
    en="the body comes too slowly",
    headers=CLOSES,
)
BROKEN = Refused(
    status=500, code="internal_error", zh="系统内部错误，请联系管理员", en="internal error"
)


def flooding(seconds: int) -> Refused:
    """Return the refusal of an address that asked for too much that it may not have."""
    return Refused(
        status=429,
        code="rate_limited",
        zh="请求过于频繁，请稍后再试",
        en="too many requests; try again later",
        headers={"Retry-After": str(seconds)},
    )
