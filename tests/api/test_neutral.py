"""A partner learns what to hand over, and nothing about the person who stands before the counter."""

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from points.api.app import ROUTES
from points.catalogue.errors import GateClosed
from points.flows.neutral import PLAIN, WORDS, NotNow, told
from points.identity.policy import TABLE
from points.identity.roles import Kind, Role
from points.kernel.errors import Refusal, refusals
from tests.api.market import capture, give, open_market, redeem, till
from tests.api.served import Served, served

TITLES = ("title", "zh", "en")
# What is to be handed over may be a check-up; the rest of an answer may not speak of one.
CANARIES = (*WORDS, "体检", "check-up", "血", "courier", "rider", "张三")


PARTNERS_NOUNS = {f"points.{noun}.errors" for noun in ("offline", "partners", "vouchers")}
NEVER_MET = frozenset(
    {
        *("offline_off", "offline_out", "offline_too_many", "offline_too_dear"),
        *("voucher_unusable", "voucher_closed", "reissues_used_up", "not_transferable"),
        *(
            "passing_too_late",
            "receiver_unsuitable",
            "received_enough",
            "offer_open",
            "offer_ended",
        ),
        *("offline_use_unknown", "offline_decided", "partner_exists", "place_implausible"),
        *("outlet_exists", "correction_empty", "contract_too_soon", "contract_within_period"),
        *(
            "tariff_invalid",
            "tariff_too_high",
            "dispute_unknown",
            "silence_too_soon",
            "own_statement",
            "nothing_left",
        ),
        *("not_payable", "payment_marked", "payment_invalid", "counter_policy_unchanged"),
        "till_shared",
    }
)
"""Refusals of what only members do, and of what only staff do."""


@pytest.fixture(scope="module")
def api(module_sqlite_url: str) -> Iterator[Served]:
    with served(module_sqlite_url) as here:
        open_market(here)
        yield here


def without_titles(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: without_titles(v) for name, v in said.items() if name not in TITLES}
    return [without_titles(each) for each in said] if isinstance(said, list) else said


def leaks(text: str) -> list[str]:
    return [word for word in CANARIES if re.search(re.escape(word), text, re.IGNORECASE)]


def test_every_plain_refusal_is_plain() -> None:
    known = refusals()
    for code in PLAIN & known.keys():
        assert leaks(f"{code} {known[code].zh} {known[code].en}") == [], code
    assert leaks(f"{NotNow.code} {NotNow.zh} {NotNow.en}") == []
    # The control: a text that tells is seen.
    assert leaks(known["member_frozen"].zh + "党员")


def unheard(plain: frozenset[str]) -> set[str]:
    """Return the codes of refusals about partners and vouchers of which nobody has decided."""
    kinds = (kind for kind in Refusal.leaves() if kind.__module__ in PARTNERS_NOUNS)
    return {kind.code for kind in kinds} - plain - NEVER_MET


def test_whatever_partners_meet_is_plain_or_left_out_on_purpose() -> None:
    assert unheard(PLAIN) == set()
    assert NEVER_MET.isdisjoint(PLAIN)
    # The control: one that is forgotten.
    assert unheard(PLAIN - {"statement_confirmed"}) == {"statement_confirmed"}


def test_what_is_not_the_counters_business_is_said_alike() -> None:
    gate = GateClosed(gate="doctor_referral")
    assert told(Kind.PARTNER, gate) == NotNow()
    assert told(Kind.MEMBER, gate) is gate


def test_no_answer_to_a_partner_tells_of_party_or_health(api: Served) -> None:
    member = api.person()
    give(api, member, 500)
    at_till = till(api)
    office = api.key(Kind.PARTNER, "YF")
    code = redeem(api, member).json()["codes"]["code"]
    ask: list[Any] = [
        api.ask("GET", "/v1/rewards", at_till),
        api.ask("GET", "/v1/rewards?programme=party", office),
        api.ask(
            "POST", "/v1/counter/authorisations", at_till, json={"outlet_id": "YF01", "code": code}
        ),
        capture(api, code, "one", amount_fen=2000),
        capture(api, code, "two", amount_fen=2000),
        capture(api, "TKX1-TC24-9Y1Q-D", "three"),
        api.ask("GET", "/v1/counter/captures/by-request/one", at_till),
        api.ask(
            "POST",
            "/v1/counter/voids",
            at_till,
            json={"outlet_id": "YF01", "request_no": "one", "void_no": "v1"},
        ),
        api.ask("GET", f"/v1/members/{member}", at_till),
    ]
    api.clock.advance(timedelta(days=40))
    day = "partner_id=YF&day=2026-03-02"
    ask.append(api.ask("GET", f"/v1/statements:draft?{day}", office))
    close = {"partner_id": "YF", "day": "2026-03-02"}
    closed = api.staff("POST", "/v1/statements:draw-up", json=close).json()["statement_id"]
    ask.append(api.ask("GET", "/v1/statements?partner_id=YF", office))
    ask.append(api.ask("GET", f"/v1/statements/{closed}", office))
    parts = ("lines", "events", "disputes", "verification")
    ask += [api.ask("GET", f"/v1/statements/{closed}/{part}", office) for part in parts]
    canonical = api.ask("GET", f"/v1/statements/{closed}.jsonl", office).text
    assert [each.status_code for each in ask].count(200) >= 7
    for answer in ask:
        assert leaks(json.dumps(without_titles(answer.json()), ensure_ascii=False)) == []
    rewards = ask[0].json()["items"]
    assert {len(each["programmes"]) for each in rewards} == {0}
    assert len(ask[1].json()["items"]) == len(rewards)
    assert all(each["title"] for each in rewards)
    csv = api.ask("GET", f"/v1/statements/{closed}.csv", office).content.decode("utf-8-sig")
    book = openpyxl.load_workbook(
        io.BytesIO(api.ask("GET", f"/v1/statements/{closed}.xlsx", office).content)
    )
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    assert leaks(csv) == leaks(canonical) == leaks(" ".join(cells)) == []
    assert api.member(member, "GET", "/v1/rewards").json()["items"][0]["programmes"]


def test_a_partner_is_told_why_a_line_is_not_disputed(
    api: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = api.person()
    give(api, member, 500)
    day = api.clock.now().date().isoformat()
    capture(api, redeem(api, member).json()["codes"]["code"], "disputed", amount_fen=2000)
    api.clock.advance(timedelta(days=40))
    office = api.key(Kind.PARTNER, "YF")
    closed = api.staff("POST", "/v1/statements:draw-up", json={"partner_id": "YF", "day": day})
    statement = f"/v1/statements/{closed.json()['statement_id']}"

    def refused(line: int, claims: int, reason: str = "not_ours") -> str:
        body = {"claims_fen": claims, "reason": reason}
        said = api.ask("POST", f"{statement}/lines/{line}:dispute", office, json=body).json()
        assert leaks(json.dumps(said, ensure_ascii=False)) == []
        return str(said.get("code"))

    paid = api.ask("GET", f"{statement}/lines", office).json()["items"][0]["amount_fen"]
    assert refused(99, 0) == "line_unknown"
    assert refused(1, paid, "amount_wrong") == "claim_unchanged"
    assert refused(1, 0, "other") == "reason_needed"
    assert refused(1, 0) == "None"
    assert refused(1, 0) == "dispute_open"
    assert api.ask("POST", f"{statement}:confirm", office, json={}).status_code == 200
    again = api.ask("POST", f"{statement}:confirm", office, json={})
    assert again.json()["code"] == "statement_confirmed"
    # The control: with a table that lacks them, each would be "not now".
    monkeypatch.setattr("points.flows.neutral.PLAIN", frozenset())
    assert refused(99, 0) == "not_now"


def test_every_route_of_partners_is_walked() -> None:
    """Whoever gives partners a new route has to look at what it tells them."""
    partners = {
        route.path
        for route in ROUTES
        if {Role.PARTNER, Role.TILL} & TABLE[route.allows].keys() and "/counter/" not in route.path
    }
    assert {path for path in partners if path.startswith(("/v1/members", "/v1/claims"))} == set()
