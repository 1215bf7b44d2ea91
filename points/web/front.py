"""The first page, with the three doors; and pages for where there is no visit."""

from dataclasses import dataclass

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from points.identity.keys import is_sandbox
from points.web.cookies import keep_language, language_cookie
from points.web.house import House
from points.web.static_files import Shelf
from points.web.texts import LANGUAGES, preferred, texts


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page needs that is nobody's."""

    templates: Environment
    shelf: Shelf


async def front_page(request: Request) -> Response:
    """Show the doors."""
    house: House = request.app.state.house
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES:
        answer = RedirectResponse("/", 303)
        keep_language(answer, chosen, secure=house.secure)
        return answer
    kept = request.cookies.get(language_cookie(secure=house.secure), "")
    language = preferred(kept, request.headers.get("accept-language", ""))
    frame = Frame(house.templates, house.shelf)
    here = is_sandbox(house.association)
    return _rendered(frame, language, 200, "front.html", path="/", sandbox=here)


def plain_page(
    request: Request, frame: Frame, language: str, status: int, title: str, text: str
) -> Response:
    """Return a page that says one thing."""
    del request  # it may have been refused before anybody knew whose page it is
    said = {"title": title, "text": text}  # nothing that was sent is shown again
    return _rendered(frame, language, status, "plain.html", path="/", sandbox=False, **said)


def _rendered(
    frame: Frame, language: str, status: int, template: str, **values: str | bool
) -> HTMLResponse:
    shown = frame.templates.get_template(template).render(
        t=texts(language),
        lang=language,
        door=None,
        me=None,
        urls=frame.shelf.urls,
        done="",
        csrf="",
        once="",
        **values,
    )
    return HTMLResponse(shown, status, {"Content-Language": language})
