"""These tests run as the application's role."""

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
