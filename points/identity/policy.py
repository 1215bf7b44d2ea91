"""Who may do what: one table, default deny, asked by every channel.

``own`` means that the thing must belong to the caller: a member's own account, a partner's own
vouchers and statements, a source's own activities.
"""

from dataclasses import dataclass
from enum import StrEnum

from points.identity.model import Principal, Role


class Action(StrEnum):
    """Everything that a caller can ask for."""

    ENROL_MEMBER = "enrol_member"
    READ_MEMBER = "read_member"
    READ_BALANCE = "read_balance"
    FEED_ACTIVITY = "feed_activity"
    READ_ACTIVITY = "read_activity"
    FILE_CLAIM = "file_claim"
    REVIEW_CLAIM = "review_claim"
    PUBLISH = "publish"
    READ_PUBLICITY = "read_publicity"
    OBJECT = "object"
    ANSWER_OBJECTION = "answer_objection"
    FREEZE = "freeze"
    REVERSE = "reverse"
    READ_REWARDS = "read_rewards"
    REDEEM = "redeem"
    READ_VOUCHER = "read_voucher"
    USE_COUNTER = "use_counter"
    READ_STATEMENT = "read_statement"
    CLOSE_STATEMENT = "close_statement"
    IMPORT = "import"
    MANAGE_KEYS = "manage_keys"
    EXAMINE_RULES = "examine_rules"
    READ_LEADERBOARD = "read_leaderboard"
    LIST_ONESELF = "list_oneself"
    READ_AUDIT = "read_audit"


class Reach(StrEnum):
    """How far a permission goes."""

    ALL = "all"
    OWN = "own"


_ALL, _OWN = Reach.ALL, Reach.OWN
TABLE: dict[Action, dict[Role, Reach]] = {
    Action.ENROL_MEMBER: {Role.STAFF: _ALL},
    Action.READ_MEMBER: {Role.STAFF: _ALL, Role.MEMBER: _OWN},
    Action.READ_BALANCE: {Role.STAFF: _ALL, Role.MEMBER: _OWN},
    Action.FEED_ACTIVITY: {Role.SOURCE: _OWN},
    Action.READ_ACTIVITY: {Role.STAFF: _ALL, Role.MEMBER: _OWN, Role.SOURCE: _OWN},
    Action.FILE_CLAIM: {Role.STAFF: _ALL, Role.MEMBER: _OWN},
    Action.REVIEW_CLAIM: {Role.STAFF: _ALL},
    Action.PUBLISH: {Role.STAFF: _ALL},
    Action.READ_PUBLICITY: {Role.STAFF: _ALL, Role.MEMBER: _ALL},
    Action.OBJECT: {Role.STAFF: _ALL, Role.MEMBER: _ALL},
    Action.ANSWER_OBJECTION: {Role.STAFF: _ALL},
    Action.FREEZE: {Role.STAFF: _ALL},
    Action.REVERSE: {Role.STAFF: _ALL},
    Action.READ_REWARDS: {Role.STAFF: _ALL, Role.MEMBER: _ALL, Role.PARTNER: _ALL},
    Action.REDEEM: {Role.MEMBER: _OWN},
    Action.READ_VOUCHER: {Role.STAFF: _ALL, Role.MEMBER: _OWN},
    Action.USE_COUNTER: {Role.PARTNER: _OWN},
    Action.READ_STATEMENT: {Role.STAFF: _ALL, Role.PARTNER: _OWN},
    Action.CLOSE_STATEMENT: {Role.STAFF: _ALL},
    Action.IMPORT: {Role.STAFF: _ALL},
    Action.MANAGE_KEYS: {Role.STAFF: _ALL},
    Action.EXAMINE_RULES: {Role.STAFF: _ALL},
    Action.READ_LEADERBOARD: {Role.STAFF: _ALL, Role.MEMBER: _ALL},
    Action.LIST_ONESELF: {Role.MEMBER: _OWN},
    Action.READ_AUDIT: {Role.STAFF: _ALL},
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a caller may act, and whether what is missing is the right or the thing.

    Attributes:
        allowed: Whether it may.
        known: False where the caller may do such things but not to this one: answer as if the
            thing did not exist, so that nobody learns what others have.
    """

    allowed: bool
    known: bool = True


def judge(principal: Principal, action: Action, owner: str | None = None) -> Verdict:
    """Return whether a principal may act on a thing of an owner.

    Args:
        principal: Who asks.
        action: What for.
        owner: The subject to whom the thing belongs; None where it belongs to nobody.
    """
    reach = TABLE.get(action, {}).get(principal.role)
    if reach is None:
        return Verdict(allowed=False)
    if reach is Reach.OWN and owner is not None and owner != principal.subject:
        return Verdict(allowed=False, known=False)
    return Verdict(allowed=True)
