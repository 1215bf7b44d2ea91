"""What a partner is owed is changed by two people, over HTTP; the partner reads what was decided."""

import pytest

from points.identity.roles import Grant, Kind, Role
from tests.api.market import capture, open_market, till, voucher
from tests.api.served import HERE, Served
from tests.people import sign_in

ALL = "/v1/partners/YF/adjustments"
ASKED = {"reason": "late_void", "note": "顾客退货", "document": "结算〔2026〕3号"}


@pytest.fixture(scope="module")
def here(both: Served) -> Served:
    open_market(both)
    return both


def test_two_people_take_back_what_was_captured(here: Served) -> None:
    code = voucher(here)["codes"]["code"]
    taken = capture(here, code, "adj-1", amount_fen=500).json()
    asked = ASKED | {"amount_fen": -500, "capture": "adj-1"}
    done = here.staff("POST", ALL, json=asked)
    assert done.status_code == 201, done.text
    first = f"{ALL}/{done.json()['adjustment_id']}"
    lin = sign_in(here.installation.engine, HERE, "lin", (Grant(role=Role.APPROVER),))
    ours = here.key(Kind.PARTNER, "YF")
    # What waits is the association's own business.
    assert here.ask("GET", ALL, ours).json()["items"] == []
    assert here.ask("GET", first, ours).json()["code"] == "not_found"
    words = here.ask("POST", f"{first}:decide", lin, json={"verdict": "reject"}).json()
    assert words["code"] == "reason_needed"
    ended = here.ask("POST", f"{first}:decide", lin, json={"verdict": "approve"}).json()
    assert (ended["state"], ended["correction_id"]) == ("approved", done.json()["adjustment_id"])
    again = here.staff("POST", ALL, json=asked | {"amount_fen": -1}).json()
    assert (again["code"], again["details"]) == ("adjustment_too_large", {"left_fen": 0})
    [seen] = here.ask("GET", ALL, ours).json()["items"]
    assert seen == here.ask("GET", first, ours).json()
    assert (
        seen.items()
        >= {
            "reference": f"adjust:{seen['number']}/late_void",
            "capture_id": taken["capture_id"],
            "request_no": "adj-1",
            "outlet_id": "YF01",
            "amount_fen": -500,
            "note": "顾客退货",
            "state": "approved",
        }.items()
    )
    # Who of the association asked and decided, and whose points paid, is none of a shop's business.
    assert not {"programme", "proposed_by", "decided_by", "decided_reason"} & seen.keys()
    kept = here.staff("GET", first).json()
    assert (kept["programme"], kept["decided_by"]) == ("health", "staff:lin")
    day = here.clock.now().date().isoformat()
    draft = here.ask("GET", f"/v1/statements:draft?day={day}", ours).json()
    [line] = [each for each in draft["lines"] if each["kind"] == "correction"]
    assert (line["source_id"], line["reference"]) == (seen["adjustment_id"], seen["reference"])
    void = {"outlet_id": "YF01", "request_no": "adj-1", "void_no": "adj-1-v"}
    late = here.ask("POST", "/v1/counter/voids", till(here), json=void).json()
    assert late["code"] == "capture_corrected"


def test_pages_withdrawal_and_what_is_not_so(here: Served) -> None:
    asked = ASKED | {"amount_fen": 7, "programme": "health", "outlet_id": "YF02"}
    names = [here.staff("POST", ALL, json=asked).json() for _ in range(3)]
    assert [each["number"] for each in names] == sorted(each["number"] for each in names)
    last = f"{ALL}/{names[-1]['adjustment_id']}"
    assert here.staff("POST", f"{last}:withdraw", json={}).json()["state"] == "withdrawn"
    page = here.staff("GET", f"{ALL}?limit=2").json()
    rest = here.staff("GET", f"{ALL}?limit=2&cursor={page['next']}").json()
    assert [each["state"] for each in page["items"]] == ["withdrawn", "proposed"]
    assert rest["items"][0]["number"] == page["items"][-1]["number"] - 1

    def refused(path: str = ALL, **more: object) -> str:
        return str(here.staff("POST", path, json=asked | more).json()["code"])

    assert refused(capture="nothing") == "capture_says_so"
    assert refused(programme="", outlet_id=None, capture="nothing") == "capture_unknown"
    assert refused(amount_fen=0) == "correction_empty"
    assert refused(outlet_id="YY01") == "outlet_unknown"
    assert refused(programme="moon") == "pool_unknown"
    assert refused(reason="because") == "content_invalid"
    assert refused("/v1/partners/NONE/adjustments") == "partner_unknown"
    # Another partner's path leads to none of them.
    other = last.replace("YF", "YY")
    assert here.staff("GET", other).json()["code"] == "not_found"
