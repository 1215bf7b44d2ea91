"""A market whose pharmacies have tills with keys, and operators who log in at them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from points.audit.model import Channel, Origin
from points.engine import Flow, Outcome
from points.flows.authenticate import authenticate
from points.flows.context import Context
from points.flows.guessing import blinded, operator_name
from points.flows.issue_key import IssueKey
from points.flows.log_in_operator import TillKnock, log_in_operator
from points.flows.operator_sessions import AtTill, TillKey
from points.flows.operator_standing import AddOperator, ResetOperator
from points.flows.set_up_operator import TillSetUp, set_up_hash, set_up_operator
from points.flows.table import FLOWS
from points.identity.keys import fresh_secret, secret_hash
from points.identity.model import Principal
from points.identity.passwords import Passwords
from points.identity.roles import Grant, Role
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, OutletId, PartnerId
from tests.flows.market import SHOP, Market, market
from tests.flows.staffed import CHEAP
from tests.flows.town import HERE, civic_context

OFFICE = Actor("partner:YF")
FROM = Origin(channel=Channel.API, address="203.0.113.9", device="a till")
PIN = "804163"


@dataclass
class Tills:
    """Short ways to say what happens at a till."""

    market: Market
    keys: dict[OutletId, TillKey] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        found: Context = self.market.engine.context
        return found

    def till(self, outlet: OutletId = SHOP, *, fresh: bool = False) -> TillKey:
        if fresh or outlet not in self.keys:
            key_id = self.market.ids.next()
            self.market.town.done(
                IssueKey(
                    **self.market.named(
                        key_id=key_id,
                        secret_hash=secret_hash(fresh_secret()),
                        grants=(Grant(role=Role.TILL),),
                        subject=outlet[:2],
                        outlet=outlet,
                    )
                )
            )
            self.keys[outlet] = TillKey(
                association_id=HERE,
                partner_id=PartnerId(outlet[:2]),
                outlet_id=outlet,
                key_id=key_id,
            )
        return self.keys[outlet]

    def named(self, operator: str, outlet: OutletId = SHOP, **more: Any) -> dict[str, Any]:
        about = {"outlet_id": outlet, "operator_id": operator, "firm": PartnerId("YF")}
        return self.market.named(actor=OFFICE, **about | more)

    def submit(self, kind: type, operator: str, /, **more: Any) -> Outcome:
        outcome: Outcome = self.market.engine.submit(kind(**self.named(operator, **more)), FROM)
        return outcome

    def refused(self, kind: type, operator: str, /, **more: Any) -> str:
        refusal = self.submit(kind, operator, **more).refusal
        assert refusal is not None
        return refusal.code

    def add(self, operator: str, outlet: OutletId = SHOP) -> str:
        """Register an operator; return the set-up code."""
        return self._open(AddOperator, operator, outlet)

    def reset(self, operator: str, outlet: OutletId = SHOP, **more: Any) -> str:
        guard = blinded(self.market.engine, HERE, operator_name(outlet, operator))
        return self._open(ResetOperator, operator, outlet, guard=guard, **more)

    def _open(self, kind: type, operator: str, outlet: OutletId, **more: Any) -> str:
        code = self.context.factors.set_up_code(self.market.town.operation())
        hashed = set_up_hash(self.context, HERE, (outlet, operator), code)
        outcome = self.submit(kind, operator, outlet=outlet, set_up_hash=hashed, **more)
        assert outcome.refusal is None, outcome.refusal
        return code

    def set_up(
        self, operator: str, code: str, pin: str = PIN, till: TillKey | None = None
    ) -> AtTill | Refusal:
        given = TillSetUp(till=till or self.till(), operator=operator, code=code, pin=pin)
        return set_up_operator(self.market.engine, given, FROM)

    def knock(self, operator: str, pin: str = PIN, till: TillKey | None = None) -> AtTill | Refusal:
        knock = TillKnock(till=till or self.till(), operator=operator, pin=pin)
        return log_in_operator(self.market.engine, knock, FROM)

    def hire(self, operator: str = "07", outlet: OutletId = SHOP) -> str:
        """Register an operator who chooses a PIN; return the token of their session."""
        return opened(self.set_up(operator, self.add(operator, outlet), till=self.till(outlet)))

    def who(self, token: str) -> Principal | None:
        return authenticate(self.market.engine, token)


def opened(answer: AtTill | Refusal) -> str:
    assert isinstance(answer, AtTill), answer
    return answer.token


@contextmanager
def tills(url: str, flows: Mapping[type, Flow] | None = None) -> Iterator[Tills]:
    context = replace(civic_context(), passwords=Passwords(**CHEAP))
    with market(url, {**FLOWS, **(flows or {})}, context) as found:
        yield Tills(found)
