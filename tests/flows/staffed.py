"""An association with staff: accounts that people set up, log in to and lose."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pyotp

from points.audit.model import Channel, Origin
from points.db.engines import open_database
from points.engine import Engine, Flow, Outcome
from points.flows.add_staff import AddStaff
from points.flows.authenticate import authenticate
from points.flows.guessing import blinded
from points.flows.log_in import Knock, LoggedIn, log_in
from points.flows.set_up_staff import Enrolment, begin_set_up, finish_set_up
from points.flows.staff_standing import ResetStaff
from points.flows.table import FLOWS
from points.identity.model import Principal
from points.identity.passwords import Passwords
from points.identity.roles import Grant, read_grant
from points.identity.second_factor import STEP_SECONDS, SecondFactors, about
from points.identity.staff import CONSOLE
from points.kernel.clock import ManualClock
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, Ids, OperationId
from tests.flows.town import NOON, civic_context

HERE = AssociationId("panjin")
GOOD = "correct horse with a shoe"
CHEAP = {"memory_kib": 8, "rounds": 1}
"""A hash costs next to nothing in tests; what it costs outside is tried once."""

FROM = Origin(channel=Channel.API, address="203.0.113.7", device="a browser")


@dataclass
class Person:
    """Somebody with an account, and what they keep to themselves."""

    name: str
    secret: str
    password: str
    recovery: tuple[str, ...]
    used: int = 0


@dataclass
class Staffed:
    """An engine, its clock, and short ways to say what happens at the door."""

    engine: Engine
    clock: ManualClock
    people: dict[str, Person] = field(default_factory=dict)
    count: int = 0

    def operation(self, actor: str = "test") -> OperationId:
        self.count += 1
        return OperationId(f"{actor}:{self.count}-{self.engine.ids.next()}")

    def submit(self, kind: type, actor: Actor, /, **more: Any) -> Outcome:
        command = kind(association_id=HERE, operation_id=self.operation(actor), actor=actor, **more)
        return self.engine.submit(command, FROM)

    def done(self, kind: type, actor: Actor, /, **more: Any) -> Mapping[str, Any]:
        outcome = self.submit(kind, actor, **more)
        assert outcome.refusal is None, outcome.refusal
        return outcome.result

    def refused(self, kind: type, actor: Actor, /, **more: Any) -> str:
        outcome = self.submit(kind, actor, **more)
        assert outcome.refusal is not None, outcome.result
        assert outcome.refusal.text("zh")
        assert outcome.refusal.text("en")
        return outcome.refusal.code

    @property
    def factors(self) -> SecondFactors:
        found: SecondFactors = self.engine.context.factors
        return found

    def invite(self, name: str, *roles: str, actor: Actor = CONSOLE) -> str:
        """Add an account; return its set-up code."""
        code = self.factors.set_up_code(self.operation())
        self.done(
            AddStaff,
            actor,
            staff_id=name,
            grants=grants(*roles),
            set_up_hash=self.factors.set_up_hash(code, about(HERE, name)),
        )
        return code

    def set_up(self, name: str, code: str, password: str = GOOD) -> Person:
        begun = begin_set_up(self.engine, HERE, name, code, password, FROM)
        assert isinstance(begun, Enrolment), begun
        now = self.clock.now().timestamp()
        first = pyotp.TOTP(begun.secret).at(int(now))
        codes = finish_set_up(self.engine, HERE, name, code, first, FROM)
        assert isinstance(codes, tuple), codes
        self.people[name] = Person(name, begun.secret, password, codes)
        self.tick()
        return self.people[name]

    def hire(self, name: str, *roles: str, actor: Actor = CONSOLE) -> Person:
        return self.set_up(name, self.invite(name, *roles, actor=actor))

    def tick(self, steps: int = 1) -> None:
        """Let the next code come."""
        self.clock.advance(timedelta(seconds=STEP_SECONDS * steps))

    def code(self, name: str, drift: int = 0) -> str:
        at = int(self.clock.now().timestamp()) + drift * STEP_SECONDS
        return pyotp.TOTP(self.people[name].secret).at(at)

    def knock(
        self,
        name: str,
        *,
        password: str | None = None,
        code: str | None = None,
        origin: Origin = FROM,
    ) -> LoggedIn | Refusal:
        known = self.people.get(name)
        knock = Knock(
            association_id=HERE,
            account=name,
            password=password if password is not None else known.password if known else "x",
            code=code if code is not None else self.code(name) if known else "000000",
        )
        return log_in(self.engine, knock, origin)

    def logged_in(self, name: str, **more: Any) -> str:
        """Log somebody in who can; return the token."""
        found = self.knock(name, **more)
        assert isinstance(found, LoggedIn), found
        self.tick()
        return found.token

    def who(self, token: str) -> Principal | None:
        return authenticate(self.engine, token)

    def principal(self, name: str) -> Principal:
        found = self.who(self.logged_in(name))
        assert found is not None
        return found

    def reset(self, name: str, actor: Actor) -> str:
        code = self.factors.set_up_code(self.operation())
        self.done(
            ResetStaff,
            actor,
            staff_id=name,
            set_up_hash=self.factors.set_up_hash(code, about(HERE, name)),
            guard=blinded(self.engine, HERE, name),
        )
        return code


def grants(*roles: str) -> tuple[Grant, ...]:
    found = [read_grant(role) for role in roles]
    assert all(found), roles
    return tuple(each for each in found if each)


def actor(name: str) -> Actor:
    return Actor(f"staff:{name}")


@contextmanager
def staffed(url: str, flows: Mapping[type, Flow] | None = None) -> Iterator[Staffed]:
    clock = ManualClock(NOON)
    database = open_database(url)
    context = replace(
        civic_context(), passwords=Passwords(**CHEAP), factors=SecondFactors(b"f" * 32)
    )
    try:
        with Engine(
            database, flows or FLOWS, clock=clock, ids=Ids(clock), context=context
        ) as engine:
            yield Staffed(engine, clock)
    finally:
        database.dispose()
