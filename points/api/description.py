"""The OpenAPI description: FastAPI's, with what every operation has in common said once."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from points.api.gate import Keyed
from points.api.problems import ProblemBody
from points.api.reference import page
from points.api.route import Route
from points.kernel.ensure import ensure

TITLE = "积分引擎 · Points"
VERSION = "1.0.0"
_DESCRIPTION = """协会积分引擎的接口，版本 1。每个请求用密钥或会话令牌认证
（Authorization: Bearer）；写入请求带 Idempotency-Key，重发得到第一次的答案。
错误为 problem+json，程序按 code 处理。

The HTTP interface of the points engine, version 1. Every request carries a key or a session's
token; requests that write carry an Idempotency-Key, and sending one again gives the first answer.
Errors are application/problem+json with a stable code; lists page by opaque cursors and have no
totals."""

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The caller's own name for this request; sent again, it is answered as before.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._~-]{1,64}$"},
}
_SIGNATURE = [
    {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "The source's own name for this delivery; it does what Idempotency-Key does "
        "elsewhere.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_~-]{1,64}$"},
    },
    {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "Seconds since 1970; five minutes off at the most.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,12}$"},
    },
    {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; several with "
        "a space between (Standard Webhooks 1.0).",
        "schema": {"type": "string", "maxLength": 600},
    },
]
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an earlier answer; 304 where nothing has changed.",
    "schema": {"type": "string"},
}


def described(app: FastAPI) -> dict[str, Any]:
    """Return the description of an application's routes, in a stable order."""
    routes = [route for route in app.routes if isinstance(route, Route)]
    document = get_openapi(
        title=TITLE,
        version=VERSION,
        openapi_version="3.1.0",
        description=_DESCRIPTION,
        routes=routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    document = _with_names_of_their_own(document)
    document["components"]["securitySchemes"] = {
        "device": {"type": "http", "scheme": "dpop"},
        "key": {"type": "http", "scheme": "bearer"},
    }
    document["security"] = [{"key": []}, {"device": []}]
    for route in routes:
        operation = document["paths"][route.path_format][route.method.lower()]
        if route.allows is None:
            operation["security"] = []
        else:
            operation["x-action"] = route.allows.value
        extra = [_IDEMPOTENCY_KEY] if route.keyed is Keyed.HEADER else []
        extra += _SIGNATURE if route.keyed is Keyed.SIGNED else []
        extra += [_IF_NONE_MATCH] if route.tagged else []
        if extra:
            operation["parameters"] = [*operation.get("parameters", []), *extra]
    document["paths"] = dict(sorted(document["paths"].items()))
    return document


def _with_names_of_their_own(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose schemas are named for programs, in the order of their names."""
    schemas = document["components"]["schemas"]
    names = {name: _spoken(name) for name in schemas}
    ensure(len(set(names.values())) == len(names), "schemas have names of their own")
    document["components"]["schemas"] = {
        names[name]: schemas[name] for name in sorted(schemas, key=lambda name: names[name])
    }
    return cast("dict[str, Any]", _renamed(document, names))


def _spoken(name: str) -> str:
    """Return a name for programs of what shares its class's name: its module, and the class."""
    if "__" not in name:
        return name
    *modules, own = (part for part in name.split("__") if part not in _EVERYWHERE)
    return "".join(word.capitalize() for part in modules for word in part.split("_")) + own


_EVERYWHERE = {"points", "api", "flows", "model"}
_REFERS = "#/components/schemas/"


def _renamed(value: Any, names: dict[str, str]) -> Any:  # noqa: ANN401 - a document
    """Return a document that refers to schemas by other names."""
    if isinstance(value, dict):
        return {key: _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if isinstance(value, str) and value.startswith(_REFERS):
        return _REFERS + names[value.removeprefix(_REFERS)]
    return value


@dataclass
class Published:
    """The description as it is served to anybody: made once, when first asked for.

    Making it takes a second of one processor, which nobody who asks again may take from the tills.
    """

    describe: Callable[[], dict[str, Any]]

    @cached_property
    def document(self) -> str:
        """The description as JSON."""
        return json.dumps(self.describe(), ensure_ascii=False)

    @cached_property
    def page(self) -> str:
        """The description as a page that loads nothing from anywhere."""
        return page(self.describe())
