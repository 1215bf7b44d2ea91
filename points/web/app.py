"""Every page, and what answers where there is none."""

from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from points.edge.refused import Refused
from points.flows.access import Installation
from points.flows.ports import Messenger
from points.kernel.ids import AssociationId
from points.web import front
from points.web.console import (
    account,
    adjustments,
    alerts,
    budget,
    catalogue,
    claims,
    corrections,
    counters,
    entry,
    gates,
    handouts,
    hardship,
    home,
    keys,
    offline,
    partners,
    people,
    privacy,
    proposals,
    set_right,
    staff,
    stamp_cards,
    trail,
    vouchers,
    webhooks,
)
from points.web.console.rules import cases, decisions, drafts, form, shelf, text, trial
from points.web.counter import counters as c_counters
from points.web.counter import desk, till
from points.web.counter import statements as c_statements
from points.web.house import House
from points.web.m import claims as m_claims
from points.web.m import codes as m_codes
from points.web.m import donations as m_donations
from points.web.m import entry as m_entry
from points.web.m import inbox as m_inbox
from points.web.m import offline as m_offline
from points.web.m import points as m_points
from points.web.m import privacy as m_privacy
from points.web.m import qr as m_qr
from points.web.m import rewards as m_rewards
from points.web.m import stamp_cards as m_stamp_cards
from points.web.m import wishes as m_wishes
from points.web.route import Page
from points.web.static_files import load_shelf, serve
from points.web.templating import templates
from points.web.texts import preferred, texts

WEB_ROUTES: tuple[Page, ...] = (
    *entry.PAGES,
    *home.PAGES,
    *account.PAGES,
    *people.PAGES,
    *gates.PAGES,
    *catalogue.PAGES,
    *claims.PAGES,
    *proposals.PAGES,
    *offline.PAGES,
    *set_right.PAGES,
    *hardship.PAGES,
    *stamp_cards.PAGES,
    *corrections.PAGES,
    *vouchers.PAGES,
    *handouts.PAGES,
    *budget.PAGES,
    *adjustments.PAGES,
    *alerts.PAGES,
    *shelf.PAGES,
    *drafts.PAGES,
    *text.PAGES,
    *form.PAGES,
    *cases.PAGES,
    *trial.PAGES,
    *decisions.PAGES,
    *staff.PAGES,
    *keys.PAGES,
    *partners.PAGES,
    *counters.PAGES,
    *webhooks.PAGES,
    *privacy.PAGES,
    *trail.PAGES,
    *m_entry.PAGES,
    *m_points.PAGES,
    *m_rewards.PAGES,
    *m_qr.PAGES,
    *m_codes.PAGES,
    *m_offline.PAGES,
    *m_claims.PAGES,
    *m_inbox.PAGES,
    *m_wishes.PAGES,
    *m_donations.PAGES,
    *m_stamp_cards.PAGES,
    *m_privacy.PAGES,
    *till.PAGES,
    *desk.PAGES,
    *c_statements.PAGES,
    *c_counters.PAGES,
)
"""Every page with its method, path and action; a test walks them for every role."""


class Pages:
    """The pages as an application: no more around them than what says that there is no page.

    A failure is left to the edge, which logs it once and lets :func:`say_no` say it.
    """

    def __init__(self, house: House) -> None:
        """Serve a house's pages."""
        self.state = State({"house": house})
        routes = [Route("/", front.front_page), Route("/static/{name}", serve), *WEB_ROUTES]
        self._answers = ExceptionMiddleware(Router(routes), handlers={HTTPException: _no_page})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["app"] = self
        await self._answers(scope, receive, send)


def create(
    installation: Installation,
    association: AssociationId,
    messenger: Messenger,
    *,
    secure: bool = False,
) -> Pages:
    """Return the pages of an installation.

    Args:
        installation: A running one; whoever opened it closes it.
        association: Whose people log in here.
        messenger: Sends members their codes.
        secure: Whether browsers come over TLS, which a proxy in front ends.
    """
    house = House(
        installation=installation,
        association=association,
        secure=secure,
        messenger=messenger,
        shelf=load_shelf(),
        templates=templates(),
    )
    return Pages(house)


def _no_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = texts(_language(request))
    return _plain(request, status, said.missing_title, said.missing_text)


def say_no(request: Request, refused: Refused) -> Response:
    """Give a refusal of the edge the form of a page."""
    language = _language(request)
    text = refused.zh if language == "zh" else refused.en
    answer = _plain(request, refused.status, texts(language).refused_title, text)
    answer.headers.update(refused.headers)
    return answer


def _plain(request: Request, status: int, title: str, text: str) -> Response:
    return front.plain_page(request, _FRAME, _language(request), status, title, text)


def _language(request: Request) -> str:
    kept = request.cookies.get("points-language", "")
    return preferred(kept, request.headers.get("accept-language", ""))


_FRAME = front.Frame(templates(), load_shelf())
