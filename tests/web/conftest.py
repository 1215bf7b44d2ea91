"""One house of pages for a file of tests, and a browser where there is one."""

from collections.abc import Iterator

import pytest

from tests.web.browsing import House, browsing


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as here:
        yield here


@pytest.fixture(
    scope="module", params=["postgres", pytest.param("sqlite", marks=pytest.mark.nightly)]
)
def module_database_url(request: pytest.FixtureRequest) -> str:
    """A database for the longest journeys: PostgreSQL, as in production; the other pages have SQLite."""
    return str(request.getfixturevalue(f"module_{request.param}_url"))
