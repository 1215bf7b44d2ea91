"""Agree on terms with a partner from a day on: tariffs, fee, cycle, payment. One version each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from points.engine import Decision, Flow
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, PartnerId, RewardId
from points.partners.agreement import NO_FEE, Agreement, Contract, Fee
from points.partners.errors import (
    ContractTooSoon,
    ContractWithinPeriod,
    PartnerUnknown,
    TariffInvalid,
    TariffTooHigh,
)
from points.partners.model import Cycle
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeContract:
    """Put a version of a partner's contract on file; see :class:`Contract`."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    starts_on: date
    cycle: Cycle
    tariff_fen: Mapping[str, int] = field(default_factory=dict)
    fee: Fee = NO_FEE
    payment_days: int = 30
    grace_days: int | None = None
    silence_days: int | None = None
    contact: str = ""


def needs(command: MakeContract, keys: Keys) -> None:
    """Lock the partner's account: captures wait, and are booked by what holds then."""
    keys.partners.partners.add(command.partner_id)
    named = {RewardId(each) for each in command.tariff_fen}
    keys.catalogue.rewards |= named
    keys.catalogue.coming |= named


def decide(command: MakeContract, on: WorkingSet) -> Decision:
    """Append the version, unless it would reprice what was captured."""
    if command.partner_id not in on.contracts.partners:
        return PartnerUnknown()
    agreement = on.contracts.agreement(command.partner_id)
    if refusal := _refuse(command, agreement, on):
        return refusal
    contract = Contract(
        partner_id=command.partner_id,
        version=len(agreement.versions) + 1,
        starts_on=command.starts_on,
        cycle=command.cycle,
        tariff_fen=command.tariff_fen,
        fee=command.fee,
        payment_days=command.payment_days,
        grace_days=command.grace_days,
        silence_days=command.silence_days,
        contact=command.contact.strip(),
        operation_id=command.operation_id,
        actor=command.actor,
        recorded_at=on.now,
    )
    on.contracts.sign(contract)
    on.trail.note(
        "make_contract",
        command.partner_id,
        after={
            "version": contract.version,
            "starts_on": contract.starts_on,
            "cycle": contract.cycle,
            "tariff_fen": dict(contract.tariff_fen),
            "fee": contract.fee,
            "payment_days": contract.payment_days,
            "grace_days": contract.grace_days,
            "silence_days": contract.silence_days,
        },
    )
    return {"partner_id": contract.partner_id, "version": contract.version}


def _refuse(command: MakeContract, agreement: Agreement, on: WorkingSet) -> Refusal | None:
    today = agreement.partner.day(on.now)
    # The first one may begin today: there was nothing agreed before that it could change.
    earliest = today + timedelta(days=1) if agreement.versions else today
    if command.starts_on < earliest:
        return ContractTooSoon(earliest=earliest.isoformat())
    if refusal := _within_period(command, agreement, earliest):
        return refusal
    for reward_id in sorted(command.tariff_fen):
        reward = on.shelf.rewards.get(RewardId(reward_id))
        if reward is None or reward.tariff_is_face:
            return TariffInvalid(reward_id=reward_id)
        coming = on.shelf.coming.get(reward.reward_id, [])
        most = min(each.use_max_fen for each in (reward, *coming) if not each.tariff_is_face)
        if command.tariff_fen[reward_id] > most:
            return TariffTooHigh(reward_id=reward_id, most_fen=most)
    return refuse_wording(command.contact, needed=False)


def _within_period(command: MakeContract, agreement: Agreement, earliest: date) -> Refusal | None:
    """Refuse another cycle but on a first of a month, where periods of either kind begin."""
    before = agreement.cycle(command.starts_on)
    if command.cycle is before or command.starts_on.day == 1:
        return None
    first = earliest if earliest.day == 1 else Cycle.MONTH.days(earliest)[1]
    return ContractWithinPeriod(earliest=first.isoformat())


FLOW = Flow("make_contract", needs, decide)
