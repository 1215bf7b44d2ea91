"""Consents: what members are told, what they agreed to, and how they take it back."""

from datetime import date, datetime

from points.api.caller import NO_MEMBER, Asking, Caller
from points.api.members import sees_member
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import Answer, Body
from points.flows.give_consent import GiveConsent
from points.flows.withdraw_consent import WithdrawConsent
from points.identity.policy import Action
from points.kernel.ids import MemberId
from points.privacy.model import Consent, Notice, Purpose
from points.privacy.reads import consents_of


class NoticeOut(Answer):
    """A notice in force; ``version`` is what an agreement names."""

    purpose: Purpose
    version: int
    effective: date
    sensitive: bool
    title: str
    text: str
    sha256: str


class NoticesOut(Answer):
    """The notices in force, one for each purpose."""

    items: list[NoticeOut]


class ConsentOut(Answer):
    """What a member last said about a purpose.

    Attributes:
        renew: Whether they are to be asked again, because the notice has changed; what they said
            stands meanwhile.
    """

    purpose: Purpose
    given: bool
    notice: int
    changed_at: datetime
    renew: bool


class ConsentsOut(Answer):
    """What a member said; a purpose that is missing was never asked about."""

    member_id: str
    items: list[ConsentOut]


class NewConsent(Body):
    """Agree to a notice that was read."""

    purpose: Purpose
    notice: int


class Withdrawal(Body):
    """Take a consent back."""

    purpose: Purpose


class Said(Answer):
    """What holds now."""

    member_id: str
    purpose: Purpose
    programmes: list[str]


def list_notices(caller: Asking) -> NoticesOut:
    """List the notices in force."""
    now, notices = caller.installation.clock.now(), caller.installation.context.notices
    found = [notices.in_force(purpose, now) for purpose in Purpose]
    return NoticesOut(items=[_notice(each, caller.language) for each in found if each is not None])


def _notice(notice: Notice, language: str) -> NoticeOut:
    return NoticeOut(
        purpose=notice.purpose,
        version=notice.version,
        effective=notice.effective,
        sensitive=notice.sensitive,
        title=getattr(notice.title, language),
        text=getattr(notice.text, language),
        sha256=notice.sha256,
    )


def get_my_consents(caller: Asking) -> ConsentsOut:
    """Return what the member who asks agreed to."""
    if caller.member is None:
        raise Problem.of(NO_MEMBER)
    return _consents(caller, caller.member)


def get_consents(caller: Asking, member_id: str) -> ConsentsOut:
    """Return what a member agreed to."""
    sees_member(caller, member_id)
    return _consents(caller, MemberId(member_id))


def _consents(caller: Caller, member: MemberId) -> ConsentsOut:
    with caller.engine.reading(caller.association) as connection:
        found = consents_of(connection, caller.association, [member])
    return ConsentsOut(member_id=member, items=[_consent(caller, each) for each in found])


def _consent(caller: Caller, said: Consent) -> ConsentOut:
    now, notices = caller.installation.clock.now(), caller.installation.context.notices
    return ConsentOut(
        purpose=said.purpose,
        given=said.given,
        notice=said.notice,
        changed_at=said.changed_at,
        renew=said.given and said.notice < notices.needed(said.purpose, now),
    )


async def give_consent(caller: Asking, member_id: str, body: NewConsent) -> Said:
    """Agree to a purpose; staff attest a form that the association keeps."""
    caller.owns(member_id, NO_MEMBER)
    done = await caller.carry_out(
        GiveConsent(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=MemberId(member_id),
            purpose=body.purpose,
            notice=body.notice,
        )
    )
    return Said.model_validate(done)


async def withdraw_consent(caller: Asking, member_id: str, body: Withdrawal) -> Said:
    """Take a consent back; what does not depend on it goes on."""
    caller.owns(member_id, NO_MEMBER)
    done = await caller.carry_out(
        WithdrawConsent(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=MemberId(member_id),
            purpose=body.purpose,
        )
    )
    return Said.model_validate(done)


_PATH = "/v1/members/{member_id}/consents"
ROUTES = (
    get("/v1/notices", list_notices, allows=Action.CONSENT, zh="现行告知书"),
    get("/v1/me/consents", get_my_consents, allows=Action.CONSENT, zh="本人的同意"),
    get(_PATH, get_consents, allows=Action.CONSENT, zh="会员的同意"),
    post(_PATH, give_consent, allows=Action.CONSENT, zh="同意", status=201),
    post(f"{_PATH}:withdraw", withdraw_consent, allows=Action.CONSENT, zh="撤回同意"),
)
