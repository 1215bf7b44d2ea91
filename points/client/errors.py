"""What can go wrong, as a contract.

ClientError
├── Unreachable      no answer came; whether it was done is not known, so send the same call again
└── ApiError         an answer came, with a stable ``code``
    ├── Unauthenticated  401    ├── Forbidden    403    ├── NotFound     404
    ├── Conflict         409    ├── Invalid      4xx    ├── RateLimited  429
    └── ServerError      5xx
"""

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Anything that this client raises on purpose."""


class Unreachable(ClientError):
    """No answer came, in any attempt.

    What was asked may have been done or not. Sending the same call again, which carries the same
    idempotency key or request number, does it at most once and gives the first answer.
    """


class ApiError(ClientError):
    """An answer that is no success.

    Attributes:
        status: Of HTTP.
        code: Stable; decide by this.
        detail: For people, in the language that the client asks for.
        details: The refusal's own fields.
        faults: Where the content does not fit: pointer and code.
        say: At a counter, what a clerk reads out to the customer, in Chinese.
        action: At a counter, what the clerk does next.
        retryable: At a counter, whether the very same request may succeed when sent again.
        retry_after_seconds: How long to wait before, where the server says it.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.detail = str(problem.get("detail", ""))
        self.details: Mapping[str, Any] = problem.get("details") or {}
        self.faults: list[Mapping[str, str]] = problem.get("faults") or []
        self.say = str(problem.get("say", ""))
        self.action = str(problem.get("action", ""))
        self.retryable = bool(problem.get("retryable", False))
        self.retry_after_seconds: int | None = problem.get("retry_after")
        super().__init__(f"{status} {self.code}: {self.detail}")


class Unauthenticated(ApiError):
    """The key is missing or not valid."""


class Forbidden(ApiError):
    """The key may not do this."""


class NotFound(ApiError):
    """There is no such thing, or it is another's."""


class Conflict(ApiError):
    """The present state does not allow this: too few points, used already, closed."""


class Invalid(ApiError):
    """The content does not fit, or an idempotency key was used for something else before."""


class RateLimited(ApiError):
    """Too many requests, even after waiting."""


class ServerError(ApiError):
    """The server failed."""


_KINDS: Mapping[int, type[ApiError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}
_SERVER = 500


def error_of(status: int, problem: object) -> ApiError:
    """Return the error of an answer; a body that is no problem has no code."""
    kind = _KINDS.get(status, ServerError if status >= _SERVER else Invalid)
    return kind(status, problem if isinstance(problem, Mapping) else {})
