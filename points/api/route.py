"""Routes: FastAPI describes them from their signatures, a thin handler answers.

FastAPI's own handler solves dependencies and serialises through several layers; measured, an empty
route costs it two and a half times what Starlette's costs. Here a route binds at most four things
by their names: ``caller``, path parameters, ``query`` and ``body``, both pydantic models.
"""

import inspect
import logging
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, get_type_hints

from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from points.api.caller import Caller, Visitor
from points.api.feeds import require_signature
from points.api.gate import Gate, Keyed
from points.api.problems import (
    MEDIA_TYPE,
    Problem,
    at_counter,
    language_of,
    not_found,
)
from points.identity.errors import Forbidden
from points.identity.policy import Action
from points.kernel.errors import Misused, Unavailable

BODY_BYTES_MAX = 1 << 20
ENTRANCE_BYTES_MAX = 4 << 10

_PATH = re.compile(r"[A-Za-z0-9._~@-]{1,80}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NUL = b"\\u0000"
_FILE = {"type": "string", "format": "binary"}
_log = logging.getLogger(__name__)

Endpoint = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Binding:
    """What an endpoint takes besides the caller and path parameters."""

    query: type[BaseModel] | None
    body: type[BaseModel] | None
    names: frozenset[str]
    waits: bool

    @classmethod
    def of(cls, endpoint: Endpoint) -> "_Binding":
        hints = get_type_hints(endpoint)
        query, body = hints.get("query"), hints.get("body")
        names = _names(query) | _names(body)
        return cls(query, body, names, inspect.iscoroutinefunction(endpoint))


def _names(model: type[BaseModel] | None) -> frozenset[str]:
    """Return every field name that a model declares, at any depth."""
    if model is None:
        return frozenset()
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))


class Route(APIRoute):
    """One operation: who may ask for it, and what carries it out."""

    def __init__(  # noqa: PLR0913 - what there is to say of an operation
        self,
        method: str,
        path: str,
        endpoint: Endpoint,
        *,
        allows: Action | None,
        zh: str,
        status: int = 200,
        keyed: Keyed | None = None,
        tagged: bool = False,
        media_type: str | None = None,
        beside: str | None = None,
        body_bytes_max: int = BODY_BYTES_MAX,
    ) -> None:
        """Declare an operation.

        Args:
            method: ``GET``, ``POST`` or ``DELETE``.
            path: With ``{parameters}`` that the endpoint takes by name.
            endpoint: Its docstring's first line is the summary.
            allows: What the caller asks for; None where nobody is known yet (:func:`entrance`).
            zh: The summary in Chinese.
            status: Of success.
            keyed: Where the caller names the request; by default POST takes the header.
            tagged: Whether the answer has an ETag and ``If-None-Match`` is heeded.
            media_type: Of an answer that is a file; JSON otherwise.
            beside: Of the file that is answered instead of JSON, if it is asked for.
            body_bytes_max: How long a body may be.
        """
        file: dict[int | str, dict[str, Any]] = {}
        if named := media_type or beside:
            file[status] = {"content": {named: {"schema": _FILE}}}
        self.body_bytes_max = body_bytes_max
        self.method, self.tagged = method, tagged
        self.allows: Action | None = allows
        self.keyed = keyed or (Keyed.HEADER if method == "POST" else Keyed.NOT)
        self.binding = _Binding.of(endpoint)
        super().__init__(
            path,
            endpoint,
            methods={method},
            status_code=status,
            operation_id=endpoint.__name__,
            summary=zh,
            tags=[path.split("/")[2].split(":", maxsplit=1)[0]],
            responses={
                **file,
                "default": {
                    "description": "Problem",
                    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                },
            },
            response_description=zh,
            response_class=Response if media_type else JSONResponse,
            response_model_exclude_none=True,
        )

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        return self._answer

    async def _admit(self, request: Request) -> Caller | Visitor:
        gate: Gate = request.app.state.gate
        if self.allows is None:
            return await gate.visit(request)
        caller = await gate.admit(request, self.allows, self.keyed)
        request.state.caller = caller.principal.kind.value
        request.state.association = caller.association
        return caller

    async def _answer(self, request: Request) -> Response:
        caller: Caller | Visitor | None = None
        try:
            caller = await self._admit(request)
            return self._present(request, caller, await self._call(request, caller))
        except Problem as problem:
            failed = problem
            if isinstance(caller, Caller) and problem.code == Forbidden.code:
                # Its arguments decided, not its role alone; the gate has let it pass.
                gate: Gate = request.app.state.gate
                gate.refuse(caller.principal, caller.action, problem.code, caller.origin)
        except Misused as misuse:
            failed = Problem.misused(misuse)
        except (Unavailable, DBAPIError) as error:
            _log.warning("the database does not answer", extra={"error": type(error).__name__})
            failed = unavailable()
        if self.allows is Action.USE_COUNTER:
            failed = at_counter(failed)
        request.state.code = failed.code
        return failed.response(language_of(request), caller.headers if caller else None)

    async def _call(self, request: Request, caller: Caller | Visitor) -> Any:  # noqa: ANN401 - any model
        binding = self.binding
        arguments: dict[str, Any] = {"visitor" if self.allows is None else "caller": caller}
        for name, value in request.path_params.items():
            if _PATH.fullmatch(value) is None:
                raise not_found()
            arguments[name] = value
        if binding.query is not None:
            arguments["query"] = _query(request, binding.query, binding.names)
        if binding.body is not None:
            raw = await _read(request, self.body_bytes_max)
            if self.keyed is Keyed.SIGNED and isinstance(caller, Caller):
                require_signature(caller, request.headers, raw)
            arguments["body"] = _body(raw, binding.body, binding.names)
        if binding.waits:
            return await self.endpoint(**arguments)
        return await run_in_threadpool(self.endpoint, **arguments)

    def _present(self, request: Request, caller: Caller | Visitor, answer: object) -> Response:
        headers = dict(caller.headers)
        if isinstance(answer, Response):
            answer.headers.update(headers)
            return answer
        if not isinstance(answer, BaseModel):
            return Response(None, 204, headers)
        content = answer.model_dump_json(exclude_none=True).encode()
        if self.tagged:
            headers |= {"ETag": etag(content), "Cache-Control": "private, no-cache"}
            if headers["ETag"] in request.headers.get("if-none-match", ""):
                return Response(None, 304, headers)
        return Response(content, self.status_code or 200, headers, "application/json")


def etag(content: bytes) -> str:
    """Return the tag of a body; it differs whenever anything that it says differs."""
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'


def unavailable() -> Problem:
    """Return the problem of a database that does not answer."""
    return Problem(
        503,
        "unavailable",
        "服务暂时不可用，请用同一 Idempotency-Key 重试",
        "temporarily unavailable; try again with the same Idempotency-Key",
        headers={"Retry-After": "1"},
    )


def _query(request: Request, model: type[BaseModel], names: frozenset[str]) -> BaseModel:
    given: Mapping[str, str] = request.query_params
    repeated = len(request.query_params.multi_items()) != len(given)
    if repeated or any(_CONTROL.search(value) for value in given.values()):
        raise Problem(422, "content_invalid", "查询参数不符合要求", "the query does not fit")
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise Problem.invalid(error, names, query=True) from None


async def _read(request: Request, bytes_max: int) -> bytes:
    """Return the body, and stop reading one that is too long."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise Problem(415, "media_type", "请使用 application/json", "send application/json")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > bytes_max:
            raise Problem(413, "too_large", "请求内容过大", "the request is too large")
        parts.append(part)
    return b"".join(parts)


def _body(raw: bytes, model: type[BaseModel], names: frozenset[str]) -> BaseModel:
    # PostgreSQL's texts cannot hold it, so it is refused before it can break a batch.
    if _NUL in raw:
        raise Problem(422, "content_invalid", "文字中含有空字符", "a text holds the NUL character")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise Problem.invalid(error, names) from None


def get(
    path: str,
    endpoint: Endpoint,
    *,
    allows: Action,
    zh: str,
    tagged: bool = False,
    media_type: str | None = None,
    beside: str | None = None,
) -> Route:
    """Declare an operation that reads."""
    return Route(
        "GET",
        path,
        endpoint,
        allows=allows,
        zh=zh,
        tagged=tagged,
        media_type=media_type,
        beside=beside,
    )


def post(
    path: str,
    endpoint: Endpoint,
    *,
    allows: Action,
    zh: str,
    status: int = 200,
    keyed: Keyed = Keyed.HEADER,
    body_bytes_max: int = BODY_BYTES_MAX,
) -> Route:
    """Declare an operation that writes, or that asks with a body."""
    return Route(
        "POST",
        path,
        endpoint,
        allows=allows,
        zh=zh,
        status=status,
        keyed=keyed,
        body_bytes_max=body_bytes_max,
    )


def entrance(path: str, endpoint: Endpoint, *, zh: str, status: int = 200) -> Route:
    """Declare an operation for those who are not known yet: a short body, few requests.

    Its endpoint takes a ``visitor`` instead of a caller, and counts every try in the database.
    """
    return Route(
        "POST",
        path,
        endpoint,
        allows=None,
        zh=zh,
        status=status,
        keyed=Keyed.NOT,
        body_bytes_max=ENTRANCE_BYTES_MAX,
    )
