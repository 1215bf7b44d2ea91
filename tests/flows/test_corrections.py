"""A version for the past: previewed, approved by another, posted once a member, and taken back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from points.corrections.errors import CorrectionPeriod
from points.corrections.model import Kind, Result, State
from points.corrections.reads import members_left, page_of_lines, postings_of
from points.corrections.store import CorrectionKeys, load_batches
from points.duties.model import RelationKind
from points.flows.correcting import NO_CORRECTION, to_catch_up, to_replace, to_undo
from points.flows.correction_desk import only_member
from points.flows.decide_correction import Verdict
from points.flows.decide_draft import Verdict as DraftVerdict
from points.flows.declare_relation import DeclareRelation
from points.flows.posting_corrections import post_due
from points.flows.propose_correction import proposing
from points.flows.rescoring import rescore_marked
from points.flows.retire_version import RetireVersion
from points.flows.table import FLOWS
from points.flows.withdraw_correction import WithdrawCorrection
from points.flows.withdraw_draft import WithdrawDraft
from points.flows.work import mature_due
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, CorrectionId, DraftId, MemberId
from points.ledger import reads as ledger
from points.members.errors import ProgrammeUnknown
from points.rulebook.errors import VersionRetired
from tests.flows.corrections import (
    deciding,
    filed,
    previewed,
    proposed,
    replacing,
    undone,
)
from tests.flows.drafts import APPROVER, WRITER, cases, rules
from tests.flows.drafts import deciding as deciding_draft
from tests.flows.test_rescore import balance, is_sound, reverse, standing
from tests.flows.town import HERE, Town, town


def text(version: int = 2, points: int = 10, start: str = "2026-01-01") -> str:
    return rules(version, start, points=points)


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url, FLOWS) as it:
        yield it


def worked(here: Town, member: MemberId, days_ago: float = 1) -> str:
    here.clock.advance(timedelta(minutes=1))
    return here.in_publicity(member, ago=timedelta(days=days_ago))


def replaced(here: Town, points: int = 10, version: int = 2) -> CorrectionId:
    draft = replacing(here, text(version, points), cases=cases(points))
    found = previewed(here, to_replace(here.engine, HERE, draft))
    return proposed(here, found)


def test_a_preview_says_who_how_much_and_why_and_changes_nothing(here: Town) -> None:
    member, other = here.person(), here.person()
    activity = worked(here, member)
    before = standing(here, activity)
    draft = replacing(here, text(points=before + 3), cases=cases(before + 3))
    found = previewed(here, to_replace(here.engine, HERE, draft))
    mine = [line for line in found.lines if line.measure == "party.wallet"]
    assert [(line.member_id, line.old, line.new) for line in mine] == [(member, before, before + 3)]
    assert mine[0].reason["code"] == "version"
    assert found.members == 1
    assert other not in {line.member_id for line in found.lines}
    assert standing(here, activity) == before
    assert found.lines_sha256 == previewed(here, found.wish).lines_sha256


def test_what_another_person_approved_is_posted_once(here: Town) -> None:
    member = here.person()
    activity = worked(here, member)
    correction = replaced(here, 10)
    assert here.refused(deciding(here, correction, WRITER)) == "own_correction"
    here.done(deciding(here, correction))
    assert post_due(here.engine, HERE) == 1
    assert post_due(here.engine, HERE) == 0
    assert standing(here, activity) == balance(here, member) == 10
    found = filed(here, correction)
    assert found.standing.kept is State.DONE
    assert (found.progress.posted, found.progress.members) == (1, 1)
    assert [each.step for each in found.steps] == [State.APPROVED, State.DONE]
    is_sound(here)


def test_a_batch_and_its_opposite_leave_what_was(here: Town) -> None:
    member = here.person()
    activities = [worked(here, member, days) for days in (3, 2, 1)]
    before = [standing(here, each) for each in activities], balance(here, member)
    correction = replaced(here, 10)
    here.done(deciding(here, correction))
    post_due(here.engine, HERE)
    assert [standing(here, each) for each in activities] == [10, 10, 10]
    undone(here, correction)
    post_due(here.engine, HERE)
    assert ([standing(here, each) for each in activities], balance(here, member)) == before
    assert to_undo_again(here, correction) == "correction_not_undoable"
    is_sound(here)


def to_undo_again(here: Town, correction: CorrectionId) -> str:
    found = previewed(here, to_undo(here.engine, HERE, correction))
    return here.refused(proposing(HERE, here.operation(), Actor(WRITER), found, "再撤一次"))


def test_who_has_changed_since_the_preview_is_left_out_and_caught_up_with(here: Town) -> None:
    steady, moving = here.person(), here.person()
    kept, lost, stays = worked(here, steady), worked(here, moving, 2), worked(here, moving)
    correction = replaced(here, 10)
    reverse(here, lost)
    here.done(deciding(here, correction))
    post_due(here.engine, HERE)
    assert standing(here, kept) == 10
    assert standing(here, stays) != 10
    with here.engine.reading(HERE) as connection:
        left_out = postings_of(connection, HERE, correction, Result.STALE)
        assert members_left(connection, HERE, correction) == []
    assert [each.member_id for each in left_out] == [moving]
    fact = filed(here, correction).standing.correction
    wish = to_catch_up(here.engine, HERE, "party", fact.starts, here.clock.now())
    catching_up = proposed(here, previewed(here, wish))
    assert filed(here, catching_up).standing.correction.kind is Kind.CATCH_UP
    here.done(deciding(here, catching_up))
    post_due(here.engine, HERE)
    assert standing(here, stays) == balance(here, moving) == 10
    is_sound(here)


def test_before_a_batch_reaches_a_member_a_reversal_goes_by_what_was_known(here: Town) -> None:
    member = here.person()
    lost, stays = worked(here, member, 2), worked(here, member)
    before = standing(here, stays)
    correction = replaced(here, 10)
    here.done(deciding(here, correction))
    reverse(here, lost)
    assert rescore_marked(here.engine, HERE) == 1
    assert standing(here, stays) == before


def test_a_batch_is_withdrawn_rejected_or_expires(here: Town) -> None:
    worked(here, here.person())
    draft = replacing(here, text(), cases=cases(10))
    found = previewed(here, to_replace(here.engine, HERE, draft))
    one, two, three = (proposed(here, found) for _ in range(3))
    withdrawing = here.command(WithdrawCorrection, APPROVER, correction_id=one)
    assert here.refused(withdrawing) == "not_corrector"
    here.done(here.command(WithdrawCorrection, WRITER, correction_id=one))
    assert here.refused(deciding(here, one)) == "correction_state"
    assert here.refused(deciding(here, two, verdict=Verdict.REJECT)) == "reason_needed"
    here.done(deciding(here, two, verdict=Verdict.REJECT, reason="期间不对"))
    here.clock.advance(timedelta(days=60))
    assert here.refused(deciding(here, three)) == "correction_expired"
    here.clock.advance(timedelta(days=-60))


@pytest.mark.parametrize("ended", ["rejected", "withdrawn"])
def test_a_draft_that_was_ended_after_the_preview_is_not_published(here: Town, ended: str) -> None:
    activity = worked(here, here.person())
    before = standing(here, activity)
    draft = replacing(here, text(), cases=cases(10))
    correction = proposed(here, previewed(here, to_replace(here.engine, HERE, draft)))
    if ended == "rejected":
        no = {"verdict": DraftVerdict.REJECT, "reason": "不妥"}
        here.done(deciding_draft(here, draft, **no))
    else:
        here.done(here.command(WithdrawDraft, WRITER, draft_id=draft))
    assert here.refused(deciding(here, correction)) == "draft_state"
    post_due(here.engine, HERE)
    assert standing(here, activity) == before
    is_sound(here)


def test_what_changed_after_the_preview_is_not_approved(here: Town) -> None:
    worked(here, here.person())
    draft = replacing(here, text(), cases=cases(10))
    found = previewed(here, to_replace(here.engine, HERE, draft))
    wrong = replace(found, wish=replace(found.wish, sha256="0" * 64))
    command = proposing(HERE, here.operation(), Actor(WRITER), wrong, "口径有误")
    assert here.refused(command) == "correction_outdated"


def test_only_a_submitted_draft_is_previewed(here: Town) -> None:
    draft = replacing(here, text(), cases=cases(10))
    here.done(here.command(WithdrawDraft, WRITER, draft_id=draft))
    refusal = to_replace(here.engine, HERE, draft)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "correction_unsubmitted"


def test_lines_are_read_page_by_page(here: Town) -> None:
    for _ in range(3):
        worked(here, here.person())
    correction = replaced(here, 10)
    after, seen = ("", "", "", ""), []
    with here.engine.reading(HERE) as connection:
        while page := page_of_lines(connection, HERE, correction, after=after, limit=2):
            seen.extend(page)
            last = page[-1]
            after = (last.member_id, last.activity_id, last.rule_id, last.measure)
    assert len(seen) == filed(here, correction).standing.correction.lines
    assert [line.key for line in seen] == sorted(line.key for line in seen)


def test_nobody_decides_about_a_relative_alone(here: Town) -> None:
    member = here.person()
    worked(here, member)
    correction = replaced(here, 10)
    kin = {"staff": APPROVER, "member_id": member, "kind": RelationKind.SPOUSE}
    here.done(here.command(DeclareRelation, APPROVER, **kin))
    fact = filed(here, correction).standing.correction
    only = only_member(here.engine, HERE, fact)
    assert only == member
    assert here.refused(deciding(here, correction, only=only)) == "involved"


def test_a_version_that_was_retired_meanwhile_is_not_taken_back_again(here: Town) -> None:
    worked(here, here.person())
    correction = replaced(here, 10)
    here.done(deciding(here, correction))
    here.clock.advance(timedelta(seconds=1))
    post_due(here.engine, HERE)
    found = previewed(here, to_undo(here.engine, HERE, correction))
    one, two = proposed(here, found), proposed(here, found)
    here.done(deciding(here, one))
    assert here.refused(deciding(here, two)) == "correction_not_undoable"


def test_what_is_no_correction_says_so(here: Town) -> None:
    nowhere = CorrectionId("0" * 26)
    assert to_undo(here.engine, HERE, nowhere) == NO_CORRECTION
    assert isinstance(to_replace(here.engine, HERE, DraftId("0" * 26)), Refusal)
    coming = replacing(here, text(start="2026-04-01"), cases=cases(10))
    assert isinstance(to_replace(here.engine, HERE, coming), CorrectionPeriod)
    now = here.clock.now()
    assert isinstance(to_catch_up(here.engine, HERE, "party", now, now), CorrectionPeriod)
    assert isinstance(to_catch_up(here.engine, HERE, "none", now, now), ProgrammeUnknown)
    lost = here.command(WithdrawCorrection, WRITER, correction_id=nowhere)
    assert here.refused(lost) == "not_found"


def test_what_is_corrected_in_publicity_matures_and_is_reversed_with_it(here: Town) -> None:
    member, other = here.person(), here.person()
    matures, goes = worked(here, member), worked(here, other)
    correction = replaced(here, 30)
    here.done(deciding(here, correction))
    here.clock.advance(timedelta(seconds=1))
    post_due(here.engine, HERE)
    with here.engine.reading(HERE) as connection:
        waiting = ledger.balances(connection, HERE, member, here.clock.now())
    assert {b.measure: (b.pending, b.available) for b in waiting}["party.wallet"] == (30, 0)
    reverse(here, goes)
    assert balance(here, other) == 0
    here.clock.advance(timedelta(days=20))
    assert mature_due(here.engine, HERE) == 1
    with here.engine.reading(HERE) as connection:
        found = ledger.balances(connection, HERE, member, here.clock.now())
    assert {b.measure: (b.pending, b.available) for b in found}["party.wallet"] == (0, 30)
    assert here.state(matures) == "posted"
    is_sound(here)


def test_a_page_of_members_is_read_at_once(here: Town) -> None:
    """Whoever posts a page asks as often for two members as for one."""
    members = [here.person() for _ in range(3)]
    for member in members:
        worked(here, member)
    correction = replaced(here, 10)

    def asked(page: list[MemberId]) -> int:
        statements: list[str] = []
        with here.engine.reading(HERE) as connection:
            event.listen(connection, "before_cursor_execute", lambda *s: statements.append(s[2]))
            keys = CorrectionKeys(parts={(correction, each) for each in page})
            found = load_batches(connection, HERE, keys)
        assert {line.member_id for lines in found.lines.values() for line in lines} == set(page)
        return sum("SELECT correction" in each for each in statements)

    assert asked(members) == asked(members[:1]) > 0


def test_a_version_that_was_retired_since_cannot_be_taken_back_and_says_so(here: Town) -> None:
    """Said before anybody previews, proposes and waits; another version for the past does it."""
    activity = worked(here, here.person())
    before = standing(here, activity)
    correction = replaced(here, 10)
    here.done(deciding(here, correction))
    post_due(here.engine, HERE)
    retiring = {"programme": "party", "version": 2, "reason": "有误", "owners": (WRITER,)}
    tomorrow = here.clock.now().date() + timedelta(days=1)
    here.done(here.command(RetireVersion, APPROVER, last=tomorrow, **retiring))
    assert isinstance(to_undo(here.engine, HERE, correction), VersionRetired)
    again = replaced(here, before, version=3)
    here.done(deciding(here, again))
    post_due(here.engine, HERE)
    assert standing(here, activity) == before
    is_sound(here)
