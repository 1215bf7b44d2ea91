"""What scoring leads to besides awards: points that are put off, and effects."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.amounts import Points
from points.kernel.ensure import ensure
from points.kernel.ids import ActivityId, MemberId, TransactionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferral:
    """Points that a cap put off until its next window opens; never changed.

    Attributes:
        deferral_id: The activity's id and a number; what is put off again counts on behind a dot.
        member_id: Who is to get them.
        measure: With its programme, as ``party.wallet``.
        due_at: When the window opens.
        round: How often they were put off, this time included.
    """

    deferral_id: str
    activity_id: ActivityId
    member_id: MemberId
    programme: str
    rule_id: str
    measure: str
    points: Points
    due_at: datetime
    round: int
    ruleset_version: int
    ruleset_sha256: str
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.points > 0 and self.round > 0, "something is put off, at least once")


class Ending(StrEnum):
    """What became of points that were put off: their window came, or the activity was reversed."""

    RESUMED = "resumed"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferralEnd:
    """The end of a deferral; never changed.

    Attributes:
        points: What was granted of it; the rest was put off again, or is forgone.
    """

    deferral_id: str
    outcome: Ending
    recorded_at: datetime
    points: Points
    transaction_id: TransactionId | None = None


class EffectKind(StrEnum):
    """What a rule may do besides points."""

    VETO = "veto"
    FREEZE = "freeze"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """What a rule did to a member besides points; it stands for as long as its activity does.

    Attributes:
        measure: Whose year a veto concerns, as ``party.rating``; empty for a freeze.
        reason: The rule's title, for the member.
        froze: Whether this was what froze the member; they may have been frozen before.
    """

    activity_id: ActivityId
    rule_id: str
    kind: EffectKind
    member_id: MemberId
    programme: str
    measure: str
    occurred_at: datetime
    ruleset_version: int
    ruleset_sha256: str
    reason: str
    froze: bool
    recorded_at: datetime
