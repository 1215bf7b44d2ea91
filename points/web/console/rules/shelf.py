"""Versions of the rules: which there are, what each says, who approved it, what it changed."""

from starlette.responses import Response

from points.flows.rule_bundle import spell_bundle, write_bundle
from points.flows.rule_shelf import OnShelf, versions
from points.identity.policy import Action
from points.rulebook.reads import find_version, list_drafts
from points.rulebook.store import shelved
from points.rules import RuleSet, rule_sentence
from points.rules.diff import diff
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, _post, _entrance = pages(CONSOLE)
HOME = "/console/rules"
DRAFTS_MAX = 50


def rules_page(visit: Visit) -> Response:
    """List versions by programme, and drafts."""
    shelf: dict[str, list[OnShelf]] = {}
    for each in _shelf(visit):
        shelf.setdefault(each.programme, []).append(each)
    with visit.engine.reading(visit.association) as connection:
        drafts = list_drafts(connection, visit.association, limit=DRAFTS_MAX)
    return visit.show("console/rules/shelf.html", shelf=shelf, drafts=drafts)


def _shelf(visit: Visit) -> list[OnShelf]:
    now = visit.house.installation.clock.now()
    return versions(visit.engine, visit.association, now)


def find_on_shelf(visit: Visit, programme: str, version: str) -> tuple[OnShelf, RuleSet]:
    """Return a version and its rules.

    Raises:
        Missing: There is none.
    """
    for each in _shelf(visit):
        if each.programme == programme and str(each.version) == version:
            ruleset = visit.context.rules.by_hash(each.sha256)
            if ruleset is not None:
                return each, ruleset
    raise Missing


def version_page(visit: Visit, programme: str, version: str) -> Response:
    """Show a version: every rule as a sentence, its hash, its people, what it changed."""
    one, ruleset = find_on_shelf(visit, programme, version)
    earlier = [each for each in visit.context.rules.all_of(programme) if each.version < one.version]
    return visit.show(
        "console/rules/version.html",
        one=one,
        ruleset=ruleset,
        sentences=sentences(ruleset, visit.language),
        before=earlier[0] if earlier else None,
        diff=diff(earlier[0], ruleset) if earlier else None,
    )


def sentences(ruleset: RuleSet, language: str) -> list[tuple[str, str, str]]:
    """Return id, title and sentence of every rule."""
    return [
        (rule.id, rule.title.of(language), rule_sentence(rule, language)) for rule in ruleset.rules
    ]


def bundle_page(visit: Visit, programme: str, version: str) -> Response:
    """Return a published version as a file for another association."""
    one, _ = find_on_shelf(visit, programme, version)
    with visit.engine.reading(visit.association) as connection:
        printed = find_version(connection, visit.association, programme, one.version)
        every = shelved(connection, visit.association).values()
    if printed is None:
        raise Missing
    history = [each for each in every if each.version.programme == programme]
    text = spell_bundle(write_bundle(printed, history, visit.context))
    name = f"points-rules-{programme}-{one.version}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, 200, headers, "application/json")


_LOOK = Action.EXAMINE_RULES
PAGES = (
    get(HOME, rules_page, allows=_LOOK),
    get(f"{HOME}/versions/{{programme}}/{{version}}", version_page, allows=_LOOK),
    get(f"{HOME}/versions/{{programme}}/{{version}}/bundle", bundle_page, allows=_LOOK),
)
