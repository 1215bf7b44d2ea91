"""What the documents say of the interface is what is served."""

import re
from pathlib import Path

from points.api.errors import STATUS
from points.api.limits import Policy
from points.edge import refused
from points.identity.policy import Action
from points.identity.roles import Kind

REFERENCE = (Path(__file__).parents[2] / "docs/reference/http.md").read_text("utf-8")
EDGE = {each.code for each in vars(refused).values() if isinstance(each, refused.Refused)}
STEPS = {"person_needed", "second_factor_needed", "insufficient_user_authentication"}


def test_the_reference_names_real_codes_and_limits() -> None:
    told = set(re.findall(r"`([a-z]+_[a-z_]+)`", REFERENCE))
    known = set(STATUS) | {"request_no", "void_no"} | set(Action) | STEPS | EDGE
    assert told - known == set()
    for kind in Kind:
        assert f"{Policy().a_minute[kind]:,}" in REFERENCE
