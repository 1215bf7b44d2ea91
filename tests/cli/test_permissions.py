"""Every command × every role: allowed exactly where the table says."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from points import wiring
from points.cli.app import app
from points.flows.issue_key import IssueKey
from points.flows.staff_roles import LinkPerson
from points.identity.keys import fresh_secret, secret_hash, spell_key
from points.identity.policy import ACTIONS, TABLE, Action, Needs
from points.identity.roles import AT_OUTLET, Grant, Kind, Level, Role, kind_of
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from tests.cli.conftest import TREE, Console
from tests.people import open_outlet, sign_in

HERE = AssociationId("panjin")
NOBODY = "0" * 26

# Whoever runs these needs no data of anybody: files, the schema, a database of the command's own.
OPEN = {
    "demo",
    # Whoever is not known yet, or wants to be known no more.
    *("login", "logout", "whoami", "setup"),
    "init",
    "openapi",
    "permissions",
    "db upgrade",
    "db harden",
    "db check",
    "privacy new-key",
    "privacy notices",
    "rules lint",
    "watch lint",
    "rules test",
    "rules explain",
    "rules diff",
    "bench post",
    "bench rules",
    "bench backtest",
    "bench settle",
    "bench counter",
}
COMMANDS: dict[str, tuple[Action, tuple[str, ...]]] = {
    "worker": (Action.OPERATE, ("--once",)),
    "serve": (Action.OPERATE, ("--port", "0")),
    "import": (Action.IMPORT, ("none.csv",)),
    "ledger verify": (Action.VERIFY, ()),
    "ledger rebuild": (Action.OPERATE, ()),
    "ledger balance": (Action.READ_BALANCE, (NOBODY,)),
    "ledger statement": (Action.READ_BALANCE, (NOBODY, "--measure", "party.wallet")),
    "member add": (Action.ENROL_MEMBER, ("--kind", "rider", "--name", "张三", "--phone", "1")),
    "member list": (Action.READ_MEMBER, ()),
    "member show": (Action.READ_MEMBER, (NOBODY,)),
    "member freeze": (
        Action.FREEZE,
        (NOBODY, "--programme", "party", "--reason", "r", "--notice", "n"),
    ),
    "member thaw": (
        Action.FREEZE,
        (NOBODY, "--programme", "party", "--reason", "r", "--notice", "n"),
    ),
    "activity show": (Action.READ_ACTIVITY, (NOBODY,)),
    "activity list": (Action.READ_ACTIVITY, ()),
    "activity examine": (Action.EXAMINE_ACTIVITY, (NOBODY,)),
    "activity correct": (Action.PROPOSE, (NOBODY, "--reason", "misrecorded", "--note", "n")),
    "rules new-case": (Action.EXAMINE_ACTIVITY, (NOBODY,)),
    "member wishes": (Action.READ_MEMBER, (NOBODY,)),
    "stamps list": (Action.READ_STAMP_CARDS, ()),
    "hardship show": (Action.READ_HARDSHIP, ()),
    "hardship entries": (Action.READ_HARDSHIP, ("health",)),
    "hardship return": (Action.PROPOSE, (NOBODY, "--reason", "donated_in_error", "--note", "n")),
    "member notices": (Action.READ_MEMBER, (NOBODY,)),
    "member why": (Action.EXAMINE_ACTIVITY, (NOBODY, NOBODY)),
    "rules backtest": (
        Action.BACKTEST_RULES,
        ("none.yaml", "--from", "2026-01-01", "--until", "2026-02-01"),
    ),
    "rules export-activities": (Action.EXPORT_ACTIVITIES, ("--to", "none.parquet")),
    "batch show": (Action.REVIEW_CLAIM, (NOBODY,)),
    "batch approve": (Action.REVIEW_CLAIM, (NOBODY, "--seen", "x")),
    "proposal add-grant": (
        Action.PROPOSE,
        (NOBODY, *("--measure", "party.wallet", "--points", "1"), "--reason", "x", "--note", "n"),
    ),
    "proposal add-reverse": (Action.PROPOSE, (NOBODY, "--reason", "error", "--note", "n")),
    "proposal list": (Action.READ_PROPOSALS, ()),
    "proposal show": (Action.READ_PROPOSALS, (NOBODY,)),
    "proposal approve": (Action.DECIDE, (NOBODY,)),
    "proposal reject": (Action.DECIDE, (NOBODY, "--reason", "n")),
    "proposal withdraw": (Action.PROPOSE, (NOBODY,)),
    "rules list": (Action.EXAMINE_RULES, ()),
    "rules show": (Action.EXAMINE_RULES, ("party/9",)),
    "rules draft": (Action.WRITE_RULES, ("none.yaml", "--programme", "party")),
    "rules submit": (Action.WRITE_RULES, (NOBODY,)),
    "rules approve": (Action.APPROVE_RULES, (NOBODY, "--revision", "1")),
    "rules reject": (Action.APPROVE_RULES, (NOBODY, "--revision", "1", "--reason", "n")),
    "rules withdraw": (Action.WRITE_RULES, (NOBODY,)),
    "rules correct preview": (Action.CORRECT, ("--draft", NOBODY)),
    "rules correct propose": (Action.CORRECT, ("--draft", NOBODY, "--note", "n")),
    "rules correct reverse": (Action.CORRECT, (NOBODY, "--note", "n")),
    "rules correct list": (Action.READ_CORRECTIONS, ()),
    "rules correct show": (Action.READ_CORRECTIONS, (NOBODY,)),
    "rules correct approve": (Action.DECIDE_CORRECTION, (NOBODY,)),
    "rules correct reject": (Action.DECIDE_CORRECTION, (NOBODY, "--reason", "n")),
    "rules correct withdraw": (Action.CORRECT, (NOBODY,)),
    "rules correct post": (Action.DECIDE_CORRECTION, (NOBODY,)),
    "rules retire": (Action.APPROVE_RULES, ("party", "9", "--reason", "n")),
    "rules export": (Action.EXAMINE_RULES, ("party", "9", "--to", "none.json")),
    "rules import": (Action.WRITE_RULES, ("none.json",)),
    "duties report": (Action.READ_DUTIES, ()),
    "duties relations list": (Action.READ_DUTIES, ("li",)),
    "duties relations declare": (Action.DECLARE_RELATION, (NOBODY, "--kind", "spouse")),
    "duties relations withdraw": (Action.MANAGE_STAFF, ("li", NOBODY)),
    "catalogue publish": (Action.MANAGE_CATALOGUE, ("none.yaml",)),
    "catalogue lint": (Action.MANAGE_CATALOGUE, ("none.yaml",)),
    "catalogue versions": (Action.MANAGE_CATALOGUE, ()),
    "catalogue show": (Action.MANAGE_CATALOGUE, ("1",)),
    "catalogue diff": (Action.READ_REWARDS, ("1", "2")),
    "catalogue quote": (Action.READ_BALANCE, (NOBODY, "C12", "--programme", "health")),
    "catalogue gate open": (Action.OPEN_GATE, (NOBODY, "C09")),
    "catalogue gate list": (Action.OPEN_GATE, (NOBODY,)),
    "catalogue gate close": (Action.OPEN_GATE, (NOBODY, NOBODY)),
    "catalogue fund": (Action.FUND, ("party", "1")),
    "watch run": (Action.ANSWER_ALERT, ()),
    "watch list": (Action.READ_ALERTS, ()),
    "watch show": (Action.READ_ALERTS, (NOBODY,)),
    "watch look": (Action.ANSWER_ALERT, (NOBODY,)),
    "watch answer": (Action.ANSWER_ALERT, (NOBODY, "explained", "--note", "n")),
    "budget show": (Action.READ_BUDGET, ()),
    "budget entries": (Action.READ_BUDGET, ("party",)),
    "budget report": (Action.READ_BUDGET, ()),
    "budget returns list": (Action.READ_BUDGET, ("party",)),
    "budget returns propose": (
        Action.FUND,
        ("party", "1", "--source", "union", "--note", "n"),
    ),
    "budget returns approve": (Action.DECIDE_FUNDS, (NOBODY,)),
    "budget returns reject": (Action.DECIDE_FUNDS, (NOBODY, "--reason", "n")),
    "budget returns withdraw": (Action.FUND, (NOBODY,)),
    "audit list": (Action.READ_AUDIT, ()),
    "audit show": (Action.READ_AUDIT, ("1",)),
    "audit verify": (Action.READ_AUDIT, ()),
    "audit export": (Action.READ_AUDIT, ("--to", "none")),
    "key rotate": (Action.MANAGE_KEYS, (NOBODY,)),
    "member log-out": (Action.END_SESSIONS, (NOBODY,)),
    "catalogue list": (Action.READ_REWARDS, ()),
    "voucher list": (Action.READ_VOUCHER, ("--member", NOBODY)),
    "voucher show": (Action.READ_VOUCHER, (NOBODY,)),
    "voucher reissue": (Action.REISSUE_VOUCHER, (NOBODY, "--reason", "r")),
    "voucher reassign": (Action.REASSIGN_VOUCHER, (NOBODY, "--to", NOBODY, "--reason", "r")),
    "voucher bulk propose": (
        Action.HAND_OUT,
        ("C05", "--programme", "party", "--note", "n", "--where", "true"),
    ),
    "voucher bulk list": (Action.READ_HANDOUTS, ()),
    "voucher bulk show": (Action.READ_HANDOUTS, (NOBODY,)),
    "voucher bulk approve": (Action.DECIDE_HANDOUT, (NOBODY,)),
    "voucher bulk reject": (Action.DECIDE_HANDOUT, (NOBODY, "--reason", "n")),
    "voucher bulk withdraw": (Action.HAND_OUT, (NOBODY,)),
    "voucher bulk run": (Action.DECIDE_HANDOUT, (NOBODY,)),
    "voucher bulk print": (Action.PRINT_CODES, (NOBODY, "--to", "none.xlsx")),
    "partner add": (Action.MANAGE_PARTNERS, ("YF", "--name", "n", "--category", "pharmacy")),
    "partner list": (Action.READ_STATEMENT, ()),
    "webhook add": (Action.MANAGE_WEBHOOKS, ("https://pos.example.cn/in",)),
    "webhook list": (Action.MANAGE_WEBHOOKS, ()),
    "webhook change": (Action.MANAGE_WEBHOOKS, (NOBODY, "--standing", "disabled")),
    "webhook rotate": (Action.MANAGE_WEBHOOKS, (NOBODY,)),
    "webhook test": (Action.MANAGE_WEBHOOKS, (NOBODY,)),
    "webhook messages": (Action.MANAGE_WEBHOOKS, ()),
    "webhook replay": (Action.MANAGE_WEBHOOKS, (NOBODY, "--since", "2026-03-01")),
    "partner statement": (Action.READ_STATEMENT, ("NONE",)),
    "partner contract": (Action.READ_STATEMENT, ("NONE",)),
    "partner dispute": (Action.READ_STATEMENT, ("NONE", "2026-03")),
    "partner confirm": (Action.COUNTERSIGN_STATEMENT, ("NONE", "2026-03")),
    "partner pay": (
        Action.PAY_STATEMENT,
        *[
            (
                "NONE",
                "2026-03",
                "--amount-fen",
                "1",
                "--reference",
                "B-1000",
                "--paid-on",
                "2026-04-01",
            )
        ],
    ),
    "partner adjust list": (Action.READ_STATEMENT, ("YF",)),
    "partner adjust propose": (
        Action.ADJUST_SETTLEMENT,
        ("YF", "--amount-fen", "1", "--reason", "other", "--note", "n"),
    ),
    "partner adjust approve": (Action.DECIDE_ADJUSTMENT, ("YF", NOBODY)),
    "partner adjust reject": (Action.DECIDE_ADJUSTMENT, ("YF", NOBODY, "--reason", "n")),
    "partner adjust withdraw": (Action.ADJUST_SETTLEMENT, ("YF", NOBODY)),
    "partner verify": (Action.READ_STATEMENT, ("NONE", "2026-03")),
    "partner operator add": (Action.MANAGE_OPERATORS, ("NONE", "07")),
    "partner operator list": (Action.MANAGE_OPERATORS, ()),
    "partner operator reset": (Action.MANAGE_OPERATORS, ("NONE", "07")),
    "partner operator disable": (Action.MANAGE_OPERATORS, ("NONE", "07")),
    "partner operator enable": (Action.MANAGE_OPERATORS, ("NONE", "07")),
    "partner device add": (Action.MANAGE_TILLS, ("NONE", "pos-1")),
    "partner device list": (Action.MANAGE_TILLS, ()),
    "partner device disable": (Action.MANAGE_TILLS, ("NONE", "pos-1")),
    "partner device enable": (Action.MANAGE_TILLS, ("NONE", "pos-1")),
    "offline conflicts": (Action.READ_STATEMENT, ()),
    "offline decide": (
        Action.RULE_OFFLINE,
        (NOBODY, "--decision", "refused", "--reason", "n"),
    ),
    "partner policy": (Action.MANAGE_TILLS, ("NONE",)),
    "partner hours": (Action.MANAGE_TILLS, ("NONE",)),
    "sandbox open": (Action.OPEN_SANDBOX, ("NONE",)),
    "verify": (Action.OWN_SESSIONS, ()),
    "staff add": (Action.MANAGE_STAFF, ("x", "--role", "none")),
    "staff list": (Action.MANAGE_STAFF, ()),
    "staff show": (Action.MANAGE_STAFF, ("nobody",)),
    "staff grant": (Action.MANAGE_STAFF, ("nobody", "--role", "officer")),
    "staff revoke": (Action.MANAGE_STAFF, ("nobody", "--role", "officer")),
    "staff disable": (Action.MANAGE_STAFF, ("nobody",)),
    "staff enable": (Action.MANAGE_STAFF, ("nobody",)),
    "staff reset": (Action.MANAGE_STAFF, ("nobody",)),
    "staff notices": (Action.OWN_SESSIONS, ()),
    "key issue": (Action.MANAGE_KEYS, ("--role", "none", "--subject", "x")),
    "key revoke": (Action.MANAGE_KEYS, (NOBODY,)),
    "key list": (Action.MANAGE_KEYS, ()),
    "privacy show": (Action.UNMASK, (NOBODY, "--reason", "audit", "--words", "w")),
    "privacy export": (Action.EXPORT_PERSON, (NOBODY, "--to", "x.json")),
    "privacy erase": (Action.ERASE_PERSON, (NOBODY, "--ground", "court", "--confirm", NOBODY)),
    "privacy request": (Action.CONSENT, (NOBODY,)),
    "privacy decline": (Action.ERASE_PERSON, (NOBODY, "--reason", "r")),
    "privacy requests": (Action.KEEP_PRIVACY_RECORDS, ()),
    "privacy consents": (Action.CONSENT, (NOBODY,)),
    "privacy give": (Action.CONSENT, (NOBODY, "--purpose", "contact")),
    "privacy withdraw": (Action.CONSENT, (NOBODY, "--purpose", "contact")),
    "privacy check": (Action.KEEP_PRIVACY_RECORDS, ()),
    "privacy rotate": (Action.OPERATE, ()),
    "privacy reapply": (Action.OPERATE, ()),
    "privacy retention": (Action.KEEP_PRIVACY_RECORDS, ()),
    "privacy assessment add": (Action.KEEP_PRIVACY_RECORDS, ("none.yaml",)),
    "privacy assessment list": (Action.KEEP_PRIVACY_RECORDS, ()),
    "privacy assessment show": (Action.KEEP_PRIVACY_RECORDS, ("1",)),
}


def commands(group: Any, lead: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{lead}{name} ")
        else:
            yield f"{lead}{name}"


def test_every_command_says_who_may() -> None:
    assert set(commands(TREE(app))) == OPEN | COMMANDS.keys()


@pytest.fixture
def sits(console: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator["Sits"]:
    """One installation for all commands of a test: how each of them opens it is tried elsewhere."""
    with wiring.open_installation(wiring.settings()) as here:
        monkeypatch.setattr(wiring, "open_installation", lambda *_, **__: nullcontext(here))
        monkeypatch.setattr(wiring, "settings", lambda **_: here.settings)
        yield Sits(here, console.folder / "session")


class Sits:
    """Puts somebody before the console."""

    def __init__(self, here: wiring.Installation, file: Path) -> None:
        self.here, self.file = here, file

    def down(self, grant: Grant, association: AssociationId = HERE) -> None:
        if (kind := kind_of(grant.role)) in {Kind.STAFF, Kind.MEMBER}:
            name = f"li-{grant.role}"
            token = sign_in(self.here.engine, association, name, (grant,), kind=kind)
            self.file.write_text(token, "ascii")
            return
        key_id, secret = self.here.ids.next(), fresh_secret()
        outlet = "YF01" if grant.role in AT_OUTLET else None
        if outlet is not None:
            open_outlet(self.here.engine, association, "li", outlet)
        outcome = self.here.engine.submit(
            IssueKey(
                association_id=association,
                operation_id=OperationId(f"test:{key_id}"),
                actor=Actor("staff:console"),
                key_id=key_id,
                secret_hash=secret_hash(secret),
                grants=(grant,),
                subject="li",
                outlet=outlet,
            )
        )
        assert outcome.refusal is None
        self.file.write_text(spell_key(association, key_id, secret), "ascii")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CONSOLE])
def test_a_role_may_what_the_table_says(console: Console, sits: Sits, role: Role) -> None:
    sits.down(Grant(role=role))
    for name, (action, arguments) in COMMANDS.items():
        done = console.run(*name.split(), *arguments, "--lang", "en")
        refused = "[forbidden]" in done.output or "[person_needed]" in done.output
        person = kind_of(role) in {Kind.STAFF, Kind.MEMBER}
        may = role in TABLE[action] and (person or ACTIONS[action].needs is Needs.NOTHING)
        assert refused is not may, (name, done.output)
        assert done.exit_code != 0 or may, name


@pytest.mark.usefixtures("sits")
def test_nobody_logged_in_is_the_console(console: Console) -> None:
    for name, (action, arguments) in COMMANDS.items():
        if name == "serve":
            continue
        done = console.run(*name.split(), *arguments, "--lang", "en")
        assert ("[forbidden]" in done.output) is (Role.CONSOLE not in TABLE[action]), name


@pytest.mark.usefixtures("sits")
def test_whoever_did_not_log_in_is_told_to_and_as_whom(console: Console) -> None:
    asked = ("partner", "confirm", "YF", "2026-03")
    done = console.run(*asked)
    told = "无权执行此操作；可办理的角色：财务（treasurer）。尚未登录，请先登录：points login 账号"
    assert told in done.output
    assert "it is for: treasurer. Nobody is logged in" in console.run(*asked, "--lang", "en").output
    assert console.refused(*asked) == "forbidden"


def test_whoever_has_another_role_is_told_whose_it_is(console: Console, sits: Sits) -> None:
    sits.down(Grant(role=Role.OFFICER))
    done = console.run("partner", "confirm", "YF", "2026-03")
    assert "可办理的角色：财务（treasurer）。请由有此角色的人登录" in done.output


def test_whoever_logged_in_is_told_that_a_machine_is_run_by_nobody(
    console: Console, sits: Sits
) -> None:
    sits.down(Grant(role=Role.ADMIN))
    done = console.run("serve")
    assert "请先退出：points logout [forbidden]" in done.output
    assert "可办理的角色" not in done.output
    assert "logged in as nobody: points logout" in console.run("serve", "--lang", "en").output


def test_a_session_that_ended_is_not_passed_over(console: Console, sits: Sits) -> None:
    """Else whoever was shut out would go on as the console."""
    sits.file.write_text("nonsense", "ascii")
    assert console.refused("member", "list") == "session_ended"
    sits.down(Grant(role=Role.OFFICER), AssociationId("elsewhere"))
    assert console.refused("member", "list") == "session_ended"


def test_a_reviewer_of_a_branch_sees_that_branch(console: Console, sits: Sits) -> None:
    for number, branch in enumerate(("甲支部", "乙支部")):
        typed = ("--name", "张三", "--phone", f"1380000000{number}", "--branch", branch)
        console.answers("member", "add", "--kind", "rider", *typed)
    both = {each["branch"]: each for each in console.answers("member", "list")["members"]}
    sits.down(Grant(role=Role.REVIEWER, level=Level.BRANCH, place="甲支部"))
    (seen,) = console.answers("member", "list")["members"]
    assert seen["branch"] == "甲支部"
    assert console.answers("member", "show", seen["member_id"])["member_id"] == seen["member_id"]
    other = both["乙支部"]["member_id"]
    assert console.refused("member", "show", other) == "not_found"
    assert console.refused("ledger", "balance", other) == "not_found"
    assert console.refused("member", "show", NOBODY) == "not_found"


def test_nobody_freezes_or_thaws_themselves(console: Console, sits: Sits) -> None:
    spoken = ("--name", "张三", "--phone", "13800000001", "--programme", "party")
    member = console.answers("member", "add", "--kind", "rider", *spoken)["member_id"]
    sits.down(Grant(role=Role.OFFICER))
    linked = sits.here.engine.submit(
        LinkPerson(
            association_id=HERE,
            operation_id=OperationId("test:link"),
            actor=Actor("staff:boss"),
            staff_id="li-officer",
            person=MemberId(member),
        )
    )
    assert linked.refusal is None
    words = ("--programme", "party", "--reason", "核查", "--notice", "七日内可申诉")
    for verb in ("freeze", "thaw"):
        assert console.refused("member", verb, member, *words) == "involved"


def test_what_staff_saw_counts_through_a_local_day(console: Console, sits: Sits) -> None:
    console.run("catalogue", "publish")
    added = console.answers(
        *("member", "add", "--kind", "rider", "--name", "张三", "--phone", "13912345679"),
        *("--programme", "health"),
    )
    sits.down(Grant(role=Role.REGISTRAR))
    opening = ("catalogue", "gate", "open", added["member_id"], "C09")
    said = console.says(*opening, "--days", "7")
    (last,) = re.findall(r"已登记，(\d{4}-\d\d-\d\d) 当天仍有效，可兑换一次", said)
    (seen,) = console.answers("catalogue", "gate", "list", added["member_id"])["grants"]
    # Midnight in Shanghai, which begins the day after the last: in UTC it is that day's afternoon.
    assert seen["grant"]["valid_until"] == f"{last}T16:00:00+00:00"
    assert last in console.says("catalogue", "gate", "list", added["member_id"])
