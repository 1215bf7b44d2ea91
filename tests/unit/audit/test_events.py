"""Events: what they may hold, what is left out, and that each hash follows from all of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from points.audit.chain import walk
from points.audit.model import (
    GENESIS,
    TEXT_LENGTH_MAX,
    WITHHELD,
    Act,
    Channel,
    Event,
    Head,
    Origin,
    Result,
    asked_for,
)
from points.audit.trail import Trail, subject_of
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import Actor, AssociationId, OperationId

A = AssociationId("A")
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
ACT = Act(
    actor=Actor("staff:li"),
    flow="freeze",
    subject="M1",
    operation_id=OperationId("staff:li:1"),
    origin=Origin(channel=Channel.API, address="10.0.0.7", session="K1", device="curl"),
)


def trail(*moments: datetime) -> Trail:
    """Return a trail with one event a moment."""
    found = Trail(head=Head())
    for moment in moments:
        found.keep(A, ACT, "", moment)
    return found


def test_a_command_that_says_nothing_leaves_its_name_and_subject() -> None:
    [event] = trail(NOW).events
    assert (event.action, event.subject, event.outcome) == ("freeze", "M1", Result.DONE)
    assert (event.sequence, event.previous_hash) == (1, GENESIS)
    assert event.right


def test_what_was_said_is_kept_and_only_for_one_command() -> None:
    found = Trail(head=Head())
    found.note("freeze", "M2", before={"frozen": False}, after={"at": NOW}, reason="r")
    assert found.noted == 1
    found.keep(A, ACT, "", NOW)
    found.keep(A, ACT, "not_found", NOW)
    first, second = found.events
    assert first.document == {
        "before": {"frozen": False},
        "after": {"at": NOW.isoformat()},
        "reason": "r",
    }
    assert (second.document, second.code, second.outcome) == ({}, "not_found", Result.REFUSED)
    assert second.previous_hash == first.hash


def test_a_batch_without_a_head_notes_nothing_and_keeps_nothing() -> None:
    found = Trail()
    found.note("freeze", "M2")
    assert found.noted == 0
    with pytest.raises(BrokenInvariant):
        found.keep(A, ACT, "", NOW)


def test_time_never_runs_backwards_along_the_chain() -> None:
    events = trail(NOW, NOW - timedelta(hours=1)).events
    assert [each.recorded_at for each in events] == [NOW, NOW]
    assert walk(events).broken is None


CHANGES: dict[str, Any] = {
    "association_id": "B",
    "sequence": 9,
    "recorded_at": NOW + timedelta(microseconds=1),
    "actor": "staff:wang",
    "action": "thaw",
    "subject": "M9",
    "outcome": Result.REFUSED,
    "code": "x",
    "flow": "thaw",
    "operation_id": "other",
    "origin": replace(ACT.origin, address="10.0.0.8"),
    "document": {"reason": "x"},
    "previous_hash": "1" * 64,
    "hash": "1" * 64,
}


def test_every_field_can_be_changed_here() -> None:
    assert set(CHANGES) == set(Event.__dataclass_fields__)


@pytest.mark.parametrize("field", CHANGES)
def test_a_changed_field_shows(field: str) -> None:
    [event] = trail(NOW).events
    changed = replace(event, **{field: CHANGES[field]})
    assert not changed.right
    assert walk([changed]).broken is not None


@pytest.mark.parametrize("field", ["channel", "address", "session", "device"])
def test_a_changed_origin_shows(field: str) -> None:
    [event] = trail(NOW).events
    other = Channel.CLI if field == "channel" else "other"
    assert not replace(event, origin=replace(event.origin, **{field: other})).right


def test_a_chain_breaks_where_something_is_missing_or_swapped() -> None:
    events = trail(*[NOW] * 5).events
    assert walk(events).rows == 5
    for broken in (events[1:], [events[0], *events[2:]], [events[0], events[2], events[1]]):
        walked = walk(broken)
        assert walked.broken is not None
        assert walked.broken.sequence == walked.rows + 1


@pytest.mark.parametrize(
    "personal",
    [{"name": "张三"}, {"who": {"phone": "13812345678"}}, {"list": [{"identity_number": "x"}]}],
)
def test_a_field_that_identifies_a_person_is_a_defect(personal: dict[str, Any]) -> None:
    found = Trail(head=Head())
    found.note("amend", "M1", after=personal)
    with pytest.raises(BrokenInvariant, match="identifies"):
        found.keep(A, ACT, "", NOW)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("01JGWJ0DM0XJ95MQVEFP00PQFE", "01JGWJ0DM0XJ95MQVEFP00PQFE"),
        ("01234567890123456789012345", "01234567890123456789012345"),
        ("YF01", "YF01"),
        ("", ""),
        ("13812345678", WITHHELD),
        ("138-1234-5678", WITHHELD),
        ("21110219900101123X", WITHHELD),
        ("张三", WITHHELD),
        ("li wei", WITHHELD),
        ("x" * 81, WITHHELD),
    ],
)
def test_what_was_asked_for_in_vain_is_kept_only_where_it_is_an_id(asked: str, kept: str) -> None:
    assert asked_for(asked) == kept


def test_an_origin_is_printable_and_short() -> None:
    origin = Origin(device="a\x00\n\udcffb" + "c" * 500, address="::1")
    assert origin.device == ("ab" + "c" * 500)[:TEXT_LENGTH_MAX]
    assert (origin.channel, origin.address) == (Channel.SYSTEM, "::1")


def test_the_most_particular_id_is_the_subject() -> None:
    class Both:
        member_id, activity_id = "M1", "A1"

    assert subject_of(Both()) == "A1"
    assert subject_of(object()) == ""
