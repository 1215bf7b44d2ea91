"""What a narrowed key may still ask for: a reviewer of one branch or grid, a till of one outlet.

The table of permissions knows roles. Whoever is limited to a part may not do what concerns the
whole, least of all issue a key that is not limited.
"""

from points.identity.model import Principal, Role
from points.identity.policy import Action

REVIEWER = frozenset(
    {
        Action.READ_MEMBER,
        Action.READ_BALANCE,
        Action.READ_ACTIVITY,
        Action.FILE_CLAIM,
        Action.REVIEW_CLAIM,
        Action.READ_PUBLICITY,
        Action.OBJECT,
        Action.READ_REWARDS,
        Action.READ_LEADERBOARD,
        Action.EXAMINE_RULES,
    }
)
TILL = frozenset({Action.USE_COUNTER, Action.READ_REWARDS})


def within(principal: Principal, action: Action) -> bool:
    """Return whether a key's limits leave room for an action."""
    if principal.role is Role.STAFF and (principal.branch or principal.grid):
        return action in REVIEWER
    if principal.role is Role.PARTNER and principal.outlet:
        return action in TILL
    return True
