"""Retire a published version: before it begins, or from a coming midnight on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from points.engine import Decision, Flow
from points.flows.context import context
from points.flows.drafting import LEAD, NO_VERSION, need_people, refuse_own
from points.flows.wording import refuse_wording
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.rulebook.errors import EndsTooSoon, VersionRetired
from points.rulebook.model import Retirement, Shelved
from points.rules import midnight
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireVersion:
    """End a version before its own end.

    Attributes:
        last: The first local day on which it holds no longer; None for one that never begins.
        reason: In words; kept for ever.
        owners: Who submitted it; compared under the lock.
        person: The member that the one who retires it also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    programme: str
    version: int
    reason: str
    owners: tuple[Actor, ...]
    last: date | None = None
    person: MemberId | None = None


def needs(command: RetireVersion, keys: Keys) -> None:
    """Lock the book."""
    keys.rulebook.book = True
    need_people(keys, (command.actor, *command.owners))


def decide(command: RetireVersion, on: WorkingSet) -> Decision:
    """Give it its end; what covers those days besides holds from then on."""
    found = on.press.shelf.get((command.programme, command.version))
    if found is None or found.version.submitted_by not in command.owners:
        return NO_VERSION
    ends_at = _ends_at(command, found, on)
    if refusal := _refuse(command, found, ends_at, on):
        return refusal
    reason = command.reason.strip()
    on.press.retire(
        Retirement(
            programme=command.programme,
            version=command.version,
            ends_at=ends_at,
            actor=command.actor,
            reason=reason,
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    on.trail.note(
        "version_retired",
        f"{command.programme}/{command.version}",
        before={"ends_at": found.ends_at.isoformat()},
        after={"ends_at": ends_at.isoformat()},
        reason=reason,
    )
    return {
        "programme": command.programme,
        "version": command.version,
        "ends_at": ends_at.isoformat(),
    }


def _ends_at(command: RetireVersion, found: Shelved, on: WorkingSet) -> datetime:
    if command.last is None:
        return found.version.starts_at
    return max(midnight(command.last, context(on).rules.of(command.programme).zone), on.now)


def _refuse(
    command: RetireVersion, found: Shelved, ends_at: datetime, on: WorkingSet
) -> Refusal | None:
    if refusal := refuse_own(on, command.actor, command.person, (found.version.submitted_by,)):
        return refusal
    if found.retirement is not None or found.ends_at <= on.now + LEAD:
        return VersionRetired()
    zone = context(on).rules.of(command.programme).zone
    soonest = (on.now + LEAD).astimezone(zone).date() + timedelta(days=1)
    begins = found.version.starts_at.astimezone(zone).date()
    earliest, latest = max(soonest, begins), found.ends_at.astimezone(zone).date()
    if not midnight(earliest, zone) <= ends_at < found.ends_at:
        return EndsTooSoon(earliest=earliest.isoformat(), latest=latest.isoformat())
    ensure(on.now < ends_at, "nothing ends in the past")
    return refuse_wording(command.reason)


FLOW = Flow("retire_version", needs, decide)
