"""These tests run as the application's role."""

from tests.application import (
    database_url,
    module_database_url,
    module_postgres_url,
    postgres_url,
)

__all__ = ["database_url", "module_database_url", "module_postgres_url", "postgres_url"]
