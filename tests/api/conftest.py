"""One served installation for a file of tests, on each database where it matters."""

from collections.abc import Iterator

import pytest

from tests.api.served import Served, served
from tests.application import (
    as_superuser,
    database_url,
    module_database_url,
    module_postgres_url,
    postgres_url,
)

__all__ = [
    "as_superuser",
    "database_url",
    "module_database_url",
    "module_postgres_url",
    "postgres_url",
]


@pytest.fixture(scope="module")
def api(module_sqlite_url: str) -> Iterator[Served]:
    with served(module_sqlite_url) as here:
        yield here


@pytest.fixture(scope="module")
def both(module_database_url: str) -> Iterator[Served]:
    with served(module_database_url) as here:
        yield here
