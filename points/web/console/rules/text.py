"""The text of a draft, with what can be said against it beside the lines."""

from starlette.responses import Response

from points.identity.policy import Action
from points.rulebook.model import TEXT_CHARACTERS_MAX
from points.web.console.rules.findings import marked
from points.web.console.rules.opened import Opened, open_draft, open_to_write, seen_revision
from points.web.console.rules.shelf import HOME
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)


def text_page(visit: Visit, draft_id: str) -> Response:
    """Show the text of a draft and its findings."""
    opened = open_draft(visit, draft_id)
    return _shown(opened, opened.draft.text)


def _shown(opened: Opened, text: str) -> Response:
    visit = opened.visit
    return visit.show(
        "console/rules/text.html",
        opened=opened,
        text=text,
        found=_found(opened, text),
        most=TEXT_CHARACTERS_MAX,
    )


def _found(opened: Opened, text: str) -> list[object]:
    return [*marked(opened.check(text)[1], text)]


def text_sent(visit: Visit, draft_id: str) -> Response:
    """Save the text as the next revision, or only check it."""
    opened, form = open_to_write(visit, draft_id), visit.form
    text, revision = form.document("text", most=TEXT_CHARACTERS_MAX), seen_revision(visit)
    if form.get("only") == "check" or not form.sound:
        return _shown(opened, text)
    if opened.save(text=text, revision=revision):
        return visit.go(f"{opened.address}/text", "draft_saved")
    return _shown(opened, text)


def lint_sent(visit: Visit, draft_id: str) -> Response:
    """Return the findings of a text alone, while somebody writes."""
    opened = open_to_write(visit, draft_id)
    text = visit.form.document("text", most=TEXT_CHARACTERS_MAX)
    found = _found(opened, text) if visit.form.sound else []
    return visit.show("console/rules/findings.html", 200, found=found)


_WRITE = Action.WRITE_RULES
_TEXT = f"{HOME}/drafts/{{draft_id}}/text"
PAGES = (
    get(_TEXT, text_page, allows=Action.EXAMINE_RULES),
    post(_TEXT, text_sent, allows=_WRITE, length_max=TEXT_CHARACTERS_MAX),
    post(f"{_TEXT}/lint", lint_sent, allows=_WRITE, length_max=TEXT_CHARACTERS_MAX),
)
