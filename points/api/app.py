"""The application: every route, the gate before them, and what answers where there is no route."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from points.api import (
    accounts,
    activities,
    audit,
    claims,
    counter,
    freezes,
    keys,
    leaderboards,
    members,
    publicity,
    rewards,
    rulesets,
    statements,
    vouchers,
)
from points.api.caller import Installation
from points.api.description import TITLE, described
from points.api.gate import Gate
from points.api.limits import Policy
from points.api.ops import OPEN
from points.api.origin import Network
from points.api.problems import Problem, language_of, not_found
from points.api.route import Route
from points.db.redis import Swift

ROUTES: tuple[Route, ...] = (
    *members.ROUTES,
    *accounts.ROUTES,
    *activities.ROUTES,
    *claims.ROUTES,
    *publicity.ROUTES,
    *freezes.ROUTES,
    *rewards.ROUTES,
    *vouchers.ROUTES,
    *counter.ROUTES,
    *statements.ROUTES,
    *rulesets.ROUTES,
    *leaderboards.ROUTES,
    *keys.ROUTES,
    *audit.ROUTES,
)


def create(
    installation: Installation,
    *,
    swift: Swift | None = None,
    policy: Policy | None = None,
    proxies: Sequence[Network] = (),
) -> FastAPI:
    """Return the application of an installation.

    Args:
        installation: A running one; whoever opened it closes it.
        swift: Shared counters; this process's own by default.
        policy: How often callers may ask.
        proxies: Whose ``X-Forwarded-For`` counts; nobody's by default.
    """
    app = _bare()
    app.state.gate = Gate(installation, swift or Swift(None), policy or Policy(), tuple(proxies))
    return app


def describe() -> dict[str, Any]:
    """Return the OpenAPI description; needs no installation."""
    return described(_bare())


def _bare() -> FastAPI:
    app = FastAPI(title=TITLE, openapi_url=None, docs_url=None, redoc_url=None)
    app.router.routes.extend([*OPEN, *ROUTES])
    app.openapi = lambda: described(app)  # type: ignore[method-assign]  # FastAPI's documented hook
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, _broken)
    return app


async def _no_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    problem = (
        Problem(405, "method_not_allowed", "不支持此方法", "method not allowed")
        if status == 405  # noqa: PLR2004 - the status says it
        else not_found()
    )
    return problem.response(language_of(request))


async def _broken(request: Request, _error: Exception) -> Response:
    problem = Problem(500, "internal_error", "系统内部错误，请联系管理员", "internal error")
    return problem.response(language_of(request))
