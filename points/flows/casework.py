"""What decisions about members and claims begin with: find it, and who may not decide on it."""

from zoneinfo import ZoneInfo

from points.activities.model import Claim, State
from points.duties.errors import Involved
from points.duties.model import STAFF, RelationKind
from points.flows.context import Context
from points.identity.model import Principal
from points.identity.policy import Action, judge, sees
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import Actor, MemberId
from points.ledger.errors import NoAccount
from points.unit_of_work import Keys, WorkingSet

UNREVIEWED = (State.SUBMITTED, State.SECOND_REVIEW, State.QUARANTINED)
NO_MEMBER = NotFound(noun="member", noun_zh="会员")
NO_CLAIM = NotFound(noun="claim", noun_zh="申报")
NO_KEY = NotFound(noun="key", noun_zh="密钥")
NO_PROPOSAL = NotFound(noun="proposal", noun_zh="调整申请")


def need_relations(keys: Keys, actor: Actor) -> None:
    """Load to whom the acting person of staff is related."""
    if actor.startswith(STAFF):
        keys.duties.related.add(actor)


def refuse_involved(
    on: WorkingSet, actor: Actor, person: MemberId | None, member: MemberId
) -> Refusal | None:
    """Return why somebody may not decide about a member: it is them, or a declared relative.

    Args:
        on: With the relations of the acting account.
        actor: The account that acts.
        person: The member that the acting person also is, as their log-in says.
        member: About whom it is decided.
    """
    involved = member == person or member in on.roster.related(actor)
    return Involved() if involved else None


def refuse_gone(on: WorkingSet, member_id: MemberId, programme: str) -> Refusal | None:
    """Return why nothing can be given to a member: erased, or in the programme no more.

    Their account stays for ever, but nobody could spend from it.
    """
    member = on.register.member(member_id)
    if member is None or member.erased_at is not None:
        return NO_MEMBER
    return None if member.enrolled(programme) else NoAccount()


def own(claim: Claim, on: WorkingSet, actor: Actor, person: MemberId | None) -> bool:
    """Return whether somebody did what is claimed, or filed it.

    Args:
        claim: The claim.
        on: With the relations of the acting account.
        actor: The account that acts.
        person: The member that the acting person also is, if any.
    """
    theirs = {claim.filed_by, Actor(f"member:{claim.member_id}")}
    return not _selves(on, actor, person).isdisjoint(theirs)


def handled(claim: Claim, on: WorkingSet, actor: Actor, person: MemberId | None) -> bool:
    """Return whether somebody has reviewed the claim, or objects to it."""
    by = {claim.first_reviewer, claim.second_reviewer, claim.objected_by}
    return not _selves(on, actor, person).isdisjoint(by)


def _selves(on: WorkingSet, actor: Actor, person: MemberId | None) -> set[Actor]:
    """Return every account of somebody: the acting one, and those of the member they are."""
    related = on.roster.related(actor)
    members = {member for member, kind in related.items() if kind is RelationKind.SELF}
    return {actor} | {Actor(f"member:{member}") for member in members | ({person} - {None})}


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


def decides_on(principal: Principal, claim: Claim) -> bool:
    """Return whether somebody decides on a claim as it stands, and so sees its evidence.

    Everybody else says why first (``unmask``).
    """
    if claim.state in UNREVIEWED:
        return sees(principal, Action.REVIEW_CLAIM, claim.branch, claim.grid)
    objected = claim.state is State.OBJECTED
    return objected and judge(principal, Action.ANSWER_OBJECTION).allowed
