"""What the documents say of the interface is what is served."""

import re
from pathlib import Path

from points.api.app import ROUTES
from points.api.errors import STATUS
from points.api.limits import Policy
from points.identity.model import Role
from points.identity.policy import TABLE

REFERENCE = (Path(__file__).parents[2] / "docs/reference/http.md").read_text("utf-8")
ROW = re.compile(r"^\| (`(?:GET|POST|DELETE) .*) \| ([^|]*) \|$", re.MULTILINE)


def test_the_reference_lists_every_operation_with_who_may() -> None:
    listed = {
        operation: set(re.findall(r"\w+", who.split(";")[0]))
        for operations, who in ROW.findall(REFERENCE)
        for operation in re.findall(r"`([^`]+)`", operations)
    }
    served = {f"{r.method} {r.path}": {role.value for role in TABLE[r.allows]} for r in ROUTES}
    # Lists of everybody are for those who may see everybody.
    served["GET /v1/members"] = {"staff"}
    assert listed == served


def test_the_reference_names_real_codes_and_limits() -> None:
    told = set(re.findall(r"`([a-z]+_[a-z_]+)`", REFERENCE))
    known = set(STATUS) | {"request_no", "void_no"}
    assert told - known == set()
    for role in Role:
        assert f"{Policy().a_minute[role]:,}" in REFERENCE
