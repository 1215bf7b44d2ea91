"""The frame around an application: what is true of every answer, whatever answers."""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from points.edge.bodies import Limited
from points.edge.checks import bytes_max, refuses
from points.edge.floods import Floods, address_of
from points.edge.headers import complete
from points.edge.policy import EdgePolicy
from points.edge.refused import BROKEN, CROWDED, BodyRefused, Refused, flooding
from points.logs import request_id as is_request_id

REQUEST_ID = "X-Request-Id"
_RAW_REQUEST_ID = REQUEST_ID.lower().encode()
UNMATCHED = "unmatched"
TOLD = ("caller", "association", "code")
"""What a channel may leave in the request's state for the log line."""

_log = logging.getLogger(__name__)
_access = logging.getLogger("points.access")

SayNo = Callable[[Request, Refused], Response]


class Frame:
    """ASGI middleware: checks, limits, headers, a request id, and one log line."""

    def __init__(self, app: ASGIApp, *, policy: EdgePolicy, floods: Floods, say_no: SayNo) -> None:
        """Stand around an application.

        Args:
            app: Answers.
            policy: How strict to be.
            floods: Counts failures by address.
            say_no: Gives a refusal the form of the channel.
        """
        self._app, self._policy, self._floods, self._say_no = app, policy, floods, say_no
        self._at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID)
        request_id = given if given and is_request_id(given) else str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id, behind_tls=self._policy.behind_tls)
        address = address_of(scope, self._policy)
        refused = self._refuses(scope, headers, address)
        if refused is None:
            refused = await self._pass_on(scope, receive, answer)
        if refused is not None:
            scope["state"]["code"] = refused.code
            await self._say_no(Request(scope), refused)(scope, receive, answer.send)
        await self._floods.note(address, answer.status)
        self._tell(scope, answer, time.perf_counter() - began)

    def _refuses(self, scope: Scope, headers: Headers, address: str | None) -> Refused | None:
        if refused := refuses(scope, headers, self._policy):
            return refused
        if scope["path"] in self._policy.unguarded:
            return None
        if seconds := self._floods.waits(address):
            return flooding(seconds)
        return CROWDED if self._at_once >= self._policy.requests_at_once_max else None

    async def _pass_on(self, scope: Scope, receive: Receive, answer: "_Answer") -> Refused | None:
        """Let the application answer; return what has to be said instead, if it cannot."""
        limited = Limited(receive, self._policy, bytes_max(scope, self._policy))
        self._at_once += 1
        try:
            await self._app(scope, limited.receive, answer.send)
        except BodyRefused as refused:
            if answer.status:
                raise
            return refused.why
        except Exception:
            _log.exception("a request failed", extra={"request_id": answer.request_id})
            if answer.status:
                raise
            return BROKEN
        finally:
            self._at_once -= 1
        return None

    def _tell(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        if not _access.isEnabledFor(logging.INFO):
            return
        state: dict[str, Any] = scope["state"]
        client = scope.get("client")
        told = {name: state[name] for name in TOLD if name in state}
        if self._policy.addresses_logged and client:
            told["address"] = client[0]
        _access.info(
            "request",
            extra={
                "request_id": answer.request_id,
                "method": scope["method"],
                "route": route_of(scope),
                "status": answer.status,
                "duration_ms": round(seconds * 1000, 1),
                **told,
            },
        )


def route_of(scope: Scope) -> str:
    """Return the template of the route that answered: a path would hold ids."""
    template = getattr(scope.get("route"), "path", None)
    if isinstance(template, str):
        return template
    if "endpoint" in scope and not scope.get("path_params"):
        return str(scope["path"])
    return UNMATCHED


class _Answer:
    """Sends an answer with the headers that every answer has, and remembers its status."""

    def __init__(self, send: Send, request_id: str, *, behind_tls: bool) -> None:
        self._send, self.request_id, self._behind_tls = send, request_id, behind_tls
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send the next part."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [each for each in message["headers"] if each[0] != _RAW_REQUEST_ID]
            headers.append((_RAW_REQUEST_ID, self.request_id.encode()))
            complete(headers, behind_tls=self._behind_tls)
            message["headers"] = headers
        await self._send(message)
