"""At the command line: one reward for many, by two people, and what becomes of a voucher."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import load_workbook

from points.catalogue.model import Stock
from points.flows.table import FLOWS
from points.identity.roles import Grant, Role
from points.kernel.ids import MemberId
from tests.cli.conftest import Console
from tests.flows.market import Market, market, republish
from tests.flows.town import HERE
from tests.people import sign_in

BULK = ("voucher", "bulk")
WORDS = ("--programme", "health", "--note", "高温慰问")


@dataclass
class Office:
    """A market with members, whose console people of staff sit down at."""

    console: Console
    market: Market
    people: list[MemberId]
    tokens: dict[Role, str]

    def sit(self, role: Role) -> None:
        (self.console.folder / "session").write_text(self.tokens[role], "ascii")


@pytest.fixture
def office(console: Console) -> Iterator[Office]:
    with market(os.environ["POINTS_DATABASE_URL"], FLOWS) as here:
        tokens = {
            role: sign_in(here.engine, HERE, f"ms-{role.value}", (Grant(role=role),))
            for role in (Role.OFFICER, Role.APPROVER)
        }
        yield Office(console, here, [here.member(branch="快递支部") for _ in range(3)], tokens)


def test_from_a_list_to_a_printed_sheet_and_a_new_owner(office: Office) -> None:
    console, folder = office.console, office.console.folder
    office.sit(Role.OFFICER)
    sheet = folder / "名单.csv"
    sheet.write_text("会员编号\n" + "\n".join(office.people), "utf-8-sig")
    listed = ("C07", *WORDS, "--sheet", str(sheet), "--mode", "paper")
    made = console.answers(*BULK, "propose", *listed)
    assert (made["members"], made["reserved_fen"]) == (3, 3 * 1600)
    handout = made["handout_id"]
    assert (
        console.refused(*BULK, "print", handout, "--to", str(folder / "a.xlsx")) == "not_on_paper"
    )
    office.sit(Role.APPROVER)
    assert console.answers(*BULK, "approve", handout)["state"] == "approved"
    done = console.answers(*BULK, "run", handout)
    assert (done["state"], done["reconciliation"]["adds_up"]) == ("done", True)
    office.sit(Role.OFFICER)
    results = folder / "结果.csv"
    console.answers(*BULK, "show", handout, "--to", str(results))
    assert office.people[0] in results.read_text("utf-8-sig")
    [seen] = console.answers(*BULK, "list", "--state", "done")["handouts"]
    assert (seen["issued"], seen["left"]) == (3, 0)
    codes = folder / "券码.xlsx"
    assert console.answers(*BULK, "print", handout, "--to", str(codes))["vouchers"] == 3
    assert len(list(load_workbook(codes).worksheets[0].values)) == 4
    assert codes.stat().st_mode & 0o077 == 0
    [voucher] = console.answers("voucher", "list", "--member", office.people[0])["vouchers"]
    name = voucher["voucher_id"]
    renewed = console.answers("voucher", "reissue", name, "--reason", "手机丢失")
    assert (renewed["issue_no"], "code" in renewed) == (2, False)
    to = ("--to", office.people[1], "--reason", "登记错人")
    assert console.answers("voucher", "reassign", name, *to)["member_id"] == office.people[1]
    shown = console.answers("voucher", "show", name)
    assert [each["kind"] for each in shown["events"]] == ["reissued", "reassigned"]
    by_end = console.answers("voucher", "list", "--last4", shown["last4"].lower())["vouchers"]
    assert name in {each["voucher_id"] for each in by_end}
    assert console.refused("voucher", "show", "none") == "not_found"


def test_a_condition_a_rejection_and_what_is_typed_wrong(office: Office, tmp_path: Path) -> None:
    console = office.console
    office.sit(Role.OFFICER)
    where = ("--where", 'member.branch == "快递支部"')
    made = [console.answers(*BULK, "propose", "C07", *WORDS, *where) for _ in range(2)]
    assert made[0]["members"] == 3
    assert console.answers(*BULK, "withdraw", made[0]["handout_id"])["state"] == "withdrawn"
    assert console.refused(*BULK, "propose", "C07", *WORDS, "--where", "member.x ==") == (
        "member_condition_invalid"
    )
    office.sit(Role.APPROVER)
    reject = ("reject", made[1]["handout_id"], "--reason", "名单有误")
    assert console.answers(*BULK, *reject)["state"] == "rejected"
    assert console.run(
        *BULK, "show", made[1]["handout_id"], "--to", str(tmp_path / "x.pdf")
    ).exit_code
    office.sit(Role.OFFICER)
    assert console.run(*BULK, "propose", "C07", *WORDS).exit_code
    assert console.run("voucher", "list").exit_code


def test_what_waits_for_another_day_says_so(office: Office) -> None:
    console = office.console
    republish(office.market, C07={"stock": Stock(per_day=2)})
    office.sit(Role.OFFICER)
    sheet = console.folder / "名单.csv"
    sheet.write_text("会员编号\n" + "\n".join(office.people), "utf-8-sig")
    handout = console.answers(*BULK, "propose", "C07", *WORDS, "--sheet", str(sheet))["handout_id"]
    office.sit(Role.APPROVER)
    console.answers(*BULK, "approve", handout)
    assert console.answers(*BULK, "show", handout)["waits"] is None
    assert re.search(
        r"名额每日 2 个，本期已发完；\S+ 00:00 起接着发", console.says(*BULK, "run", handout)
    )
    shown = console.says(*BULK, "show", handout, "--lang", "en")
    assert "There are 2 a day, and they are gone; it goes on from" in shown
    assert console.answers(*BULK, "show", handout)["waits"]["most"] == 2
