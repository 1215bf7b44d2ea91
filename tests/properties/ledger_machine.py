"""The engine and a plain model, driven by the same steps, must never disagree."""

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection

from points.engine import Outcome
from points.flows.expire import Expire
from points.kernel.ids import AccountId, Actor, AssociationId, HoldId, OperationId, TransactionId
from points.ledger.tables import account, entry, open_lot
from points.ledger.verify import verify_ledger
from tests.properties.ledger_flows import (
    START,
    Correct,
    Earn,
    Mature,
    OnAccount,
    OnHold,
    Open,
    Reverse,
    SetAside,
)
from tests.properties.ledger_model import Answer, PlainAccount, PlainHold, PlainLot, refused
from tests.properties.ledger_world import Facts, Pair, World, read, read_facts

ACCOUNTS = (AccountId("M1.party.wallet"), AccountId("M1.health.wallet"))
NOWHERE = HoldId("no-such-hold")
VERBS = {
    "earn": 4,
    "mature": 2,
    "hold": 3,
    "capture": 3,
    "void": 1,
    "release": 2,
    "refund": 2,
    "expire": 3,
    "reverse": 3,
    "correct": 3,
}
MISS = 7
"""The pick that means nothing in particular, so that refusals are met as well."""


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


# Small and few, so that edges are met: exact amounts, equal expiries, what has expired already.
AMOUNTS = st.integers(min_value=1, max_value=12)
DAYS = st.sampled_from([None, 1, 1, 2, 5, -1])
MOSTLY_FIRST = st.sampled_from([0, 0, 0, 1])
PICKS = st.integers(min_value=0, max_value=MISS)
STEPS = st.builds(
    Step,
    verb=st.sampled_from([verb for verb, weight in VERBS.items() for _ in range(weight)]),
    at=MOSTLY_FIRST,
    of=MOSTLY_FIRST,
    pick=PICKS,
    points=AMOUNTS,
    days=DAYS,
    pending=st.sampled_from([False, False, True]),
)


def is_replay(kept: Kept, outcome: Outcome) -> None:
    """Check that an answer is an earlier one given again."""
    assert outcome.replayed, f"{kept.command} was carried out again"
    assert outcome.result == kept.outcome.result
    assert outcome.refusal == kept.outcome.refusal


class LedgerMachine(RuleBasedStateMachine):
    """Two associations with the same members, the same operation ids, and nothing in common."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        run = next(self.world.runs)
        self.pair: Pair = AssociationId(f"A{run}"), AssociationId(f"B{run}")
        self.tenants = [Tenant(name) for name in self.pair]
        self.facts: Facts = {}
        self.checks = 0
        self.kept: list[Kept] = []
        self.numbers = [itertools.count(1), itertools.count(1)]
        self.world.clock.set(START)

    @property
    def now(self) -> datetime:
        """What the clock says."""
        return self.world.clock.now()

    @initialize()
    def open(self) -> None:
        for at in range(len(self.tenants)):
            opened = [Open(**self._base(at, of)) for of in range(len(ACCOUNTS))]
            for command, outcome in zip(opened, self.world.engine.submit_many(opened), strict=True):
                assert outcome.refusal is None
                self.kept.append(Kept(command=command, outcome=outcome))

    @rule(step=STEPS)
    def alone(self, step: Step) -> None:
        """Do one thing in a batch of its own."""
        self.perform([step])

    @rule(steps=st.lists(STEPS, min_size=2, max_size=4))
    def one_by_one(self, steps: list[Step]) -> None:
        """Do several things, each in a batch of its own."""
        for step in steps:
            self.perform([step])

    @rule(steps=st.lists(STEPS, min_size=2, max_size=6), twice=st.booleans())
    def together(self, steps: list[Step], *, twice: bool) -> None:
        """Put several commands in one batch, maybe the first of them once more at its end."""
        self.perform(steps, twice=twice)

    @precondition(lambda self: self.kept)
    @rule(pick=st.integers(min_value=0, max_value=1000))
    def replay(self, pick: int) -> None:
        """I4: the same id with the same body is answered as it was, whatever happened since."""
        kept = self.kept[-1 - pick % len(self.kept)]
        is_replay(kept, self.world.engine.submit(kept.command))

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
    def agrees(self) -> None:
        """Compare what is stored with the model after every step."""
        self.checks += 1
        with self.world.looking() as connection:
            self.balances_agree(connection)
            self.entries_add_up(connection)
            if self.checks % 5 == 0:
                self.history_stays(connection)

    def balances_agree(self, connection: Connection) -> None:
        """I2 and I8: accounts and open lots are what the model says, in each association alone."""
        lots = read(connection, open_lot, self.pair)
        accounts = read(connection, account, self.pair)
        for tenant in self.tenants:
            for row in accounts[tenant.association]:
                plain = tenant.accounts[ACCOUNTS.index(row["account_id"])]
                found = row["pending"], row["available"], row["held"], row["debt"]
                assert found == plain.balances(), f"balances of {row['account_id']}"
                mine = [x for x in lots[tenant.association] if x["account_id"] == row["account_id"]]
                assert [
                    (x["expires_at"], x["pending"], x["available"], x["held"]) for x in mine
                ] == [(x.expires_at, x.pending, x.available, x.held) for x in plain.lots]

    def entries_add_up(self, connection: Connection) -> None:
        """I1: transactions sum to zero in each measure; versions leave no gap."""
        for rows in read(connection, entry, self.pair).values():
            sums: dict[tuple[str, str], int] = {}
            for row in rows:
                key = row["transaction_id"], row["account_id"].partition(".")[2]
                sums[key] = sums.get(key, 0) + row["points"]
            assert not any(sums.values()), "transactions sum to zero"
            for name in ACCOUNTS:
                versions = sorted(row["version"] for row in rows if row["account_id"] == name)
                assert versions == list(range(1, len(versions) + 1)), "versions are gapless"

    def history_stays(self, connection: Connection) -> None:
        """I7: what was once written is still there, unchanged."""
        now = read_facts(connection, self.pair)
        assert {key: now.get(key) for key in self.facts} == self.facts
        self.facts = now

    def teardown(self) -> None:
        """I3 and I4 for the whole run, and the verifier agrees."""
        with self.world.looking() as connection:
            self.history_stays(connection)
        answers = self.world.engine.submit_many(kept.command for kept in self.kept)
        for kept, outcome in zip(self.kept, answers, strict=True):
            is_replay(kept, outcome)
        with self.world.looking() as connection:
            assert read_facts(connection, self.pair) == self.facts
            for tenant in self.tenants:
                found = [c.difference for c in verify_ledger(connection, tenant.association)]
                assert not any(found), f"the verifier finds {[d for d in found if d]}"

    def perform(self, steps: list[Step], *, twice: bool = False) -> None:
        """Let the engine and the model do the steps, in one queue, and compare the answers."""
        aimed, commands, answers = [], [], []
        for each in steps:
            step = self.aim(each)
            aimed.append(step)
            commands.append(self.command(step))
            answers.append(self.answer(step, commands[-1]))
        again = commands[:1] if twice else []
        outcomes = self.world.engine.submit_many([*commands, *again])
        for step, command, answer, outcome in zip(aimed, commands, answers, outcomes, strict=False):
            assert not outcome.replayed
            found: Answer = {}
            if outcome.refusal is not None:
                found = refused(outcome.refusal.code, **outcome.refusal.details())
            assert found == answer, f"{step} is answered {found}"
            self.kept.append(Kept(command=command, outcome=outcome))
            self.learn(step, outcome)
        if twice:
            is_replay(Kept(command=commands[0], outcome=outcomes[0]), outcomes[-1])

    def aim(self, step: Step) -> Step:
        """Return a step that hits what is there, unless it is meant to miss."""
        found = [
            (at, of, points)
            for at, tenant in enumerate(self.tenants)
            for of, plain in enumerate(tenant.accounts)
            if (points := plain.room_for(step.verb, self.now))
        ]
        if not found or step.pick == MISS or step.verb == "earn":
            return step
        at, of, points = found[step.pick % len(found)]
        return replace(step, at=at, of=of, points=min(step.points, points))

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
        if step.verb == "correct":
            return self.correction(step, base)
        hold = self.hold_of(step)
        hold_id = HoldId(hold.hold_id) if hold else NOWHERE
        return OnHold(**base, verb=step.verb, hold_id=hold_id, points=step.points)

    def answer(self, step: Step, command: OnAccount | Expire) -> Answer:
        """Let the model do a step, and return what the engine must answer."""
        plain = self.tenants[step.at].accounts[step.of]
        if isinstance(command, OnHold):
            return self.answer_on_hold(plain, command)
        if isinstance(command, Reverse | Correct):
            root = self.root(step, command.transaction_id)
            if root is None:
                return refused("not_reversible")
            if isinstance(command, Reverse):
                return plain.reverse(root, self.now)
            return plain.correct(root, command.standing, self.now, pending=command.pending)
        if isinstance(command, Earn):
            return plain.earn(step.points, command.expires_at, self.now, pending=step.pending)
        if isinstance(command, SetAside):
            return plain.hold(step.points, self.now)
        return plain.mature(self.now) if step.verb == "mature" else plain.expire(self.now)

    def answer_on_hold(self, plain: PlainAccount, command: OnHold) -> Answer:
        """Let the model do something with a hold."""
        hold = next((h for h in plain.holds if h.hold_id == command.hold_id), None)
        if hold is None:
            return refused("not_found", noun="hold", noun_zh="预占")
        if command.verb in ("capture", "void"):
            spend = plain.capture if command.verb == "capture" else plain.void
            return spend(hold, command.points, self.now)
        give_back = plain.release if command.verb == "release" else plain.refund
        return give_back(hold, command.points, self.now, timedelta(days=command.grace_days))

    def learn(self, step: Step, outcome: Outcome) -> None:
        """Keep the names that the engine gave to what was just made."""
        tenant = self.tenants[step.at]
        if outcome.refusal is not None:
            return
        if step.verb == "earn":
            lots = tenant.accounts[step.of].lots
            roots = [lot.number for lot in lots if lot.root == lot.number]
            number = roots[sum(1 for of, _ in tenant.grants if of == step.of)]
            tenant.grants[step.of, number] = outcome.result["transaction_id"]
        if step.verb == "hold":
            nameless = next(h for h in tenant.accounts[step.of].holds if not h.hold_id)
            nameless.hold_id = outcome.result["hold_id"]

    def grant(self, step: Step) -> TransactionId:
        """Return the grant that a step means, newest first."""
        mine = [t for (of, _), t in self.tenants[step.at].grants.items() if of == step.of]
        return mine[-1 - step.pick % len(mine)] if mine else TransactionId("no-such-grant")

    def root(self, step: Step, transaction_id: TransactionId) -> PlainLot | None:
        """Return the lot that a grant began with, in the account of a step."""
        tenant = self.tenants[step.at]
        meant = (n for (of, n), t in tenant.grants.items() if (of, t) == (step.of, transaction_id))
        number = next(meant, None)
        return None if number is None else tenant.accounts[step.of].lots[number]

    def correction(self, step: Step, base: dict[str, Any]) -> Correct:
        """Return the command that lets the step's points stand of a grant."""
        transaction_id = self.grant(step)
        root = self.root(step, transaction_id)
        return Correct(
            **base,
            transaction_id=transaction_id,
            before=root.standing if root else 0,
            standing=step.points,
            expires_at=root.expires_at if root else None,
            pending=step.pending,
        )

    def hold_of(self, step: Step) -> PlainHold | None:
        """Return the hold that a step means: newest first, and of those with enough."""
        column = 1 if step.verb in ("capture", "release") else 2
        mine = [h for h in self.tenants[step.at].accounts[step.of].holds if h.hold_id]
        enough = [h for h in mine if h.total(column) >= step.points] or mine
        return enough[-1 - step.pick % len(enough)] if enough else None

    def _base(self, at: int, of: int) -> dict[str, Any]:
        return {
            "association_id": self.tenants[at].association,
            # Both associations count from one: their ids must not meet.
            "operation_id": OperationId(f"test:{next(self.numbers[at])}"),
            "account_id": ACCOUNTS[of],
        }
