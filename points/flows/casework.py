"""What decisions about members and claims begin with: find it, and who may not decide on it."""

from zoneinfo import ZoneInfo

from points.activities.model import Claim
from points.flows.context import Context
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, MemberId
from points.unit_of_work import WorkingSet

NO_MEMBER = NotFound(noun="member", noun_zh="会员")
NO_CLAIM = NotFound(noun="claim", noun_zh="申报")


def own(claim: Claim, actor: Actor, person: MemberId | None) -> bool:
    """Return whether somebody did what is claimed, or filed it.

    Args:
        claim: The claim.
        actor: The account that acts.
        person: The member that the acting person also is, if any.
    """
    selves = {actor} | ({Actor(f"member:{person}")} if person else set())
    return not selves.isdisjoint({claim.filed_by, Actor(f"member:{claim.member_id}")})


def handled(claim: Claim, actor: Actor) -> bool:
    """Return whether somebody has reviewed the claim, or objects to it."""
    return actor in (claim.first_reviewer, claim.second_reviewer, claim.objected_by)


def note_state(on: WorkingSet, action: str, claim: Claim, before: str, reason: str = "") -> None:
    """Note on the audit trail that a claim went from one state to another."""
    on.trail.note(
        action,
        claim.activity_id,
        before={"state": before},
        after={"state": str(claim.state)},
        reason=reason,
        detail={"member_id": claim.member_id},
    )


def zone_of(context: Context, activity_type: str) -> ZoneInfo:
    """Return where the days of an activity type begin: the zone of its first programme."""
    return context.rules.of(context.types.types[activity_type].programmes[0]).zone
