"""Every table, in one registry, for migrations and checks."""

from points.db.base import metadata
from points.identity import tables as _identity
from points.ledger import tables as _ledger

__all__ = ["metadata"]

TABLES = (_identity, _ledger)
