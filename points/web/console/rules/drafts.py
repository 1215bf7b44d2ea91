"""Drafts: begun from a version or a bundle, looked at as a whole, compared, taken back."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.responses import Response

from points.flows.rule_bundle import parse_bundle, read_bundle
from points.flows.save_draft import SaveDraft
from points.flows.withdraw_draft import WithdrawDraft
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import DraftId
from points.rulebook.model import DraftState
from points.rulebook.reads import find_version, steps_of
from points.rules import RuleSet, read_file
from points.rules.rewriting import Unwritable, rewrite
from points.web.console.rules.opened import Opened, open_draft
from points.web.console.rules.shelf import HOME, sentences
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
BUNDLE_MAX = 900_000
DECEMBER = 12


def new_page(visit: Visit) -> Response:
    """Show how to begin a draft."""
    return visit.show("console/rules/new.html", programmes=list(visit.context.rules.programmes()))


def new_sent(visit: Visit) -> Response:
    """Begin a draft from the newest version of a programme."""
    return _begun(visit, _from_version(visit))


def import_sent(visit: Visit) -> Response:
    """Begin a draft from a bundle of another association."""
    return _begun(visit, _from_bundle(visit))


Made = tuple[str, str, dict[str, str]]


def _begun(visit: Visit, made: Made | None) -> Response:
    form = visit.form
    if made is None:
        return new_page(visit)
    programme, text, cases = made
    note = form.text("note", needed=False)
    outcome = visit.submit(
        SaveDraft(**visit.acting(), programme=programme, text=text, cases=cases, note=note),
        reason_needed="note",
        personal_in_text="note",
    )
    if not form.sound:
        return new_page(visit)
    return visit.go(f"{HOME}/drafts/{outcome.result['draft_id']}", "draft_begun")


def _from_version(visit: Visit) -> Made | None:
    programme = visit.form.choice("programme", visit.context.rules.programmes())
    if not visit.form.sound:
        return None
    newest = visit.context.rules.of(programme)
    text, cases = _words_of(visit, newest)
    return programme, _advanced(text, newest, visit.house.installation.clock.now()), cases


def _from_bundle(visit: Visit) -> Made | None:
    bundle = read_bundle(parse_bundle(visit.form.document("bundle", most=BUNDLE_MAX)))
    if isinstance(bundle, Refusal):
        visit.form.refuse(bundle, bundle_invalid="bundle")
        return None
    return bundle.programme, bundle.text, dict(bundle.cases)


def _words_of(visit: Visit, ruleset: RuleSet) -> tuple[str, dict[str, str]]:
    """Return a version's file and its cases; those of the folder lie beside it."""
    rules = visit.context.rules
    if (text := rules.texts.get(ruleset.sha256)) is not None:
        folder = visit.house.installation.rules_dir / "cases" / ruleset.programme
        return text, _cases_in(folder)
    with visit.engine.reading(visit.association) as connection:
        printed = find_version(connection, visit.association, ruleset.programme, ruleset.version)
    return (printed.text, dict(printed.cases)) if printed else ("", {})


def _cases_in(folder: Path) -> dict[str, str]:
    return {path.name: read_file(path) for path in sorted(folder.glob("*.yaml"))}


def _advanced(text: str, newest: RuleSet, now: datetime) -> str:
    """Return a file as the next version from the first of next month; as it is where it cannot."""
    start = _next_month(now, newest.zone)
    changes: dict[tuple[str | int, ...], int | str] = {("version",): newest.version + 1}
    if newest.effective_from < start < newest.effective_until:
        changes["effective", "from"] = start.isoformat()
    try:
        return rewrite(text, changes)
    except Unwritable:
        return text


def _next_month(now: datetime, zone: ZoneInfo) -> date:
    today = now.astimezone(zone).date()
    year, month = (today.year + 1, 1) if today.month == DECEMBER else (today.year, today.month + 1)
    return date(year, month, 1)


def draft_page(visit: Visit, draft_id: str) -> Response:
    """Show a draft as a whole: where it stands, what it says, what happened to it."""
    return _shown(open_draft(visit, draft_id))


def _shown(opened: Opened) -> Response:
    visit = opened.visit
    with visit.engine.reading(visit.association) as connection:
        steps = steps_of(connection, visit.association, opened.draft.draft_id)
    ruleset = opened.ruleset
    return visit.show(
        "console/rules/draft.html",
        opened=opened,
        steps=steps,
        sentences=sentences(ruleset, visit.language) if ruleset else [],
        mine=visit.here.actor in opened.standing.owners,
        open_states=(DraftState.DRAFT, DraftState.SUBMITTED),
    )


def diff_page(visit: Visit, draft_id: str) -> Response:
    """Show what a draft would change of the newest version."""
    return visit.show("console/rules/diff.html", opened=open_draft(visit, draft_id))


def withdrawal_sent(visit: Visit, draft_id: str) -> Response:
    """Take a draft of one's own back."""
    visit.submit(WithdrawDraft(**visit.acting(), draft_id=DraftId(draft_id)))
    if visit.form.sound:
        return visit.go(f"{HOME}/drafts/{draft_id}", "withdrawn")
    return _shown(open_draft(visit, draft_id))


_WRITE, _LOOK = Action.WRITE_RULES, Action.EXAMINE_RULES
_ONE = f"{HOME}/drafts/{{draft_id}}"
PAGES = (
    get(f"{HOME}/new", new_page, allows=_WRITE),
    post(f"{HOME}/new", new_sent, allows=_WRITE),
    post(f"{HOME}/import", import_sent, allows=_WRITE, length_max=BUNDLE_MAX),
    get(_ONE, draft_page, allows=_LOOK),
    get(f"{_ONE}/diff", diff_page, allows=_LOOK),
    post(f"{_ONE}/withdraw", withdrawal_sent, allows=_WRITE),
)
