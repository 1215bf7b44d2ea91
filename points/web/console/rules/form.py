"""A draft by forms: single values change, and not one other character of the file."""

import re
from datetime import date

from starlette.responses import Response

from points.identity.policy import Action
from points.rules import rule_sentence
from points.rules.rewriting import VALUE_LENGTH_MAX, Path, Unwritable, rewrite
from points.web.console.rules.fields import NUMBER_MAX, Kind, Offered, head_fields, rule_fields
from points.web.console.rules.opened import Opened, open_to_write, seen_revision
from points.web.console.rules.shelf import HOME
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
_WHOLE = re.compile(r"[0-9]{1,9}")
NO_DAY = ("请填写日期，如 2027-01-01", "please enter a date, as 2027-01-01")
IN_TEXT = (
    "这样的内容无法在此修改，请改用“文本”页",
    "this cannot be changed here: use the page of the text",
)


def head_page(visit: Visit, draft_id: str) -> Response:
    """Show the form of a draft's head."""
    opened = open_to_write(visit, draft_id)
    return _shown(opened, "", head_fields(opened.draft.text))


def rule_page(visit: Visit, draft_id: str, rule_id: str) -> Response:
    """Show the form of one rule."""
    opened = open_to_write(visit, draft_id)
    return _shown(opened, rule_id, _fields(opened, rule_id))


def _fields(opened: Opened, rule_id: str) -> list[Offered]:
    offered = rule_fields(opened.draft.text, opened.ruleset, rule_id)
    if not offered:
        raise Missing
    return offered


def _shown(opened: Opened, rule_id: str, offered: list[Offered]) -> Response:
    visit, rule = opened.visit, opened.ruleset.rule(rule_id) if opened.ruleset else None
    return visit.show(
        "console/rules/form.html",
        opened=opened,
        rule_id=rule_id,
        title=rule.title.of(visit.language) if rule else "",
        sentence=rule_sentence(rule, visit.language) if rule else "",
        offered=offered,
        length_max=VALUE_LENGTH_MAX,
    )


def head_sent(visit: Visit, draft_id: str) -> Response:
    """Save what was changed of a draft's head."""
    opened = open_to_write(visit, draft_id)
    return _sent(opened, "", head_fields(opened.draft.text))


def rule_sent(visit: Visit, draft_id: str, rule_id: str) -> Response:
    """Save what was changed of one rule."""
    opened = open_to_write(visit, draft_id)
    return _sent(opened, rule_id, _fields(opened, rule_id))


def _sent(opened: Opened, rule_id: str, offered: list[Offered]) -> Response:
    visit, form, revision = opened.visit, opened.visit.form, seen_revision(opened.visit)
    changes = _changes(visit, offered)
    if not form.sound:
        return _shown(opened, rule_id, offered)
    try:
        text = rewrite(opened.draft.text, changes)
    except Unwritable:
        form.refusal = IN_TEXT
        return _shown(opened, rule_id, offered)
    if text == opened.draft.text or opened.save(text=text, revision=revision):
        return visit.go(opened.address, "draft_saved")
    return _shown(opened, rule_id, offered)


def _changes(visit: Visit, offered: list[Offered]) -> dict[Path, int | str]:
    """Return the values that somebody changed; what is no such value is a fault beside it."""
    changes: dict[Path, int | str] = {}
    for each in offered:
        value = _read(visit, each)
        if each.name not in visit.form.faults and str(value) != each.value:
            changes[each.path] = value
    return changes


def _read(visit: Visit, offered: Offered) -> int | str:
    form = visit.form
    if offered.kind is Kind.WHOLE:
        return form.whole(offered.name, least=0, most=NUMBER_MAX)
    typed = form.text(offered.name, most=VALUE_LENGTH_MAX)
    if offered.kind is Kind.DAY and not _is_day(typed):
        form.faults.setdefault(offered.name, NO_DAY)
    # A bare number stays a number in the file.
    plain = offered.kind is Kind.EXPRESSION and _WHOLE.fullmatch(typed)
    return int(typed) if plain else typed


def _is_day(typed: str) -> bool:
    try:
        return date.fromisoformat(typed).isoformat() == typed
    except ValueError:
        return False


_WRITE = Action.WRITE_RULES
_ONE = f"{HOME}/drafts/{{draft_id}}"
PAGES = (
    get(f"{_ONE}/head", head_page, allows=_WRITE),
    post(f"{_ONE}/head", head_sent, allows=_WRITE),
    get(f"{_ONE}/rules/{{rule_id}}", rule_page, allows=_WRITE),
    post(f"{_ONE}/rules/{{rule_id}}", rule_sent, allows=_WRITE),
)
