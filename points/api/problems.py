"""Problems: every answer that is no success, as RFC 9457 has it, and never with what was sent.

``code`` is stable and for programs; ``title`` and ``detail`` are for people, in Chinese unless the
caller prefers English.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from points.api.errors import status_of
from points.flows.counter_advice import Advice, advised, spoken
from points.flows.neutral import NotNow
from points.kernel.canonical import canonical_json
from points.kernel.clock import Clock
from points.kernel.errors import Misused, Refusal

MEDIA_TYPE = "application/problem+json"
LANGUAGES = ("zh", "en")
FAULTS_MAX = 20

_TITLES: dict[int, tuple[str, str]] = {
    400: ("请求格式有误", "The request is malformed"),
    401: ("未通过身份验证", "Not authenticated"),
    403: ("无权执行此操作", "Not allowed"),
    404: ("未找到", "Not found"),
    405: ("不支持此方法", "Method not allowed"),
    408: ("请求超时", "The request took too long"),
    409: ("当前状态不允许此操作", "The present state does not allow this"),
    413: ("请求内容过大", "The request is too large"),
    415: ("请求内容类型不受支持", "Unsupported media type"),
    422: ("请求内容不符合要求", "The content does not fit"),
    429: ("请求过于频繁", "Too many requests"),
    431: ("请求头过大", "The request header is too large"),
    500: ("系统内部错误", "Internal error"),
    503: ("服务暂时不可用", "Temporarily unavailable"),
}


class ProblemFault(BaseModel):
    """One fault of a request's content."""

    pointer: str = Field(description="JSON pointer into the body, or `?name` of a query parameter")
    code: str


class ProblemBody(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="`urn:points:problem:` and the code")
    title: str
    status: int
    code: str = Field(description="stable; decide by this")
    detail: str
    details: dict[str, Any] | None = Field(default=None, description="the refusal's own fields")
    faults: list[ProblemFault] | None = None
    say: str | None = Field(default=None, description="at a counter: to be read to the customer")
    action: str | None = Field(default=None, description="at a counter: what the clerk does next")
    retryable: bool | None = Field(
        default=None, description="at a counter: whether the same request may be sent again"
    )
    retry_after: int | None = Field(default=None, description="at a counter: seconds to wait")


class Problem(Exception):
    """An answer that is no success."""

    def __init__(
        self,
        status: int,
        code: str,
        zh: str,
        en: str,
        *,
        details: Mapping[str, Any] | None = None,
        faults: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.zh, self.en = int(status), code, zh, en
        self.details, self.faults = details, list(faults)[:FAULTS_MAX]
        self.headers = dict(headers or {})
        self.advice: Advice | None = None
        self.wait_seconds: int | None = None

    @classmethod
    def of(cls, refusal: Refusal) -> "Problem":
        """Return the problem that a refusal is to a caller over HTTP."""
        return cls(
            status_of(refusal),
            refusal.code,
            refusal.text("zh"),
            refusal.text("en"),
            details=refusal.details(),
        )

    @classmethod
    def misused(cls, misuse: Misused) -> "Problem":
        """Return the problem of a question that cannot be answered as asked."""
        return cls(HTTPStatus.UNPROCESSABLE_ENTITY, misuse.code, misuse.zh, misuse.en)

    @classmethod
    def invalid(
        cls, error: ValidationError, names: frozenset[str], *, query: bool = False
    ) -> "Problem":
        """Return the problem of content that does not fit: where and which fault, never what.

        Args:
            error: What pydantic found.
            names: The declared names; only these are said, for a made-up one can be anything.
            query: Whether it was found in the query.
        """
        found = error.errors(include_url=False, include_context=False, include_input=False)
        lead = "?" if query else "/"
        faults = [(_pointer(each["loc"], names, lead), each["type"]) for each in found]
        malformed = any(code == "json_invalid" for _, code in faults)
        return cls(
            HTTPStatus.BAD_REQUEST if malformed else HTTPStatus.UNPROCESSABLE_ENTITY,
            "json_invalid" if malformed else "content_invalid",
            "请求内容不是有效的 JSON" if malformed else f"请求内容有 {len(faults)} 处不符合要求",
            "the body is no valid JSON" if malformed else f"{len(faults)} values do not fit",
            faults=() if malformed else faults,
        )

    def _for_counters(self, advice: Advice, language: str) -> dict[str, Any]:
        """Return what a clerk reads out, and what they do next."""
        asked = self.headers.get("Retry-After", "")
        wait = self.wait_seconds or (int(asked) if asked.isdecimal() else None)
        return {
            # Always Chinese: it is read out to the customer, whatever the program speaks.
            "say": spoken(self.zh),
            "action": advice.zh if language == "zh" else advice.en,
            "retryable": advice.retryable,
            **({"retry_after": wait} if wait else {}),
        }

    def response(self, language: str, headers: Mapping[str, str] | None = None) -> Response:
        """Return the response in a language."""
        body: dict[str, Any] = {
            "type": f"urn:points:problem:{self.code}",
            "title": _title(self.status, language),
            "status": self.status,
            "code": self.code,
            "detail": self.zh if language == "zh" else self.en,
        }
        if self.details:
            body["details"] = self.details
        if self.advice is not None:
            body |= self._for_counters(self.advice, language)
        if self.faults:
            body["faults"] = [{"pointer": where, "code": code} for where, code in self.faults]
        return Response(
            canonical_json(body),
            self.status,
            {
                **(headers or {}),
                **self.headers,
                "Content-Language": language,
                "Vary": "Accept-Language",
            },
            MEDIA_TYPE,
        )


def at_counter(problem: Problem) -> Problem:
    """Return a problem as a counter hears it: from the fixed list, with what to do next.

    What does not stand in the list is said as ``not_now``: a new reason elsewhere in the program
    tells no clerk more than was decided.
    """
    said = problem
    if advised(problem.code) is None:
        said = Problem.of(NotNow())
        said.headers = problem.headers
    said.advice = advised(said.code)
    return said


def _title(status: int, language: str) -> str:
    titles = (
        _TITLES.get(status) or _TITLES[500 if status >= HTTPStatus.INTERNAL_SERVER_ERROR else 400]
    )
    return titles[0 if language == "zh" else 1]


def _pointer(location: tuple[int | str, ...], names: frozenset[str], lead: str) -> str:
    parts = [str(part) for part in location if isinstance(part, int) or part in names]
    return "".join(f"{lead}{part}" for part in parts)


def language_of(request: Request) -> str:
    """Return the language that a caller prefers of ours; Chinese where it says nothing."""
    best, weight = "zh", 0.0
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        tag, _, parameters = part.strip().partition(";")
        name = tag.split("-")[0].strip().lower()
        quality = _quality(parameters)
        if name in LANGUAGES and quality > weight:
            best, weight = name, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def not_found() -> Problem:
    """Return the one answer for what is unknown here, another's, or not even a name."""
    return Problem(HTTPStatus.NOT_FOUND, "not_found", "未找到", "not found")


def refused(refusal: Refusal, clock: Clock) -> Problem:
    """Return the problem of a refusal, with when to try again where the refusal says it."""
    problem = Problem.of(refusal)
    until = refusal.details().get("until")
    if isinstance(until, str):
        left = datetime.fromisoformat(until) - clock.now()
        problem.wait_seconds = max(math.ceil(left.total_seconds()), 1)
        if problem.status == HTTPStatus.TOO_MANY_REQUESTS:
            problem.headers["Retry-After"] = str(problem.wait_seconds)
    return problem
