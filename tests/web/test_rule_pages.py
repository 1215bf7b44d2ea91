"""Staff write rules in the browser, without scripts: from a draft to a version, on both databases."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from points.flows.backtest.bounded import backtest_now
from points.flows.backtest.plan import Plan
from points.identity.roles import Grant, Role
from points.rulebook.model import DraftState
from points.rulebook.reads import list_drafts
from points.rules.impact import Impact
from points.web.console.rules import trial
from tests.api.served import HERE
from tests.web.browsing import Browser, House, Read, browsing

OFFICER, APPROVER = Grant(role=Role.OFFICER), Grant(role=Role.APPROVER)


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as here:
        yield here


@pytest.fixture(scope="module")
def either(module_database_url: str) -> Iterator[House]:
    with browsing(module_database_url) as here:
        yield here


def begun(browser: Browser, programme: str = "party", note: str = "每日上限下调") -> str:
    """Begin a draft; return where its pages are."""
    answer = browser.send(
        browser.read("/console/rules/new"), "/console/rules/new", programme=programme, note=note
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).split("?")[0]


def text_of(browser: Browser, draft: str) -> str:
    return browser.read(f"{draft}/text").form("/text").fields["text"]


def save_text(browser: Browser, draft: str, text: str, **more: str) -> Any:
    return browser.send(browser.read(f"{draft}/text"), "/text", text=text, **more)


@pytest.fixture(scope="module")
def officer(house: House) -> Browser:
    return house.staff("zhang", OFFICER)


@pytest.fixture(scope="module")
def left_alone(officer: Browser) -> str:
    """A draft that tests look at, and never change."""
    return begun(officer)


def test_versions_are_listed_and_read_as_sentences(house: House, officer: Browser) -> None:
    del house
    page = officer.read("/console/rules")
    assert "生效中" in page.text
    assert "/console/rules/versions/party/1" in page.links
    version = officer.read("/console/rules/versions/party/1")
    assert (
        "志愿服务（P06）：每条“志愿服务班次”，须签到签退已核对，且服务时长不少于 0.5 小时"
        in version.text
    )
    assert "随系统安装" in version.text
    officer.read("/console/rules/versions/party/9", 404)
    officer.read("/console/rules/versions/party/1/bundle", 404)  # nothing published it
    english = officer.get("/console/rules/versions/party/1", headers={"Accept-Language": "en"})
    assert "Volunteer hours (P06): for each 'Volunteer shift'" in Read(english.text).text


def test_a_draft_begins_as_the_next_version_of_next_month(officer: Browser) -> None:
    draft = begun(officer)
    page = officer.read(draft)
    assert "第 2 版" in page.text
    text = text_of(officer, draft)
    assert "\nversion: 2\n" in text
    assert "# 党员积分规则（30 条）" in text  # comments came along
    assert officer.read(f"{draft}/cases").text.count(".yaml") >= 4


def test_a_form_changes_a_cap_and_nothing_else(officer: Browser) -> None:
    draft = begun(officer)
    before = text_of(officer, draft)
    form = officer.read(f"{draft}/rules/P06")
    assert "每日上限" in form.text
    saved = officer.send(form, "/rules/P06", cap_vol_day="30", title_zh="志愿服务时长")
    assert saved.headers["location"].startswith(draft), saved.text
    after = text_of(officer, draft)
    differing = [
        (a, b) for a, b in zip(before.splitlines(), after.splitlines(), strict=True) if a != b
    ]
    assert len(differing) == 2
    diff = officer.read(f"{draft}/diff").text
    assert "每日至多：40 分 → 30 分（收紧）" in diff
    assert "志愿服务时长" in diff


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("cap_vol_day", "四十", "请填写整数"),
        ("cap_vol_day", "", "请填写此项"),
        ("title_zh", "", "请填写此项"),
        ("title_zh", "a\nb", "这样的内容无法在此修改"),
    ],
)
def test_what_no_form_can_take_is_said_beside_the_field(
    officer: Browser, left_alone: str, field: str, typed: str, said: str
) -> None:
    draft = left_alone
    answer = officer.send(officer.read(f"{draft}/rules/P06"), "/rules/P06", **{field: typed})
    assert answer.status_code == 422
    assert said in Read(answer.text).text


def test_the_head_has_a_form_of_its_own(officer: Browser) -> None:
    draft = begun(officer)
    page = officer.read(f"{draft}/head")
    refused = officer.send(page, "/head", **{"from": "明天"})
    assert "请填写日期" in Read(refused.text).text
    saved = officer.send(
        page, "/head", **{"from": "2026-08-01", "version": "7", "base_rating": "50"}
    )
    assert saved.status_code == 303
    text = text_of(officer, draft)
    assert 'effective: {from: "2026-08-01"' in text
    assert "\nversion: 7\n" in text
    assert "base: {rating: 50}" in text


def test_expressions_and_rows_of_tables_can_be_changed(officer: Browser) -> None:
    draft = begun(officer)
    form = officer.read(f"{draft}/rules/P28")
    assert "表中" in form.text
    assert officer.send(form, "/rules/P28", row_0="55").status_code == 303
    form = officer.read(f"{draft}/rules/P06")
    assert (
        officer.send(form, "/rules/P06", when="event.verified && event.hours >= 2").status_code
        == 303
    )
    diff = officer.read(f"{draft}/diff").text
    assert "分值表“类别为“见义勇为””：50 → 55（放宽）" in diff
    assert "服务时长不少于 0.5 小时 → 服务时长不少于 2 小时（收紧）" in diff
    officer.read(f"{draft}/rules/P99", 404)


def test_mistakes_are_found_beside_their_lines(officer: Browser) -> None:
    draft = begun(officer)
    text = text_of(officer, draft).replace("event.hours >= 0.5", "event.hourz >= 0.5", 1)
    checked = save_text(officer, draft, text, only="check")
    said = Read(checked.text).text
    assert "没有字段“hourz”" in said or "hourz" in said
    assert "expression.unknown_name" in said
    assert "unknown_name" not in officer.read(f"{draft}/text").text  # nothing was saved
    assert save_text(officer, draft, text).status_code == 303
    assert "expression.unknown_name" in officer.read(f"{draft}/text").text
    for ending in ("", "/cases", "/diff"):
        assert "规则有错误" in officer.read(f"{draft}{ending}").text
    tried = officer.read(f"{draft}/backtest?since=2026-01-01&until=2026-04-01", 422)
    assert "规则有错误，无法试算" in tried.text


def test_findings_come_alone_while_somebody_writes(officer: Browser, left_alone: str) -> None:
    draft = left_alone
    page = officer.read(f"{draft}/text")
    fields = page.form("/text").fields
    wrong = fields["text"].replace("max: 40", "max: forty", 1)
    alone = officer.post(f"{draft}/text/lint", {**fields, "text": wrong})
    assert alone.status_code == 200
    assert "<html" not in alone.text
    assert "file.bad_value" in alone.text
    assert officer.post(f"{draft}/text/lint", {**fields, "text": ""}).status_code == 200


def test_line_ends_of_browsers_do_not_come_into_the_file(officer: Browser) -> None:
    draft = begun(officer)
    text = text_of(officer, draft)
    assert save_text(officer, draft, text.replace("\n", "\r\n")).status_code == 303
    assert text_of(officer, draft) == text


def test_somebody_who_saved_meanwhile_is_not_overwritten(officer: Browser) -> None:
    draft = begun(officer)
    page, text = officer.read(f"{draft}/text"), text_of(officer, draft)
    assert save_text(officer, draft, text.replace("max: 40", "max: 41", 1)).status_code == 303
    late = officer.send(page, "/text", text=text.replace("max: 40", "max: 42", 1))
    assert late.status_code == 422
    assert "新的修订" in late.text
    assert "max: 42" in late.text  # what was typed is not lost


def test_cases_are_run_shown_side_by_side_and_edited(officer: Browser) -> None:
    draft = begun(officer)
    page = officer.read(f"{draft}/cases")
    assert "通过" in page.text
    name = next(link.rsplit("/", 1)[1] for link in page.links if link.endswith("volunteer.yaml"))
    file = officer.read(f"{draft}/cases/{name}")
    text = file.form(f"/cases/{name}").fields["text"]
    wrong = text.replace("P06: {wallet: 20", "P06: {wallet: 21", 1)
    assert wrong != text
    assert officer.send(file, f"/cases/{name}", text=wrong).status_code == 303
    failed = officer.read(f"{draft}/cases").text
    assert "应为" in failed
    assert "21" in failed
    fresh = officer.read(f"{draft}/cases/new")
    bad = officer.send(fresh, "/cases/new", name="../x.yaml")
    assert bad.status_code == 422
    assert officer.send(fresh, "/cases/new", name="mine.yaml").status_code == 303
    assert "mine.yaml" in officer.read(f"{draft}/cases").text
    gone = officer.send(officer.read(f"{draft}/cases/mine.yaml"), "/cases/mine.yaml", text=" ")
    assert gone.status_code == 303
    assert "mine.yaml" not in officer.read(f"{draft}/cases").text
    officer.read(f"{draft}/cases/none.yaml", 404)


PERIOD = {"since": "2026-01-01", "until": "2026-04-01"}


def submitted(officer: Browser, draft: str) -> Any:
    page = officer.read(f"{draft}/backtest")
    return officer.send(page, "/submit", note="请审批", **PERIOD)


def test_from_a_draft_to_a_version_that_another_person_approved(either: House) -> None:
    officer = either.staff("zhang", OFFICER)
    draft = begun(officer)
    officer.send(officer.read(f"{draft}/head"), "/head", version="20", **{"from": "2026-09-01"})
    officer.send(officer.read(f"{draft}/rules/P01"), "/rules/P01", title_zh="三会一课（改）")
    tried = officer.read(f"{draft}/backtest?since=2026-01-01&until=2026-04-01")
    assert "试算" in tried.text
    sent = submitted(officer, draft)
    assert sent.status_code == 303, Read(sent.text).text
    assert "待审批" in officer.read(draft).text
    officer.read(f"{draft}/rules/P06", 404)  # closed while it waits
    decider = either.staff("qian", APPROVER)
    assert draft.rsplit("/", 1)[1] in str(decider.read("/console/rule-decisions").links)
    address = f"/console/rule-decisions/{draft.rsplit('/', 1)[1]}"
    page = decider.read(address)
    assert "三会一课（改）" in page.text
    refused = decider.send(page, address, verdict="reject")
    assert refused.status_code == 422
    done = decider.send(page, address, verdict="approve")
    assert done.headers["location"].startswith("/console/rule-decisions"), Read(done.text).text
    shelf = officer.read("/console/rules")
    assert "待生效" in shelf.text
    version = officer.read("/console/rules/versions/party/20")
    assert "staff:qian" in version.text
    assert "三会一课（改）" in version.text
    bundle = officer.get("/console/rules/versions/party/20/bundle")
    assert bundle.headers["content-disposition"].endswith('points-rules-party-20.json"')
    imported = officer.send(
        officer.read("/console/rules/new"), "/console/rules/import", bundle=bundle.text
    )
    assert imported.status_code == 303, imported.text
    retire = "/console/rule-decisions/versions/party/20"
    wrong = decider.send(decider.read(retire), retire, last="2020-01-01", reason="不再需要")
    assert wrong.status_code == 422
    typo = decider.send(decider.read(retire), retire, last="明天", reason="不再需要")
    assert "请填写日期" in typo.text
    ended = decider.send(decider.read(retire), retire, reason="不再需要")
    assert ended.status_code == 303, Read(ended.text).text
    assert "不再需要" in officer.read("/console/rules/versions/party/20").text
    decider.read("/console/rule-decisions/versions/party/1", 404)


def test_what_does_not_pass_the_gate_says_why(officer: Browser) -> None:
    draft = begun(officer)
    page = officer.read(f"{draft}/cases")
    for link in page.links:
        if link.startswith(f"{draft}/cases/") and link.endswith(".yaml"):
            name = link.rsplit("/", 1)[1]
            officer.send(officer.read(link), f"/cases/{name}", text="")
    sent = submitted(officer, draft)
    assert sent.status_code == 422
    said = Read(sent.text).text
    assert "还不能提交" in said
    assert "没有用例文件" in said
    assert "P06" in said


@pytest.mark.parametrize("summary", ["{", "[]", '{"a": 1}', '{"period": 0.5}'])
def test_a_summary_that_is_none_is_refused(officer: Browser, left_alone: str, summary: str) -> None:
    draft = left_alone
    page = officer.read(f"{draft}/backtest")
    sent = officer.send(page, "/submit", summary=summary)
    assert sent.status_code == 422
    assert "不是回测摘要" in sent.text


def test_a_summary_of_other_rules_does_not_pass(officer: Browser, left_alone: str) -> None:
    draft = left_alone
    page = officer.read(f"{draft}/backtest")
    summary = {
        "period": {"from": "2026-01-01", "until": "2026-02-01"},
        "programme": "party",
        "after": {"sha256": "0"},
    }
    sent = officer.send(page, "/submit", summary=json.dumps(summary))
    assert "回测不是针对这份规则" in Read(sent.text).text


@pytest.mark.parametrize(
    "change",
    [{"data": None}, {"by": {"month": [{"measure": [1]}]}}, {"caps": 7}, {"engine": {"a": 1}}],
)
def test_an_edited_summary_keeps_nobody_from_rejecting(
    house: House, officer: Browser, change: dict[str, Any]
) -> None:
    draft = begun(officer)
    officer.send(officer.read(f"{draft}/head"), "/head", version="40", **{"from": "2026-09-01"})
    plan = Plan(
        since=date(2026, 1, 1),
        until=date(2026, 4, 1),
        after=text_of(officer, draft),
        as_of=house.installation.clock.now(),
    )
    found = backtest_now(house.installation.engine, HERE, plan)
    assert isinstance(found, Impact)
    summary = found.as_json() | {"before": {"kind": "file", "version": 1, "sha256": "0"}} | change
    page = officer.read(f"{draft}/backtest")
    sent = officer.send(page, "/submit", note="请审批", summary=json.dumps(summary))
    assert sent.status_code == 303, Read(sent.text).text
    decider = house.staff("qian", APPROVER)
    address = f"/console/rule-decisions/{draft.rsplit('/', 1)[1]}"
    page = decider.read(address)
    assert "服务器没有重算" in page.text
    rejected = decider.send(page, address, verdict="reject", reason="回测被改过")
    assert rejected.status_code == 303


@pytest.mark.parametrize(
    "period",
    ["since=x&until=y", "since=2026-02-01&until=2026-01-01", "since=2020-01-01&until=2026-01-01"],
)
def test_a_period_has_two_days_in_order(officer: Browser, left_alone: str, period: str) -> None:
    draft = left_alone
    assert "请填写起止日期" in officer.read(f"{draft}/backtest?{period}", 422).text


def test_more_than_a_page_can_wait_for_is_left_to_the_command_line(
    officer: Browser, left_alone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = left_alone
    monkeypatch.setattr(trial, "ACTIVITIES_MAX", -1)
    page = officer.read(f"{draft}/backtest?since=2026-01-01&until=2026-04-01", 422)
    assert "points rules backtest" in page.text


def test_nobody_approves_what_they_wrote(house: House, officer: Browser) -> None:
    draft = begun(officer)
    officer.send(officer.read(f"{draft}/head"), "/head", version="30", **{"from": "2026-09-01"})
    assert submitted(officer, draft).status_code == 303
    assert officer.get(f"/console/rule-decisions/{draft.rsplit('/', 1)[1]}").status_code == 403
    decider = house.staff("qian", APPROVER)
    address = f"/console/rule-decisions/{draft.rsplit('/', 1)[1]}"
    rejected = decider.send(decider.read(address), address, verdict="reject", reason="理由不足")
    assert rejected.status_code == 303
    assert "理由不足" in officer.read(draft).text


def test_a_draft_is_taken_back_and_opened_again(house: House, officer: Browser) -> None:
    draft = begun(officer)
    taken = officer.send(officer.read(draft), "/withdraw")
    assert taken.status_code == 303
    assert "已撤回" in officer.read(draft).text
    again = officer.post(
        f"{draft}/withdraw", officer.read("/console/rules/new").form("/new").fields
    )
    assert again.status_code == 422
    with house.installation.engine.reading(HERE) as connection:
        states = {each.state for each in list_drafts(connection, HERE)}
    assert DraftState.WITHDRAWN in states


def test_a_bundle_that_was_changed_is_refused(officer: Browser) -> None:
    page = officer.read("/console/rules/new")
    for bundle in ("{}", "no json", '{"bundle": 1}'):
        answer = officer.send(page, "/console/rules/import", bundle=bundle)
        assert answer.status_code == 422
        assert "规则包不完整或被改动" in answer.text
    nothing = officer.send(page, "/console/rules/new", programme="golf")
    assert "请选择其中一项" in nothing.text
    note = officer.send(page, "/console/rules/new", programme="party", note="找张三 13800138000")
    assert note.status_code == 422


def test_who_may_only_look_finds_nothing_to_change(house: House, left_alone: str) -> None:
    draft = left_alone
    auditor = house.staff("sun", Grant(role=Role.AUDITOR))
    page = auditor.read(f"{draft}/text")
    assert not [form for form in page.forms if form.action.endswith("/text")]
    assert "version: 2" in page.text
    assert auditor.get(f"{draft}/rules/P06").status_code == 403
    auditor.read(f"{draft}/cases")
    auditor.read(f"{draft}/diff")
