"""Members log in with a code that comes by message, on devices that hold a key; and log out."""

import secrets
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from points.api.caller import NO_MEMBER, Asking, Caller, Visiting, Visitor
from points.api.possession import prove, unproved
from points.api.problems import Problem, refused
from points.api.route import Route, entrance, get, post
from points.api.wire import Answer, Body, Name
from points.flows.end_devices import EndDevice, EndDevices
from points.flows.member_login import Code, MemberDoor, Telephone, Tokens
from points.identity.errors import ProofInvalid
from points.identity.login_codes import DIGITS
from points.identity.policy import Action
from points.identity.proofs import key_ok, thumbprint
from points.identity.reception_store import devices_of
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, MemberId, OperationId

Association = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,38}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^1[0-9]{10}$")]


class AskedCode(Body):
    """Where to send a code."""

    association: Association
    phone: Phone


class Sent(Answer):
    """The same whether the number is a member's or nobody's."""

    status: Literal["accepted"] = "accepted"
    expires_in: int = Field(default=300, description="seconds for which a code is good")


class NewDevice(Body):
    """A device that logs in."""

    name: Name = Field(description="what the member calls it")
    key: dict[str, Any] = Field(
        max_length=10,
        description="its public key as a JWK, P-256 or Ed25519; the header `DPoP` proves that it "
        "holds the private one",
    )


class LogIn(Body):
    """What came by message, and on which device."""

    association: Association
    phone: Phone
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    device: NewDevice


class Renew(Body):
    """The newest refresh token."""

    refresh_token: str = Field(min_length=1, max_length=200)


class TokensOut(Answer):
    """What a device goes on with.

    Attributes:
        access_token: `Authorization: DPoP …`, with a fresh proof in the header `DPoP` each time.
        refresh_token: Good once, for the next pair.
    """

    member_id: str
    device_id: str
    token_type: Literal["DPoP"] = "DPoP"  # noqa: S105 - a scheme
    access_token: str
    expires_in: int
    refresh_token: str


class DeviceOut(Answer):
    """A device on which the member is logged in."""

    device_id: str
    name: str
    created_at: datetime
    renewed_at: datetime
    current: bool


class DeviceList(Answer):
    """The member's devices, the newest first."""

    items: list[DeviceOut]


class Ended(Answer):
    """What opens nothing any more."""

    device_id: str
    ended: Literal[True] = True


class AllEnded(Answer):
    """A member who is logged out everywhere."""

    member_id: str
    ended: Literal[True] = True


async def ask_login_code(visitor: Visiting, body: AskedCode) -> Sent:
    """Send a code to a member's telephone; the answer does not tell whose number it is."""
    code = Code(f"{secrets.randbelow(10**DIGITS):0{DIGITS}}")
    at = _telephone(visitor, body.association, body.phone)
    found = await run_in_threadpool(_door(visitor).ask, at, code)
    if isinstance(found, Refusal):
        raise refused(found, visitor.installation.clock)
    # Behind the answer's back in both cases, so that its time does not tell either.
    send = partial(_door(visitor).send, body.phone, code)
    visitor.later(send if found is not None else _send_nothing)
    return Sent()


def _send_nothing() -> None:
    """Stand in for a message to a number that is nobody's."""


async def log_member_in(visitor: Visiting, body: LogIn) -> TokensOut:
    """Log a member in on a device that holds a key of its own."""
    proof = prove(visitor.request, visitor.installation.clock.now())
    if not key_ok(body.device.key) or thumbprint(body.device.key) != proof.thumbprint:
        raise unproved(ProofInvalid())
    at = _telephone(visitor, body.association, body.phone)
    log_in = partial(_door(visitor).log_in, at, body.code, body.device.name, proof.thumbprint)
    return _tokens(visitor, await run_in_threadpool(log_in))


async def renew_session(visitor: Visiting, body: Renew) -> TokensOut:
    """Give a device its next tokens; the refresh token is good once."""
    proof = prove(visitor.request, visitor.installation.clock.now())
    renew = partial(_door(visitor).renew, body.refresh_token, proof.thumbprint, visitor.origin)
    return _tokens(visitor, await run_in_threadpool(renew))


def _door(visitor: Visitor) -> MemberDoor:
    here = visitor.installation
    return MemberDoor(here.engine, here.context, here.ids, visitor.messenger)


def _telephone(visitor: Visitor, association: str, phone: str) -> Telephone:
    return Telephone(association_id=AssociationId(association), phone=phone, origin=visitor.origin)


def _tokens(visitor: Visitor, done: Tokens | Refusal) -> TokensOut:
    if isinstance(done, Refusal):
        raise refused(done, visitor.installation.clock)
    return TokensOut(
        member_id=done.member_id,
        device_id=done.device_id,
        access_token=done.access,
        expires_in=done.expires_in,
        refresh_token=done.refresh,
    )


def list_devices(caller: Asking) -> DeviceList:
    """List the devices on which the member is logged in."""
    member, now = _oneself(caller), caller.installation.clock.now()
    with caller.engine.reading(caller.association) as connection:
        found = devices_of(connection, caller.association, member, now)
    return DeviceList(
        items=[
            DeviceOut(
                device_id=each.device_id,
                name=each.name,
                created_at=each.created_at,
                renewed_at=each.renewed_at,
                current=each.device_id == caller.principal.session,
            )
            for each in found
        ]
    )


async def end_device(caller: Asking, device_id: str) -> Ended:
    """Log out of a device: this one, or one that was lost."""
    await caller.carry_out(
        EndDevice(
            association_id=caller.association,
            operation_id=OperationId(f"{caller.actor}:end-device:{device_id}"),
            actor=caller.actor,
            member_id=_oneself(caller),
            device_id=device_id,
        )
    )
    caller.forget_keys()
    return Ended(device_id=device_id)


async def end_devices(caller: Asking, member_id: str) -> AllEnded:
    """Log a member out everywhere, who lost a telephone or is not who they seem."""
    await caller.carry_out(
        EndDevices(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=MemberId(member_id),
        )
    )
    caller.forget_keys()
    return AllEnded(member_id=member_id)


def _oneself(caller: Caller) -> MemberId:
    if caller.member is None:
        raise Problem.of(NO_MEMBER)
    return caller.member


ENTRANCES = (
    entrance("/v1/login-codes", ask_login_code, zh="获取登录验证码", status=202),
    entrance("/v1/sessions:member", log_member_in, zh="会员登录", status=201),
    entrance("/v1/sessions:refresh", renew_session, zh="更新登录令牌"),
)
ROUTES = (
    get("/v1/me/devices", list_devices, allows=Action.OWN_DEVICES, zh="本人已登录的设备"),
    Route(
        "DELETE",
        "/v1/me/devices/{device_id}",
        end_device,
        allows=Action.OWN_DEVICES,
        zh="退出某台设备",
    ),
    post(
        "/v1/members/{member_id}/devices:end",
        end_devices,
        allows=Action.END_SESSIONS,
        zh="令会员退出全部设备",
    ),
)
