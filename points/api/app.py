"""The application: every route, the gate before them, and what answers where there is no route."""

from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from points.api import (
    accounts,
    activities,
    adjustments,
    alerts,
    audit,
    backtests,
    batches,
    budget,
    catalogue_versions,
    claims,
    consents,
    corrections,
    counter,
    devices,
    duties,
    examinations,
    freezes,
    gate_grants,
    handouts,
    hardship,
    inbox,
    keys,
    leaderboards,
    members,
    offline,
    operators,
    own_account,
    partners,
    privacy,
    proposals,
    publicity,
    rewards,
    rule_diff,
    rule_drafts,
    rule_versions,
    rulesets,
    sandbox,
    sessions,
    single_sign_on,
    staff,
    stamp_cards,
    statement_steps,
    statements,
    tills,
    tokens,
    vouchers,
    webhooks,
    wishes,
)
from points.api.description import TITLE, Published, described
from points.api.gate import Gate
from points.api.limits import Policy
from points.api.ops import OPEN
from points.api.problems import Problem, language_of, not_found
from points.api.route import Route
from points.db.redis import Swift
from points.edge.beside import Beside, Neighbour
from points.edge.floods import Floods
from points.edge.frame import Frame
from points.edge.policy import EdgePolicy
from points.edge.refused import Refused
from points.flows.access import Installation
from points.flows.ports import Messenger, Silent

ROUTES: tuple[Route, ...] = (
    *members.ROUTES,
    *accounts.ROUTES,
    *activities.ROUTES,
    *examinations.ROUTES,
    *claims.ROUTES,
    *batches.ROUTES,
    *publicity.ROUTES,
    *freezes.ROUTES,
    *proposals.ROUTES,
    *duties.ROUTES,
    *catalogue_versions.ROUTES,
    *rewards.ROUTES,
    *gate_grants.ROUTES,
    *budget.ROUTES,
    *alerts.ROUTES,
    *vouchers.ROUTES,
    *webhooks.ROUTES,
    *tokens.ROUTES,
    *counter.ROUTES,
    *offline.ROUTES,
    *operators.ROUTES,
    *tills.ROUTES,
    *sandbox.ROUTES,
    *statements.ROUTES,
    *statement_steps.ROUTES,
    *adjustments.ROUTES,
    *partners.ROUTES,
    *rulesets.ROUTES,
    *rule_diff.ROUTES,
    *backtests.ROUTES,
    *rule_drafts.ROUTES,
    *rule_versions.ROUTES,
    *leaderboards.ROUTES,
    *keys.ROUTES,
    *devices.ROUTES,
    *audit.ROUTES,
    *sessions.ROUTES,
    *staff.ROUTES,
    *own_account.ROUTES,
    *single_sign_on.ROUTES,
    *consents.ROUTES,
    *inbox.ROUTES,
    *wishes.ROUTES,
    *hardship.ROUTES,
    *stamp_cards.ROUTES,
    *corrections.ROUTES,
    *handouts.ROUTES,
    *privacy.ROUTES,
)
ENTRANCES: tuple[Route, ...] = (
    *sessions.ENTRANCES,
    *own_account.ENTRANCES,
    *single_sign_on.ENTRANCES,
    *devices.ENTRANCES,
)
"""The only operations for those who are not known yet."""


def create(
    installation: Installation,
    *,
    swift: Swift | None = None,
    policy: Policy | None = None,
    edge: EdgePolicy | None = None,
    neighbour: Neighbour | None = None,
    messenger: Messenger | None = None,
) -> FastAPI:
    """Return the application of an installation.

    Args:
        installation: A running one; whoever opened it closes it.
        swift: Shared counters; this process's own by default.
        policy: How often callers may ask.
        edge: What may come in at all.
        neighbour: Another application behind the same edge: the pages.
        messenger: Sends codes to members who log in; without one nobody can.
    """
    app = _bare()
    swift, edge = swift or Swift(None), edge or EdgePolicy()
    app.state.gate = Gate(installation, swift, policy or Policy(), messenger or Silent())
    if neighbour is not None:
        app.add_middleware(Beside, neighbour=neighbour)
    say_no = partial(_say_no, neighbour=neighbour)
    app.add_middleware(Frame, policy=edge, floods=Floods(swift, edge), say_no=say_no)
    return app


def describe() -> dict[str, Any]:
    """Return the OpenAPI description; needs no installation."""
    return described(_bare())


PUBLISHED = Published(describe)
"""Every application of this process has the same routes."""


def _bare() -> FastAPI:
    app = FastAPI(title=TITLE, openapi_url=None, docs_url=None, redoc_url=None)
    app.router.routes.extend([*OPEN, *ENTRANCES, *ROUTES])
    app.state.published = PUBLISHED
    app.add_exception_handler(HTTPException, _no_route)
    return app


async def _no_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    problem = (
        Problem(405, "method_not_allowed", "不支持此方法", "method not allowed")
        if status == 405  # noqa: PLR2004 - the status says it
        else not_found()
    )
    return problem.response(language_of(request))


def _say_no(request: Request, refused: Refused, neighbour: Neighbour | None = None) -> Response:
    if neighbour is not None and neighbour.owns(request.url.path):
        return neighbour.say_no(request, refused)
    problem = Problem(refused.status, refused.code, refused.zh, refused.en, headers=refused.headers)
    return problem.response(language_of(request))
