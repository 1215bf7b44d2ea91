"""Machine keys: issue, list, rotate and revoke."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from points.api.caller import NO_KEY, Asking, Caller
from points.api.problems import Problem
from points.api.route import Route, get, post
from points.api.wire import Answer, Body, Code, Instant, Name
from points.flows.issue_key import IssueKey
from points.flows.list_keys import find
from points.flows.list_keys import list_keys as known_keys
from points.flows.revoke_key import RevokeKey
from points.flows.rotate_key import RotateKey
from points.identity.feeds import SECRET_BYTES, spell_secret
from points.identity.keys import KEY_BYTES, ApiKey, Concern, secret_hash, spell_key
from points.identity.policy import Action
from points.identity.roles import AT_OUTLET, Grant, Kind, Role, kind_of, read_grant
from points.kernel.ids import ALPHABET, OperationId

Network = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f.:/]{1,43}$")]


class NewKey(Body):
    """Whom a key is to stand for."""

    roles: list[Name] = Field(
        min_length=1,
        max_length=8,
        description="`partner`, `till`, `source`, or roles of staff as `officer`, "
        "`reviewer`, `reviewer:industry`, `reviewer:branch:第一支部`",
    )
    subject: Code
    outlet: Code | None = Field(default=None, description="the outlet of a till")
    till: Code | None = Field(
        default=None,
        description="a till registered at the outlet: the key speaks for it alone, and nobody "
        "else does from now on, not even once the key has ended",
    )
    actions: list[Action] | None = Field(
        default=None, min_length=1, max_length=50, description="all that the roles allow otherwise"
    )
    expires_at: Instant | None = Field(default=None, description="never otherwise")
    networks: list[Network] | None = Field(
        default=None,
        min_length=1,
        max_length=20,
        description="from where it may be used, as `10.0.0.0/8`; from anywhere otherwise",
    )


class Rotated(Body):
    """For how long the old key still counts."""

    overlap_seconds: int = Field(default=7 * 86_400, ge=0, le=30 * 86_400)


class IssuedKey(Answer):
    """A key; only its hash is kept, and only this request's own repetition shows it again.

    Attributes:
        feed_secret: With what a source signs what it feeds; shown with the key alone.
    """

    key_id: str
    key: str
    feed_secret: str | None = None


class SucceedingKey(IssuedKey):
    """A key in the place of another one, which still counts for a while."""

    replaces: str
    ends_at: datetime


class KeyOut(Answer):
    """A key without its secret, and what somebody should look at."""

    key_id: str
    kind: str
    subject: str
    outlet: str | None = None
    till: str | None = None
    roles: list[str]
    actions: list[str] | None = None
    networks: list[str] | None = None
    created_at: datetime
    ends_at: datetime | None = None
    superseded_by: str | None = None
    revoked_at: datetime | None = None
    last_used_on: date | None = None
    warnings: list[Concern]


class KeyList(Answer):
    """The newest keys."""

    items: list[KeyOut]


class RevokedKey(Answer):
    """A key that opens nothing any more."""

    key_id: str
    revoked: Literal[True] = True


async def issue_key(caller: Asking, body: NewKey) -> IssuedKey:
    """Issue a key."""
    grants, networks = _grants(body), _networks(body)
    drawn = _drawn(caller)
    signs = kind_of(grants[0].role) is Kind.SOURCE
    await caller.carry_out(
        IssueKey(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            key_id=drawn.key_id,
            secret_hash=secret_hash(drawn.secret),
            grants=grants,
            subject=body.subject,
            outlet=body.outlet,
            till=body.till,
            actions=None if body.actions is None else frozenset(body.actions),
            expires_at=body.expires_at,
            networks=networks,
            feed_secret=_sealed(caller, drawn, body.subject) if signs else None,
        )
    )
    return IssuedKey(
        key_id=drawn.key_id,
        key=drawn.spelled,
        feed_secret=spell_secret(drawn.feed_secret) if signs else None,
    )


async def rotate_key(caller: Asking, key_id: str, body: Rotated) -> SucceedingKey:
    """Issue a key in the place of another one, with the same roles and limits."""
    old = await run_in_threadpool(find, caller.engine, caller.association, key_id)
    if old is None:
        raise Problem.of(NO_KEY)
    drawn, signs = _drawn(caller), old.principal.kind is Kind.SOURCE
    done = await caller.carry_out(
        RotateKey(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            key_id=key_id,
            successor_id=drawn.key_id,
            secret_hash=secret_hash(drawn.secret),
            overlap_seconds=body.overlap_seconds,
            feed_secret=_sealed(caller, drawn, old.principal.subject) if signs else None,
        )
    )
    caller.forget_keys()
    return SucceedingKey(
        key_id=drawn.key_id,
        key=drawn.spelled,
        feed_secret=spell_secret(drawn.feed_secret) if signs else None,
        replaces=done["replaces"],
        ends_at=done["ends_at"],
    )


def list_keys(caller: Asking) -> KeyList:
    """List the newest keys, and which of them somebody should look at."""
    now = caller.installation.clock.now()
    found = known_keys(caller.engine, caller.association)
    return KeyList(items=[_shown(key, now) for key in found])


def _shown(key: ApiKey, now: datetime) -> KeyOut:
    principal = key.principal
    return KeyOut(
        key_id=key.key_id,
        kind=principal.kind.value,
        subject=principal.subject,
        outlet=principal.outlet,
        till=principal.till,
        roles=[each.spelled for each in principal.grants],
        actions=None if principal.actions is None else sorted(principal.actions),
        networks=list(principal.conditions.networks) or None,
        created_at=key.created_at,
        ends_at=key.ends_at,
        superseded_by=key.superseded_by,
        revoked_at=key.revoked_at,
        last_used_on=key.last_used_on,
        warnings=list(key.warnings(now)),
    )


def _networks(body: NewKey) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(each)) for each in body.networks or ())
    except ValueError:
        faults = [("/networks", "network_invalid")]
        raise Problem(
            422, "content_invalid", "网段不符合要求", "the networks do not fit", faults=faults
        ) from None


def _grants(body: NewKey) -> tuple[Grant, ...]:
    found = [read_grant(spelled) for spelled in body.roles]
    faults = [(f"/roles/{at}", "role_unknown") for at, each in enumerate(found) if each is None]
    grants = tuple(each for each in found if each is not None)
    if not faults and len({kind_of(each.role) for each in grants}) > 1:
        faults = [("/roles", "kinds_mixed")]
    bound = any(each.role in AT_OUTLET for each in grants)
    if not faults and bound != (body.outlet is not None):
        faults = [("/outlet", "outlet_of_till")]
    if not faults and body.till is not None and not any(each.role is Role.TILL for each in grants):
        faults = [("/till", "till_of_till")]
    if faults:
        raise Problem(
            422, "content_invalid", "角色或门店不符合要求", "the roles do not fit", faults=faults
        )
    return grants


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A fresh key's parts, and how its holder keeps it."""

    key_id: str
    secret: str = field(repr=False)
    feed_secret: bytes = field(repr=False)
    spelled: str = field(repr=False)


def _sealed(caller: Caller, drawn: _Drawn, subject: str) -> str:
    owner = f"{caller.association}|{subject}"
    return caller.installation.context.feed_seal.close(drawn.feed_secret, owner)


def _drawn(caller: Caller) -> _Drawn:
    """Return a key's public id and its secrets, drawn from the operation's id under a secret.

    A keyed pseudo-random function is as unguessable as chance, and a caller whose answer was lost
    gets the same key again without it being stored anywhere.
    """
    about = f"{caller.association}|{caller.operation}".encode()
    key = caller.installation.context.index_key
    name = blake2b(about, key=key, digest_size=26, person=b"api key id").digest()
    secret = blake2b(about, key=key, digest_size=KEY_BYTES, person=b"api key secret").digest()
    signs = blake2b(about, key=key, digest_size=SECRET_BYTES, person=b"feed secret").digest()
    key_id = "".join(ALPHABET[byte % 32] for byte in name)
    spelled = urlsafe_b64encode(secret).decode().rstrip("=")
    return _Drawn(
        key_id=key_id,
        secret=spelled,
        feed_secret=signs,
        spelled=spell_key(caller.association, key_id, spelled),
    )


async def revoke_key(caller: Asking, key_id: str) -> RevokedKey:
    """Revoke a key; twice is as good as once."""
    await caller.carry_out(
        RevokeKey(
            association_id=caller.association,
            operation_id=OperationId(f"{caller.actor}:revoke-key:{key_id}"),
            actor=caller.actor,
            key_id=key_id,
        )
    )
    caller.forget_keys()
    return RevokedKey(key_id=key_id)


ROUTES = (
    post("/v1/keys", issue_key, allows=Action.MANAGE_KEYS, zh="签发密钥", status=201),
    get("/v1/keys", list_keys, allows=Action.MANAGE_KEYS, zh="密钥列表"),
    post(
        "/v1/keys/{key_id}:rotate",
        rotate_key,
        allows=Action.MANAGE_KEYS,
        zh="轮换密钥",
        status=201,
    ),
    Route("DELETE", "/v1/keys/{key_id}", revoke_key, allows=Action.MANAGE_KEYS, zh="停用密钥"),
)
