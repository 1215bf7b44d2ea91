"""What is kept longer than the schedule says, and what is done about it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from points.activities.evidence import evidence_before
from points.audit.model import Origin
from points.engine import Engine
from points.flows.destroy_evidence import CLOSED, PAGE, DestroyEvidence
from points.flows.erase import Ground
from points.flows.request_erasure import RequestErasure
from points.flows.retention_file import Act, Kind, Line, Schedule
from points.kernel.ids import ActivityId, Actor, AssociationId, MemberId, OperationId
from points.members.reads import left_before
from points.privacy.model import ZONE, Step
from points.privacy.store import last_steps
from points.rules.durations import Duration

WORKER = Actor("system:retention")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How much of a kind is kept too long, and what the schedule says of it."""

    line: Line
    before: datetime
    count: int


def since(now: datetime, keep: Duration) -> datetime:
    """Return the instant before which something is kept longer than a duration."""
    months = now.year * 12 + now.month - 1 - keep.months
    year, month = divmod(months, 12)
    # The first day that every month has: a day late, never a day early.
    day = min(now.day, 28)
    return now.replace(year=year, month=month + 1, day=day) - keep.elapsed


def due(engine: Engine, association: AssociationId, schedule: Schedule) -> list[Due]:
    """Return what is due, kind by kind; what is only kept is never due."""
    found = []
    for line in schedule.lines:
        if line.action is not Act.KEEP:
            before = since(engine.clock.now().astimezone(ZONE), line.keep)
            count = sum(len(page) for page in _pages(engine, association, line.kind, before))
            found.append(Due(line=line, before=before, count=count))
    return found


def apply(
    engine: Engine, association: AssociationId, schedule: Schedule, origin: Origin | None = None
) -> dict[str, int]:
    """Destroy evidence that is due, and propose the erasure of members; return how many."""
    done: dict[str, int] = {}
    for each in due(engine, association, schedule):
        carry_out = _CARRY_OUT[each.line.kind]
        done[each.line.kind.value] = sum(
            carry_out(engine, association, page, origin)
            for page in _pages(engine, association, each.line.kind, each.before)
        )
    return done


def _pages(
    engine: Engine, association: AssociationId, kind: Kind, before: datetime
) -> Iterator[Sequence[Any]]:
    after, read = "", _READ[kind]
    while page := read(engine, association, before, after):
        kept, after = page
        yield kept


def _evidence(
    engine: Engine, association: AssociationId, before: datetime, after: str
) -> tuple[Sequence[str], str] | None:
    with engine.reading(association) as connection:
        states = [state.value for state in CLOSED]
        page = evidence_before(connection, association, before, states, after=after, limit=PAGE)
    ids = [each.activity_id for each in page]
    return (ids, ids[-1]) if ids else None


def _personal(
    engine: Engine, association: AssociationId, before: datetime, after: str
) -> tuple[Sequence[str], str] | None:
    with engine.reading(association) as connection:
        page = left_before(connection, association, before, after=after, limit=PAGE)
        steps = last_steps(connection, association, page)
    open_ = {member for member, step in steps.items() if step.step is Step.REQUESTED}
    return ([each for each in page if each not in open_], page[-1]) if page else None


def _destroy(
    engine: Engine, association: AssociationId, page: Sequence[str], origin: Origin | None
) -> int:
    command = DestroyEvidence(
        association_id=association,
        operation_id=OperationId(f"{WORKER}:{engine.ids.next()}"),
        actor=WORKER,
        activities=tuple(ActivityId(each) for each in page),
    )
    outcome = engine.submit(command, origin)
    return int(outcome.result["destroyed"]) if outcome.refusal is None else 0


def _propose(
    engine: Engine, association: AssociationId, page: Sequence[str], origin: Origin | None
) -> int:
    commands = [
        RequestErasure(
            association_id=association,
            operation_id=OperationId(f"{WORKER}:{engine.ids.next()}"),
            actor=WORKER,
            member_id=MemberId(each),
            ground=Ground.RETENTION,
        )
        for each in page
    ]
    return sum(each.refusal is None for each in engine.submit_many(commands, origin))


_Read = Callable[[Engine, AssociationId, datetime, str], tuple[Sequence[str], str] | None]
_READ: dict[Kind, _Read] = {Kind.EVIDENCE: _evidence, Kind.PERSONAL: _personal}
_CarryOut = Callable[[Engine, AssociationId, Sequence[str], Origin | None], int]
_CARRY_OUT: dict[Kind, _CarryOut] = {Kind.EVIDENCE: _destroy, Kind.PERSONAL: _propose}
