"""What failures of a database mean."""

from sqlalchemy.exc import DBAPIError

RETRYABLE = frozenset({"40001", "40P01", "55P03", "23505"})
"""Serialisation failure, deadlock, lock not available, a key that another process took first."""

_FORBIDDEN = "42501"
"""Insufficient privilege."""


def may_work_again(error: DBAPIError) -> bool:
    """Return whether the same transaction, begun anew, may well succeed."""
    state = getattr(error.orig, "sqlstate", None)
    return state in RETRYABLE or error.connection_invalidated or "locked" in str(error.orig)


def is_forbidden(error: DBAPIError) -> bool:
    """Return whether the role in use may not do that."""
    return getattr(error.orig, "sqlstate", None) == _FORBIDDEN
