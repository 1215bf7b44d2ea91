"""Take what a till handed over without network: capture it, or say who bears the loss.

A till that kept to all bounds is paid, or its loss is the association's; a till that did not bears
it itself. Either is a fact and no refusal: the goods are gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from points.engine import Decision, Engine, Flow
from points.engine import Outcome as Answer
from points.flows import desk
from points.flows.capture import capture_operation, take
from points.flows.context import context
from points.flows.counter import Till
from points.kernel.amounts import Fen
from points.kernel.canonical import UNSPELLED
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.offline.model import Bearer, Outcome, Reason, Token, Use
from points.offline.store import find_tokens
from points.offline.token import Read, outlet_mark, read_token
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import AmountExceeds
from points.vouchers.model import Counter, Kind, Links, State
from points.vouchers.reads import links_of
from points.vouchers.standing import Portion, Standing

NO_FEN = Fen(0)
CLOCK_SLACK = timedelta(minutes=5)
"""By so much a till's clock may be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOffline:
    """Account for one thing that was handed over.

    Attributes:
        token: The digits that were scanned.
        links: Its voucher's, where the token is known.
        request_no: The till's own number; the same again answers the same.
        handed_at: When, by the till's clock.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    outlet_id: OutletId
    operator_id: str = ""
    operator_proven: bool = False
    device_id: str
    device_proven: bool = field(default=False, metadata=UNSPELLED)
    request_no: str
    token: str
    links: Links | None
    handed_at: datetime
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What a till says that it handed over."""

    token: str
    request_no: str
    handed_at: datetime
    amount_fen: int | None = None


def upload(engine: Engine, till: Till, handed: Sequence[Handed]) -> list[Answer]:
    """Account for several things, in their order; each is answered for itself."""
    read = {each.token: read_token(each.token) for each in handed}
    ids = {each.token_id for each in read.values() if each is not None}
    with engine.reading(till.association_id) as connection:
        tokens = find_tokens(connection, till.association_id, ids)
        vouchers = {each.voucher_id for each in tokens.values()}
        links = links_of(connection, till.association_id, vouchers)

    def about(text: str) -> Links | None:
        said = read[text]
        token = None if said is None else tokens.get(said.token_id)
        return None if token is None else links[token.voucher_id]

    return engine.submit_many(
        UploadOffline(
            association_id=till.association_id,
            operation_id=capture_operation(till.partner_id, each.request_no),
            actor=till.actor,
            partner_id=till.partner_id,
            outlet_id=till.outlet_id,
            operator_id=till.operator_id,
            operator_proven=till.operator_proven,
            device_id=till.device_id,
            device_proven=till.device_proven,
            request_no=each.request_no,
            token=each.token,
            links=about(each.token),
            handed_at=each.handed_at,
            amount_fen=each.amount_fen,
        )
        for each in handed
    )


def needs(command: UploadOffline, keys: Keys) -> None:
    """Lock the voucher with all that is bound to it, and the partner's account."""
    if command.links is not None:
        desk.needs_voucher(command.links, keys)
        keys.vouchers.uses.add(command.links.voucher_id)
    desk.needs_counter(_at(command), keys)
    keys.tokens.handed.add((command.outlet_id, command.handed_at))
    read = read_token(command.token)
    if read is not None:
        keys.tokens.tokens.add(read.token_id)


def decide(command: UploadOffline, on: WorkingSet) -> Decision:
    """Capture, or record a conflict with whoever bears it."""
    counter = desk.counter_of(_at(command), on)
    if isinstance(counter, Refusal):
        return counter
    read = read_token(command.token)
    reason = _partners_fault(command, read, counter, on)
    if reason is None and (command.links is None or read is None):
        reason = Reason.TOKEN_LOST
    if reason is None:
        return _honoured(command, counter, on)
    return _conflict(command, read, reason, on)


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """The command where its voucher is known."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    outlet_id: OutletId
    operator_id: str
    operator_proven: bool
    device_id: str
    device_proven: bool
    request_no: str
    links: Links
    authorisation_id: str | None = None


NO_LINKS = Links(voucher_id="", member_id="", reward_id="", programme="", hold_id=None)  # type: ignore[arg-type]


def _at(command: UploadOffline) -> _At:
    return _At(
        association_id=command.association_id,
        operation_id=command.operation_id,
        actor=command.actor,
        partner_id=command.partner_id,
        outlet_id=command.outlet_id,
        operator_id=command.operator_id,
        operator_proven=command.operator_proven,
        device_id=command.device_id,
        device_proven=command.device_proven,
        request_no=command.request_no,
        links=command.links or NO_LINKS,
    )


def _partners_fault(
    command: UploadOffline, read: Read | None, counter: Counter, on: WorkingSet
) -> Reason | None:
    """Return which bound the till did not keep to, if any; all but the last it could have seen."""
    known = context(on)
    if read is None or not known.token_keys.genuine(on.association_id, read):
        return Reason.SIGNATURE
    if read.outlet_mark != outlet_mark(on.association_id, command.outlet_id):
        return Reason.WRONG_OUTLET
    early, late = read.issued_at - CLOCK_SLACK, read.until + CLOCK_SLACK
    if not early <= command.handed_at < late or command.handed_at > on.now + CLOCK_SLACK:
        return Reason.OUT_OF_TIME
    if (command.amount_fen is None) == (read.kind == Kind.AMOUNT.value):
        return Reason.AMOUNT
    if command.amount_fen is not None and not 0 < command.amount_fen <= read.value_fen:
        return Reason.OVER_CAP if command.amount_fen > 0 else Reason.AMOUNT
    if read.token_id in on.tokens.spent:
        return Reason.USED_TWICE
    token = on.tokens.tokens.get(read.token_id)
    ends = token.upload_until if token else read.until + _upload_hours(on)
    if on.now >= ends:
        return Reason.UPLOADED_LATE
    return Reason.TOO_MANY if _too_many(command, counter, on) else None


def _upload_hours(on: WorkingSet) -> timedelta:
    return timedelta(hours=context(on).offline.upload_hours)


def _too_many(command: UploadOffline, counter: Counter, on: WorkingSet) -> bool:
    """Return whether a till was paid for as much as may be on the day of this one."""
    partner = on.contracts.partners[counter.partner_id]
    day = partner.day(command.handed_at)
    same = sum(
        partner.day(at) == day and _same_till(command, device, on)
        for device, at in on.tokens.handed.get(command.outlet_id, [])
    )
    return same >= context(on).offline.per_till_a_day


def _same_till(command: UploadOffline, device: str, on: WorkingSet) -> bool:
    """Return whether what a device handed over counts for the till that acts.

    A till says itself what it is called, so a name counts only where somebody registered it: what
    any other name handed over counts for every till of the outlet.
    """
    mine, its = (
        on.contracts.known_as(command.outlet_id, name) for name in (command.device_id, device)
    )
    return its in {"", mine}


def _honoured(command: UploadOffline, counter: Counter, on: WorkingSet) -> Decision:
    """Capture what the voucher still has; else the loss is somebody's."""
    at, read = _at(command), read_token(command.token)
    standing = desk.standing_of(at.links, on)
    if isinstance(standing, Refusal):
        return standing
    token = on.tokens.tokens[read.token_id] if read else None
    portion = _portion(command, standing, counter)
    if isinstance(portion, Reason) or token is None:
        reason = portion if isinstance(portion, Reason) else Reason.TOKEN_LOST
        reason = _closer(reason, standing, counter, token, on)
        if token is not None and reason.bearer is Bearer.ASSOCIATION:
            standing.settle(token.token_id)
        return _conflict(command, read, reason, on, token=token)
    # A contract that came in between does not raise what was at stake.
    portion = replace(portion, cost_fen=Fen(min(portion.cost_fen, token.value_fen)))
    captured = take(at, standing, counter, portion, on)
    standing.settle(token.token_id)
    use = _use(
        command,
        on,
        token_id=token.token_id,
        value_fen=portion.cost_fen,
        event_id=captured["capture_id"],
    )
    on.tokens.use(use)
    return {"outcome": use.outcome.value, "use_id": use.use_id, "capture": captured}


def _portion(command: UploadOffline, standing: Standing, counter: Counter) -> Portion | Reason:
    """Return what is captured; that its day is over or others use it does not matter any more."""
    if standing.state is State.EXPIRED:
        return Reason.VOUCHER_CLOSED
    if standing.state is State.CAPTURED:
        return Reason.USED_ELSEWHERE
    portion = standing.portion(counter, command.amount_fen)
    if isinstance(portion, AmountExceeds):
        return Reason.USED_ELSEWHERE
    return Reason.AMOUNT if isinstance(portion, Refusal) else portion


def _closer(
    reason: Reason, standing: Standing, counter: Counter, token: Token | None, on: WorkingSet
) -> Reason:
    """Return the reason, with an eye on what this outlet itself used since the token's issue.

    Whoever used the voucher after it, the outlet had taken for itself what the token was kept for.
    """
    if reason is not Reason.USED_ELSEWHERE or token is None:
        return reason
    uses = on.drawer.uses.get(standing.voucher.voucher_id, [])
    since = (each for each in uses if each.recorded_at >= token.issued_at)
    here = any(each.outlet_id == counter.outlet_id for each in since)
    return Reason.USED_HERE if here else reason


def _conflict(
    command: UploadOffline,
    read: Read | None,
    reason: Reason,
    on: WorkingSet,
    *,
    token: Token | None = None,
) -> Decision:
    worth = command.amount_fen
    if worth is None or worth <= 0:
        known = token or (on.tokens.tokens.get(read.token_id) if read else None)
        worth = known.value_fen if known else read.value_fen if read else 0
    use = _use(
        command,
        on,
        reason=reason,
        token_id=read.token_id if read else None,
        value_fen=Fen(worth) if reason is not Reason.SIGNATURE else NO_FEN,
    )
    on.tokens.use(use)
    return {
        "outcome": use.outcome.value,
        "use_id": use.use_id,
        "bearer": use.bearer.value,
        "reason": reason.value,
        "value_fen": int(use.value_fen),
    }


def _use(
    command: UploadOffline,
    on: WorkingSet,
    *,
    token_id: str | None,
    value_fen: Fen,
    reason: Reason = Reason.NONE,
    event_id: str | None = None,
) -> Use:
    genuine = reason is not Reason.SIGNATURE
    return Use(
        use_id=on.ids.next(),
        partner_id=command.partner_id,
        outlet_id=command.outlet_id,
        device_id=command.device_id,
        operator_id=command.operator_id,
        request_no=command.request_no,
        token_id=token_id if genuine else None,
        voucher_id=command.links.voucher_id if command.links and genuine else None,
        programme=command.links.programme if command.links and genuine else "",
        handed_at=command.handed_at,
        amount_fen=command.amount_fen,
        outcome=Outcome.CAPTURED if reason.bearer is Bearer.NOBODY else Outcome.CONFLICT,
        reason=reason,
        value_fen=value_fen,
        event_id=event_id,
        uploaded_at=on.now,
        operation_id=command.operation_id,
        actor=command.actor,
    )


FLOW = Flow("upload_offline", needs, decide)
