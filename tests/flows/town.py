"""A small association to try the civic process on: real rules, an engine, people with work."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from points.db.engines import open_database
from points.engine import Engine, Flow, Outcome
from points.flows import claim, enrol, record
from points.flows.context import Context, RuleBook
from points.kernel.clock import ManualClock
from points.kernel.ids import Actor, AssociationId, Ids, MemberId, OperationId
from points.members.model import MemberKind, Profile
from points.rules import ActivityTypes, RuleSet, load_activity_types, load_ruleset
from points.vouchers.codes import CodeBook

RULES = Path(__file__).parents[2] / "rules"
HERE = AssociationId("panjin")
STAFF = Actor("staff:li")
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday, twelve o'clock in Shanghai

FLOWS: dict[type, Flow] = {
    enrol.Enrol: enrol.FLOW,
    record.Record: record.FLOW,
    claim.FileClaim: claim.FLOW,
}


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
def civic_context() -> Context:
    return Context(
        rules=RuleBook((ruleset("party"), ruleset("health"))),
        types=activity_types(),
        codes=CodeBook(b"c" * 32),
        index_key=b"i" * 32,
    )


@dataclass
class Town:
    """An engine, its clock, and short ways to say common things."""

    engine: Engine
    clock: ManualClock
    count: int = 0
    phones: dict[MemberId, str] = field(default_factory=dict)

    def operation(self) -> OperationId:
        self.count += 1
        return OperationId(f"test:{self.count}")

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
        self.count += 1
        phone = f"138{self.count:08}"
        done = self.done(
            enrol.Enrol(
                association_id=HERE,
                operation_id=self.operation(),
                actor=STAFF,
                name="张三",
                phone=phone,
                profile=Profile(**({"kind": MemberKind.RIDER, "party_member": True} | profile)),
                programmes=programmes,
            )
        )
        self.phones[done["member_id"]] = phone
        return MemberId(done["member_id"])

    def shift(
        self,
        member: MemberId,
        *,
        hours: str = "2",
        ago: timedelta = timedelta(days=1),
        **other: Any,
    ) -> record.Record:
        self.count += 1
        fields: Mapping[str, Any] = {"hours": hours, "verified": True}
        return record.Record(
            **(
                {
                    "association_id": HERE,
                    "operation_id": self.operation(),
                    "actor": Actor("source:roster"),
                    "source": "roster",
                    "external_id": f"row-{self.count}",
                    "type": "volunteer.shift",
                    "member_id": member,
                    "occurred_at": self.clock.now() - ago,
                    "fields": fields,
                }
                | other
            )
        )


@contextmanager
def town(url: str, flows: Mapping[type, Flow] | None = None) -> Iterator[Town]:
    clock = ManualClock(NOON)
    database = open_database(url)
    try:
        with Engine(
            database, flows or FLOWS, clock=clock, ids=Ids(clock), context=civic_context()
        ) as engine:
            yield Town(engine=engine, clock=clock)
    finally:
        database.dispose()
