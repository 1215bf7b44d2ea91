"""Tell owners of vouchers that end soon: once for each of the days that the policy names."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from points.catalogue.model import CatalogueVersion
from points.catalogue.store import find_version
from points.engine import Decision, Engine, Flow
from points.flows.context import Context
from points.flows.passing import described
from points.inbox.words import NoticeKind
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, RewardId, VoucherId
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import NotDue
from points.vouchers.model import State
from points.vouchers.passing import Reminder
from points.vouchers.reads import Ending, ending_vouchers

SYSTEM = Actor("system:remind")
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """Tell an owner of one voucher's end.

    Attributes:
        owner: Who owned it when it was found; whoever does by then is told.
        days: Which of the policy's days it is.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    voucher_id: VoucherId
    reward_id: RewardId
    owner: MemberId
    days: int


def once(voucher: VoucherId, days: int) -> str:
    """Return the name under which it is told."""
    return f"voucher:{voucher}:{days}"


def needs(command: Remind, keys: Keys) -> None:
    """Lock the voucher, so that nobody is told of what a counter is just using up."""
    keys.vouchers.vouchers.add(command.voucher_id)
    keys.vouchers.reminders.add(command.voucher_id)
    keys.catalogue.rewards.add(command.reward_id)
    keys.inbox.once.add((command.owner, once(command.voucher_id, command.days)))


def decide(command: Remind, on: WorkingSet) -> Decision:
    """Tell, and note that it was told; what was drawn after that day began is only noted."""
    standing, version = on.drawer.vouchers.get(command.voucher_id), on.shelf.version
    if standing is None or version is None or standing.owner_id != command.owner:
        return NotDue()
    if standing.state is not State.ISSUED or standing.expired(on.now):
        return NotDue()
    if (command.voucher_id, command.days) in on.drawer.reminded:
        return NotDue()
    told = standing.voucher.valid_from < day_begins(
        version, standing.voucher.valid_until, command.days
    )
    on.drawer.remind(
        Reminder(
            voucher_id=command.voucher_id,
            days=command.days,
            told=told,
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    if told:
        on.inbox.tell(
            command.owner,
            NoticeKind.VOUCHER_EXPIRES_SOON,
            command.voucher_id,
            described(standing, on),
            once(command.voucher_id, command.days),
        )
    return {"voucher_id": command.voucher_id, "days": command.days, "told": told}


def day_begins(version: CatalogueVersion, valid_until: datetime, days: int) -> datetime:
    """Return when the local day begins that is so many days before a voucher's last day."""
    last = version.day(valid_until - timedelta(microseconds=1))
    return version.midnight(last - timedelta(days=days))


FLOW = Flow("remind", needs, decide)


def remind_due(engine: Engine, association: AssociationId) -> int:
    """Tell everybody whose vouchers end soon; return how many were told."""
    now, known = engine.clock.now(), engine.context_of(association)
    with engine.reading(association) as connection:
        version = find_version(connection, association, now)
    if version is None:
        return 0
    told, ends_after = 0, now
    for days, ends_by in _windows(version, now, known):
        told += _remind(engine, association, days, (ends_after, ends_by))
        ends_after = ends_by
    return told


def _windows(
    version: CatalogueVersion, now: datetime, known: Context
) -> list[tuple[int, datetime]]:
    """Return the policy's days, the nearest first, each with when what it is about has ended.

    A voucher lies between two of them, so that who was not reminded in time hears once, not twice.
    """
    today = version.day(now)
    return [
        (days, version.midnight(today + timedelta(days=days + 1)))
        for days in sorted(known.vouchers.reminders)
    ]


def _remind(
    engine: Engine, association: AssociationId, days: int, ends: tuple[datetime, datetime]
) -> int:
    told, after = 0, ""
    while page := _page(engine, association, days, ends, after):
        outcomes = engine.submit_many(
            Remind(
                association_id=association,
                # A name of its own each time: that it is told once hangs on its row.
                operation_id=OperationId(f"system:remind:{e.voucher_id}:{engine.ids.next()}"),
                actor=SYSTEM,
                voucher_id=e.voucher_id,
                reward_id=e.reward_id,
                owner=e.owner_id,
                days=days,
            )
            for e in page
        )
        told += sum(bool(outcome.result.get("told")) for outcome in outcomes)
        after = page[-1].voucher_id
    return told


def _page(
    engine: Engine,
    association: AssociationId,
    days: int,
    ends: tuple[datetime, datetime],
    after: str,
) -> list[Ending]:
    with engine.reading(association) as connection:
        return ending_vouchers(connection, association, days, ends, after=after, most=PAGE)
