"""Machine keys: issue and revoke."""

from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import Literal

from pydantic import Field

from points.api.caller import Asking, Caller
from points.api.problems import Problem
from points.api.route import Route, post
from points.api.wire import Answer, Body, Code, Instant, Name
from points.flows.issue_key import IssueKey
from points.flows.revoke_key import RevokeKey
from points.identity.keys import KEY_BYTES, secret_hash, spell_key
from points.identity.policy import Action
from points.identity.roles import Grant, Role, kind_of, read_grant
from points.kernel.ids import ALPHABET, OperationId


class NewKey(Body):
    """Whom a key is to stand for."""

    roles: list[Name] = Field(
        min_length=1,
        max_length=8,
        description="`member`, `partner`, `till`, `source`, or roles of staff as `officer`, "
        "`reviewer`, `reviewer:industry`, `reviewer:branch:第一支部`",
    )
    subject: Code
    outlet: Code | None = Field(default=None, description="the outlet of a till")
    actions: list[Action] | None = Field(
        default=None, min_length=1, max_length=50, description="all that the roles allow otherwise"
    )
    expires_at: Instant | None = Field(default=None, description="never otherwise")


class IssuedKey(Answer):
    """A key; only its hash is kept, and only this request's own repetition shows it again."""

    key_id: str
    key: str


class RevokedKey(Answer):
    """A key that opens nothing any more."""

    key_id: str
    revoked: Literal[True] = True


async def issue_key(caller: Asking, body: NewKey) -> IssuedKey:
    """Issue a key."""
    grants = _grants(body)
    key_id, secret = _drawn(caller)
    await caller.carry_out(
        IssueKey(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            key_id=key_id,
            secret_hash=secret_hash(secret),
            grants=grants,
            subject=body.subject,
            outlet=body.outlet,
            actions=None if body.actions is None else frozenset(body.actions),
            expires_at=body.expires_at,
        )
    )
    return IssuedKey(key_id=key_id, key=spell_key(caller.association, key_id, secret))


def _grants(body: NewKey) -> tuple[Grant, ...]:
    found = [read_grant(spelled) for spelled in body.roles]
    faults = [(f"/roles/{at}", "role_unknown") for at, each in enumerate(found) if each is None]
    grants = tuple(each for each in found if each is not None)
    if not faults and len({kind_of(each.role) for each in grants}) > 1:
        faults = [("/roles", "kinds_mixed")]
    bound = any(each.role is Role.TILL for each in grants)
    if not faults and bound != (body.outlet is not None):
        faults = [("/outlet", "outlet_of_till")]
    if faults:
        raise Problem(
            422, "content_invalid", "角色或门店不符合要求", "the roles do not fit", faults=faults
        )
    return grants


def _drawn(caller: Caller) -> tuple[str, str]:
    """Return a key's public id and its secret, drawn from the operation's id under a secret.

    A keyed pseudo-random function is as unguessable as chance, and a caller whose answer was lost
    gets the same key again without it being stored anywhere.
    """
    about = f"{caller.association}|{caller.operation}".encode()
    key = caller.installation.context.index_key
    name = blake2b(about, key=key, digest_size=26, person=b"api key id").digest()
    secret = blake2b(about, key=key, digest_size=KEY_BYTES, person=b"api key secret").digest()
    spelled = urlsafe_b64encode(secret).decode().rstrip("=")
    return "".join(ALPHABET[byte % 32] for byte in name), spelled


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
    Route("DELETE", "/v1/keys/{key_id}", revoke_key, allows=Action.MANAGE_KEYS, zh="停用密钥"),
)
