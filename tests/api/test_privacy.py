"""Privacy over HTTP: consents, unmasking, export, erasure; and what nobody is told."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from points import wiring
from points.api import gate
from points.flows.assess import NEEDED, Assess
from points.flows.person_export import LEFT_OUT, SECTIONS
from points.identity.model import Principal
from points.identity.policy import Action, Verdict
from points.identity.roles import Grant, Kind, Role
from points.identity.tables import session
from points.kernel.ids import Actor, OperationId
from points.privacy.model import Purpose
from points.schema import metadata
from tests.api.market import give, open_market, redeem
from tests.api.served import HERE, Served, problem, served

LINKS = {"member_id", "account_id", "activity_id", "voucher_id"}
FORMULA = "=HYPERLINK(1)"


@pytest.fixture(autouse=True)
def persons_who_proved_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let keys stand for people who logged in just now; who may do what is tested elsewhere."""
    asked = gate.admit

    def proved(principal: Principal, action: Action, now: datetime) -> Verdict:
        return asked(replace(principal, session="session", verified_at=now), action, now)

    monkeypatch.setattr(gate, "admit", proved)


@pytest.fixture(scope="module")
def api(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(module_database_url) as here:
        folder = tmp_path_factory.mktemp("journal")
        here.installation.settings = here.installation.settings.model_copy(
            update={"erasure_journal": folder / "points.erasures"}
        )
        open_market(here)
        yield here


def claim_of(here: Served, member: str, note: str) -> str:
    at = here.clock.now().replace(day=1).isoformat()
    body = {
        "type": "exam.escort",
        "occurred_at": at,
        "fields": {"vehicle_days": 1, "people": 3, "plate": "辽L12345"},
        "evidence": ["photo"],
        "note": note,
    }
    answer = here.member(member, "POST", "/v1/claims", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["activity_id"])


def test_consents_one_by_one(api: Served) -> None:
    member = api.person()
    notices = api.member(member, "GET", "/v1/notices").json()["items"]
    assert {each["purpose"] for each in notices} == {each.value for each in Purpose}
    assert all(each["text"] and len(each["sha256"]) == 64 for each in notices)
    path = f"/v1/members/{member}/consents"
    before = api.member(member, "GET", "/v1/me/consents").json()["items"]
    assert {each["purpose"]: each["given"] for each in before} == {"party": True, "health": True}
    agree = {"purpose": "contact", "notice": 1}
    assert api.member(member, "POST", path, json=agree).status_code == 201
    said = api.member(member, "POST", f"{path}:withdraw", json={"purpose": "health"}).json()
    assert said["programmes"] == ["party"]
    after = api.staff("GET", path).json()["items"]
    assert {each["purpose"]: each["given"] for each in after} == {
        "contact": True,
        "health": False,
        "party": True,
    }
    assert not any(each["renew"] for each in after)
    other = api.person()
    problem(api.member(other, "POST", path, json=agree), 404, "not_found")
    problem(api.member(other, "GET", path), 404, "not_found")
    problem(api.staff("GET", "/v1/me/consents"), 404, "not_found")


def test_evidence_is_for_the_member_and_for_whoever_decides(api: Served) -> None:
    member = api.person()
    claim = claim_of(api, member, "全程参加")
    mine = api.member(member, "GET", f"/v1/claims/{claim}").json()
    assert mine["evidence"] == {"note": "全程参加", "fields": {"plate": "辽L12345"}}
    assert "plate" not in mine["fields"]
    assert api.staff("GET", f"/v1/claims/{claim}").json()["evidence"] == mine["evidence"]
    for role in (Role.AUDITOR, Role.OFFICER):
        other = api.key(Kind.STAFF, f"only-{role}", grants=(Grant(role=role),))
        seen = api.ask("GET", f"/v1/claims/{claim}", other)
        assert seen.status_code == 200
        assert "evidence" not in seen.json(), "they say why first"
    assert api.member(member, "POST", f"/v1/claims/{claim}/withdrawal").status_code == 200
    assert "evidence" not in api.staff("GET", f"/v1/claims/{claim}").json()
    assert api.member(member, "GET", f"/v1/claims/{claim}").json()["evidence"]["note"]


def unmask(here: Served, member: str, **more: Any) -> Any:
    body = {"fields": ["name", "phone"], "reason": "contact", "words": "核实班次"} | more
    return here.staff("POST", f"/v1/members/{member}:unmask", json=body)


def test_unmasking_shows_what_was_asked_for(api: Served) -> None:
    member = api.person()
    claim_of(api, member, "有照片")
    shown = unmask(api, member)
    assert shown.status_code == 200, shown.text
    assert shown.json()["name"] == "张三"
    assert len(shown.json()["phone"]) == 11
    assert shown.json().keys() == {"member_id", "name", "phone"}
    evidence = unmask(api, member, fields=["evidence"]).json()["evidence"]
    assert [each["note"] for each in evidence] == ["有照片"]
    problem(unmask(api, member, words="打 13812345678"), 422, "personal_in_text")
    problem(unmask(api, "0" * 26), 404, "not_found")
    assert unmask(api, member, fields=["salary"]).status_code == 422


def test_everything_that_names_somebody_is_in_their_export(api: Served) -> None:
    member = api.person(identity_number="11010519491231002X", name=FORMULA)
    give(api, member, 500)
    redeem(api, member)
    claim_of(api, member, "本人说明")
    unmask(api, member)
    answer = api.member(member, "GET", "/v1/me/export")
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.content)
    assert found.keys() == {"format", "association", "member_id", "exported_at", *SECTIONS}
    assert found["personal"][0]["name"] == FORMULA
    assert found["personal"][0]["identity_number"] == "11010519491231002X"
    assert found["evidence"][0]["note"] == "本人说明"
    assert {each["words"] for each in found["disclosures"]} == {"核实班次", "right of access"}
    for section in ("events", "consents", "claims", "claim_events", "activities", "accounts"):
        assert found[section], section
    for section in ("transactions", "entries", "lots", "lot_movements", "vouchers", "audit"):
        assert found[section], section
    assert "hash" not in found["audit"][0]
    assert api.staff("GET", f"/v1/members/{member}/export").status_code == 200
    other = api.person()
    problem(api.member(other, "GET", f"/v1/members/{member}/export"), 404, "not_found")
    problem(api.staff("GET", "/v1/me/export"), 404, "not_found")
    assert member.encode() not in api.member(other, "GET", "/v1/me/export").content


def test_the_workbook_holds_no_formula(api: Served) -> None:
    member = api.person(name=FORMULA)
    answer = api.member(member, "GET", "/v1/me/export?format=xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert set(book.sheetnames) == set(SECTIONS)
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert f"'{FORMULA}" in {cell.value for cell in cells}
    assert {cell.data_type for cell in cells} <= {"s", "n", "b"}


def test_no_table_that_names_a_member_is_forgotten() -> None:
    covered = {naming.table for naming in SECTIONS.values()} | LEFT_OUT.keys()
    assert {
        name
        for name, table in metadata.tables.items()
        if not LINKS.isdisjoint(table.columns.keys())
    } - covered == set()


def test_erasing_over_http(api: Served) -> None:
    member, path = api.person(), "/v1/members/{}"
    here = path.format(member)
    erase = {"ground": "request"}
    problem(api.member(member, "POST", f"{here}:erase", json=erase), 403, "erasure_needs_staff")
    asked = api.member(member, "POST", f"{here}/erasure-request")
    assert asked.status_code == 201
    waiting = api.staff("GET", "/v1/erasure-requests").json()["items"]
    assert [each["member_id"] for each in waiting] == [member]
    problem(api.member(member, "GET", "/v1/erasure-requests"), 403, "forbidden")
    done = api.staff("POST", f"{here}:erase", json=erase)
    assert done.status_code == 200, done.text
    assert [each.member for each in api.installation.journal.read()] == [member]
    with api.installation.engine.reading(HERE) as connection:
        kept = connection.execute(select(session).where(session.c.subject == member)).mappings()
        assert {(each["device"], each["address"]) for each in kept} == {("", "")}
    assert api.staff("GET", "/v1/erasure-requests").json()["items"] == []
    shown = api.staff("GET", here).json()
    assert (shown["name"], shown["phone"]) == ("", "")
    assert shown["erased_at"]
    problem(api.staff("POST", f"{here}:erase", json=erase), 409, "member_erased")
    problem(unmask(api, member), 409, "member_erased")
    end = api.staff("POST", f"{here}/erasure-request:end", json={"reason": "x"})
    problem(end, 409, "erasure_not_asked")
    exported = json.loads(api.staff("GET", f"{here}/export").content)
    assert exported["personal"] == exported["evidence"] == []
    assert exported["events"][-1]["change"] == "erased"


def test_a_voucher_at_a_counter_waits_and_an_issued_one_stays_good(api: Served) -> None:
    member = api.person()
    give(api, member, 500)
    drawn = redeem(api, member).json()
    till = api.key(Kind.PARTNER, "YF", outlet="YF01")
    code = {"outlet_id": "YF01", "code": drawn["codes"]["code"]}
    held = api.ask("POST", "/v1/counter/authorisations", till, json=code)
    assert held.status_code in {200, 201}, held.text
    path = f"/v1/members/{member}:erase"
    problem(api.staff("POST", path, json={"ground": "court"}), 409, "voucher_at_counter")
    api.clock.advance(timedelta(minutes=30))
    assert api.staff("POST", path, json={"ground": "court"}).status_code == 200
    capture = code | {"request_no": "after", "amount_fen": 2000}
    done = api.ask("POST", "/v1/counter/captures", till, json=capture)
    assert done.status_code in {200, 201}, done.text
    assert member not in done.text


def test_assessments_are_read(api: Served) -> None:
    body = dict.fromkeys(NEEDED, "写明")
    command = Assess(
        association_id=HERE,
        operation_id=OperationId(f"test:{api.next()}"),
        actor=Actor("staff:li"),
        title="党员积分影响评估",
        made_on="2026-02-01",
        author="个人信息保护负责人",
        body=body,
        document_sha256="0" * 64,
    )
    assert api.submit(command)["version"] == 1
    [found] = api.staff("GET", "/v1/impact-assessments").json()["items"]
    assert (found["version"], found["body"]) == (1, body)


def test_the_journal_lies_beside_the_secret() -> None:
    chosen = wiring.settings(secret_file=Path("etc") / "points.secret")
    assert chosen.journal_path == Path("etc") / "points.erasures"
    assert chosen.keys_path == Path("etc") / "points.keys"
