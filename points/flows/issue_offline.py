"""Issue an offline token: one use of one voucher at one outlet, signed, for some hours.

While it is out no other outlet can use the voucher, so nothing is promised twice; it cannot be
called back. How much may be at stake is a file's to say, and by default nothing is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from points.engine import Decision, Engine, Flow
from points.flows import desk
from points.flows.context import Context, context
from points.kernel.amounts import Fen
from points.kernel.errors import Refusal
from points.kernel.ids import (
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    OutletId,
    PartnerId,
    VoucherId,
)
from points.offline.errors import OfflineOff, OfflineOut, OfflineTooDear, OfflineTooMany
from points.offline.model import Token
from points.offline.reads import newest_token
from points.offline.token import whole_minute
from points.partners.errors import OutletUnknown
from points.partners.store import find_outlet
from points.rules import OfflinePolicy
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import VoucherUnknown
from points.vouchers.model import Counter, Kind, Links
from points.vouchers.reads import links_of
from points.vouchers.standing import Reservation, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOffline:
    """Take a token for one's own voucher.

    Attributes:
        partner_id: Whose outlet it is.
        hours: How long it is to last; as long as may be where nothing is said.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    links: Links
    partner_id: PartnerId
    outlet_id: OutletId
    hours: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownToken:
    """A token with the digits that a till scans.

    Attributes:
        payload: Digits only.
    """

    token: Token
    payload: str


def prepare(
    engine: Engine, association: AssociationId, voucher_id: VoucherId, outlet_id: OutletId
) -> tuple[Links, PartnerId] | Refusal:
    """Return what a command must name besides voucher and outlet."""
    with engine.reading(association) as connection:
        links = links_of(connection, association, [voucher_id]).get(voucher_id)
        outlet = find_outlet(connection, association, outlet_id)
    if links is None:
        return VoucherUnknown()
    return OutletUnknown() if outlet is None else (links, outlet.partner_id)


def shown_token(
    engine: Engine, association: AssociationId, voucher_id: VoucherId
) -> ShownToken | None:
    """Return a voucher's token that is out, to be shown again; its owner's alone to see."""
    with engine.reading(association) as connection:
        token = newest_token(connection, association, voucher_id)
    if token is None or token.until <= engine.clock.now():
        return None
    known: Context = engine.context
    return ShownToken(token=token, payload=known.token_keys.spell(association, token))


def needs(command: IssueOffline, keys: Keys) -> None:
    """Lock the voucher, and count its tokens."""
    keys.vouchers.vouchers.add(command.links.voucher_id)
    keys.partners.partners.add(command.partner_id)
    keys.partners.outlets.add(command.outlet_id)
    keys.tokens.vouchers.add(command.links.voucher_id)


def decide(command: IssueOffline, on: WorkingSet) -> Decision:
    """Reserve the voucher for the outlet, or say why not."""
    policy, standing = context(on).offline, desk.standing_of(command.links, on)
    if isinstance(standing, Refusal):
        return standing
    if standing.owner_id != command.member_id:
        return VoucherUnknown()
    counter = _counter(command, on)
    if isinstance(counter, Refusal):
        return counter
    value = _value(standing, counter, policy)
    if refusal := _why_not(command, standing, counter, value, on):
        return refusal
    token = _token(command, standing, value, policy, on)
    on.tokens.issue(token)
    standing.reserve(
        Reservation(
            token_id=token.token_id,
            outlet_id=token.outlet_id,
            until=token.until,
            settles_until=token.upload_until,
        )
    )
    return {"token_id": token.token_id, "until": token.until.isoformat()}


def _counter(command: IssueOffline, on: WorkingSet) -> Counter | Refusal:
    partner = on.contracts.partners.get(command.partner_id)
    outlet = on.contracts.outlets.get(command.outlet_id)
    if partner is None or outlet is None or outlet.partner_id != partner.partner_id:
        return OutletUnknown()
    return Counter(
        partner_id=partner.partner_id,
        outlet_id=outlet.outlet_id,
        outlet_name=outlet.name,
        category=partner.category.value,
        operator_id="",
        zone=partner.zone,
        tariff_fen=desk.tariffs_of(partner, on),
    )


def _value(standing: Standing, counter: Counter, policy: OfflinePolicy) -> Fen:
    """Return the most that the token may come to: a part of an amount, else the tariff."""
    terms = standing.voucher.terms
    if terms.kind is Kind.AMOUNT:
        return Fen(min(standing.remaining_parts, policy.value_fen_max))
    return standing.cost_fen_at(counter, 1)


def _why_not(
    command: IssueOffline, standing: Standing, counter: Counter, value: Fen, on: WorkingSet
) -> Refusal | None:
    policy, voucher = context(on).offline, standing.voucher
    if not policy.allows(command.outlet_id):
        return OfflineOff()
    if refusal := standing.refuses(counter, on.now):
        return refusal
    kept = standing.reserved
    if kept is not None and on.now < kept.until:
        return OfflineOut(until=counter.says(kept.until))
    if on.tokens.of_voucher.get(voucher.voucher_id, 0) >= policy.per_voucher:
        return OfflineTooMany(most=policy.per_voucher)
    if value > policy.value_fen_max:
        return OfflineTooDear(most_fen=policy.value_fen_max)
    return None


def _token(
    command: IssueOffline, standing: Standing, value: Fen, policy: OfflinePolicy, on: WorkingSet
) -> Token:
    voucher, issued_at = standing.voucher, whole_minute(on.now)
    hours = min(command.hours or policy.hours_max, policy.hours_max)
    until = _within(issued_at, issued_at + timedelta(hours=hours), voucher.valid_until)
    return Token(
        token_id=on.ids.next(),
        voucher_id=voucher.voucher_id,
        outlet_id=command.outlet_id,
        key_no=policy.signing_key,
        kind=voucher.terms.kind.value,
        reward_id=voucher.reward_id,
        value_fen=value,
        issued_at=issued_at,
        until=until,
        upload_until=until + timedelta(hours=policy.upload_hours),
        operation_id=command.operation_id,
        actor=command.actor,
    )


def _within(issued_at: datetime, wanted: datetime, valid_until: datetime) -> datetime:
    """Return when the token ends: with its voucher at the latest, and a minute at least."""
    return max(min(wanted, whole_minute(valid_until)), issued_at + timedelta(minutes=1))


FLOW = Flow("issue_offline", needs, decide)
