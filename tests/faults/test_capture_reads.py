"""What one capture asks of PostgreSQL: so many statements and no more, none of them about prices."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from points.catalogue.store import CatalogueKeys
from points.flows import capture
from points.flows.table import FLOWS
from points.unit_of_work import Keys
from tests.flows.market import WARD, Market, market

READS = 17
"""The code, the operation, the kind of day, and what is locked with what the locks protect."""


@pytest.fixture
def here(postgres_url: str) -> Iterator[Market]:
    with market(postgres_url) as it:
        yield it


def asked(here: Market, number: int) -> list[str]:
    """Return what one capture asks once everything is warm; its writes are one message more."""
    codes, said = [here.voucher("C05") for _ in range(2)], list[str]()
    here.captured(codes[0], f"warm-{number}", outlet=WARD)

    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(here.engine.database, "before_cursor_execute", heard)
    here.captured(codes[1], f"r-{number}", outlet=WARD)
    event.remove(here.engine.database, "before_cursor_execute", heard)
    return said


def test_a_capture_asks_nothing_that_it_does_not_need(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = asked(here, 1)
    assert len(said) <= READS
    assert not [each for each in said if "catalogue_version" in each or "FROM reward " in each]

    # The control: a capture that names its reward in the version in force is found out.
    def greedy(command: Any, keys: Keys) -> None:
        capture.needs(command, keys)
        named: CatalogueKeys = keys.catalogue
        named.rewards.add(command.links.reward_id)

    flow = FLOWS[capture.Capture]
    monkeypatch.setitem(
        here.engine._flows, capture.Capture, type(flow)("capture", greedy, flow.decide)
    )
    assert len(asked(here, 2)) > READS
