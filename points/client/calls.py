"""Every call, as data: what is sent and how the answer is read.

A call that writes is given its idempotency key when it is made, so sending the same call again,
now or after a restart, does it at most once.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote as quoted

from pydantic import BaseModel

from points.client import answers

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request.

    Attributes:
        reads: What the answer's body becomes.
        key: The idempotency key, where the request takes one in its header.
        opens: Whether it is a part of a log-in, and carries no token.
        signed: Whether it is a delivery of a source, which is signed; its id is the key.
    """

    method: str
    path: str
    reads: type[T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    key: str | None = None
    signed: bool = False
    opens: bool = False


def fresh_key() -> str:
    """Return a name that no other request has."""
    return uuid.uuid4().hex


def get(path: str, reads: type[T], **query: object) -> Call[T]:
    """Return a call that reads; what is None is left out."""
    said = {name: _said(value) for name, value in query.items() if value is not None}
    return Call(method="GET", path=path, reads=reads, query=said)


def post(
    path: str, reads: type[T], body: Mapping[str, object], key: str | None, *, keyed: bool = True
) -> Call[T]:
    """Return a call with a body and, unless its body names it, an idempotency key."""
    given = {name: _json(value) for name, value in body.items() if value is not None}
    name = (key or fresh_key()) if keyed else None
    return Call(method="POST", path=path, reads=reads, body=given, key=name)


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, (datetime, date)) else str(value)


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, (datetime, date)) else value


def path_of(template: str, *parts: str) -> str:
    """Return a path with its parts escaped."""
    return template.format(*(quoted(part, safe="") for part in parts))


def me() -> Call[answers.Me]:
    """Ask who the key stands for."""
    return get("/v1/me", answers.Me)


def enrol(
    name: str,
    phone: str,
    kind: str,
    *,
    programmes: Sequence[str] = (),
    key: str | None = None,
    **profile: object,
) -> Call[answers.Enrolled]:
    """Enrol a member; ``profile`` is branch, grid, party_member and the like."""
    body = {"name": name, "phone": phone, "kind": kind, "programmes": list(programmes), **profile}
    return post("/v1/members", answers.Enrolled, body, key)


def member(member_id: str) -> Call[answers.Member]:
    """Look at a member."""
    return get(path_of("/v1/members/{}", member_id), answers.Member)


def balances(
    member_id: str, *, at: datetime | None = None, axis: str | None = None
) -> Call[answers.Balances]:
    """Ask for balances, now or as of an instant."""
    return get(path_of("/v1/members/{}/balances", member_id), answers.Balances, at=at, axis=axis)


def lines(
    member_id: str, measure: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[answers.Page[answers.Line]]:
    """Ask for an account's lines, newest first."""
    path = path_of("/v1/members/{}/statement", member_id)
    reads = answers.Page[answers.Line]
    return get(path, reads, measure=measure, cursor=cursor, limit=limit)


def expiring(member_id: str, measure: str) -> Call[answers.ExpiringList]:
    """Ask what of an account expires when."""
    path = path_of("/v1/members/{}/expiring", member_id)
    return get(path, answers.ExpiringList, measure=measure)


def explain(member_id: str, transaction_id: str) -> Call[answers.Explained]:
    """Ask why points came or went."""
    path = path_of("/v1/members/{}/explain/{}", member_id, transaction_id)
    return get(path, answers.Explained)


def activity(
    external_id: str,
    type: str,  # noqa: A002 - the name on the wire
    occurred_at: datetime,
    fields: Mapping[str, object],
    **more: object,
) -> dict[str, Any]:
    """Return an activity to record; ``more`` is member_id or phone, ended_at, received_at."""
    named = {"external_id": external_id, "type": type, "occurred_at": occurred_at, **more}
    return {**{name: _json(value) for name, value in named.items()}, "fields": dict(fields)}


def record(item: Mapping[str, Any], *, key: str | None = None) -> Call[answers.Recorded]:
    """Record one activity, as :func:`activity` makes it."""
    return replace(post("/v1/activities", answers.Recorded, item, key), signed=True)


def record_batch(
    items: Sequence[Mapping[str, Any]], *, key: str | None = None
) -> Call[answers.BatchDone]:
    """Record up to 500 activities; each is answered by itself."""
    made = post("/v1/activities:batch", answers.BatchDone, {"items": list(items)}, key)
    return replace(made, signed=True)


def file_claim(
    type: str,  # noqa: A002 - the name on the wire
    occurred_at: datetime,
    fields: Mapping[str, object],
    *,
    key: str | None = None,
    **more: object,
) -> Call[answers.Recorded]:
    """File a claim; ``more`` is member_id, ended_at, evidence, note."""
    body = {"type": type, "occurred_at": occurred_at, "fields": dict(fields), **more}
    return post("/v1/claims", answers.Recorded, body, key)


def claims(
    *, state: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[answers.Page[answers.Claim]]:
    """Ask which claims wait for a reviewer."""
    reads = answers.Page[answers.Claim]
    return get("/v1/claims", reads, state=state, cursor=cursor, limit=limit)


def claim(activity_id: str) -> Call[answers.Claim]:
    """Ask where a claim stands."""
    return get(path_of("/v1/claims/{}", activity_id), answers.Claim)


def review(
    activity_id: str, verdict: str, *, reason: str = "", key: str | None = None
) -> Call[answers.Reviewed]:
    """Say ``approve`` or ``reject`` to a claim."""
    path = path_of("/v1/claims/{}/reviews", activity_id)
    return post(path, answers.Reviewed, {"verdict": verdict, "reason": reason}, key)


def rewards(*, programme: str | None = None) -> Call[answers.Rewards]:
    """Ask what points buy."""
    return get("/v1/rewards", answers.Rewards, programme=programme)


def quote(
    reward_id: str,
    programme: str,
    *,
    member_id: str | None = None,
    outlet_id: str | None = None,
) -> Call[answers.Quote]:
    """Ask what a redemption would come to, or everything that speaks against it."""
    body = _redemption(reward_id, programme, member_id, outlet_id)
    return post("/v1/redemptions:quote", answers.Quote, body, None, keyed=False)


def redeem(
    reward_id: str,
    programme: str,
    *,
    member_id: str | None = None,
    outlet_id: str | None = None,
    key: str | None = None,
) -> Call[answers.Redeemed]:
    """Draw a voucher; of rewards that are had at chosen outlets, for one of them."""
    body = _redemption(reward_id, programme, member_id, outlet_id)
    return post("/v1/redemptions", answers.Redeemed, body, key)


def _redemption(
    reward_id: str, programme: str, member_id: str | None, outlet_id: str | None
) -> dict[str, str | None]:
    return {
        "reward_id": reward_id,
        "programme": programme,
        "member_id": member_id,
        "outlet_id": outlet_id,
    }


def vouchers(
    *,
    member_id: str | None = None,
    last4: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[answers.Page[answers.Voucher]]:
    """Ask what a member owns; staff may ask for how a code ends instead."""
    reads = answers.Page[answers.Voucher]
    said = {"member_id": member_id, "last4": last4, "cursor": cursor, "limit": limit}
    return get("/v1/vouchers", reads, **said)


def voucher(voucher_id: str) -> Call[answers.Voucher]:
    """Ask for one voucher."""
    return get(path_of("/v1/vouchers/{}", voucher_id), answers.Voucher)


def audit(
    *, cursor: str | None = None, limit: int | None = None, **wanted: object
) -> Call[answers.Page[answers.AuditEvent]]:
    """Search the audit trail, newest first.

    ``wanted`` is actor, action, subject, outcome, channel, since, until.
    """
    reads = answers.Page[answers.AuditEvent]
    return get("/v1/audit", reads, cursor=cursor, limit=limit, **wanted)


def audit_event(sequence: int) -> Call[answers.AuditEvent]:
    """Look at one event of the audit trail."""
    return get(path_of("/v1/audit/{}", str(sequence)), answers.AuditEvent)


def verify_audit(
    *,
    sequence: int | None = None,
    hash: str | None = None,  # noqa: A002 - the name on the wire
) -> Call[answers.AuditProof]:
    """Have the chain recomputed; an event noted earlier, if given, must still be in it."""
    anchor = None if sequence is None else {"sequence": sequence, "hash": hash}
    return post("/v1/audit:verify", answers.AuditProof, {"anchor": anchor}, None, keyed=False)
