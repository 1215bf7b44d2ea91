"""Nobody reviews themselves or a relative, nor more than a day holds; sheets need two people."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from points.activities.batches import summary
from points.activities.reads import Scope
from points.activities.reviewers import Pair, reviewers
from points.duties.errors import QuotaReached
from points.duties.model import RelationKind
from points.duties.store import relation_history, relations_of
from points.flows.answer import Answer
from points.flows.batch_review import Reviewing, page_to_review, reviews
from points.flows.claim import FileClaim
from points.flows.declare_relation import DeclareRelation, WithdrawRelation
from points.flows.filing import Filing
from points.flows.freeze import Freeze
from points.flows.object import ObjectTo
from points.flows.record_row import RecordRow
from points.flows.review import Review, Verdict
from points.flows.table import FLOWS
from points.flows.thaw import Thaw
from points.flows.verify import verify
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, MemberId, OperationId
from points.rules import DutyPolicy, Quota
from tests.flows.town import HERE, Town, civic_context, town

POLICY = DutyPolicy(
    reviewer_points=100,
    reviewer_claims=6,
    reviewer_backfills=2,
    filer_backfills=Quota(2, "refuse"),
    sheet_rows=Quota(3, "flag"),
)


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with town(module_database_url, FLOWS, replace(civic_context(), duties=POLICY)) as it:
        yield it


def reviewing(here: Town, activity: str, actor: str = "staff:wang", **other: Any) -> Review:
    everyday = {"activity_id": activity, "verdict": Verdict.APPROVE, "level": "industry"}
    command: Review = here.command(Review, actor, **(everyday | other))
    return command


def related(here: Town, staff: str, member: MemberId, kind: str) -> None:
    here.done(
        here.command(DeclareRelation, staff, staff=staff, member_id=member, kind=RelationKind(kind))
    )


def shift(here: Town, member: MemberId, **other: Any) -> str:
    return str(here.done(here.shift(member, **other))["activity_id"])


@pytest.mark.parametrize("kind", RelationKind)
@pytest.mark.parametrize("second", [False, True])
def test_nobody_reviews_a_relative(here: Town, kind: RelationKind, *, second: bool) -> None:
    member, staff = here.person(), f"staff:kin-{kind}-{second}"
    activity = shift(here, member, batch_id=f"s-{kind}")
    if second:
        here.done(reviewing(here, activity, f"staff:first-{kind}"))
    related(here, staff, member, kind)
    expected = "own_claim" if kind is RelationKind.SELF else "involved"
    assert here.refused(reviewing(here, activity, staff)) == expected
    no = {"verdict": Verdict.REJECT, "reason": "不符"}
    assert here.refused(reviewing(here, activity, staff, **no)) == expected
    assert here.done(reviewing(here, activity, f"staff:free-{kind}-{second}"))


WHO: dict[str, tuple[str, str]] = {
    "the filer": ("staff:filer", "own_claim"),
    "the first reviewer": ("staff:first", "same_person"),
    "the member's own account": ("member", "own_claim"),
    "the member's account of staff": ("staff:self", "own_claim"),
    "a relative": ("staff:spouse", "involved"),
    "somebody else": ("staff:other", ""),
}


@pytest.mark.parametrize("who", WHO)
def test_a_sheet_is_approved_by_two_who_did_not_hand_it_in(here: Town, who: str) -> None:
    member = here.person()
    related(here, "staff:self", member, "self")
    related(here, "staff:spouse", member, "spouse")
    row = here.shift(member, actor="staff:filer", batch_id="sheet")
    activity = str(here.done(row)["activity_id"])
    actor, refusal = WHO[who]
    actor = f"member:{member}" if actor == "member" else actor
    # First review: all of them but the first reviewer, who is nobody yet.
    if refusal not in ("", "same_person"):
        assert here.refused(reviewing(here, activity, actor)) == refusal
    first = "staff:first" if refusal else f"staff:first-{member}"
    here.done(reviewing(here, activity, "staff:first" if refusal == "same_person" else first))
    assert here.state(activity) == "second_review"
    if refusal:
        assert here.refused(reviewing(here, activity, actor)) == refusal
        assert here.state(activity) == "second_review"
    else:
        assert here.done(reviewing(here, activity, actor))["state"] == "approved"
    here.clock.advance(timedelta(days=1))


@pytest.mark.parametrize("source", ["venue_qr", "grid_platform", "roster"])
@pytest.mark.parametrize("trusted", [True, False])
def test_no_sheet_is_vouched_for(here: Town, source: str, *, trusted: bool) -> None:
    member = here.person(("party", "health"))
    for kind, fields in (
        ("volunteer.shift", {"hours": "2", "verified": True}),
        ("theme.day", {"present": True}),
        ("grid.report", {"kind": "hazard", "accepted": True, "resolved": False}),
    ):
        row = here.shift(
            member, source=source, trusted=trusted, type=kind, fields=fields, batch_id="vouched"
        )
        done = here.done(row)
        assert (done["state"], done["second_needed"]) == ("submitted", True), kind
        assert "batch" in done["flags"]


def test_the_control_a_feed_is_vouched_for(here: Town) -> None:
    """The same activity that comes without a sheet skips review where its rule says so."""
    done = here.done(here.shift(here.person(), source="venue_qr", trusted=True))
    assert done["state"] == "approved"


def test_objections_freezes_and_thaws_are_for_others(here: Town) -> None:
    member = here.person()
    related(here, "staff:kin", member, "sibling")
    activity = shift(here, member)
    here.approve(activity, "staff:approver")
    here.score(activity)
    here.done(here.command(ObjectTo, "member:x", activity_id=activity, reason="当日未见"))
    answering = {"activity_id": activity, "upheld": False, "reason": "已核实"}
    assert here.refused(here.command(Answer, "staff:kin", **answering)) == "involved"
    own = here.command(Answer, "staff:zhao", **answering, person=member)
    assert here.refused(own) == "own_claim"
    objector = here.command(Answer, "staff:zhao", **answering, person=MemberId("x"))
    assert here.refused(objector) == "same_person"
    assert here.done(here.command(Answer, "staff:zhao", **answering))
    freeze = {"member_id": member, "programme": "party", "reason": "核查", "notice": "可申诉"}
    assert here.refused(here.command(Freeze, "staff:kin", **freeze)) == "involved"
    assert here.refused(here.command(Freeze, "staff:zhao", **freeze, person=member)) == "involved"
    assert here.done(here.command(Freeze, "staff:zhao", **freeze))["frozen"]
    assert here.refused(here.command(Thaw, "staff:kin", **freeze)) == "involved"
    assert not here.done(here.command(Thaw, "staff:zhao", **freeze))["frozen"]


def test_a_relation_binds_at_once_and_only_another_withdraws_it(here: Town) -> None:
    member, staff = here.person(), Actor("staff:chen")
    name = {"staff": staff, "member_id": member}
    assert here.refused(here.command(WithdrawRelation, "staff:admin", **name)) == "relation_unknown"
    declare = {**name, "kind": RelationKind.SPOUSE}
    assert here.done(here.command(DeclareRelation, staff, **declare))["active"]
    assert here.refused(here.command(DeclareRelation, staff, **declare)) == "relation_known"
    assert here.refused(here.command(WithdrawRelation, staff, **name)) == "own_relation"
    changed = declare | {"kind": RelationKind.OTHER}
    assert here.done(here.command(DeclareRelation, staff, **changed))["kind"] == "other"
    assert not here.done(here.command(WithdrawRelation, "staff:admin", **name))["active"]
    assert here.done(reviewing(here, shift(here, member), staff))
    with here.engine.reading(HERE) as connection:
        found = relations_of(connection, HERE, staff)
        steps = relation_history(connection, HERE, staff)
    assert [(each.kind.value, each.active, each.version) for each in found] == [("other", False, 3)]
    assert [each.step.value for each in steps] == ["declared", "declared", "withdrawn"]
    nobody = declare | {"member_id": MemberId("0" * 26)}
    assert here.refused(here.command(DeclareRelation, staff, **nobody)) == "not_found"
    outsider = declare | {"staff": Actor("partner:YF")}
    assert here.refused(here.command(DeclareRelation, staff, **outsider)) == "staff_only"


def test_a_reviewers_claims_a_day(here: Town) -> None:
    shifts = [shift(here, here.person(), hours="0.5") for _ in range(8)]
    for activity in shifts[:6]:
        here.done(reviewing(here, activity, "staff:busy"))
    outcome = here.submit(reviewing(here, shifts[6], "staff:busy"))
    assert outcome.refusal == QuotaReached(
        quota="claims",
        quota_zh="审核条数",
        quota_en="claims approved",
        most=6,
        left=0,
        renews_at="2026-03-03T00:00+08:00",
    )
    no = {"verdict": Verdict.REJECT, "reason": "名单上没有"}
    assert here.done(reviewing(here, shifts[6], "staff:busy", **no))["state"] == "rejected"
    assert here.done(reviewing(here, shifts[7], "staff:colleague"))["state"] == "approved"
    here.clock.advance(timedelta(hours=12))
    late = shift(here, here.person(), ago=timedelta(hours=3), hours="0.5")
    assert here.done(reviewing(here, late, "staff:busy"))["state"] == "approved"


def test_a_reviewers_points_a_day(here: Town) -> None:
    shifts = [shift(here, here.person(), hours="2") for _ in range(6)]
    worth = here.filed(shifts[0]).claim.worth
    assert worth == 20
    for activity in shifts[:5]:
        here.done(reviewing(here, activity, "staff:rich"))
    outcome = here.submit(reviewing(here, shifts[5], "staff:rich"))
    assert isinstance(outcome.refusal, QuotaReached)
    assert (outcome.refusal.quota, outcome.refusal.left) == ("points", 0)


def test_a_reviewers_backfills_a_day(here: Town) -> None:
    old = {"ago": timedelta(days=40), "hours": "0.5"}
    shifts = [shift(here, here.person(), **old) for _ in range(3)]
    for activity in shifts[:2]:
        here.done(reviewing(here, activity, "staff:past"))
    outcome = here.submit(reviewing(here, shifts[2], "staff:past"))
    assert isinstance(outcome.refusal, QuotaReached)
    assert outcome.refusal.quota == "backfills"
    today = shift(here, here.person(), hours="0.5")
    assert here.done(reviewing(here, today, "staff:past"))


def test_staff_file_so_many_backfills_a_day(here: Town) -> None:
    def claiming(actor: str, days: int = 40) -> FileClaim:
        at = here.clock.now() - timedelta(days=days)
        fields = {"type": "theme.day", "fields": {"present": True}, "evidence": ("photo",)}
        member = here.person() if actor == "staff:clerk" else MemberId(actor[7:])
        command: FileClaim = here.command(
            FileClaim, actor, member_id=member, occurred_at=at, **fields
        )
        return command

    for _ in range(2):
        assert "backfill" in here.done(claiming("staff:clerk"))["flags"]
    assert here.refused(claiming("staff:clerk")) == "quota_reached"
    assert here.done(claiming("staff:clerk", days=3))
    member = here.person()
    for days in (40, 41, 42):
        assert here.done(claiming(f"member:{member}", days))


def test_what_staff_say_of_when_it_was_received_is_no_proof(here: Town) -> None:
    at = here.clock.now() - timedelta(days=40)
    said = {"occurred_at": at, "received_at": at}
    mine = here.shift(here.person(), actor="staff:typist", batch_id="typed", **said)
    assert "backfill" in here.done(mine)["flags"]
    feed = here.shift(here.person(), **said)
    assert "backfill" not in here.done(feed)["flags"]


def test_rows_beyond_a_sheets_quota_are_flagged(here: Town) -> None:
    flags = []
    for n in range(5):
        row = here.shift(
            here.person(), batch_id=f"crowd-{id(here)}", hours="1", external_id=f"c{n}-{id(here)}"
        )
        flags.append(here.done(row)["flags"])
    assert flags == [["batch"]] * 3 + [["batch", "over_quota"]] * 2
    other_day = here.shift(here.person(), batch_id=f"crowd-{id(here)}", ago=timedelta(days=2))
    assert here.done(other_day)["flags"] == ["batch"]


def test_the_parts_of_one_row_count_together(here: Town) -> None:
    def part(number: int) -> Filing:
        at = here.clock.now() - timedelta(days=40, hours=number)
        return Filing(
            actor=Actor("staff:rows"),
            source="roster",
            external_id=f"part-{id(here)}-{number}",
            type="theme.day",
            member_id=here.person(),
            occurred_at=at,
            ended_at=None,
            received_at=None,
            fields={"present": True},
        )

    row = here.command(RecordRow, "staff:rows", parts=tuple(part(n) for n in range(3)))
    assert here.refused(row) == "quota_reached"
    whole = here.command(RecordRow, "staff:rows", parts=tuple(part(n) for n in range(3, 5)))
    assert here.done(whole)


def looking(batch: str, actor: str, seen: str, operation: str) -> Reviewing:
    return Reviewing(
        association_id=HERE,
        operation_id=OperationId(operation),
        actor=Actor(actor),
        batch=batch,
        seen=seen,
        level="industry",
        scope=Scope(everything=True),
    )


def test_a_sheet_is_approved_page_by_page_by_people_who_looked(here: Town) -> None:
    batch, twice = f"whole-{id(here)}", here.person()
    everyone = Scope(everything=True)
    for number, hours in enumerate(("1", "2", "0.5", "1")):
        member = twice if number < 2 else here.person()
        ago = timedelta(days=1, hours=3 * number)
        here.done(here.shift(member, hours=hours, batch_id=batch, ago=ago, actor="staff:desk"))
    with here.engine.reading(HERE) as connection:
        found = summary(connection, HERE, batch, everyone)
        nothing = summary(connection, HERE, batch, Scope(branches=("b9",)))
    assert found is not None
    assert nothing is None
    whole = found.totals
    assert (whole.claims, whole.members, whole.worth) == (4, 3, 45)
    assert whole.filed_by == ("staff:desk",)
    assert (found.states, found.flags["batch"]) == ({"submitted": 4}, 4)
    assert (found.members[0].member_id, found.members[0].worth) == (twice, 30)
    assert found.outliers[0].worth == 20
    who = looking(batch, "staff:one", "unseen", f"staff:one:{batch}")
    refused = page_to_review(here.engine, who)
    assert isinstance(refused, Refusal)
    assert refused.code == "batch_unseen"
    who = replace(who, seen=whole.seen(batch))
    page = page_to_review(here.engine, who, limit=3)
    assert not isinstance(page, Refusal)
    assert len(page) == 4, "one more says that there is a next page"
    first = here.engine.submit_many(reviews(who, page[:3]))
    assert [each.refusal for each in first] == [None] * 3
    again = page_to_review(here.engine, who, limit=3)
    assert not isinstance(again, Refusal)
    assert all(each.replayed for each in here.engine.submit_many(reviews(who, again[:3])))
    same = looking(batch, "staff:one", whole.seen(batch), f"staff:one:again-{batch}")
    codes = [o.refusal and o.refusal.code for o in here.engine.submit_many(reviews(same, page))]
    assert codes == ["same_person"] * 3 + [None]
    second = looking(batch, "staff:two", whole.seen(batch), f"staff:two:{batch}")
    done = here.engine.submit_many(reviews(second, page))
    assert [each.result["state"] for each in done] == ["approved"] * 4
    desk = looking(batch, "staff:desk", whole.seen(batch), f"staff:desk:{batch}")
    refusals = [o.refusal and o.refusal.code for o in here.engine.submit_many(reviews(desk, page))]
    assert refusals == ["claim_state"] * 4
    here.done(here.shift(here.person(), batch_id=batch))
    assert isinstance(page_to_review(here.engine, second), Refusal), "the batch has changed"


def test_a_batch_shows_what_is_there_twice(here: Town) -> None:
    batch, member = f"odd-{id(here)}", here.person()
    at = here.clock.now() - timedelta(days=5)
    for number in range(2):
        day = {"type": "theme.day", "fields": {"present": True}, "batch_id": batch}
        here.done(here.shift(member, occurred_at=at, external_id=f"odd-{id(here)}-{number}", **day))
    here.done(here.shift(member, occurred_at=at, batch_id=batch))
    run = {"type": "supply.run", "fields": {"trips": 1, "receipt": True}, "batch_id": batch}
    ends = {"ended_at": at + timedelta(hours=1)}
    here.done(here.shift(member, occurred_at=at, **run, **ends))
    with here.engine.reading(HERE) as connection:
        found = summary(connection, HERE, batch, Scope(everything=True))
    assert found is not None
    assert [(each.type, each.claims) for each in found.repeated] == [("theme.day", 2)]
    assert {each.member_id for each in found.overlaps} == {member}
    assert len(found.overlaps) == 2


def test_reviewers_figures_of_a_period(here: Town) -> None:
    here.clock.set(datetime(2026, 5, 6, 4, tzinfo=UTC))
    since, favourite = here.clock.now(), here.person(branch="b7")
    shifts = [shift(here, favourite, ago=timedelta(days=n), hours="1") for n in (1, 2, 40)]
    shifts += [shift(here, here.person(branch="b8"), hours="1") for _ in range(2)]
    for seconds, activity in zip((0, 3, 5, 60, 0), shifts, strict=True):
        here.clock.advance(timedelta(seconds=seconds))
        last = activity == shifts[-1]
        verdict = {"verdict": Verdict.REJECT, "reason": "不符"} if last else {}
        here.done(reviewing(here, activity, "staff:quick", **verdict))
    here.clock.advance(timedelta(hours=9))
    here.done(reviewing(here, shift(here, here.person()), "staff:night"))
    with here.engine.reading(HERE) as connection:
        found = reviewers(connection, HERE, since, here.clock.now() + timedelta(seconds=1))
        none = reviewers(connection, HERE, since - timedelta(days=9), since)
    assert none == []
    quick, night = found
    assert (quick.reviewer, quick.reviewed, quick.approved) == ("staff:quick", 5, 4)
    assert quick.approval_share == 0.8
    assert (quick.points, quick.backfills, quick.outside_hours) == (40, 1, 0)
    assert quick.gap_seconds_median == 5
    assert (quick.member, quick.branch) == (
        Pair(name=favourite, approved=3),
        Pair(name="b7", approved=3),
    )
    assert (night.reviewer, night.outside_hours) == ("staff:night", 1)
    assert night.gap_seconds_median is None


def test_everything_above_follows_from_the_facts(here: Town) -> None:
    verdict = verify(here.engine, HERE)
    assert verdict.ok, verdict.first_difference
