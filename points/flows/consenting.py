"""What joining, consenting and withdrawing have in common: the notice, and who may speak."""

from points.flows.context import context
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, MemberId
from points.privacy.errors import ConsentNeeded, NoticeMissing
from points.privacy.model import How, Notice, Purpose
from points.unit_of_work import WorkingSet

PROGRAMMES = {"party": Purpose.PARTY, "health": Purpose.HEALTH}
"""The purpose that each programme stands for."""


def notice_of(purpose: Purpose, on: WorkingSet) -> Notice | None:
    """Return the notice in force."""
    return context(on).notices.in_force(purpose, on.now)


def how(actor: Actor) -> How:
    """Return how a member spoke: by themselves, or on a form that staff attest."""
    return How.SELF if actor.startswith("member:") else How.PAPER


def refuse_joining(
    member: MemberId | None, programme: str, actor: Actor, on: WorkingSet
) -> Refusal | None:
    """Return why somebody cannot take part, where they have not agreed to it.

    Staff who enrol somebody attest that the association holds the signed form. Whoever joins by
    themselves has to agree first.
    """
    purpose = PROGRAMMES.get(programme)
    if purpose is None or (member is not None and on.dossier.given(member, purpose)):
        return None
    if how(actor) is How.SELF:
        return ConsentNeeded(purpose=purpose.value)
    return None if notice_of(purpose, on) else NoticeMissing(purpose=purpose.value)


def attest(member: MemberId, programme: str, actor: Actor, on: WorkingSet) -> None:
    """Note the consent that goes with joining, unless it stands already."""
    purpose = PROGRAMMES.get(programme)
    if purpose is None or on.dossier.given(member, purpose):
        return
    notice = notice_of(purpose, on)
    ensure(notice is not None, "nobody joins without a notice in force")
    if notice is not None:
        on.dossier.say(member, notice, how(actor), actor, on.now)
