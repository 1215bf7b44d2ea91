"""What one person may still do today: filings, approvals, and the points in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from points.activities.model import Claim
from points.duties.errors import QuotaReached
from points.duties.model import QUOTA_TITLES, STAFF, Ask, Count, QuotaKey, QuotaName
from points.flows.context import context
from points.kernel.ids import Actor
from points.rules import DutyPolicy
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What counts for something, and what it lacks.

    Attributes:
        asks: What will count.
        flagged: Whether it is beyond a quota that lets it through to a second person.
    """

    asks: tuple[Ask, ...] = ()
    flagged: bool = False


NOTHING_COUNTS = Allowance()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What counts when staff file something.

    Attributes:
        filer: Who counts for backfills; None for members and machines.
        sheet: Under which name the rows of a sheet are counted, if it came with one.
    """

    filer: Actor | None = None
    sheet: str | None = None
    backfill: bool = False

    @property
    def holders(self) -> set[str]:
        """Return whose counts have to be locked."""
        return {each for each in (self.filer, self.sheet) if each is not None}


def today(on: WorkingSet) -> str:
    """Return the local day of a batch."""
    return on.now.astimezone(context(on).duties.zone).date().isoformat()


def need_reviewer(keys: Keys, actor: Actor) -> None:
    """Lock what a reviewer has done today."""
    keys.duties.holders.add(actor)


def review_asks(claim: Claim, actor: Actor, policy: DutyPolicy) -> list[Ask]:
    """Return what an approval counts."""
    backfill = int("backfill" in claim.flags)
    return [
        Ask(QuotaKey(actor, QuotaName.POINTS), claim.worth, policy.reviewer_points),
        Ask(QuotaKey(actor, QuotaName.CLAIMS), 1, policy.reviewer_claims),
        Ask(QuotaKey(actor, QuotaName.BACKFILLS), backfill, policy.reviewer_backfills),
    ]


def refuse_beyond(asks: Sequence[Ask], on: WorkingSet) -> QuotaReached | None:
    """Return why the day does not hold this any more, or None."""
    beyond = on.roster.beyond(list(asks), today(on))
    return None if beyond is None else _reached(beyond, on)


def _reached(ask: Ask, on: WorkingSet) -> QuotaReached:
    day = date.fromisoformat(on.roster.day(ask.key, today(on)))
    zh, en = QUOTA_TITLES[ask.key.quota]
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=context(on).duties.zone)
    return QuotaReached(
        quota=ask.key.quota.value,
        quota_zh=zh,
        quota_en=en,
        most=ask.most,
        left=max(ask.most - on.roster.spent(ask.key, today(on)), 0),
        renews_at=midnight.isoformat(timespec="minutes"),
    )


def filing_allowance(
    filed: Filed, on: WorkingSet, ahead: Sequence[Allowance] = ()
) -> Allowance | QuotaReached:
    """Return what a filing counts, or why it is refused; beyond some quotas it is flagged.

    Args:
        filed: What is filed.
        on: What was done so far.
        ahead: What the same row files before it, which is not counted yet.
    """
    policy = context(on).duties
    wanted = []
    if filed.filer is not None and filed.backfill:
        key = QuotaKey(filed.filer, QuotaName.FILINGS)
        wanted.append((key, policy.filer_backfills))
    if filed.sheet is not None:
        wanted.append((QuotaKey(filed.sheet, QuotaName.ROWS), policy.sheet_rows))
    before = [ask for each in ahead for ask in each.asks]
    asks, flagged = [], False
    for key, quota in wanted:
        ask = Ask(key, 1, quota.most)
        mine = [each for each in before if each.key == key]
        if beyond := on.roster.beyond([*mine, ask], today(on)):
            if quota.over == "refuse":
                return _reached(beyond, on)
            flagged = True
        asks.append(ask)
    return Allowance(asks=tuple(asks), flagged=flagged)


def counted(asks: Sequence[Ask], on: WorkingSet) -> dict[str, list[Count]]:
    """Count what was done; return it as a step's detail keeps it."""
    counts = on.roster.count(list(asks), today(on))
    return {"counts": counts} if counts else {}


def outside_hours(on: WorkingSet) -> bool:
    """Return whether it is not office hours now."""
    policy = context(on).duties
    local = on.now.astimezone(policy.zone)
    return not policy.opens_at <= local.time() < policy.closes_at


def is_staff(actor: Actor) -> bool:
    """Return whether a person of staff acts."""
    return actor.startswith(STAFF)
