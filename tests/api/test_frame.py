"""What every operation has in common: keys, idempotency, problems, languages, limits."""

import json
from typing import Any

import pytest

from points.api.app import ENTRANCES, ROUTES, describe
from points.api.errors import STATUS
from points.api.gate import Gate, Keyed
from points.api.limits import Policy
from points.api.ops import OPEN
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.errors import Refusal
from tests.api.served import Served, problem, served

SECRET = "210102199003071234"
PERSON = {"name": "李四", "phone": "13912345678", "kind": "courier", "programmes": ["party"]}


def test_every_route_declares_what_it_is_for() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
    assert all(isinstance(route.allows, Action) for route in ROUTES)
    assert [route.path for route in OPEN] == ["/healthz", "/readyz", "/openapi.json", "/docs"]


def test_every_post_takes_a_name_for_its_request() -> None:
    unnamed = {r.path for r in ROUTES if r.method == "POST" and r.keyed is Keyed.NOT}
    assert unnamed <= {
        *("/v1/redemptions:quote", "/v1/rulesets:examine", "/v1/rulesets:lint", "/v1/audit:verify"),
        "/v1/rewards/versions:lint",
        "/v1/rulesets/drafts/{draft_id}:check",
        *("/v1/rulesets:diff", "/v1/rulesets:backtest"),
        # Secrets go in and out, each once: there is no first answer that could be given again.
        *("/v1/session:verify", "/v1/me/password", "/v1/me/recovery-codes"),
        *("/v1/me/second-factor", "/v1/me/second-factor:confirm"),
        *("/v1/counter/operators:set-up", "/v1/counter/sessions", "/v1/sandbox"),
        # Named by the authorisation; and a clean table is clean however often it is asked for.
        *("/v1/counter/authorisations/{authorisation_id}:release", "/v1/sandbox/reset"),
        *("/v1/me/notices/{notice_id}:read", "/v1/members/{member_id}:unmask"),
    }


def test_who_is_not_known_yet_finds_only_these() -> None:
    assert {route.path for route in ENTRANCES} == {
        *("/v1/sessions", "/v1/staff:setup", "/v1/staff:activate"),
        *("/v1/sessions:oidc-begin", "/v1/sessions:oidc"),
        *("/v1/login-codes", "/v1/sessions:member", "/v1/sessions:refresh"),
    }
    assert all(route.allows is None and route.body_bytes_max <= 4096 for route in ENTRANCES)


def test_the_status_table_is_complete() -> None:
    known = {kind.code for kind in Refusal.leaves() if kind.__module__.startswith("points.")}
    assert known - set(STATUS) == set()
    assert set(STATUS) - known == set()


def test_the_description_is_stable_and_complete() -> None:
    first, second = describe(), describe()
    assert json.dumps(first) == json.dumps(second)
    operations = [o for each in first["paths"].values() for o in each.values()]
    assert len(operations) == len(ROUTES) + len(ENTRANCES)
    assert sum(o.get("security") == [] for o in operations) == len(ENTRANCES)
    assert all("x-action" in o or o.get("security") == [] for o in operations)
    assert all(o["summary"] and o["responses"]["default"] for o in operations)
    # Programs made from it are not named by where our classes happen to stand.
    assert [name for name in first["components"]["schemas"] if "__" in name] == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/docs"])
def test_what_is_open_answers_anybody(api: Served, path: str) -> None:
    answer = api.ask("GET", path)
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "//cdn" not in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "key", [None, "", "nonsense", "pk_live_panjin_" + "0" * 26 + "_" + "a" * 43]
)
def test_without_a_valid_key_nothing_is_said(api: Served, key: str | None) -> None:
    answer = api.ask("GET", "/v1/me", key)
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer, DPoP algs="ES256 EdDSA"'


def test_a_revoked_key_opens_nothing(api: Served) -> None:
    issued = api.staff("POST", "/v1/keys", json={"roles": ["officer"], "subject": "wang"}).json()
    assert api.ask("GET", "/v1/me", issued["key"]).json()["subject"] == "wang"
    assert api.staff("DELETE", f"/v1/keys/{issued['key_id']}").status_code == 200
    assert api.staff("DELETE", f"/v1/keys/{issued['key_id']}").status_code == 200
    problem(api.ask("GET", "/v1/me", issued["key"]), 401, "unauthenticated")


def test_an_issued_key_is_shown_again_to_its_own_request_only(api: Served) -> None:
    body = {"roles": ["source"], "subject": "grid"}
    first = api.staff("POST", "/v1/keys", json=body, idempotency_key="key-1")
    again = api.staff("POST", "/v1/keys", json=body, idempotency_key="key-1")
    other = api.staff("POST", "/v1/keys", json=body, idempotency_key="key-2")
    assert first.json() == again.json() != other.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers


def test_a_request_has_one_effect(both: Served) -> None:
    first = both.staff("POST", "/v1/members", json=PERSON, idempotency_key="enrol-1")
    again = both.staff("POST", "/v1/members", json=PERSON, idempotency_key="enrol-1")
    assert (first.status_code, first.json()) == (201, again.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = PERSON | {"name": "王五"}
    answer = both.staff("POST", "/v1/members", json=other, idempotency_key="enrol-1")
    problem(answer, 422, "operation_conflict")
    refused = [
        both.staff("POST", "/v1/members", json=PERSON, idempotency_key="enrol-2") for _ in "ab"
    ]
    assert [problem(each, 409, "phone_taken") for each in refused]
    assert ["idempotent-replayed" in each.headers for each in refused] == [False, True]


def test_idempotency_keys_belong_to_their_caller(api: Served) -> None:
    body = {"roles": ["source"], "subject": "shared"}
    li = api.staff("POST", "/v1/keys", json=body, idempotency_key="mine")
    zhao = api.ask(
        "POST", "/v1/keys", api.key(Kind.STAFF, "zhao"), json=body, idempotency_key="mine"
    )
    assert li.json()["key_id"] != zhao.json()["key_id"]
    assert "idempotent-replayed" not in zhao.headers


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("a b", "idempotency_key_invalid"),
        ("x" * 65, "idempotency_key_invalid"),
        ("a:b", "idempotency_key_invalid"),
    ],
)
def test_writing_needs_a_good_idempotency_key(api: Served, key: str | None, code: str) -> None:
    problem(api.staff("POST", "/v1/members", json=PERSON, idempotency_key=key), 400, code)


BAD: list[Any] = [
    PERSON | {"phone": 13912345678},
    PERSON | {"party_member": 1},
    PERSON | {"party_member": "true"},
    PERSON | {SECRET: SECRET},
    PERSON | {"kind": SECRET},
    PERSON | {"name": SECRET * 9},
    PERSON | {"joined_on": SECRET},
    PERSON | {"programmes": [SECRET]},
    PERSON | {"name": SECRET + "\x00"},
    [SECRET],
    SECRET,
]


@pytest.mark.parametrize("body", BAD)
def test_problems_never_repeat_what_was_sent(api: Served, body: Any) -> None:
    answer = api.staff("POST", "/v1/members", json=body)
    problem(answer, 422, "content_invalid")
    assert SECRET not in answer.text
    assert "13912345678" not in answer.text


def test_a_fault_says_where_it_is(api: Served) -> None:
    answer = api.staff("POST", "/v1/members", json=PERSON | {"party_member": 1})
    assert answer.json()["faults"] == [{"pointer": "/party_member", "code": "bool_type"}]


def raw(api: Served, content: bytes, media_type: str = "application/json") -> Any:
    headers = {
        "Authorization": f"Bearer {api.key(Kind.STAFF, 'li')}",
        "Idempotency-Key": api.next(),
        "Content-Type": media_type,
    }
    return api.http.request("POST", "/v1/members", headers=headers, content=content)


def test_what_is_no_json_is_refused(api: Served) -> None:
    answer = raw(api, b'{"name": "' + SECRET.encode())
    problem(answer, 400, "json_invalid")
    assert SECRET not in answer.text
    problem(raw(api, b"[" * 100_000), 400, "json_invalid")
    problem(raw(api, b"{}", "text/plain"), 415, "media_type")
    problem(raw(api, b" " * (1 << 20) + b"{}"), 413, "too_large")


def test_languages(api: Served) -> None:
    zh = api.ask("GET", "/v1/nowhere")
    en = api.ask("GET", "/v1/nowhere", Accept_Language="de, en-GB;q=0.8, zh;q=0.2")
    assert problem(zh, 404, "not_found")["title"] == "未找到"
    assert problem(en, 404, "not_found")["title"] == "Not found"
    assert en.headers["content-language"] == "en"


def test_a_method_that_is_not_there(api: Served) -> None:
    problem(api.ask("PUT", "/v1/me"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "path", ["/v1/members/%00", "/v1/members/a%20b", "/v1/members/" + "a" * 81]
)
def test_what_is_no_id_is_not_found(api: Served, path: str) -> None:
    problem(api.staff("GET", path), 404, "not_found")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "nothing=1",
        "limit=1&limit=2",
        "cursor=%00",
        "cursor=!!",
        "cursor=eA",
    ],
)
def test_a_query_that_does_not_fit(api: Served, query: str) -> None:
    answer = api.staff("GET", f"/v1/members?{query}")
    assert answer.status_code == 422
    assert answer.json()["code"] in {"content_invalid", "cursor_invalid"}


def test_a_caller_beyond_its_limit_waits(sqlite_url: str) -> None:
    with served(sqlite_url, policy=Policy(dict.fromkeys(Kind, 2))) as api:
        answers = [api.staff("GET", "/v1/me") for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert answers[0].headers["ratelimit"].startswith('"key";r=1;t=')
        assert answers[0].headers["ratelimit-policy"] == '"key";q=2;w=60'
        problem(answers[2], 429, "rate_limited")
        assert 0 < int(answers[2].headers["retry-after"]) <= 60
        assert api.ask("GET", "/v1/me", api.key(Kind.STAFF, "zhao")).status_code == 200


def test_a_database_that_is_gone_is_a_problem(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(sqlite_url) as api:
        key = api.key(Kind.STAFF, "li")
        assert api.ask("GET", "/v1/me", key).status_code == 200
        api.installation.engine.database.dispose()
        monkeypatch.setattr(api.installation.engine, "database", broken())
        for path in ("/v1/members", "/readyz"):
            answer = api.ask("GET", path, key)
            problem(answer, 503, "unavailable")
            assert answer.headers["retry-after"] == "1"


def broken() -> Any:
    from sqlalchemy import create_engine  # noqa: PLC0415 - only this test breaks one

    return create_engine("sqlite:////nowhere/at/all.db")


def test_a_defect_is_a_problem_without_detail(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "admit", None)
    answer = api.ask("GET", "/v1/me")
    problem(answer, 500, "internal_error")
    assert "NoneType" not in answer.text
