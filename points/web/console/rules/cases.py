"""The cases of a draft: run, what failed side by side, what no case saw; and their files."""

from dataclasses import dataclass

from starlette.responses import Response

from points.identity.policy import Action
from points.rulebook.model import CASES_CHARACTERS_MAX
from points.rules import CaseReport, RuleSet, Work, coverage, run_cases
from points.rules.cases import Coverage
from points.rules.covering import Covered, covered
from points.web.console.rules.opened import Opened, open_draft, open_to_write, seen_revision
from points.web.console.rules.shelf import HOME
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
MISSING_MAX = 60
NEW_FILE = """ruleset: {programme}.yaml
member: {{party_member: true, kind: rider}}
tests:
  - name: 用例名称
    event: {{at: "2027-03-01T20:00", type: volunteer.shift, fields: {{hours: 2, verified: true}}}}
    expect:
      awards: {{}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What running a draft's cases showed.

    Attributes:
        files: Each file's report, by name.
        gaps: Rules that no case hit or saw refused.
        covered: Branches of conditions that some case took.
    """

    files: dict[str, CaseReport]
    gaps: Coverage
    covered: Covered

    @property
    def passed(self) -> int:
        """How many cases passed."""
        return sum(report.passed for report in self.files.values())

    @property
    def failed(self) -> int:
        """How many differences there are."""
        return sum(len(report.failures) for report in self.files.values())


def ran(opened: Opened) -> Ran | None:
    """Return what the cases of a draft show; nothing where its rules cannot be read."""
    ruleset = opened.ruleset
    if ruleset is None:
        return None

    def load(_name: str) -> RuleSet | None:
        return ruleset

    work = Work()
    files = {
        name: run_cases(text, file=name, load=load, work=work)
        for name, text in sorted(opened.draft.cases.items())
    }
    seen = frozenset().union(*(report.seen for report in files.values()))
    return Ran(
        files=files,
        gaps=coverage(ruleset, files.values()),
        covered=covered(ruleset, seen, opened.draft.text),
    )


def cases_page(visit: Visit, draft_id: str) -> Response:
    """Run the cases of a draft and show what came of it."""
    opened = open_draft(visit, draft_id)
    return visit.show("console/rules/cases.html", opened=opened, ran=ran(opened), most=MISSING_MAX)


def file_page(visit: Visit, draft_id: str, name: str) -> Response:
    """Show one case file; one that is not there yet begins with an example."""
    opened = open_to_write(visit, draft_id)
    text = opened.draft.cases.get(name)
    if text is None and name != "new":
        raise Missing
    if text is None:
        text = NEW_FILE.format(programme=opened.draft.programme)
    return _file(opened, name, text)


def _file(opened: Opened, name: str, text: str) -> Response:
    return opened.visit.show(
        "console/rules/case_file.html",
        opened=opened,
        name=name,
        text=text,
        most=CASES_CHARACTERS_MAX,
    )


def file_sent(visit: Visit, draft_id: str, name: str) -> Response:
    """Save one case file, under its name or a new one; an empty one is taken away."""
    opened, form = open_to_write(visit, draft_id), visit.form
    revision = seen_revision(visit)
    called = form.text("name", most=70) if name == "new" else name
    cases = {key: text for key, text in opened.draft.cases.items() if key != called}
    if form.get("text").strip():
        cases[called] = form.document("text", most=CASES_CHARACTERS_MAX)
    if form.sound and opened.save(cases=cases, revision=revision):
        return visit.go(f"{opened.address}/cases", "draft_saved")
    return _file(opened, name, form.get("text"))


_WRITE = Action.WRITE_RULES
_CASES = f"{HOME}/drafts/{{draft_id}}/cases"
PAGES = (
    get(_CASES, cases_page, allows=Action.EXAMINE_RULES),
    get(f"{_CASES}/{{name}}", file_page, allows=_WRITE),
    post(f"{_CASES}/{{name}}", file_sent, allows=_WRITE, length_max=CASES_CHARACTERS_MAX),
)
