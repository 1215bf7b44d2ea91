"""The databases of ``tests/conftest.py``, as the application's role: it cannot do what it need not.

For folders that test the program rather than its tables: whatever a flow does has its privilege,
and row-level security stands between associations. SQLite has no roles and is the same.
"""

from collections.abc import Callable

import pytest

from tests.conftest import as_application
from tests.databases import PostgresDatabases

__all__ = [
    "as_superuser",
    "database_url",
    "module_database_url",
    "module_postgres_url",
    "postgres_url",
]


@pytest.fixture
def as_superuser(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """What makes a database's URL the superuser's: it sees everybody's rows."""

    def changed(url: str) -> str:
        if not url.startswith("postgresql"):
            return url
        databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
        return databases.as_superuser(url)

    return changed


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """A migrated database of this test's own, once on each engine."""
    return as_application(request, database_url)


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_url: str) -> str:
    """A migrated PostgreSQL database of this test's own."""
    return as_application(request, postgres_url)


@pytest.fixture(scope="module")
def module_database_url(request: pytest.FixtureRequest, module_database_url: str) -> str:
    """A migrated database that the tests of one file share, once on each engine."""
    return as_application(request, module_database_url)


@pytest.fixture(scope="module")
def module_postgres_url(request: pytest.FixtureRequest, module_postgres_url: str) -> str:
    """A migrated PostgreSQL database that the tests of one file share."""
    return as_application(request, module_postgres_url)
