"""Alerts in the console: listed, shown with their evidence, looked at and answered."""

from points.flows.watch_day import JudgeDay
from points.identity.roles import Grant, Role
from points.kernel.ids import MemberId, OutletId
from points.watch.model import Finding, Kind
from tests.api.market import capture, give, named, open_market, redeem
from tests.web.browsing import browsing


def test_an_officer_looks_and_answers_and_a_treasurer_sees_nothing(sqlite_url: str) -> None:
    with browsing(sqlite_url) as house:
        here = house.served
        open_market(here)
        owner = here.person()
        give(here, owner, 500)
        drawn = redeem(here, owner).json()
        taken = capture(here, drawn["codes"]["code"], "r-1", amount_fen=700).json()
        finding = Finding(
            kind=Kind.ONE_OUTLET,
            window="2026-03",
            subject=f"member:{owner}@YF01",
            figures={"captures": 12, "of": 12},
            threshold={"percent": 90, "at_least": 12},
            events=(taken["capture_id"],),
            outlet_id=OutletId("YF01"),
            member_id=MemberId(owner),
        )
        judged = {"day": "2026-03-01", "findings": (finding,), "seen": 1}
        here.submit(JudgeDay(**named(here, **judged, policy_sha256="0" * 64)))
        house.hire("han", Grant(role=Role.OFFICER))
        house.hire("kui", Grant(role=Role.TREASURER))
        officer = house.browser().log_in("han")
        assert "1" in officer.read("/console").text
        listed = officer.read("/console/alerts")
        assert owner not in listed.text
        # Who it is stays masked; where it was is called by its name.
        assert "会员 张* · 门店 YF01 YF01 店 · 合作单位 YF YF" in listed.text
        [link] = [each for each in listed.links if each.endswith(finding.alert_id)]
        shown = officer.read(link)
        assert "YF01" in shown.text
        assert officer.send(shown, "/look").headers["location"].endswith("done=alert_looked")
        shown = officer.read(link)
        assert officer.send(shown, "/answer", verdict="explained", note=" ").status_code == 422
        done = officer.send(shown, "/answer", verdict="explained", note="长期用药，就近取药")
        assert done.headers["location"].endswith("done=alert_answered")
        assert "长期用药" in officer.read(link).text
        assert finding.alert_id in " ".join(officer.read("/console/alerts?state=explained").links)
        answer = here.staff("GET", f"/v1/alerts/{finding.alert_id}").json()
        assert [each["step"] for each in answer["answers"]] == ["looked_at", "explained"]
        assert answer["evidence"][0]["event_id"] == taken["capture_id"]
        assert here.staff("GET", "/v1/alerts?state=explained").json()["items"]
        treasurer = house.browser().log_in("kui")
        assert treasurer.get("/console/alerts").status_code == 403
