"""Random histories of scoring, reversals, late arrivals and corrections, beside a plain account.

The plain account knows two rules and lists: a lesson is worth so many points up to so many a month,
a meeting is worth seven once two lessons were scored within the thirty days before it. It shares
nothing with the engine.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from points.activities import store
from points.activities.model import Used, latest
from points.flows.context import Context, RuleBook
from points.flows.correcting import to_replace, to_undo
from points.flows.posting_corrections import post_due
from points.flows.rescoring import foresee, rescore_marked
from points.flows.reverse import Reverse
from points.flows.verify import verify
from points.kernel.ids import ActivityId, CorrectionId, MemberId
from points.ledger import reads as ledger
from points.rules import load_ruleset
from tests.flows.corrections import deciding, filed, previewed, proposed, replacing
from tests.flows.town import Town, activity_types, civic_context

ZONE = ZoneInfo("Asia/Shanghai")
MEETING_WORTH = 7


def lessons(version: int, points: int, cap: int) -> str:
    """Return a rule file."""
    return f"""ruleset: party
version: {version}
effective: {{from: "2026-01-01", until: "2028-01-01"}}
timezone: Asia/Shanghai
title: {{zh: 试验, en: Trial}}
measures: [wallet]
caps:
  a_month: {{window: month, max: {cap}, title: {{zh: 每月, en: A month}}}}
rules:
  - id: L1
    title: {{zh: 微党课, en: Lesson}}
    category: learn
    on: micro.lesson
    when: event.passed
    points: {points}
    measures: [wallet]
    caps: [a_month]
    expires: {{wallet: end_of_next_year}}
  - id: H1
    title: {{zh: 学满两课, en: Two lessons}}
    category: learn
    on: branch.meeting
    when: history.count("micro.lesson", "P30D") >= 2
    points: {MEETING_WORTH}
    measures: [wallet]
    expires: {{wallet: end_of_next_year}}
"""


def examples(points: int, cap: int) -> dict[str, str]:
    """Return cases that see both rules hit and refused."""
    lesson = "type: micro.lesson, fields: {passed: true}"
    meeting = "type: branch.meeting, fields: {kind: party_class, present: true}"
    capped = ", capped: [a_month]" if points > cap else ""
    return {
        "lessons.yaml": f"""ruleset: party.yaml
member: {{party_member: true, kind: rider}}
tests:
  - name: 一课
    event: {{at: "2026-05-10T08:00", {lesson}}}
    expect: {{awards: {{L1: {min(points, cap)}}}{capped}}}
  - name: 未通过
    event: {{at: "2026-05-10T08:00", type: micro.lesson, fields: {{passed: false}}}}
    expect: {{refused: {{L1: condition}}}}
  - name: 两课之后
    history: [{{at: "2026-05-01T08:00", repeat: 2, {lesson}}}]
    event: {{at: "2026-05-10T08:00", {meeting}}}
    expect: {{awards: {{H1: {MEETING_WORTH}}}}}
  - name: 没有两课
    event: {{at: "2026-05-10T08:00", {meeting}}}
    expect: {{refused: {{H1: condition}}}}
"""
    }


@cache
def before_all() -> Context:
    """Return the context with the version that holds before anything is published."""
    loaded, findings = load_ruleset(lessons(1, 2, 5), file="party.yaml", types=activity_types())
    assert loaded is not None, findings
    return replace(civic_context(), rules=RuleBook((loaded,)))


@dataclass(slots=True)
class Done:
    """An activity as the plain account keeps it, in the order of scoring."""

    activity: str
    member: MemberId
    lesson: bool
    at: datetime
    version: int
    points: int = 0
    used: tuple[str, int] | None = None
    gone: bool = False


@dataclass(slots=True)
class Account:
    """What ought to stand: versions' points and caps, and everything that was scored."""

    versions: dict[int, tuple[int, int]] = field(default_factory=lambda: {1: (2, 5)})
    done: list[Done] = field(default_factory=list)

    def settle(self) -> None:
        """Score every surviving activity again, from nothing, in the order of scoring."""
        spent: dict[tuple[MemberId, str], int] = {}
        seen: dict[MemberId, list[datetime]] = {}
        for each in self.done:
            each.points, each.used = 0, None
            if each.gone:
                continue
            before = seen.setdefault(each.member, [])
            if each.lesson:
                worth, cap = self.versions[each.version]
                month = each.at.astimezone(ZONE).strftime("%Y-%m")
                room = max(0, cap - spent.get((each.member, month), 0))
                each.points = min(worth, room)
                if each.points:
                    spent[each.member, month] = spent.get((each.member, month), 0) + each.points
                    each.used = (month, each.points)
                before.append(each.at)
            elif sum(each.at - timedelta(days=30) <= at < each.at for at in before) >= 2:
                each.points = MEETING_WORTH


@dataclass
class Storm:
    """A town under a storm."""

    here: Town
    chance: random.Random
    account: Account = field(default_factory=Account)
    people: list[MemberId] = field(default_factory=list)
    live: list[CorrectionId] = field(default_factory=list)
    before: dict[CorrectionId, dict[str, int]] = field(default_factory=dict)

    def blow(self, steps: int) -> None:
        """Do so many things, and compare after each."""
        self.people = [self.here.person() for _ in range(3)]
        for _ in range(steps):
            self.here.clock.advance(timedelta(minutes=self.chance.randint(1, 90)))
            name = self.chance.choices(["score", "reverse", "correct", "undo"], [10, 4, 2, 1])[0]
            getattr(self, name)()
            self.compare()
        verdict = verify(self.here.engine, self.here.association)
        assert verdict.ok, verdict.first_difference

    def score(self) -> None:
        """Record and score something, lately or long after it happened."""
        lesson = self.chance.random() < 0.7
        member = self.chance.choice(self.people)
        fields = {"passed": True} if lesson else {"kind": "party_class", "present": True}
        ago = timedelta(days=self.chance.choice([0.1, 1, 5, 20, 40]))
        made = self.here.done(
            self.here.shift(
                member,
                type="micro.lesson" if lesson else "branch.meeting",
                fields=fields,
                ago=ago,
                source="feed",
                trusted=True,
            )
        )
        activity = str(made["activity_id"])
        self.here.score(activity)
        fact = self.here.filed(activity).activity
        version = self.in_force(fact.occurred_at)
        self.account.done.append(Done(activity, member, lesson, fact.occurred_at, version))

    def in_force(self, at: datetime) -> int:
        """Return which version holds now."""
        context: Context = self.here.engine.context_of(self.here.association)
        found = context.rules.in_force("party", at)
        assert found is not None
        return found.version

    def reverse(self) -> None:
        """Take one back; the worker comes by."""
        standing = [each for each in self.account.done if not each.gone]
        if not standing:
            return
        one = self.chance.choice(standing)
        claim = self.here.filed(one.activity).claim
        self.here.done(
            self.here.command(
                Reverse,
                activity_id=ActivityId(one.activity),
                member_id=claim.member_id,
                transactions=claim.transactions,
                reason="error",
            )
        )
        one.gone = True
        rescore_marked(self.here.engine, self.here.association)
        assert rescore_marked(self.here.engine, self.here.association) == 0

    def correct(self) -> None:
        """Bring another version in for everything, by a batch."""
        version = max(self.account.versions) + 1
        points, cap = self.chance.randint(1, 4), self.chance.randint(2, 9)
        self.account.versions[version] = points, cap
        draft = replacing(self.here, lessons(version, points, cap), cases=examples(points, cap))
        found = previewed(self.here, to_replace(self.here.engine, self.here.association, draft))
        correction = proposed(self.here, found)
        was = {each.activity: each.version for each in self.account.done}
        self.carry_out(correction, {line.member_id for line in found.lines}, version)
        self.live.append(correction)
        self.before[correction] = was

    def undo(self) -> None:
        """Take the last batch back."""
        if not self.live:
            return
        correction = self.live.pop()
        found = previewed(self.here, to_undo(self.here.engine, self.here.association, correction))
        opposite = proposed(self.here, found)
        self.here.done(deciding(self.here, opposite))
        reached = {line.member_id for line in found.lines}
        for each in self.account.done:
            if each.member in reached:
                each.version = self.in_force(each.at)
        self.post(opposite)

    def carry_out(self, correction: CorrectionId, reached: set[MemberId], version: int) -> None:
        """Approve and post a batch."""
        self.here.clock.advance(timedelta(seconds=1))
        self.here.done(deciding(self.here, correction))
        for each in self.account.done:
            if each.member in reached:
                each.version = version
        self.here.clock.advance(timedelta(seconds=1))
        self.post(correction)

    def post(self, correction: CorrectionId) -> None:
        """Post a batch; a second time does nothing."""
        post_due(self.here.engine, self.here.association)
        assert post_due(self.here.engine, self.here.association) == 0
        progress = filed(self.here, correction).progress
        assert progress.posted == progress.members

    def compare(self) -> None:
        """Awards, balances and cap usage are what the plain account says; nothing is left to do."""
        self.account.settle()
        here = self.here
        ids = [ActivityId(each.activity) for each in self.account.done if not each.gone]
        with here.engine.reading(here.association) as connection:
            awards = store.awards_of(connection, here.association, ids)
            usage = store.usage_of(connection, here.association, self.people)
            now = here.clock.now()
            balances = {
                member: ledger.balances(connection, here.association, member, now)
                for member in self.people
            }
        found = {each: sum(a.points for a in latest(awards.get(each, ()))) for each in ids}
        wanted = {ActivityId(x.activity): x.points for x in self.account.done if not x.gone}
        assert found == wanted
        counted: dict[tuple[Any, ...], Used] = {}
        for each in self.account.done:
            if each.used is not None:
                points, times = counted.get((each.member, each.used[0]), (0, 0))
                counted[each.member, each.used[0]] = Used(points + each.used[1], times + 1)
        stored = {(k.holder, k.window_key): used for k, used in usage.items() if any(used)}
        assert stored == counted
        for member in self.people:
            mine = sum(
                each.available + each.pending + each.held + each.debt for each in balances[member]
            )
            assert mine == sum(
                x.points for x in self.account.done if x.member == member and not x.gone
            )
        seen = foresee(here.engine, here.association, self.people)
        assert not any(each.recalculation.changed for each in seen), "nothing is left to correct"
