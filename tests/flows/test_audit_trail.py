"""What staff do leaves exactly one event each; members, machines, and replays leave none."""

import dataclasses
import enum
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from sqlalchemy import event

from points.activities.errors import NotYours
from points.adjustments.model import Adjustment
from points.adjustments.model import Reason as AdjustmentReason
from points.audit.model import Channel, Event, Origin, Result
from points.audit.reads import Search, events_after
from points.corrections.model import Correction, Line
from points.corrections.model import Kind as CorrectionKind
from points.engine import Engine, Flow
from points.flows import audit
from points.flows.amend import Amend
from points.flows.answer import Answer
from points.flows.capture import Capture, capture_operation
from points.flows.claim import FileClaim
from points.flows.declare_holiday import DeclareHoliday
from points.flows.enrol import Enrol
from points.flows.freeze import Freeze
from points.flows.grant import Grant
from points.flows.join import Join
from points.flows.leave import Leave
from points.flows.note_access import NoteAccess
from points.flows.note_key_use import NoteKeyUse
from points.flows.object import ObjectTo
from points.flows.open_year import OpenYear
from points.flows.publish import Publish
from points.flows.release import Release, release_operation
from points.flows.reverse import Reverse
from points.flows.review import Review, Verdict
from points.flows.table import FLOWS
from points.flows.thaw import Thaw
from points.flows.verify import verify
from points.flows.withdraw import Withdraw
from points.funds.model import Return
from points.identity.guards import Watch
from points.kernel.amounts import Fen, Points
from points.kernel.canonical import canonical_json
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import (
    ActivityId,
    Actor,
    AdjustmentId,
    CorrectionId,
    MemberId,
    PartnerId,
    ProposalId,
    ReturnId,
)
from points.ledger.model import Measure
from points.members.model import MemberKind, Profile
from points.proposals.model import REASONS, Proposal
from points.proposals.model import Kind as ProposalKind
from points.watch.model import Finding
from points.watch.model import Kind as WatchKind
from points.webhooks.model import Attempt
from tests.flows.town import HERE, NOON, STAFF, Town, town

AT_THE_DESK = Origin(channel=Channel.WEB, address="10.0.0.7", session="S1", device="Firefox")


def events(engine: Engine, after: int = 0) -> list[Event]:
    with engine.reading(HERE) as connection:
        return events_after(connection, HERE, after, 10_000)


@contextmanager
def one_event(here: Town) -> Iterator[list[Event]]:
    """Yield a list that holds the one event which the block leaves."""
    before, found = len(events(here.engine)), []
    yield found
    found.extend(events(here.engine, before))
    assert len(found) == 1, found


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url, FLOWS) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(module_sqlite_url: str) -> Iterator[Town]:
    with town(module_sqlite_url, FLOWS) as opened:
        yield opened


VALUES: dict[Any, Any] = {
    str: "x",
    int: 1,
    bool: True,
    date: date(2026, 3, 1),
    datetime: NOON - timedelta(days=1),
    bytes: b"x",
}
NAMED: dict[str, Any] = {
    "programme": "party",
    "year": 2026,
    "zone": "Asia/Shanghai",
    "type": "volunteer.shift",
    "fields": {"hours": "1", "verified": True},
    "member": Profile(kind=MemberKind.RIDER).facts(),
    "expires_at": NOON + timedelta(days=1),
    "guards": (f"{Watch.ALL.value}:x",),
    "allowances": ("address_hour:x",),
    "deliveries": (("x", "x"),),
    "kinds": ("voucher.captured",),
}
WHOLE: dict[Any, Any] = {
    Proposal: Proposal(
        proposal_id=ProposalId("x"),
        kind=ProposalKind.GRANT,
        member_id=MemberId("x"),
        reason=REASONS[ProposalKind.GRANT][0],
        note="",
        proposed_by=Actor("staff:wu"),
        proposed_at=NOON,
        until=NOON + timedelta(days=1),
        measure="party.wallet",
        points=Points(1),
    ),
    Correction: Correction(
        correction_id=CorrectionId("x"),
        kind=CorrectionKind.CATCH_UP,
        programme="party",
        note="",
        proposed_by=Actor("staff:wu"),
        proposed_at=NOON,
        until=NOON + timedelta(days=1),
        starts=NOON - timedelta(days=1),
        ends=NOON,
    ),
    Finding: Finding(
        kind=WatchKind.BUSY,
        window="2026-03-01",
        subject="outlet:YF01",
        figures={"captures": 1},
        threshold={"captures_max": 1},
        events=(),
    ),
    Return: Return(
        return_id=ReturnId("x"),
        programme="party",
        amount_fen=Fen(1),
        source="union",
        note="",
        document="",
        proposed_by=Actor("staff:wu"),
        proposed_at=NOON,
        until=NOON + timedelta(days=1),
    ),
    Adjustment: Adjustment(
        adjustment_id=AdjustmentId("x"),
        partner_id=PartnerId("x"),
        number=1,
        programme="party",
        amount_fen=Fen(1),
        reason=AdjustmentReason.OTHER,
        note="",
        document="",
        proposed_by=Actor("staff:wu"),
        proposed_at=NOON,
        until=NOON + timedelta(days=1),
    ),
    Attempt: Attempt(
        endpoint_id="x", message_id="x", number=1, status=204, milliseconds=1, ended_at=NOON
    ),
    Line: Line(
        MemberId("x"), ActivityId("x"), "P06", "party.wallet", NOON, old=1, new=2, reason={}
    ),
}
"""What has to fit together, and is not put together field by field."""


def sample(kind: Any, name: str = "", **chosen: Any) -> Any:
    """Return some value of a type: any will do, for whatever is asked is put on the trail."""
    origin, inside = get_origin(kind), get_args(kind)
    if hasattr(kind, "__supertype__"):
        return sample(kind.__supertype__, name)
    if origin in (Union, types.UnionType):
        return None if type(None) in inside else sample(inside[0], name)
    for known, asked in ((NAMED, name), (WHOLE, kind), (VALUES, kind)):
        if asked in known:
            return known[asked]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind))
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        given = [f for f in dataclasses.fields(kind) if f.default is MISSING]
        given = [f for f in given if f.default_factory is MISSING]
        return kind(**{f.name: sample(hints[f.name], f.name) for f in given} | chosen)
    if origin is tuple:
        return (sample(inside[0], name),)
    return frozenset() if origin in (frozenset, set) else {}


OPERATIONS = {
    Capture: capture_operation(PartnerId("x"), "x"),
    Release: release_operation(PartnerId("x"), "x"),
}
"""Commands whose operation's name is not free."""


ASKED_BY_STAFF = [kind for kind in FLOWS if kind is not NoteKeyUse]
"""All but what the gate alone says, about a key that it has just found."""


@pytest.mark.parametrize("kind", ASKED_BY_STAFF, ids=lambda kind: kind.__name__)
def test_whatever_staff_ask_for_leaves_exactly_one_event(shared: Town, kind: type) -> None:
    operation = OPERATIONS.get(kind) or shared.operation()
    command = sample(kind, association_id=HERE, operation_id=operation, actor=STAFF)
    with one_event(shared) as found:
        outcome = shared.engine.submit(command, AT_THE_DESK)
    [event] = found
    assert (event.actor, event.flow, event.origin) == (STAFF, FLOWS[kind].name, AT_THE_DESK)
    assert event.operation_id == command.operation_id
    if outcome.refusal is not None:
        assert (event.outcome, event.code) == (Result.REFUSED, outcome.refusal.code)
        assert event.document == {}
    before = len(events(shared.engine))
    again = shared.engine.submit(command, AT_THE_DESK)
    if outcome.refusal is not None and not outcome.refusal.kept:
        assert again.refusal == outcome.refusal, "said at the door: asked again, decided again"
        assert len(events(shared.engine)) == before + 1, "and each asking is on the trail"
        return
    assert again.replayed
    assert len(events(shared.engine)) == before, "a replay leaves nothing"


def test_the_control_a_flow_that_bypasses_the_trail_is_noticed(
    shared: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Flow, "puts_on_trail", lambda *_: False)
    with pytest.raises(AssertionError):
        test_whatever_staff_ask_for_leaves_exactly_one_event(shared, Freeze)


@pytest.mark.parametrize("actor", ["member:M1", "source:grid", "outlet:YF01", "system:worker"])
def test_members_and_machines_are_not_put_on_the_trail(shared: Town, actor: str) -> None:
    before = len(events(shared.engine))
    member = shared.person()
    shared.submit(
        shared.command(Freeze, actor, member_id=member, programme="party", reason="r", notice="n")
    )
    assert len(events(shared.engine)) == before + 1, "the enrolment, by staff"


def test_what_members_say_beside_staff_in_one_batch_is_not_kept(shared: Town) -> None:
    member = shared.person()
    leave = shared.command(Leave, f"member:{member}", member_id=member, programme="party")
    amend = shared.command(
        Grant, member_id=member, measure=Measure("party", "wallet"), points=Points(1), reason="r"
    )
    with one_event(shared) as found:
        shared.engine.submit_many([leave, amend])
    assert found[0].action == "grant"


def changes(event: Event) -> tuple[Any, Any]:
    return event.document.get("before"), event.document.get("after")


def test_members_files_say_what_was_there_before(here: Town) -> None:
    with one_event(here) as found:
        member = here.person(branch="B1")
    assert (found[0].action, found[0].subject) == ("enrol", member)
    assert found[0].document["after"]["branch"] == "B1"

    profile = here.command  # a short name
    kept = {"member_id": member, "programme": "party"}
    words = kept | {"reason": " 核实 ", "notice": "申诉请到支部"}
    from_b1 = town_profile(branch="B2", grid="G1")
    steps: list[tuple[Any, str, Any, Any]] = [
        (
            profile(Amend, member_id=member, profile=from_b1, reason="转出"),
            "amend",
            {"branch": "B1", "grid": None},
            {"branch": "B2", "grid": "G1"},
        ),
        (
            profile(Freeze, **words),
            "freeze",
            {"programme": "party", "frozen": False},
            {"programme": "party", "frozen": True},
        ),
        (
            profile(Thaw, **words),
            "thaw",
            {"programme": "party", "frozen": True},
            {"programme": "party", "frozen": False},
        ),
        (profile(Leave, **kept), "leave", {"programmes": ["party"]}, {"programmes": []}),
        (profile(Join, **kept), "join", {"programmes": []}, {"programmes": ["party"]}),
        (
            profile(OpenYear, **kept, year=2026),
            "open_year",
            None,
            {"programme": "party", "year": 2026},
        ),
        (
            profile(DeclareHoliday, day=date(2026, 3, 3), kind="off", title="植树"),
            "declare_holiday",
            {"kind": "published"},
            {"kind": "off", "title": "植树"},
        ),
        (
            profile(DeclareHoliday, day=date(2026, 3, 3), kind="plain"),
            "declare_holiday",
            {"kind": "off"},
            {"kind": "plain", "title": ""},
        ),
    ]
    for command, action, before, after in steps:
        with one_event(here) as found:
            here.done(command)
        assert (found[0].action, *changes(found[0])) == (action, before, after)
    assert verify(here.engine, HERE).ok


def town_profile(**more: Any) -> Any:
    return Profile(kind=MemberKind.RIDER, party_member=True, **more)


def test_a_claims_way_is_on_the_trail(here: Town) -> None:
    member = here.person()
    filed = here.shift(member)
    activity = here.done(filed)["activity_id"]
    approve = here.command(
        Review, "staff:wang", activity_id=activity, verdict=Verdict.APPROVE, level="industry"
    )
    with one_event(here) as found:
        here.done(approve)
    assert changes(found[0]) == ({"state": "submitted"}, {"state": "approved"})
    said = {"verdict": "approve", "level": "industry", "member_id": member}
    assert found[0].document["detail"].items() >= said.items()
    here.score(activity)
    with one_event(here) as found:
        here.done(here.command(Publish, activity_ids=(activity,), batch="2026-03", working_days=3))
    assert (found[0].subject, found[0].document["after"]["claims"]) == ("2026-03", [activity])
    here.done(here.command(ObjectTo, "member:M2", activity_id=activity, reason="有异议"))
    with one_event(here) as found:
        here.done(here.command(Answer, activity_id=activity, upheld=True, reason="成立"))
    assert (found[0].action, found[0].document["reason"]) == ("answer", "成立")
    transactions = tuple(here.filed(activity).claim.transactions)
    with one_event(here) as found:
        here.done(
            here.command(
                Reverse,
                activity_id=activity,
                member_id=member,
                transactions=transactions,
                reason="objection_upheld",
            )
        )
    assert found[0].document["before"]["transactions"] == list(transactions)
    claim = here.command(
        FileClaim,
        type="volunteer.shift",
        member_id=member,
        occurred_at=NOON - timedelta(days=2),
        fields={"hours": "1", "verified": True},
    )
    with one_event(here) as found:
        own = here.done(claim)["activity_id"]
    assert (found[0].subject, found[0].document["after"]) == (member, {"activities": [own]})
    with one_event(here) as found:
        here.done(here.command(Withdraw, activity_id=own))
    assert changes(found[0]) == ({"state": "submitted"}, {"state": "withdrawn"})


def test_nothing_that_identifies_a_person_is_on_the_trail(here: Town) -> None:
    """Names and numbers that pass through commands, and that staff type where they do not belong."""
    canaries = ["王小明", "13900001234", "110101199003078515"]
    profile = town_profile()
    enrolled = {"name": canaries[0], "phone": canaries[1], "identity_number": canaries[2]}
    here.submit(here.command(Enrol, **enrolled, profile=profile))
    here.submit(here.command(Enrol, **enrolled, profile=profile))
    for canary in canaries:
        freeze = {"programme": "party", "reason": "r", "notice": "n"}
        here.refused(here.command(Freeze, member_id=canary, **freeze))
        here.refused(here.command(Withdraw, activity_id=canary))
        here.done(
            here.command(
                NoteAccess, action="log_in", subject=canary, outcome=Result.REFUSED, code="x"
            )
        )
    member = here.person()
    here.refused(
        here.command(
            Freeze, member_id=member, programme="party", reason=f"电话{canaries[1]}", notice="n"
        )
    )
    said = canonical_json([event.content() for event in events(here.engine)])
    assert [canary for canary in canaries if canary in said] == []
    assert "withheld" in said


def test_a_flow_that_notes_what_it_refuses_is_a_defect(sqlite_url: str) -> None:
    def boastful(_command: Any, on: Any) -> Any:
        on.trail.note("withdraw")
        return NotYours()

    flow = replace(FLOWS[Withdraw], decide=boastful)
    with town(sqlite_url, {**FLOWS, Withdraw: flow}) as here, pytest.raises(BrokenInvariant):
        here.submit(here.command(Withdraw, activity_id="A"))


def test_a_search_finds_what_is_asked_for_page_by_page(here: Town) -> None:
    members = [here.person() for _ in range(3)]
    here.clock.advance(timedelta(hours=1))
    later = here.clock.now()
    for member in members:
        command = here.command(Leave, "staff:wu", member_id=member, programme="party")
        here.engine.submit(command, AT_THE_DESK)
    here.refused(here.command(Leave, member_id=members[0], programme="party"))

    def found(limit: int = 50, before: int | None = None, **wanted: Any) -> list[int]:
        rows = audit.search(here.engine, HERE, Search(**wanted), before=before, limit=limit)
        return [row.sequence for row in rows]

    assert found() == [7, 6, 5, 4, 3, 2, 1]
    assert found(limit=3, before=6) == [5, 4, 3]
    assert found(actor="staff:wu") == [6, 5, 4]
    assert found(action="enrol") == [3, 2, 1]
    assert found(subject=members[0]) == [7, 4, 1]
    assert found(subject=members[0], outcome=Result.REFUSED) == [7]
    assert found(channel=Channel.WEB, limit=1) == [6]
    assert found(since=later) == [7, 6, 5, 4]
    assert found(until=later.astimezone(UTC)) == [3, 2, 1]
    assert found(actor="staff:nobody") == []
    assert audit.find(here.engine, HERE, 7) is not None
    assert audit.find(here.engine, HERE, 8) is None


def test_noted_access_is_kept_whoever_it_was(here: Town) -> None:
    noting = here.command(
        NoteAccess,
        "member:M1",
        action="unmask_member",
        subject="M2",
        reason="核对",
        detail={"fields": ["phone"]},
    )
    with one_event(here) as found:
        here.done(noting)
    assert (found[0].actor, found[0].action, found[0].flow) == (
        Actor("member:M1"),
        "unmask_member",
        "note_access",
    )
    assert found[0].document == {"reason": "核对", "detail": {"fields": ["phone"]}}


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Yield the reads and, on SQLite, the writes that the engine sends."""
    sent: list[str] = []

    def seen(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine.database, "before_cursor_execute", seen)
    try:
        yield sent
    finally:
        event.remove(engine.database, "before_cursor_execute", seen)


def test_what_is_not_audited_neither_waits_for_the_chain_nor_asks_it(here: Town) -> None:
    member = here.person()
    grant = {"member_id": member, "measure": Measure("party", "wallet"), "reason": "r"}
    with statements(here.engine) as sent:
        here.done(here.command(Grant, "source:grid", **grant, points=Points(1)))
    assert sent
    assert [each for each in sent if "audit" in each] == []
    with statements(here.engine) as audited:
        here.done(here.command(Grant, **grant, points=Points(1)))
    reads = [each for each in audited if "audit" in each and "SELECT audit_head" in each]
    assert len(reads) == 1, "one round trip more, and no other read"
