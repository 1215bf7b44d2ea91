"""Column types that mean the same on PostgreSQL and SQLite."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from points.kernel.ensure import ensure

Whole = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit whole number: points, fen, versions."""


@lru_cache(maxsize=4096)  # a batch writes the same moment into every row
def instant_text(instant: datetime) -> str:
    """Return an instant as SQLite keeps it: fixed width, UTC, sorts as text."""
    ensure(instant.tzinfo is not None, "an instant has a zone")
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class Instant(TypeDecorator[datetime]):
    """A moment with its zone: ``timestamptz`` on PostgreSQL, fixed-width UTC text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what the database keeps."""
        kept = DateTime(timezone=True) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """Refuse instants without a zone; spell the others."""
        if value is None:
            return None
        ensure(value.tzinfo is not None, "an instant has a zone")
        return value if dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401
        """Return the instant in UTC."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            read: datetime = value.astimezone(UTC)
            return read
        return datetime.fromisoformat(value).astimezone(UTC)


class Document(TypeDecorator[Any]):
    """A JSON document: ``jsonb`` on PostgreSQL, text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what the database keeps."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401
        """Spell the document; JSONB serialises for itself."""
        return value if dialect.name == "postgresql" or value is None else document_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401
        """Return plain JSON values."""
        return value if dialect.name == "postgresql" or value is None else json.loads(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def document_text(value: Any) -> str:  # noqa: ANN401
    """Return the JSON text of a document."""
    return _ENCODER.encode(value)
