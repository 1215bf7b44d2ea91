"""From draft to version: two people, a gate before them, and days that have not begun yet."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError

from points.activities.tables import award
from points.audit.tables import audit_event
from points.duties.model import RelationKind
from points.flows.decide_draft import Verdict
from points.flows.declare_relation import DeclareRelation
from points.flows.gate import REASONS, pass_gate
from points.flows.retire_version import RetireVersion
from points.flows.rule_books import STALE_SECONDS, RuleBooks
from points.flows.table import FLOWS
from points.flows.verify import verify
from points.flows.withdraw_draft import WithdrawDraft
from points.identity.policy import ACTIONS, TABLE, Action, Needs
from points.identity.segregation import CONFLICTING
from points.kernel.ids import Actor, DraftId, MemberId
from points.rulebook.model import Draft, DraftState, Step, digest_of, phase_of
from points.rulebook.reads import find_version, list_drafts, steps_of
from points.rulebook.store import shelved
from points.rules import load_lint_policy
from points.unit_of_work import reading, writing
from tests.flows.drafts import (
    APPROVER,
    WRITER,
    cases,
    deciding,
    gate_of,
    known,
    published,
    rules,
    saved,
    saving,
    standing,
    submitted,
    submitting,
    summary,
)
from tests.flows.town import HERE, NOON, RULES, Town, civic_context, town


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url, FLOWS) as it:
        yield it


def local(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+08:00").astimezone(UTC)


def retiring(here: Town, version: int, actor: str = APPROVER, **other: Any) -> RetireVersion:
    everyday = {
        "programme": "party",
        "version": version,
        "owners": (WRITER,),
        "reason": "上级另有通知",
    }
    command: RetireVersion = here.command(RetireVersion, actor, **(everyday | other))
    return command


def phases(here: Town) -> dict[int, str]:
    with here.engine.reading(HERE) as connection:
        found = list(shelved(connection, HERE).values())
    return {each.version.version: phase_of(each, found, here.clock.now()).value for each in found}


def in_force(here: Town, day: str) -> int:
    found = known(here).rules.in_force("party", local(day))
    assert found is not None
    return found.version


def test_one_writes_another_approves_and_the_clock_does_the_rest(here: Town) -> None:
    text = rules()
    draft = saved(here, text)
    assert standing(here, draft).draft.text == text
    assert here.done(submitting(here, draft))["version"] == 2
    command = deciding(here, draft)
    done = here.done(command)
    assert (done["state"], done["version"]) == ("approved", 2)
    assert here.submit(command).replayed
    assert phases(here) == {2: "scheduled"}
    assert (in_force(here, "2026-03-31"), in_force(here, "2026-04-01")) == (1, 2)
    here.clock.advance(local("2026-04-01") - here.clock.now())
    assert phases(here) == {2: "in_force"}
    published(here, rules(3, "2026-05-01", points=8), cases=cases(8))
    here.clock.advance(local("2026-05-01") - here.clock.now())
    assert phases(here) == {2: "retired", 3: "in_force"}
    with here.engine.reading(HERE) as connection:
        found = find_version(connection, HERE, "party", 2)
        steps = steps_of(connection, HERE, draft)
    assert found is not None
    assert (found.text, dict(found.cases)) == (text, cases())
    version = found.shelved.version
    assert (version.submitted_by, version.approved_by) == (WRITER, APPROVER)
    assert [each.step for each in steps] == [Step.SAVED, Step.SUBMITTED, Step.APPROVED]
    assert steps[1].detail["backtest"] == summary(text)
    assert verify(here.engine, HERE).ok


def test_whoever_wrote_or_submitted_does_not_decide(here: Town) -> None:
    draft = saved(here, rules())
    here.done(saving(here, rules(points=7), "staff:zhao", draft_id=draft, revision=1))
    here.done(submitting(here, draft, "staff:qian"))
    for owner in (WRITER, "staff:zhao", "staff:qian"):
        assert here.refused(deciding(here, draft, owner)) == "own_draft"
        no = {"verdict": Verdict.REJECT, "reason": "不妥"}
        assert here.refused(deciding(here, draft, owner, **no)) == "own_draft"
    # One of those who had a hand in it was not looked at: nothing is known of them.
    assert here.refused(deciding(here, draft, owners=(WRITER,))) == "gate_outdated"
    assert here.done(deciding(here, draft))["state"] == "approved"


def test_nobody_is_two_people(here: Town) -> None:
    draft = submitted(here, rules())
    member = here.person()
    for staff in (WRITER, "staff:alias"):
        declared = {"staff": staff, "member_id": member, "kind": RelationKind.SELF}
        here.done(here.command(DeclareRelation, staff, **declared))
    assert here.refused(deciding(here, draft, "staff:alias")) == "own_draft"
    assert here.refused(deciding(here, draft, "staff:log-in", person=member)) == "own_draft"
    spouse = here.command(
        DeclareRelation, APPROVER, staff=APPROVER, member_id=member, kind=RelationKind.SPOUSE
    )
    here.done(spouse)
    assert here.done(deciding(here, draft, person=MemberId("0" * 26)))["state"] == "approved"


def test_the_database_itself_wants_two_people(here: Town) -> None:
    submitted(here, rules())
    statement = (
        "INSERT INTO rule_draft_event (association_id, draft_id, sequence, step, revision, actor,"
        " submitted_by, reason, detail, operation_id, recorded_at) SELECT association_id, draft_id,"
        " 3, 'approved', revision, actor, actor, '', detail, 'x', recorded_at"
        " FROM rule_draft_event WHERE step = 'submitted'"
    )
    with (
        pytest.raises(DBAPIError, match="two_people_decide"),
        writing(here.engine.database, HERE) as connection,
    ):
        connection.exec_driver_sql(statement)


def drafted(text: str, files: dict[str, str] | None = None) -> Draft:
    given = cases() if files is None else files
    return Draft(
        draft_id=DraftId("D"),
        revision=1,
        programme="party",
        text=text,
        cases=given,
        note="",
        digest=digest_of(text, given),
        author=Actor(WRITER),
        saved_at=NOON,
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": "ruleset: party\n"}, "lint"),
        ({"text": rules(programme="health")}, "programme"),
        ({"text": rules(measures="[wallet]")}, "measures"),
        ({"text": rules(zone="Asia/Urumqi")}, "timezone"),
        ({"text": rules(1_000_000)}, "version"),
        ({"cases": {}}, "cases_missing"),
        ({"cases": cases(9)}, "cases_failed"),
        (
            {"cases": {"a.yaml": cases()["shifts.yaml"].split("  - name: 未核实")[0]}},
            "never_refused",
        ),
        ({"cases": {"a.yaml": "ruleset: party.yaml\ntests: []\n"}}, "never_hit"),
    ],
)
def test_the_gate_lets_nothing_unsound_through(change: dict[str, Any], reason: str) -> None:
    draft = drafted(change.get("text", rules()), change.get("cases"))
    gate = pass_gate(draft, civic_context(), summary(rules()))
    assert reason in gate.reasons
    assert set(gate.reasons) <= set(REASONS)
    assert gate.as_json()["reasons"] == list(gate.reasons)
    sound = pass_gate(drafted(rules()), civic_context(), summary(rules()))
    assert sound.reasons == ()


@pytest.mark.parametrize("taken_away", [False, True])
def test_what_policy_forbids_to_score_does_not_pass_whoever_approves(taken_away: bool) -> None:  # noqa: FBT001 - a parameter
    """Without the limits it would: whoever reads the rule file alone finds nothing wrong."""
    text = rules().replace("志愿服务, en: Volunteering", "登录应用, en: Logging in")
    limits, _ = load_lint_policy((RULES / "policy.yaml").read_text("utf-8"), file="policy.yaml")
    assert limits is not None
    known = civic_context() if taken_away else replace(civic_context(), limits=limits)
    gate = pass_gate(drafted(text), known, summary(text))
    assert gate.reasons == (() if taken_away else ("lint",))
    assert taken_away is not any(each.code.startswith("policy.") for each in gate.lint)


def test_a_draft_that_does_not_pass_is_not_submitted(here: Town) -> None:
    draft = saved(here, rules(), cases={})
    assert here.refused(submitting(here, draft)) == "gate_failed"
    assert standing(here, draft).state is DraftState.DRAFT


@pytest.mark.parametrize(
    ("attached", "reason"),
    [
        (None, "backtest_missing"),
        (summary(rules(points=8)), "backtest_unlike"),
        (summary(rules(), programme="health"), "backtest_unlike"),
        (summary(rules(), after="party"), "backtest_unlike"),
        (summary(rules(), period={}), "backtest_period"),
        (summary(rules(), period=None), "backtest_period"),
        (summary(rules(), ratio=0.5), "backtest_form"),
        (summary(rules(), said="\ud800"), "backtest_form"),
    ],
)
def test_a_back_test_of_exactly_these_rules_is_attached(
    attached: dict[str, Any] | None, reason: str
) -> None:
    assert pass_gate(drafted(rules()), civic_context(), attached).reasons == (reason,)


def test_a_gate_for_something_else_opens_nothing(here: Town) -> None:
    other, draft = saved(here, rules(points=7)), saved(here, rules(points=8), cases=cases(8))
    assert here.refused(submitting(here, draft, gate=gate_of(here, other))) == "gate_outdated"
    typed = replace(gate_of(here, draft), types_sha256="0" * 64)
    assert here.refused(submitting(here, draft, gate=typed)) == "gate_outdated"


def test_a_revision_is_seen_before_it_is_replaced(here: Town) -> None:
    draft = saved(here, rules())
    again = {"draft_id": draft, "revision": 1}
    assert here.done(saving(here, rules(points=9), "staff:zhao", **again))["revision"] == 2
    assert here.refused(saving(here, rules(), **again)) == "draft_outdated"
    stale = submitting(here, draft, revision=1, gate=gate_of(here, draft))
    assert here.refused(stale) == "draft_outdated"
    unknown = {"draft_id": DraftId("0" * 26), "revision": 1}
    assert here.refused(saving(here, rules(), **unknown)) == "not_found"


def test_what_is_submitted_rests_until_it_is_decided(here: Town) -> None:
    draft = submitted(here, rules())
    again = {"draft_id": draft, "revision": 1}
    assert here.refused(saving(here, rules(points=9), **again)) == "draft_state"
    assert here.refused(submitting(here, draft)) == "draft_state"
    no = {"verdict": Verdict.REJECT}
    assert here.refused(deciding(here, draft, **no)) == "reason_needed"
    assert here.done(deciding(here, draft, **no, reason="分值偏高"))["state"] == "rejected"
    assert here.refused(deciding(here, draft)) == "draft_state"
    assert here.done(saving(here, rules(points=6), cases=cases(6), **again))["revision"] == 2
    here.done(submitting(here, draft))
    assert here.refused(deciding(here, draft, revision=1)) == "draft_outdated"
    assert here.done(deciding(here, draft))["state"] == "approved"
    assert here.refused(saving(here, rules(), draft_id=draft, revision=2)) == "draft_state"


def test_only_its_own_people_withdraw_a_draft(here: Town) -> None:
    draft = submitted(here, rules())
    name = {"draft_id": draft}
    assert here.refused(here.command(WithdrawDraft, APPROVER, **name)) == "not_draft_owner"
    assert here.done(here.command(WithdrawDraft, WRITER, **name))["state"] == "withdrawn"
    assert here.refused(here.command(WithdrawDraft, WRITER, **name)) == "draft_state"
    assert here.refused(deciding(here, draft)) == "draft_state"
    unknown = here.command(WithdrawDraft, WRITER, draft_id=DraftId("0" * 26))
    assert here.refused(unknown) == "not_found"
    with here.engine.reading(HERE) as connection:
        found = list_drafts(connection, HERE, DraftState.WITHDRAWN)
        assert [each.draft.draft_id for each in found] == [draft]
        assert list_drafts(connection, HERE, before=draft) == []
        assert len(list_drafts(connection, HERE)) == 1


def test_a_list_of_drafts_reads_nothing_of_what_is_written_in_them(here: Town) -> None:
    """A text may have a megabyte, and a page of a list two hundred drafts."""
    waiting = submitted(here, rules())
    here.done(saving(here, rules(points=9), draft_id=saved(here, rules()), revision=1))
    asked: list[str] = []
    with here.engine.reading(HERE) as connection:
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2]))
        found = list_drafts(connection, HERE)
    assert [(each.draft.revision, each.state.value) for each in found] == [
        (2, "draft"),
        (1, "submitted"),
    ]
    assert found[1].draft.draft_id == waiting
    assert found[1].submission is not None
    assert (found[0].submission, found[1].submission.actor) == (None, WRITER)
    asked = [each for each in asked if "rule_draft" in each]
    assert len(asked) == 1
    assert not any(name in asked[0] for name in (".text", ".cases", ".detail"))


def test_versions_count_upwards_from_the_folders(here: Town) -> None:
    assert here.refused(submitting(here, saved(here, rules(1)))) == "version_not_higher"
    first, second = submitted(here, rules(2)), submitted(here, rules(2, points=8), cases=cases(8))
    assert here.done(deciding(here, first))["version"] == 2
    assert here.refused(deciding(here, second)) == "version_not_higher"
    assert here.refused(submitting(here, saved(here, rules(2)))) == "version_not_higher"
    assert published(here, rules(5))["version"] == 5


def test_no_version_begins_on_a_day_that_has_begun(here: Town) -> None:
    for start in ("2026-03-02", "2026-03-01"):
        outcome = here.submit(submitting(here, saved(here, rules(start=start))))
        assert outcome.refusal is not None
        assert outcome.refusal.code == "starts_too_soon"
        assert outcome.refusal.details()["earliest"] == "2026-03-03"
    here.done(submitting(here, saved(here, rules(start="2026-03-03"))))


def test_an_approval_that_comes_too_late_is_none(here: Town) -> None:
    draft = submitted(here, rules(start="2026-03-03"))
    midnight = local("2026-03-03")
    here.clock.advance(midnight - timedelta(minutes=9) - here.clock.now())
    outcome = here.submit(deciding(here, draft))
    assert outcome.refusal is not None
    assert outcome.refusal.code == "starts_too_soon"
    assert outcome.refusal.details()["earliest"] == "2026-03-04"
    assert phases(here) == {}


def test_a_version_is_retired_before_it_begins_or_from_a_coming_day(here: Town) -> None:
    published(here, rules(2))
    assert here.refused(retiring(here, 2, WRITER)) == "own_draft"
    assert here.refused(retiring(here, 9)) == "not_found"
    assert here.refused(retiring(here, 2, owners=())) == "not_found"
    assert here.refused(retiring(here, 2, reason=" ")) == "reason_needed"
    assert here.done(retiring(here, 2))["ends_at"] == local("2026-04-01").isoformat()
    assert phases(here) == {2: "retired"}
    assert in_force(here, "2026-04-02") == 1
    assert here.refused(retiring(here, 2)) == "version_retired"
    published(here, rules(3, "2026-03-10"))
    here.clock.advance(local("2026-03-20") - here.clock.now() + timedelta(hours=1))
    assert here.refused(retiring(here, 3)) == "ends_too_soon"
    for day in ("2026-03-20", "2026-03-09", "2028-01-01"):
        assert here.refused(retiring(here, 3, last=date.fromisoformat(day))) == "ends_too_soon"
    assert here.done(retiring(here, 3, last=date(2026, 4, 1)))
    assert (in_force(here, "2026-03-31"), in_force(here, "2026-04-01")) == (3, 1)
    assert phases(here) == {2: "retired", 3: "in_force"}
    here.clock.advance(local("2026-04-01") - here.clock.now())
    assert phases(here) == {2: "retired", 3: "retired"}
    assert verify(here.engine, HERE).ok


UNSAVED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"programme": "sports"}, "programme_unknown"),
    ({"text": "x" * 400_001}, "draft_too_large"),
    ({"cases": {f"c{n}.yaml": "" for n in range(61)}}, "draft_too_large"),
    ({"cases": {"c.yaml": "x" * 800_001}}, "draft_too_large"),
    ({"cases": {"../c.yaml": ""}}, "case_name_invalid"),
    ({"cases": {"c.txt": ""}}, "case_name_invalid"),
    ({"note": "联系 13800138000"}, "personal_in_text"),
    ({"text": "a: \0"}, "draft_unreadable"),
)


def test_what_cannot_be_saved(here: Town) -> None:
    for other, code in UNSAVED:
        assert here.refused(saving(here, **({"text": rules()} | other))) == code


def test_what_is_scored_names_the_version_that_held_then(here: Town) -> None:
    published(here, rules(2, "2026-03-10", points=7))
    member = here.person()
    before = here.in_publicity(member)
    here.clock.advance(timedelta(days=12))
    after = here.in_publicity(member)
    late = here.in_publicity(member, ago=timedelta(days=6), hours="3")
    with here.engine.reading(HERE) as connection:
        rows = {
            (row.activity_id, row.ruleset_version, row.ruleset_sha256)
            for row in connection.execute(select(award).where(award.c.member_id == member))
        }
    book = known(here).rules
    base, new = book.in_force("party", NOON), book.in_force("party", here.clock.now())
    assert base is not None
    assert new is not None
    assert rows == {
        (before, 1, base.sha256),
        (after, 2, new.sha256),
        (late, 1, base.sha256),
    }
    assert book.by_hash(new.sha256) is new


def test_no_role_both_writes_and_approves() -> None:
    writes, approves = TABLE[Action.WRITE_RULES], TABLE[Action.APPROVE_RULES]
    assert all(frozenset({one, other}) in CONFLICTING for one in writes for other in approves)
    assert ACTIONS[Action.APPROVE_RULES].needs is Needs.SECOND_FACTOR
    assert ACTIONS[Action.WRITE_RULES].needs is Needs.PERSON


def test_whatever_staff_do_to_rules_is_on_the_trail(here: Town) -> None:
    published(here, rules())
    here.done(retiring(here, 2))
    with here.engine.reading(HERE) as connection:
        said = [
            (row.action, row.actor)
            for row in connection.execute(select(audit_event).order_by(audit_event.c.sequence))
        ]
    assert said == [
        ("draft_saved", WRITER),
        ("draft_submitted", WRITER),
        ("draft_approved", APPROVER),
        ("version_published", APPROVER),
        ("version_retired", APPROVER),
    ]


def test_another_process_sees_a_version_without_a_restart(here: Town) -> None:
    moment = [0.0]
    elsewhere = RuleBooks(
        civic_context(), partial(reading, here.engine.database), monotonic=lambda: moment[0]
    )

    def newest() -> int:
        return elsewhere.current(HERE).rules.of("party").version

    assert newest() == 1
    published(here, rules())
    assert newest() == 1
    moment[0] += STALE_SECONDS
    assert newest() == 2
    here.done(retiring(here, 2))
    moment[0] += STALE_SECONDS
    held = elsewhere.current(HERE).rules.in_force("party", local("2026-04-02"))
    assert held is not None
    assert held.version == 1


def test_a_version_ends_on_no_day_outside_the_calendar(here: Town) -> None:
    published(here, rules())
    for last in (date.min, date.max):
        assert here.refused(retiring(here, 2, last=last)) == "ends_too_soon"


def test_cases_that_would_take_hours_do_not_pass_and_do_not_take_them() -> None:
    text = cases()["shifts.yaml"]
    shift = "type: volunteer.shift, fields: {hours: 2, verified: true}"
    past = f'{{at: "2027-01-01T08:00", repeat: 400, {shift}}}'
    many = "".join(
        f"""  - name: 第 {n} 例
    history: [{", ".join([past] * 20)}]
    event: {{at: "2027-05-10T08:00", {shift}}}
    expect: {{awards: {{P06: 7}}}}
"""
        for n in range(20)
    )
    gate = pass_gate(drafted(rules(), {"a.yaml": text + many}), civic_context(), summary(rules()))
    assert gate.reasons == ("cases_failed",)
    assert [each.code for each in gate.failures] == ["case.too_much"]
