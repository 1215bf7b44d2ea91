"""Segregation: roles that exclude each other, that may be borrowed, and that need a person."""

from collections.abc import Iterable

from points.identity.roles import Role

_R = Role
CONFLICTING: frozenset[frozenset[Role]] = frozenset(
    frozenset(pair)
    for pair in (
        (_R.APPROVER, _R.ADMIN),
        (_R.APPROVER, _R.REGISTRAR),
        (_R.APPROVER, _R.OFFICER),
        (_R.APPROVER, _R.TREASURER),
        (_R.AUDITOR, _R.ADMIN),
        (_R.AUDITOR, _R.REGISTRAR),
        (_R.AUDITOR, _R.OFFICER),
        (_R.AUDITOR, _R.TREASURER),
        (_R.PRIVACY, _R.ADMIN),
    )
)
"""Roles that nobody has both of. Whoever prepares does not approve, whoever acts is not whoever
looks on, and whoever hands out accounts exports nobody's data. Two people are enough for all roles,
so there is no exception for small associations."""

BORROWABLE = (_R.REGISTRAR, _R.REVIEWER, _R.OFFICER, _R.TREASURER, _R.PRIVACY)
"""What an admin may borrow in an emergency. Never the approver's role: two people stay two."""

WATCHERS = frozenset({_R.ADMIN, _R.PRIVACY, _R.AUDITOR})
"""Who is told that somebody borrowed a role."""

PERSONS_ONLY = frozenset({_R.ADMIN, _R.APPROVER, _R.PRIVACY, _R.REVIEWER, _R.MEMBER})
"""Roles that no machine's key has: they are for people who prove who they are."""


def conflict(roles: Iterable[Role]) -> tuple[Role, Role] | None:
    """Return two of some roles that nobody may have both of, or None."""
    have = set(roles)
    for pair in sorted(CONFLICTING, key=sorted):
        if pair <= have:
            first, second = sorted(pair)
            return first, second
    return None
