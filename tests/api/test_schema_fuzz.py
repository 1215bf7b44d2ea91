"""Requests made from the description itself: nothing breaks the server, every answer is as described."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from points.api.limits import Policy
from points.identity.roles import Kind
from tests.api.market import capture, give, open_market, redeem
from tests.api.served import HERE, THERE, Served, served
from tests.databases import ROOT

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
ROLES = (Kind.STAFF, Kind.MEMBER, Kind.PARTNER, Kind.SOURCE)
RULES = "ruleset: party\nversion: 1\n"
UNLIMITED = Policy(dict.fromkeys(Kind, 1_000_000))


@dataclass
class Fuzzed:
    """A served installation with one of everything, and keys of two associations."""

    here: Served
    names: dict[str, str]

    @property
    def keys(self) -> list[str]:
        """A key of each kind in each association; whoever logged themselves out is in again."""
        subjects = {
            Kind.STAFF: "li",
            Kind.MEMBER: self.names["member_id"],
            Kind.PARTNER: "YF",
            Kind.SOURCE: "venue_qr",
        }
        for association in (HERE, THERE):
            self.here.keys.pop((association, Kind.STAFF, "li", None), None)
        return [
            self.here.key(kind, subjects[kind], association=association)
            for association in (HERE, THERE)
            for kind in ROLES
        ]


@pytest.fixture(scope="module")
def fuzzed(module_sqlite_url: str) -> Iterator[Fuzzed]:
    with served(module_sqlite_url, policy=UNLIMITED) as here:
        open_market(here)
        owner = here.person()
        give(here, owner, 500)
        drawn = redeem(here, owner).json()
        capture(here, drawn["codes"]["code"], "req-1", amount_fen=2000)
        shift = {
            "external_id": "row-1",
            "type": "volunteer.shift",
            "member_id": owner,
            "occurred_at": (here.clock.now() - timedelta(days=3)).isoformat(),
            "fields": {"hours": "2", "verified": True},
        }
        source = here.key(Kind.SOURCE, "venue_qr")
        activity = here.ask("POST", "/v1/activities", source, json=shift).json()
        here.clock.advance(timedelta(days=40))
        body = {"partner_id": "YF", "day": "2026-03-02"}
        closed = here.staff("POST", "/v1/statements:draw-up", json=body).json()
        names = {
            "member_id": owner,
            "transaction_id": drawn["transaction_id"],
            "activity_id": activity["activity_id"],
            "voucher_id": drawn["voucher_id"],
            "request_no": "req-1",
            "statement_id": closed["statement_id"],
            "measure": "party.rating",
        }
        yield Fuzzed(here, names)


# The keys are ours to choose: a key that does not fit is another test's matter.
REFUSALS = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
"""How a request may be refused that does not fit; one that is too long is not even read."""
# The file is what describe() says (.ci/run sees to it), and read in a moment.
DESCRIBED = json.loads((ROOT / "openapi" / "points.v1.json").read_text(encoding="utf-8"))
SCHEMA = schemathesis.openapi.from_dict(
    {k: v for k, v in DESCRIBED.items() if k != "security"},
    config=SchemathesisConfig.from_dict(
        {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
    ),
)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


def cases(operation: Any, names: Mapping[str, str]) -> SearchStrategy[Case]:
    """Return requests that fit, requests that fit and name what exists, and ones that do not fit."""
    existing = {name: names[name] for name in path_names(operation) if name in names}
    kinds = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
    if existing:
        kinds.append(operation.as_strategy(path_parameters=existing))
    return st.one_of(kinds)


def path_names(operation: Any) -> list[str]:
    return re.findall(r"\{(\w+)\}", operation.path)


def ask(here: Served, case: Case, key: str | None) -> Any:
    sent = case.as_transport_kwargs(base_url="http://testserver")
    headers = {
        name: value.encode("utf-8", "replace") for name, value in sent["headers"].items()
    } | {"Authorization": b"Bearer " + (key or "").encode()}
    body = {"json": sent["json"]} if "json" in sent else {"content": sent.get("data") or b""}
    return here.http.request(
        sent["method"], sent["url"], headers=headers, params=sent.get("params"), **body
    )


def search(fuzzed: Fuzzed, operation: Any, examples: int) -> None:
    keys = fuzzed.keys

    @settings(
        max_examples=examples, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
    )
    @given(case=cases(operation, fuzzed.names), number=st.integers(0, len(keys) - 1))
    def asks(case: Case, number: int) -> None:
        answer = ask(fuzzed.here, case, keys[number])
        assert answer.headers["content-security-policy"]
        case.validate_response(answer, checks=CHECKS)

    asks()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
def test_every_operation_answers_as_described(fuzzed: Fuzzed, operation: Any) -> None:
    search(fuzzed, operation, 2)


@pytest.mark.nightly
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
def test_every_operation_answers_as_described_for_long(fuzzed: Fuzzed, operation: Any) -> None:
    search(fuzzed, operation, 100)


@pytest.mark.nightly
def test_sequences_of_operations_answer_as_described(fuzzed: Fuzzed) -> None:
    class Sequences(SCHEMA.as_state_machine()):  # type: ignore[misc]
        """Follows the links that the description holds or lets infer, one key a sequence."""

        def setup(self) -> None:
            self.count, self.keys = 0, fuzzed.keys

        def call(self, case: Case, **_: Any) -> Any:
            self.count += 1
            answer = ask(fuzzed.here, case, self.keys[self.count % len(self.keys)])
            return Response.from_httpx2(answer, verify=True)

        def validate_response(self, response: Any, case: Case, **_: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    long = settings(
        max_examples=40, stateful_step_count=15, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Sequences, settings=long)


def test_control_an_answer_that_is_not_described_is_found(fuzzed: Fuzzed) -> None:
    operation = SCHEMA["/v1/me"]["GET"]
    case = operation.Case()
    answer = ask(fuzzed.here, case, fuzzed.keys[0])
    case.validate_response(answer, checks=CHECKS)
    answer._content = b'{"subject": 7}'
    with pytest.raises(FailureGroup):
        case.validate_response(answer, checks=CHECKS)
    broken = fuzzed.here.ask("GET", "/v1/nowhere")
    broken.status_code = 500
    with pytest.raises(FailureGroup):
        case.validate_response(broken, checks=CHECKS)


ODD: list[Any] = [
    *("", " ", "\x7f", "a" * 600, "１３８", "-0", "1e400", "NaN", "9" * 40, "🙂", "%", "../x"),
    *("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2199-12-31T23:59:59Z"),
    *("'; DROP TABLE member; --", [], {}, None, True, 1.5, ["a"] * 3000, {"a": {"b": 1}}),
    *(0, -1, 2**31, 2**53, 2**63, 10**30, -(2**63)),
]


@pytest.mark.parametrize("number", ["9" * 30, str(2**63), "-1", "٣", "1|2", "x" * 120, "\x7f"])
@pytest.mark.parametrize(
    "path",
    [
        *("/v1/statements", "/v1/members", "/v1/claims", "/v1/vouchers", "/v1/rewards"),
        *("/v1/publicity", "/v1/members/{member_id}/statement", "/v1/members/{member_id}/claims"),
    ],
)
def test_no_made_up_cursor_breaks_a_list(fuzzed: Fuzzed, path: str, number: str) -> None:
    query = {"cursor": base64.urlsafe_b64encode(f"1:{number}".encode()).decode().rstrip("=")}
    if path.endswith("/statement"):
        query["measure"] = "health.wallet"
    url = path.format(**fuzzed.names) + "?" + urlencode(query)
    assert fuzzed.here.staff("GET", url).status_code < 500


@pytest.mark.parametrize("at", [each for each in ODD if isinstance(each, str)])
def test_no_instant_breaks_a_look_back(fuzzed: Fuzzed, at: str) -> None:
    assert fuzzed.keys
    query = urlencode({"at": at, "axis": "recorded"})
    path = f"/v1/members/{fuzzed.names['member_id']}/balances?{query}"
    assert fuzzed.here.staff("GET", path).status_code in {200, 422}
    path = "/v1/statements:draft?" + urlencode({"partner_id": "YF", "day": at[:10]})
    assert fuzzed.here.staff("GET", path).status_code == 422 or at.startswith("2199")


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = (
        body.items()
        if isinstance(body, dict)
        else enumerate(body if isinstance(body, list) else ())
    )
    for name, value in inside:
        yield from places(value, (*path, name))
    yield path


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copied = copy(body)
    copied[path[0]] = put(body[path[0]], path[1:], value)
    return copied


BODIES: list[tuple[Kind, str, Any]] = [
    (Kind.STAFF, "/v1/members", {"name": "钱七", "phone": "13700000001", "kind": "rider", "joined_on": "2026-01-01", "programmes": ["party"]}),
    (Kind.SOURCE, "/v1/activities:batch", {"items": [{"external_id": "x", "type": "volunteer.shift", "member_id": "{member_id}", "occurred_at": "2026-03-01T00:00:00Z", "ended_at": "2026-03-01T01:00:00Z", "fields": {"hours": "1", "verified": True}}]}),
    (Kind.STAFF, "/v1/publicity", {"activity_ids": ["{activity_id}"], "batch": "x", "working_days": 5}),
    (Kind.STAFF, "/v1/statements:draw-up", {"partner_id": "YF", "day": "2026-03-02"}),
    (Kind.PARTNER, "/v1/counter/captures", {"outlet_id": "YF01", "code": "TKX1-TC24-9Y1Q-D", "request_no": "r", "amount_fen": 100}),
    (Kind.STAFF, "/v1/rulesets:diff", {"old": RULES, "new": RULES}),
    (Kind.STAFF, "/v1/rulesets:examine", {"programme": "party", "type": "volunteer.shift", "occurred_at": "2026-03-01T00:00:00Z", "fields": {"hours": "1", "verified": True}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "path", "body"), BODIES, ids=lambda each: each if isinstance(each, str) else ""
)
def test_no_odd_value_anywhere_in_a_body_breaks_it(
    fuzzed: Fuzzed, role: Kind, path: str, body: Any
) -> None:
    key = fuzzed.keys[ROLES.index(role)]
    spelled = json.dumps(body)
    for name, known in fuzzed.names.items():
        spelled = spelled.replace(f"{{{name}}}", known)
    body = json.loads(spelled)
    for place in places(body):
        for value in ODD:
            answer = fuzzed.here.ask("POST", path, key, json=put(body, place, value))
            assert answer.status_code < 500, (place, value)
