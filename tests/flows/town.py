"""A small association to try the civic process on: real rules, an engine, people with work."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from points.activities import reads
from points.activities.reads import Filed
from points.db.engines import open_database
from points.engine import Engine, Flow, Outcome
from points.flows import (
    amend,
    answer,
    claim,
    declare_holiday,
    enrol,
    freeze,
    join,
    leave,
    mature,
    open_year,
    publish,
    record,
    requeue,
    rescore,
    reverse,
    review,
    score,
    thaw,
    withdraw,
)
from points.flows import object as objection
from points.flows.context import Context, RuleBook
from points.flows.notices_file import read_notices
from points.flows.rule_books import RuleBooks
from points.flows.score import Score
from points.kernel.clock import ManualClock
from points.kernel.ids import ActivityId, Actor, AssociationId, Ids, MemberId, OperationId
from points.members.model import MemberKind, Profile
from points.privacy.model import Notices
from points.rules import ActivityTypes, RuleSet, load_activity_types, load_ruleset
from points.unit_of_work import reading
from points.vault.keychain import Vault
from points.vault.masters import MasterKeys
from points.vouchers.codes import CodeBook

RULES = Path(__file__).parents[2] / "rules"
HERE = AssociationId("panjin")
STAFF = Actor("staff:li")
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday, twelve o'clock in Shanghai

FLOWS: dict[type, Flow] = {
    enrol.Enrol: enrol.FLOW,
    record.Record: record.FLOW,
    claim.FileClaim: claim.FLOW,
    review.Review: review.FLOW,
    withdraw.Withdraw: withdraw.FLOW,
    publish.Publish: publish.FLOW,
    objection.ObjectTo: objection.FLOW,
    answer.Answer: answer.FLOW,
    freeze.Freeze: freeze.FLOW,
    thaw.Thaw: thaw.FLOW,
    join.Join: join.FLOW,
    leave.Leave: leave.FLOW,
    amend.Amend: amend.FLOW,
    open_year.OpenYear: open_year.FLOW,
    declare_holiday.DeclareHoliday: declare_holiday.FLOW,
    score.Score: score.FLOW,
    requeue.Requeue: requeue.FLOW,
    mature.Mature: mature.FLOW,
    reverse.Reverse: reverse.FLOW,
    rescore.Rescore: rescore.FLOW,
}


NUMBERS = itertools.count(1)


@cache
def activity_types() -> ActivityTypes:
    types, findings = load_activity_types(
        (RULES / "activities.yaml").read_text("utf-8"), file="activities.yaml"
    )
    assert types is not None, findings
    return types


@cache
def ruleset(programme: str) -> RuleSet:
    file = f"{programme}.yaml"
    loaded, findings = load_ruleset(
        (RULES / file).read_text("utf-8"), file=file, types=activity_types()
    )
    assert loaded is not None, findings
    return loaded


@cache
def notices() -> Notices:
    read, findings = read_notices(
        (RULES / "privacy" / "notices.yaml").read_text("utf-8"), file="notices.yaml"
    )
    assert read is not None, findings
    return read


@cache
def civic_context() -> Context:
    return Context(
        rules=RuleBook((ruleset("party"), ruleset("health"))),
        types=activity_types(),
        codes=CodeBook(b"c" * 32),
        index_key=b"i" * 32,
        vault=Vault(MasterKeys.of(b"m" * 32)),
        notices=notices(),
    )


@dataclass
class Town:
    """An engine, its clock, and short ways to say common things."""

    engine: Engine
    clock: ManualClock
    association: AssociationId = HERE

    def operation(self) -> OperationId:
        return OperationId(f"test:{next(NUMBERS)}")

    def phone(self) -> str:
        """Return a number that nobody in this process has had; tests may share a database."""
        return f"138{next(NUMBERS):08}"

    def submit(self, command: Any) -> Outcome:
        return self.engine.submit(command)

    def done(self, command: Any) -> dict[str, Any]:
        outcome = self.submit(command)
        assert outcome.refusal is None, outcome.refusal
        return outcome.result

    def refused(self, command: Any) -> str:
        outcome = self.submit(command)
        assert outcome.refusal is not None, outcome.result
        assert outcome.refusal.text("zh")
        assert outcome.refusal.text("en")
        return outcome.refusal.code

    def person(self, programmes: tuple[str, ...] = ("party",), **profile: Any) -> MemberId:
        done = self.done(
            enrol.Enrol(
                association_id=self.association,
                operation_id=self.operation(),
                actor=STAFF,
                name="张三",
                phone=self.phone(),
                profile=Profile(**({"kind": MemberKind.RIDER, "party_member": True} | profile)),
                programmes=programmes,
            )
        )
        return MemberId(done["member_id"])

    def command(self, kind: type, actor: str = "staff:li", /, **other: Any) -> Any:
        """Return a command with its everyday fields filled in."""
        everyday = {
            "association_id": self.association,
            "operation_id": self.operation(),
            "actor": actor,
        }
        return kind(**(everyday | other))

    def filed(self, activity: str) -> Filed:
        with self.engine.reading(self.association) as connection:
            found = reads.one(connection, self.association, ActivityId(activity))
        assert found is not None
        return found

    def state(self, activity: str) -> str:
        return str(self.filed(activity).claim.state)

    def approve(self, activity: str, actor: str = "staff:wang", level: str = "industry") -> str:
        approving = self.command(
            review.Review,
            actor,
            activity_id=activity,
            verdict=review.Verdict.APPROVE,
            level=level,
        )
        return str(self.done(approving)["state"])

    def score(self, activity: str) -> dict[str, Any]:
        return self.done(self.scoring(activity))

    def scoring(self, activity: str) -> Score:
        fact = self.filed(activity).activity
        command: Score = self.command(Score, "system:score", activity=fact)
        return command

    def in_publicity(self, member: MemberId, **shift: Any) -> str:
        """File, approve and score a shift of the member's."""
        activity = str(self.done(self.shift(member, **shift))["activity_id"])
        self.approve(activity)
        assert self.score(activity)["state"] == "publicity"
        return activity

    def shift(
        self,
        member: MemberId,
        *,
        hours: str = "2",
        ago: timedelta = timedelta(days=1),
        **other: Any,
    ) -> record.Record:
        fields: Mapping[str, Any] = {"hours": hours, "verified": True}
        return record.Record(
            **(
                {
                    "association_id": self.association,
                    "operation_id": self.operation(),
                    "actor": Actor("source:roster"),
                    "source": "roster",
                    "external_id": f"row-{next(NUMBERS)}",
                    "type": "volunteer.shift",
                    "member_id": member,
                    "occurred_at": self.clock.now() - ago,
                    "fields": fields,
                }
                | other
            )
        )


@contextmanager
def town(
    url: str, flows: Mapping[type, Flow] | None = None, context: Context | None = None
) -> Iterator[Town]:
    clock = ManualClock(NOON)
    database = open_database(url)
    known = context or civic_context()
    try:
        with Engine(
            database,
            flows or FLOWS,
            clock=clock,
            ids=Ids(clock),
            context=known,
            contexts=RuleBooks(known, partial(reading, database)),
        ) as engine:
            yield Town(engine=engine, clock=clock)
    finally:
        database.dispose()
