"""Two processes at once: one person is enrolled once, and nobody is in two places."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from points.engine import Decision, Flow, Outcome
from points.flows import enrol, record
from points.flows.filing import filing_needs
from points.flows.record import Record
from points.members.model import MemberKind, Profile
from points.unit_of_work import Keys, WorkingSet
from tests.flows.town import FLOWS, HERE, Town, town

WAIT_SECONDS = 0.4


def meeting(flow: Flow, needs: Callable[[Any, Keys], None] | None = None) -> Flow:
    """Return a flow whose decisions wait for each other, once both have loaded what they need."""
    place = threading.Barrier(2)

    def decide(command: Any, on: WorkingSet) -> Decision:
        with suppress(threading.BrokenBarrierError):
            place.wait(WAIT_SECONDS)
        return flow.decide(command, on)

    return Flow(flow.name, needs or flow.needs, decide)


@contextmanager
def two_towns(url: str, kind: type, flow: Flow) -> Iterator[tuple[Town, Town]]:
    with ExitStack() as stack:
        first, second = (stack.enter_context(town(url, FLOWS | {kind: flow})) for _ in range(2))
        yield first, second


def at_once(towns: tuple[Town, Town], commands: list[Any]) -> list[Outcome]:
    waiting = [it.engine.enqueue(command) for it, command in zip(towns, commands, strict=True)]
    return [answer.result(timeout=30) for answer in waiting]


def codes(outcomes: list[Outcome]) -> list[str]:
    return sorted((o.refusal.code if o.refusal else "" for o in outcomes), reverse=True)


def shifts(url: str, flow: Flow) -> list[Outcome]:
    """Record two overlapping shifts of one member from two engines at once."""
    with town(url) as here:
        member = here.person()
        commands = [here.shift(member), here.shift(member)]
    with two_towns(url, Record, flow) as towns:
        return at_once(towns, commands)


@pytest.mark.postgres
def test_nobody_is_in_two_places(postgres_url: str) -> None:
    assert codes(shifts(postgres_url, meeting(record.FLOW))) == ["shift_overlaps", ""]


def unlocked(command: Record, keys: Keys) -> None:
    """The control: reads the member without the lock."""
    filing_needs(record.filing(command), keys)
    keys.members.seen |= keys.members.members
    keys.members.members.clear()


@pytest.mark.postgres
def test_the_control_without_the_lock_somebody_is(postgres_url: str) -> None:
    assert codes(shifts(postgres_url, meeting(record.FLOW, unlocked))) == ["", ""]


@pytest.mark.postgres
def test_one_number_is_one_members(postgres_url: str) -> None:
    command = enrol.Enrol(
        association_id=HERE,
        operation_id="test:first",
        actor="staff:li",
        name="张三",
        phone="13800000000",
        profile=Profile(kind=MemberKind.RIDER),
        programmes=("party",),
    )
    other = replace(command, operation_id="test:second")
    with two_towns(postgres_url, enrol.Enrol, meeting(enrol.FLOW)) as towns:
        assert codes(at_once(towns, [command, other])) == ["phone_taken", ""]


@pytest.mark.postgres
def test_one_source_number_is_one_activity(postgres_url: str) -> None:
    with town(postgres_url) as here:
        command = here.shift(here.person())
        other = here.shift(here.person(), external_id=command.external_id)
    with two_towns(postgres_url, Record, meeting(record.FLOW)) as towns:
        assert codes(at_once(towns, [command, other])) == ["activity_conflict", ""]
