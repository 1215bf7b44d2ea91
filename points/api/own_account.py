"""One's own account: set it up, change what one logs in with, read one's notices."""

import io
from datetime import datetime
from typing import Any

import segno
from pydantic import Field

from points.api.caller import Asking, Visiting
from points.api.gate import Keyed
from points.api.problems import Problem, refused
from points.api.route import entrance, get, post
from points.api.sessions import AccountName, AssociationName, FactorBody, FactorCode, Password
from points.api.wire import Answer, Body, Code
from points.flows.list_staff import notices_of
from points.flows.own_credentials import (
    begin_factor_change,
    change_password,
    finish_factor_change,
    renew_recovery_codes,
)
from points.flows.read_notice import NO_NOTICE, ReadNotice
from points.flows.set_up_staff import Enrolment, begin_set_up, finish_set_up
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, OperationId


class SetUpBody(Body):
    """An account, its set-up code, and the password that its holder chose."""

    association: AssociationName
    account: AccountName
    set_up_code: Code = Field(repr=False)
    password: Password = Field(repr=False)


class ActivateBody(Body):
    """An account, its set-up code, and the first code of the second factor."""

    association: AssociationName
    account: AccountName
    set_up_code: Code = Field(repr=False)
    code: FactorCode = Field(repr=False)


class FactorOut(Answer):
    """A second factor that waits for its first code; shown once."""

    secret: str = Field(repr=False, description="to be typed into an authenticator program")
    uri: str = Field(repr=False, description="the same as `otpauth://`")
    svg: str = Field(repr=False, description="the same as a QR code to be scanned")


class RecoveryCodes(Answer):
    """Codes for the day when the second factor is lost; each is good once; shown once."""

    recovery_codes: list[str] = Field(repr=False)


class PasswordBody(Body):
    """The present password and the next."""

    present: Password = Field(repr=False)
    chosen: Password = Field(repr=False)


class Changed(Answer):
    """What was changed; all other sessions have ended."""

    changed: str


class NoticeOut(Answer):
    """Something that the person should know."""

    notice_id: str
    code: str
    subject: str
    said: dict[str, Any]
    created_at: datetime
    read_at: datetime | None = None


class Notices(Answer):
    """The caller's notices, the newest first."""

    items: list[NoticeOut]


class NoticeRead(Answer):
    """A notice that was read."""

    notice_id: str


def set_up_staff(visitor: Visiting, body: SetUpBody) -> FactorOut:
    """Choose a password with a set-up code; return the second factor to be enrolled."""
    begun = begin_set_up(
        visitor.engine,
        AssociationId(body.association),
        body.account,
        body.set_up_code,
        body.password,
        visitor.origin,
    )
    if isinstance(begun, Refusal):
        raise refused(begun, visitor.installation.clock)
    return _factor(begun)


def activate_staff(visitor: Visiting, body: ActivateBody) -> RecoveryCodes:
    """Prove the second factor; the account is open from now on."""
    codes = finish_set_up(
        visitor.engine,
        AssociationId(body.association),
        body.account,
        body.set_up_code,
        body.code,
        visitor.origin,
    )
    if isinstance(codes, Refusal):
        raise refused(codes, visitor.installation.clock)
    return RecoveryCodes(recovery_codes=list(codes))


def set_own_password(caller: Asking, body: PasswordBody) -> Changed:
    """Change one's password."""
    refusal = change_password(
        caller.engine, caller.principal, body.present, body.chosen, caller.origin
    )
    if refusal is not None:
        raise refused(refusal, caller.installation.clock)
    caller.forget_keys()
    return Changed(changed="password")


def begin_own_factor(caller: Asking) -> FactorOut:
    """Begin to change one's second factor; the present one is in force until it is proved."""
    begun = begin_factor_change(caller.engine, caller.principal, caller.origin)
    if isinstance(begun, Refusal):
        raise refused(begun, caller.installation.clock)
    return _factor(begun)


def confirm_own_factor(caller: Asking, body: FactorBody) -> RecoveryCodes:
    """Prove the new second factor; it is in force from now on."""
    codes = finish_factor_change(caller.engine, caller.principal, body.code, caller.origin)
    if isinstance(codes, Refusal):
        raise refused(codes, caller.installation.clock)
    caller.forget_keys()
    return RecoveryCodes(recovery_codes=list(codes))


def renew_own_codes(caller: Asking) -> RecoveryCodes:
    """Replace all of one's recovery codes."""
    codes = renew_recovery_codes(caller.engine, caller.principal, caller.origin)
    if isinstance(codes, Refusal):
        raise refused(codes, caller.installation.clock)
    return RecoveryCodes(recovery_codes=list(codes))


def list_own_notices(caller: Asking) -> Notices:
    """List one's notices."""
    found = notices_of(caller.engine, caller.principal)
    return Notices(items=[NoticeOut.model_validate(each) for each in found])


async def read_own_notice(caller: Asking, notice_id: str) -> NoticeRead:
    """Say that one has read a notice."""
    if caller.principal.kind is not Kind.STAFF:
        raise Problem.of(NO_NOTICE)  # a partner may be called like an account
    await caller.carry_out(
        ReadNotice(
            association_id=caller.association,
            operation_id=OperationId(f"{caller.actor}:read-notice:{notice_id}"),
            actor=caller.actor,
            staff_id=caller.principal.subject,
            notice_id=notice_id,
        )
    )
    return NoticeRead(notice_id=notice_id)


def _factor(begun: Enrolment) -> FactorOut:
    drawn = io.BytesIO()
    segno.make_qr(begun.uri, error="m").save(drawn, kind="svg", scale=4, xmldecl=False)
    return FactorOut(secret=begun.secret, uri=begun.uri, svg=drawn.getvalue().decode())


_OWN, _SECRETS = Action.OWN_SESSIONS, Action.CHANGE_CREDENTIALS
_NOT = Keyed.NOT
ENTRANCES = (
    entrance("/v1/staff:setup", set_up_staff, zh="设置账号：选择密码"),
    entrance("/v1/staff:activate", activate_staff, zh="设置账号：启用第二因素"),
)
ROUTES = (
    post("/v1/me/password", set_own_password, allows=_SECRETS, zh="更换本人密码", keyed=_NOT),
    post(
        "/v1/me/second-factor",
        begin_own_factor,
        allows=_SECRETS,
        zh="更换第二因素：生成",
        keyed=_NOT,
    ),
    post(
        "/v1/me/second-factor:confirm",
        confirm_own_factor,
        allows=_SECRETS,
        zh="更换第二因素：确认",
        keyed=_NOT,
    ),
    post(
        "/v1/me/recovery-codes",
        renew_own_codes,
        allows=_SECRETS,
        zh="更换恢复码",
        keyed=_NOT,
    ),
    get("/v1/me/notices", list_own_notices, allows=_OWN, zh="本人的通知"),
    post(
        "/v1/me/notices/{notice_id}:read", read_own_notice, allows=_OWN, zh="通知已读", keyed=_NOT
    ),
)
