"""What somebody tries who knows the pages: sessions that live on, odd input, what is not theirs."""

from collections.abc import Iterator

import pytest

from tests.api.market import open_market
from tests.web.browsing import House, browsing
from tests.web.test_journeys import as_till


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as here:
        open_market(here.served)
        yield here


def test_a_clerk_who_logs_out_leaves_no_session_behind(house: House) -> None:
    clerk = as_till(house)
    token = clerk.http.cookies["points-counter"]
    left = clerk.send(clerk.read("/counter"), "/log-out")
    assert left.headers["location"] == "/counter/log-in?done=logged_out"
    clerk.http.cookies.set("points-counter", token)
    assert clerk.get("/counter").headers["location"] == "/counter/log-in"
