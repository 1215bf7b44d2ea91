"""At the command line: a version for the past, from the preview to its reversal, by two people."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import load_workbook

from points.flows.table import FLOWS
from points.identity.roles import Grant, Role
from points.kernel.ids import DraftId
from tests.cli.conftest import Console
from tests.flows.corrections import replacing
from tests.flows.drafts import cases, rules
from tests.flows.test_corrections import worked
from tests.flows.test_rescore import standing
from tests.flows.town import Town, town
from tests.people import sign_in

CORRECT = ("rules", "correct")


@dataclass
class Office:
    """A town with a draft that reaches back, and people who take their seat at the console."""

    here: Town
    draft: DraftId
    activity: str
    sit: Callable[[Role], None]


@pytest.fixture
def office(console: Console) -> Iterator[Office]:
    def sit(role: Role) -> None:
        token = sign_in(here.engine, here.association, f"ms-{role.value}", (Grant(role=role),))
        (console.folder / "session").write_text(token, "ascii")

    with town(os.environ["POINTS_DATABASE_URL"], FLOWS) as here:
        activity = worked(here, here.person())
        draft = replacing(here, rules(9, "2026-01-01", points=10), cases=cases(10))
        sit(Role.OFFICER)
        yield Office(here, draft, activity, sit)


def proposed(console: Console, office: Office) -> str:
    words = ("propose", "--draft", office.draft, "--note", "口径有误")
    return str(console.answers(*CORRECT, *words)["correction_id"])


def test_from_preview_to_reversal(console: Console, office: Office) -> None:
    csv = str(console.folder / "lines.csv")
    seen = console.answers(*CORRECT, "preview", "--draft", office.draft, "--to", csv)
    assert (seen["members"], seen["failed"]) == (1, [])
    assert seen["totals"]["party.wallet"] == {
        "members_up": 0, "members_down": 1, "up": 0, "down": 10,
    }  # fmt: skip
    assert {line["zh"].partition("；")[0] for line in seen["first_lines"]} == {
        "规则由第 1 版改为第 9 版"
    }
    assert len(Path(csv).read_text("utf-8-sig").splitlines()) == 1 + seen["lines"]
    correction = proposed(console, office)
    [listed] = console.answers(*CORRECT, "list", "--state", "proposed")["corrections"]
    assert listed["lines_sha256"] == seen["lines_sha256"]
    book = str(console.folder / "lines.xlsx")
    console.answers(*CORRECT, "show", correction, "--to", book)
    assert load_workbook(book).active.max_row == 1 + seen["lines"]
    office.sit(Role.APPROVER)
    assert console.answers(*CORRECT, "approve", correction)["state"] == "approved"
    done = console.answers(*CORRECT, "post", correction)
    assert (done["posted"], done["done"]) == (1, True)
    assert standing(office.here, office.activity) == 10
    assert console.answers(*CORRECT, "show", correction)["progress"]["posted"] == 1
    office.sit(Role.OFFICER)
    back = console.answers(*CORRECT, "reverse", correction, "--note", "依据已撤回")
    assert back["totals"]["party.wallet"]["up"] == 10
    office.sit(Role.APPROVER)
    console.says(*CORRECT, "reject", back["correction_id"], "--reason", "依据仍有效")


def test_one_is_withdrawn_and_nothing_is_left_to_catch_up_with(
    console: Console, office: Office
) -> None:
    correction = proposed(console, office)
    console.says(*CORRECT, "withdraw", correction)
    console.says(*CORRECT, "list")
    console.says(*CORRECT, "show", correction)
    period = ("--from", "2026-01-01T00:00:00+08:00", "--until", "2026-07-01T00:00:00+08:00")
    nothing = ("propose", "--programme", "party", *period, "--note", "补正")
    assert console.refused(*CORRECT, *nothing) == "correction_changes_nothing"


def test_what_is_asked_wrongly_says_how(console: Console, office: Office) -> None:
    assert console.refused(*CORRECT, "preview", status=2) == "one_correction"
    assert console.refused(*CORRECT, "preview", "--programme", "party", status=2) == "bad_instant"
    wrong = ("preview", "--draft", office.draft, "--to", str(console.folder / "lines.txt"))
    assert console.refused(*CORRECT, *wrong, status=2) == "bad_suffix"
    assert console.refused(*CORRECT, "show", "0" * 26) == "not_found"
    assert console.refused(*CORRECT, "preview", "--draft", "0" * 26) == "not_found"
