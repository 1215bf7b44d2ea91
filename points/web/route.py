"""Pages: each says through which door, what it is for, and what answers it."""

import logging
import re
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from points.audit.model import Channel, Origin
from points.identity.policy import Action
from points.identity.sessions import read_token
from points.kernel.errors import Misused, Unavailable
from points.web.cookies import (
    drop_session,
    keep_language,
    keep_session,
    language_cookie,
    read_session,
)
from points.web.doors import Door
from points.web.failures import broken, denied, missing, proof_wanted, stale, unavailable
from points.web.forms import LENGTH_MAX, Form, read_form
from points.web.gate import admit, refuse_forged
from points.web.house import House
from points.web.stops import Denied, Missing, ProofWanted, Stale, Stop, Turned
from points.web.texts import LANGUAGES, preferred
from points.web.visit import Visit

_PART = re.compile(r"[A-Za-z0-9._~@:-]{1,80}")
_log = logging.getLogger(__name__)

Endpoint = Callable[..., Response]


class Page(Route):
    """One page or one form: who may have it, and what answers.

    Attributes:
        method: ``GET`` or ``POST``.
        length_max: Of any field of the form.
        allows: What whoever asks must be allowed; None for what is there before a log-in.
    """

    def __init__(
        self,
        method: str,
        path: str,
        endpoint: Endpoint,
        *,
        door: Door,
        allows: Action | None,
        length_max: int = LENGTH_MAX,
    ) -> None:
        """Declare a page."""
        self.length_max = length_max
        self.method, self.door, self.allows, self.answers = method, door, allows, endpoint
        super().__init__(path, self._answer, methods=[method], name=endpoint.__name__)

    async def _answer(self, request: Request) -> Response:
        house: House = request.app.state.house
        request.scope["route"] = self  # the log line names the page, not the address with its ids
        form = Form()
        if request.method == "POST":
            form = await read_form(request, self.length_max)
        return await run_in_threadpool(self._respond, house, request, form)

    def _respond(self, house: House, request: Request, form: Form) -> Response:
        if (switched := _switched(house, request)) is not None:
            return switched
        visit = _visit(house, request, self.door, form)
        try:
            answer = self._page(visit)
        except Stop as stop:
            answer = _stopped(visit, stop)
        except Misused as misuse:
            answer = broken(visit, (misuse.zh, misuse.en), 422)
        except (Unavailable, DBAPIError) as error:
            _log.warning("the database does not answer", extra={"error": type(error).__name__})
            answer = unavailable(visit)
        request.state.caller = self.door.kind.value
        return _finished(visit, answer)

    def _page(self, visit: Visit) -> Response:
        if self.allows is None:
            refuse_forged(visit)
        else:
            admit(visit, self.allows)
        parts = visit.request.path_params
        if not all(_PART.fullmatch(value) for value in parts.values()):
            raise Missing
        return self.answers(visit, **parts)


def _switched(house: House, request: Request) -> Response | None:
    """Keep the language that somebody chose, and show the same page in it."""
    chosen = request.query_params.get("lang")
    if chosen not in LANGUAGES or request.method != "GET":
        return None
    rest = request.url.remove_query_params("lang")
    where = rest.path + (f"?{rest.query}" if rest.query else "")
    answer = RedirectResponse(where, 303)
    keep_language(answer, chosen, secure=house.secure)
    return answer


def _visit(house: House, request: Request, door: Door, form: Form) -> Visit:
    token = read_token(read_session(request, door, secure=house.secure))
    return Visit(
        house=house,
        request=request,
        door=door,
        language=preferred(
            request.cookies.get(language_cookie(secure=house.secure), ""),
            request.headers.get("accept-language", ""),
        ),
        form=form,
        origin=Origin(
            channel=Channel.WEB,
            address=request.client.host if request.client else "",
            session=token.session_id if token else "",
            device=request.headers.get("user-agent", ""),
        ),
    )


def _stopped(visit: Visit, stop: Stop) -> Response:
    """Return what is shown in the place of a page."""
    match stop:
        case Turned():
            return RedirectResponse(stop.where, 303)
        case ProofWanted():
            return proof_wanted(visit, stop)
        case Denied():
            return denied(visit, stop)
        case Stale():
            return stale(visit)
        case _:
            return missing(visit)


def _finished(visit: Visit, answer: Response) -> Response:
    house = visit.house
    if visit.ended:
        drop_session(answer, visit.door, secure=house.secure)
    elif visit.renewed is not None:
        keep_session(
            answer, visit.door, visit.renewed, secure=house.secure, seconds=visit.kept_seconds
        )
    answer.headers.setdefault("Content-Language", visit.language)
    answer.headers.append("Vary", "Cookie, Accept-Language")
    return answer


def pages(door: Door) -> tuple[Callable[..., Page], Callable[..., Page], Callable[..., Page]]:
    """Return short ways to declare pages of a door: one read, one form, one before the log-in."""

    def get(path: str, endpoint: Endpoint, *, allows: Action) -> Page:
        return Page("GET", path, endpoint, door=door, allows=allows)

    def post(
        path: str, endpoint: Endpoint, *, allows: Action, length_max: int = LENGTH_MAX
    ) -> Page:
        return Page("POST", path, endpoint, door=door, allows=allows, length_max=length_max)

    def entrance(method: str, path: str, endpoint: Endpoint) -> Page:
        return Page(method, path, endpoint, door=door, allows=None)

    return get, post, entrance
