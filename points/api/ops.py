"""What needs no key: is the process alive, is it ready, and what the interface is."""

import json

from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from points.api.description import Published
from points.api.problems import language_of
from points.api.reference import STYLE_HASH
from points.api.route import unavailable
from points.kernel.errors import Unavailable


async def healthz(_request: Request) -> Response:
    """Say that the process is alive."""
    return _said({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Say whether the database answers."""
    try:
        await run_in_threadpool(request.app.state.gate.installation.engine.ping)
    except (Unavailable, DBAPIError):
        return unavailable().response(language_of(request))
    return _said({"status": "ok"})


async def openapi(request: Request) -> Response:
    """Return the description of the interface."""
    published: Published = request.app.state.published
    document = await run_in_threadpool(lambda: published.document)
    return Response(document, 200, media_type="application/json")


async def docs(request: Request) -> Response:
    """Return the description as a page that loads nothing from anywhere."""
    policy = (
        f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy}
    published: Published = request.app.state.published
    page = await run_in_threadpool(lambda: published.page)
    return Response(page, 200, headers, "text/html; charset=utf-8")


def _said(value: object) -> Response:
    content = json.dumps(value, ensure_ascii=False)
    return Response(content, 200, media_type="application/json")


OPEN = (
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/openapi.json", openapi, methods=["GET"]),
    Route("/docs", docs, methods=["GET"]),
)
"""The only endpoints that answer anybody."""
