"""One house of pages for a file of tests, and a browser where there is one."""

from collections.abc import Iterator

import pytest

from tests.web.browsing import House, browsing


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as here:
        yield here
