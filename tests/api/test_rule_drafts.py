"""Drafts over HTTP: who reads what of them."""

from collections.abc import Iterator

import pytest

from points.identity.roles import Grant, Role
from tests.api.served import HERE, Served, served
from tests.flows.drafts import Town, rules, submitted, summary
from tests.people import sign_in

TEXT = rules(9, "2030-01-01", until="2031-01-01")


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Served]:
    with served(sqlite_url) as it:
        yield it


def test_who_may_run_no_back_test_reads_none(here: Served) -> None:
    """It names members of every branch, and what they would gain."""
    engine = here.installation.engine
    draft = submitted(Town(engine=engine, clock=here.clock, association=HERE), TEXT)
    for role, sees in ((Role.OFFICER, True), (Role.AUDITOR, True), (Role.REGISTRAR, False)):
        token = sign_in(engine, HERE, f"ms-{role.value}", (Grant(role=role),))
        headers = {"Authorization": f"Bearer {token}"}
        answer = here.http.get(f"/v1/rulesets/drafts/{draft}", headers=headers).json()
        [_, step] = answer["steps"]
        assert step["detail"].get("backtest") == (summary(TEXT) if sees else None)
        assert step["detail"]["backtest_sha256"]
