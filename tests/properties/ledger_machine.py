"""The engine and a plain model, driven by the same steps, must never disagree."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine as Database
from sqlalchemy import select

from points.db.engines import open_database
from points.engine import Engine, Flow, Outcome
from points.flows.expire import Expire
from points.kernel.clock import ManualClock
from points.kernel.ids import AccountId, Actor, AssociationId, HoldId, OperationId, TransactionId
from points.ledger.tables import account, entry, lot, movement, open_lot, operation, transaction
from points.ledger.verify import verify_ledger
from points.unit_of_work import reading
from tests.properties.ledger_flows import (
    FLOWS,
    START,
    CountingIds,
    Earn,
    Mature,
    OnAccount,
    OnHold,
    Open,
    Reverse,
    SetAside,
    manual_clock,
)
from tests.properties.ledger_model import Answer, PlainAccount, refused

FACTS = (operation, transaction, entry, lot, movement)
ACCOUNTS = (AccountId("M1.party.wallet"), AccountId("M1.health.wallet"))
NOWHERE = HoldId("no-such-hold")
VERBS = ("earn", "earn", "mature", "hold", "capture", "void", "release", "refund", "expire", "reverse")


class World:
    """A database and the engine on it, for many runs: each takes two fresh associations."""

    def __init__(self, url: str, flows: Mapping[type, Flow] = FLOWS) -> None:
        self.database: Database = open_database(url, pool_size=2)
        self.clock: ManualClock = manual_clock()
        self.engine = Engine(self.database, flows, clock=self.clock, ids=CountingIds())
        self.runs = itertools.count(1)

    def close(self) -> None:
        """Stop the engine and let go of the database."""
        self.engine.close()
        self.database.dispose()

    def rows(self, table: Any, association: str) -> list[dict[str, Any]]:
        """Return all of an association's rows, by key."""
        wanted = (
            select(table)
            .where(table.c.association_id == association)
            .order_by(*table.primary_key.columns)
        )
        with reading(self.database) as connection:
            return [dict(row) for row in connection.execute(wanted).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do, in numbers; which hold or grant is meant is found when it is done."""

    verb: str
    at: int = 0
    of: int = 0
    pick: int = 0
    points: int = 1
    days: int | None = None
    pending: bool = False


@dataclass(slots=True, kw_only=True)
class Kept:
    """A command that was acknowledged, and how."""

    command: OnAccount
    outcome: Outcome


@dataclass(slots=True)
class Tenant:
    """What the model knows of one association."""

    association: AssociationId
    accounts: list[PlainAccount] = field(default_factory=lambda: [PlainAccount() for _ in ACCOUNTS])
    grants: dict[tuple[int, int], TransactionId] = field(default_factory=dict)
    facts: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)


# Small and few, so that edges are met: exact amounts, equal expiries, what has expired already.
AMOUNTS = st.integers(min_value=1, max_value=12)
DAYS = st.sampled_from([None, 1, 1, 2, 5, -1])
MOSTLY_FIRST = st.sampled_from([0, 0, 0, 1])
PICKS = st.integers(min_value=0, max_value=7)
STEPS = st.builds(
    Step,
    verb=st.sampled_from(VERBS),
    at=MOSTLY_FIRST,
    of=MOSTLY_FIRST,
    pick=PICKS,
    points=AMOUNTS,
    days=DAYS,
    pending=st.booleans(),
)


class LedgerMachine(RuleBasedStateMachine):
    """Two associations with the same members, the same operation ids, and nothing in common."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        run = next(self.world.runs)
        self.tenants = [Tenant(AssociationId(f"{name}{run}")) for name in "AB"]
        self.kept: list[Kept] = []
        self.numbers = [itertools.count(1), itertools.count(1)]
        self.world.clock.set(START)

    @property
    def now(self) -> datetime:
        """What the clock says."""
        return self.world.clock.now()

    @initialize()
    def open(self) -> None:
        for at, tenant in enumerate(self.tenants):
            opened = [Open(**self._base(at, of)) for of in range(len(ACCOUNTS))]
            for command, outcome in zip(opened, self.world.engine.submit_many(opened), strict=True):
                assert outcome.refusal is None
                self.kept.append(Kept(command=command, outcome=outcome))
            assert tenant.facts == {}

    @rule(
        at=MOSTLY_FIRST, of=MOSTLY_FIRST, points=AMOUNTS, days=DAYS, pending=st.booleans()
    )
    def earn(self, at: int, of: int, points: int, days: int | None, *, pending: bool) -> None:
        self.perform([Step(verb="earn", at=at, of=of, points=points, days=days, pending=pending)])

    @rule(at=MOSTLY_FIRST, of=MOSTLY_FIRST)
    def mature(self, at: int, of: int) -> None:
        self.perform([Step(verb="mature", at=at, of=of)])

    @rule(at=MOSTLY_FIRST, of=MOSTLY_FIRST, points=AMOUNTS)
    def hold(self, at: int, of: int, points: int) -> None:
        self.perform([Step(verb="hold", at=at, of=of, points=points)])

    @precondition(lambda self: self.has_holds())
    @rule(
        verb=st.sampled_from(["capture", "void", "release", "refund"]),
        at=MOSTLY_FIRST,
        of=MOSTLY_FIRST,
        pick=PICKS,
        points=AMOUNTS,
    )
    def on_hold(self, verb: str, at: int, of: int, pick: int, points: int) -> None:
        self.perform([Step(verb=verb, at=at, of=of, pick=pick, points=points)])

    @rule(at=MOSTLY_FIRST, of=MOSTLY_FIRST)
    def expire(self, at: int, of: int) -> None:
        self.perform([Step(verb="expire", at=at, of=of)])

    @precondition(lambda self: any(tenant.grants for tenant in self.tenants))
    @rule(at=MOSTLY_FIRST, of=MOSTLY_FIRST, pick=PICKS)
    def reverse(self, at: int, of: int, pick: int) -> None:
        self.perform([Step(verb="reverse", at=at, of=of, pick=pick)])

    @rule(steps=st.lists(STEPS, min_size=2, max_size=6), twice=st.booleans())
    def together(self, steps: list[Step], *, twice: bool) -> None:
        """Put several commands in one batch, maybe the first of them once more at its end."""
        self.perform(steps, twice=twice)

    @precondition(lambda self: self.kept)
    @rule(pick=st.integers(min_value=0, max_value=1000))
    def replay(self, pick: int) -> None:
        """I4: the same id with the same body is answered as it was, whatever happened since."""
        kept = self.kept[-1 - pick % len(self.kept)]
        self.is_replay(kept, self.world.engine.submit(kept.command))

    @precondition(lambda self: self.kept)
    @rule(pick=st.integers(min_value=0, max_value=1000))
    def replay_with_another_body(self, pick: int) -> None:
        """I4: the same id with another body is refused, and does nothing."""
        kept = self.kept[-1 - pick % len(self.kept)]
        outcome = self.world.engine.submit(replace(kept.command, actor=Actor("staff:other")))
        assert outcome.refusal is not None
        assert outcome.refusal.code == "operation_conflict"

    @rule(hours=st.sampled_from([1, 12, 24, 24, 48, 240]))
    def tick(self, hours: int) -> None:
        self.world.clock.advance(timedelta(hours=hours))

    @rule()
    def clock_runs_backwards(self) -> None:
        self.world.clock.advance(timedelta(hours=-1))

    @invariant()
    def balances_agree(self) -> None:
        """I2 and I8: accounts and open lots are what the model says, in each association alone."""
        for tenant in self.tenants:
            lots = self.world.rows(open_lot, tenant.association)
            for row in self.world.rows(account, tenant.association):
                plain = tenant.accounts[ACCOUNTS.index(row["account_id"])]
                found = row["pending"], row["available"], row["held"], row["debt"]
                assert found == plain.balances(), f"balances of {row['account_id']}"
                mine = [each for each in lots if each["account_id"] == row["account_id"]]
                assert [
                    (x["expires_at"], x["pending"], x["available"], x["held"]) for x in mine
                ] == [(x.expires_at, x.pending, x.available, x.held) for x in plain.lots]

    @invariant()
    def entries_add_up(self) -> None:
        """I1: transactions sum to zero in each measure; versions leave no gap."""
        for tenant in self.tenants:
            rows = self.world.rows(entry, tenant.association)
            sums: dict[tuple[str, str], int] = {}
            for row in rows:
                key = row["transaction_id"], row["account_id"].partition(".")[2]
                sums[key] = sums.get(key, 0) + row["points"]
            assert not any(sums.values()), "transactions sum to zero"
            for name in ACCOUNTS:
                mine = [r for r in rows if r["account_id"] == name]
                versions = sorted(r["version"] for r in mine)
                assert versions == list(range(1, len(mine) + 1)), "versions are gapless"

    @invariant()
    def history_stays(self) -> None:
        """I7: what was once written is still there, unchanged."""
        for tenant in self.tenants:
            now = self.facts_of(tenant)
            assert {key: now.get(key) for key in tenant.facts} == tenant.facts
            tenant.facts = now

    def teardown(self) -> None:
        """I3 and I4 for the whole run, and the verifier agrees."""
        before = [self.facts_of(tenant) for tenant in self.tenants]
        answers = self.world.engine.submit_many(kept.command for kept in self.kept)
        for kept, outcome in zip(self.kept, answers, strict=True):
            self.is_replay(kept, outcome)
        assert [self.facts_of(tenant) for tenant in self.tenants] == before
        with reading(self.world.database) as connection:
            for tenant in self.tenants:
                found = [c.difference for c in verify_ledger(connection, tenant.association)]
                assert not any(found), f"the verifier finds {[d for d in found if d]}"

    def perform(self, steps: list[Step], *, twice: bool = False) -> None:
        """Let the engine and the model do the steps, in one queue, and compare the answers."""
        commands = [self.command(step) for step in steps]
        answers = [
            self.answer(step, command) for step, command in zip(steps, commands, strict=True)
        ]
        again = commands[:1] if twice else []
        outcomes = self.world.engine.submit_many([*commands, *again])
        for step, command, answer, outcome in zip(steps, commands, answers, outcomes, strict=False):
            assert not outcome.replayed
            found: Answer = {}
            if outcome.refusal is not None:
                found = refused(outcome.refusal.code, **outcome.refusal.details())
            assert found == answer, f"{step} is answered {found}"
            self.kept.append(Kept(command=command, outcome=outcome))
            self.learn(step, outcome)
        if twice:
            self.is_replay(Kept(command=commands[0], outcome=outcomes[0]), outcomes[-1])

    def command(self, step: Step) -> OnAccount | Expire:
        """Return the command that a step stands for now."""
        base = self._base(step.at, step.of)
        if step.verb == "earn":
            expires_at = None if step.days is None else self.now + timedelta(days=step.days)
            return Earn(**base, points=step.points, expires_at=expires_at, pending=step.pending)
        if step.verb == "mature":
            return Mature(**base)
        if step.verb == "hold":
            return SetAside(**base, points=step.points)
        if step.verb == "expire":
            return Expire(**base, actor=Actor("system:test"))
        if step.verb == "reverse":
            return Reverse(**base, transaction_id=self.grant(step))
        hold = self.hold_of(step)
        hold_id = HoldId(hold.hold_id) if hold else NOWHERE
        return OnHold(**base, verb=step.verb, hold_id=hold_id, points=step.points)

    def answer(self, step: Step, command: OnAccount | Expire) -> Answer:
        """Let the model do a step, and return what the engine must answer."""
        plain, at = self.tenants[step.at].accounts[step.of], self.now
        if isinstance(command, Earn):
            return plain.earn(step.points, command.expires_at, at, pending=step.pending)
        if isinstance(command, Mature):
            return plain.mature(at)
        if isinstance(command, SetAside):
            return plain.hold(step.points, at)
        if isinstance(command, Expire):
            return plain.expire(at)
        if isinstance(command, Reverse):
            if command.transaction_id == "no-such-grant":
                return refused("not_reversible")
            grants = self.tenants[step.at].grants
            number = next(n for (_, n), t in grants.items() if t == command.transaction_id)
            return plain.reverse(plain.lots[number], at)
        hold = next(
            (h for h in plain.holds if h.hold_id == command.hold_id), None
        ) if isinstance(command, OnHold) else None
        if hold is None:
            return refused("not_found", noun="hold", noun_zh="预占")
        week = timedelta(days=7)
        if step.verb == "capture":
            return plain.capture(hold, step.points, at)
        if step.verb == "void":
            return plain.void(hold, step.points, at)
        if step.verb == "release":
            return plain.release(hold, step.points, at, week)
        return plain.refund(hold, step.points, at, week)

    def learn(self, step: Step, outcome: Outcome) -> None:
        """Keep the names that the engine gave to what was just made."""
        tenant = self.tenants[step.at]
        if outcome.refusal is not None:
            return
        if step.verb == "earn":
            number = sum(1 for of, _ in tenant.grants if of == step.of)
            tenant.grants[step.of, number] = outcome.result["transaction_id"]
        if step.verb == "hold":
            nameless = next(h for h in tenant.accounts[step.of].holds if not h.hold_id)
            nameless.hold_id = outcome.result["hold_id"]

    def grant(self, step: Step) -> TransactionId:
        """Return the grant that a step means, newest first."""
        mine = [t for (of, _), t in self.tenants[step.at].grants.items() if of == step.of]
        return mine[-1 - step.pick % len(mine)] if mine else TransactionId("no-such-grant")

    def hold_of(self, step: Step) -> Any:
        """Return the hold that a step means, newest first."""
        mine = [h for h in self.tenants[step.at].accounts[step.of].holds if h.hold_id]
        return mine[-1 - step.pick % len(mine)] if mine else None

    def has_holds(self) -> bool:
        """Return whether there is any hold yet."""
        return any(plain.holds for tenant in self.tenants for plain in tenant.accounts)

    def facts_of(self, tenant: Tenant) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Return every fact of an association by its key."""
        return {
            (table.name, *(row[c.name] for c in table.primary_key.columns)): row
            for table in FACTS
            for row in self.world.rows(table, tenant.association)
        }

    @staticmethod
    def is_replay(kept: Kept, outcome: Outcome) -> None:
        """Check that an answer is an earlier one given again."""
        assert outcome.replayed, f"{kept.command} was carried out again"
        assert outcome.result == kept.outcome.result
        assert outcome.refusal == kept.outcome.refusal

    def _base(self, at: int, of: int) -> dict[str, Any]:
        return {
            "association_id": self.tenants[at].association,
            # Both associations count from one: their ids must not meet.
            "operation_id": OperationId(f"test:{next(self.numbers[at])}"),
            "account_id": ACCOUNTS[of],
        }
