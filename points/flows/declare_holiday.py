"""Enter a day into the association's calendar, so that publicity counts the right days."""

from dataclasses import dataclass
from datetime import date

from points.activities.errors import HolidayInvalid
from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

KINDS = ("off", "work", "plain")
TITLE_LENGTH_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareHoliday:
    """Say whether a day is worked.

    Attributes:
        kind: ``off``, ``work`` (a weekend day worked), or ``plain`` to go by the weekday again.
        title: What the day is, as 春节.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    day: date
    kind: str
    title: str = ""


def needs(_command: DeclareHoliday, keys: Keys) -> None:
    """Read the calendar: the entry replaces what was there."""
    keys.activities.calendar = True


def decide(command: DeclareHoliday, on: WorkingSet) -> Decision:
    """Put the entry; publicity that is under way keeps the end that it was given."""
    if command.kind not in KINDS or len(command.title) > TITLE_LENGTH_MAX:
        return HolidayInvalid()
    day = command.day.isoformat()
    earlier, _ = on.docket.entries.get(day, (on.docket.calendar.entries.get(command.day), ""))
    on.docket.declare(day, command.kind, command.title)
    on.trail.note(
        "declare_holiday",
        day,
        before={"kind": earlier or "published"},
        after={"kind": command.kind, "title": command.title},
    )
    return {"day": day, "kind": command.kind}


FLOW = Flow("declare_holiday", needs, decide)
