"""Tills without network: the keys to check tokens by, what was handed over, and the conflicts."""

import base64
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from points.api.caller import Asking, Caller
from points.api.counter import AtTill, CaptureOut, till_of
from points.api.gate import Keyed
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Code, Id, Instant, Page, PageQuery, page_of
from points.engine import Outcome
from points.flows.rule_offline import RuleOffline, prepare
from points.flows.upload_offline import Handed, upload
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import PartnerId
from points.offline.model import Decision
from points.offline.reads import PAGE_MAX, Conflict, conflicts
from points.partners.errors import PartnerUnknown

ITEMS_MAX = 100
Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,400}$")]
Reason = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


class OfflineKey(Answer):
    """A public key; ``key_no`` stands in each token."""

    key_no: int
    public_key: str = Field(description="Ed25519, 32 bytes in base 64")


class OfflineKeys(Answer):
    """What a till keeps while it has a network, to check tokens without one."""

    association: str
    enabled: bool
    keys: list[OfflineKey]
    per_till_a_day: int
    value_fen_max: int
    upload_hours: int
    server_time: datetime


class HandedOver(Body):
    """One thing that was handed over without network."""

    token: Digits
    request_no: Code
    handed_at: Instant
    amount_fen: int | None = Field(default=None, ge=0, le=10_000_000)


class OfflineCaptures(AtTill):
    """What a till handed over, in its order; each is answered for itself."""

    items: Annotated[list[HandedOver], Field(min_length=1, max_length=ITEMS_MAX)]


class NotTaken(Answer):
    """Why an item could not be taken at all."""

    code: str
    detail: str


class Brought(Answer):
    """What became of one item: captured, a conflict with whoever bears it, or refused."""

    request_no: str
    outcome: Literal["captured", "conflict", "refused"]
    use_id: str | None = None
    capture: CaptureOut | None = None
    bearer: str | None = None
    reason: str | None = None
    value_fen: int | None = None
    refused: NotTaken | None = None


class AllBrought(Answer):
    """What became of a batch."""

    items: list[Brought]


class ConflictOut(Answer):
    """A use that was not captured: who bears it, and what was decided."""

    use_id: str
    partner_id: str
    outlet_id: str
    device_id: str
    request_no: str
    voucher_id: str | None = None
    handed_at: datetime
    uploaded_at: datetime
    reason: str
    bearer: str
    value_fen: int
    waiting: bool
    decision: str | None = None
    decided_fen: int | None = None
    decided_at: datetime | None = None
    correction_id: str | None = None
    words: str | None = None


class ConflictsQuery(PageQuery):
    """Which conflicts; a partner's own where nobody is named."""

    partner_id: Id | None = None
    waiting: Literal["yes"] | None = None


class NewRuling(Body):
    """What is decided, and why, in words that name nobody."""

    decision: Decision
    reason: Reason
    programme: Code | None = Field(
        default=None, description="whose pool pays, where the token itself is lost"
    )


class Ruled(Answer):
    """A decision; what is paid stands in the partner's next statement."""

    use_id: str
    decision: str
    amount_fen: int
    correction_id: str | None = None


def offline_key(caller: Asking) -> OfflineKeys:
    """Return the public keys and bounds that a till keeps for when it has no network."""
    known, association = caller.installation.context, caller.association
    policy = known.offline
    return OfflineKeys(
        association=association,
        enabled=policy.enabled,
        keys=[
            OfflineKey(
                key_no=number,
                public_key=base64.b64encode(known.token_keys.public(association, number)).decode(),
            )
            for number in policy.trusted_keys
        ],
        per_till_a_day=policy.per_till_a_day,
        value_fen_max=policy.value_fen_max,
        upload_hours=policy.upload_hours,
        server_time=caller.installation.clock.now(),
    )


def bring_offline(caller: Asking, body: OfflineCaptures) -> AllBrought:
    """Take what a till handed over without network, each for itself and once."""
    handed = [
        Handed(
            token=each.token,
            request_no=each.request_no,
            handed_at=each.handed_at,
            amount_fen=each.amount_fen,
        )
        for each in body.items
    ]
    answers = upload(caller.engine, till_of(caller, body), handed)
    if all(each.replayed for each in answers):
        caller.headers["Idempotent-Replayed"] = "true"
    pairs = zip(handed, answers, strict=True)
    return AllBrought(items=[_brought(caller, each.request_no, done) for each, done in pairs])


def _brought(caller: Caller, request_no: str, done: Outcome) -> Brought:
    if done.refusal is not None:
        said = NotTaken(code=done.refusal.code, detail=done.refusal.text(caller.language))
        return Brought(request_no=request_no, outcome="refused", refused=said)
    return Brought.model_validate({"request_no": request_no, **done.result})


def list_conflicts(caller: Asking, query: Annotated[ConflictsQuery, IN_QUERY]) -> Page[ConflictOut]:
    """List conflicts, the oldest first; a partner sees its own."""
    limit = min(query.limit, PAGE_MAX - 1)
    with caller.engine.reading(caller.association) as connection:
        rows = conflicts(
            connection,
            caller.association,
            partner_id=_partner(caller, query.partner_id),
            waiting=query.waiting is not None,
            after=query.key,
            most=limit + 1,
        )
    return page_of(rows, limit, lambda row: row.use.use_id, conflict_out)


async def rule_conflict(caller: Asking, use_id: str, body: NewRuling) -> Ruled:
    """Pay a conflict that the association bears, or refuse to, once."""
    command = await run_in_threadpool(_ruling, caller, use_id, body)
    return Ruled.model_validate(await caller.carry_out(command))


def _ruling(caller: Caller, use_id: str, body: NewRuling) -> RuleOffline:
    found = prepare(caller.engine, caller.association, use_id, body.programme or "")
    if isinstance(found, Refusal):
        raise Problem.of(found)
    use, programme = found
    return RuleOffline(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        use_id=use_id,
        partner_id=use.partner_id,
        outlet_id=use.outlet_id,
        programme=programme,
        decision=body.decision,
        reason=body.reason,
    )


def _partner(caller: Caller, named: str | None) -> PartnerId | None:
    """Return whose conflicts: everybody's only for whoever may see them all."""
    if named is None and caller.may(""):
        return None
    partner = named or caller.principal.subject
    caller.owns(partner, PartnerUnknown())
    return PartnerId(partner)


def conflict_out(row: Conflict) -> ConflictOut:
    """Return a conflict as it is answered."""
    use, ruling = row.use, row.ruling
    return ConflictOut(
        use_id=use.use_id,
        partner_id=use.partner_id,
        outlet_id=use.outlet_id,
        device_id=use.device_id,
        request_no=use.request_no,
        voucher_id=use.voucher_id,
        handed_at=use.handed_at,
        uploaded_at=use.uploaded_at,
        reason=use.reason.value,
        bearer=use.bearer.value,
        value_fen=use.value_fen,
        waiting=row.open,
        decision=ruling.decision.value if ruling else None,
        decided_fen=ruling.amount_fen if ruling else None,
        decided_at=ruling.decided_at if ruling else None,
        correction_id=ruling.correction_id if ruling else None,
        words=ruling.reason if ruling else None,
    )


ROUTES = (
    get(
        "/v1/counter/offline-key",
        offline_key,
        allows=Action.USE_COUNTER,
        zh="离线凭证验签公钥与额度",
    ),
    post(
        "/v1/counter/offline-captures",
        bring_offline,
        allows=Action.USE_COUNTER,
        zh="上传断网期间的核销；每条 request_no 即幂等编号",
        keyed=Keyed.BODY,
    ),
    get(
        "/v1/offline-conflicts",
        list_conflicts,
        allows=Action.READ_STATEMENT,
        zh="离线核销冲突（谁承担）",
    ),
    post(
        "/v1/offline-conflicts/{use_id}:rule",
        rule_conflict,
        allows=Action.RULE_OFFLINE,
        zh="裁定由协会承担的冲突",
    ),
)
