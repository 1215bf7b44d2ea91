"""Every table, in one registry, for migrations and checks."""

from points.activities import tables as _activities
from points.db.base import metadata
from points.identity import tables as _identity
from points.ledger import tables as _ledger
from points.members import tables as _members

__all__ = ["metadata"]

TABLES = (_activities, _identity, _ledger, _members)
