"""Fields for secrets: masked, left to password managers, and kept nowhere by the browser's scripts."""

import re
from pathlib import Path

import pytest

from points import web
from points.identity.roles import Grant, Role
from tests.api.market import open_market
from tests.web.browsing import House, Read

SECRETS = {
    "password": "current-password",
    "present": "current-password",
    "chosen": "new-password",
    "again": "new-password",
    "pin": "(current|new)-password",
}
CODES = {"code", "factor", "_factor"}
STATIC = Path(web.__file__).parent / "static"


def faults(text: str) -> list[str]:
    """Return what keeps somebody from pasting into a page, or from letting a program fill it in."""
    found = []
    for tag, said in Read(text).tags:
        name = said.get("name") or ""
        if tag != "input" or said.get("type") == "hidden":
            continue
        if name in SECRETS and said.get("type") != "password":
            found.append(f"{name} is shown")
        if name in SECRETS and not re.fullmatch(SECRETS[name], said.get("autocomplete") or ""):
            found.append(f"{name} is not for password managers")
        if name in CODES and said.get("autocomplete") != "one-time-code":
            found.append(f"{name} is not filled in")
        if any(each.startswith("on") or each == "readonly" for each in said):
            found.append(f"{name} takes no paste")
    return found


def asked(text: str) -> set[str]:
    return {said.get("name") or "" for tag, said in Read(text).tags if tag == "input"}


def test_secrets_are_masked_pasted_and_filled_in(house: House) -> None:
    open_market(house.served)
    staff, till = house.staff("he", Grant(role=Role.OFFICER)), house.clerk()
    till.http.cookies.delete("points-counter")
    pages = {
        house.browser().get("/console/log-in").text: {"password", "code"},
        house.browser().get("/console/set-up").text: {"chosen", "again"},
        staff.get("/console/account/secrets").text: {"present", "chosen", "again"},
        till.get("/counter/log-in").text: {"pin"},
        till.get("/counter/set-up").text: {"pin", "again"},
    }
    for text, wanted in pages.items():
        assert wanted <= asked(text)
        assert faults(text) == []


@pytest.mark.parametrize(
    "field",
    [
        '<input name="password" type="text" autocomplete="current-password">',
        '<input name="password" type="password" autocomplete="off">',
        '<input name="chosen" type="password" autocomplete="new-password" onpaste="return false">',
        '<input name="code" type="text" autocomplete="off">',
    ],
)
def test_the_control_a_worse_field_is_found(field: str) -> None:
    assert faults(field)


def test_scripts_keep_nothing_and_hinder_no_paste(house: House) -> None:
    ours = (STATIC / "points.js").read_text("utf-8")
    # One thing is kept: whether this till sounds.
    ours = re.sub(r'localStorage\.(?:get|set|remove)Item\("counter-sound"', "", ours)
    assert not re.search(r"paste|clipboard|Storage|indexedDB|cookie|caches", ours)
    # What is vendored would keep pages that were seen for the way back, unless it is told not to.
    page = house.browser().get("/console/log-in").text
    [config] = [s for t, s in Read(page).tags if t == "meta" and s.get("name") == "htmx-config"]
    assert '"historyCacheSize":0' in (config["content"] or "")
