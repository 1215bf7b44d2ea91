"""A market whose pharmacies may be without network, and tills that hand over all the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from points.engine import Outcome
from points.flows import issue_offline, rule_offline, upload_offline
from points.flows.context import Context
from points.flows.rule_offline import RuleOffline, prepare
from points.flows.upload_offline import Handed, upload
from points.kernel.ids import Actor, MemberId, OperationId, OutletId, PartnerId, VoucherId
from points.offline.model import Decision, Token, Use
from points.offline.reads import Conflict, conflicts
from points.offline.store import find_tokens
from points.offline.token import TokenKeys, read_token
from points.rules import OfflinePolicy
from points.vouchers.reads import find_voucher, links_of
from tests.flows.market import SHOP, SHOP_2, WARD, Market, market
from tests.flows.town import STAFF, civic_context

KEYS = TokenKeys(b"o" * 32)
POLICY = OfflinePolicy(enabled=True, outlets=(SHOP, SHOP_2, WARD), per_till_a_day=3)
OFFLINE = {
    issue_offline.IssueOffline: issue_offline.FLOW,
    upload_offline.UploadOffline: upload_offline.FLOW,
    rule_offline.RuleOffline: rule_offline.FLOW,
}


def trusting(policy: OfflinePolicy = POLICY) -> Context:
    return replace(civic_context(), offline=policy, token_keys=KEYS)


@dataclass
class Dark:
    """Tills without network, at a market."""

    here: Market

    def draw(self, reward: str = "C12") -> tuple[MemberId, VoucherId]:
        member = self.here.member(1000)
        drawn = self.here.town.done(self.here.redemption(member, reward))
        return member, VoucherId(drawn["voucher_id"])

    def asked(
        self, voucher: VoucherId, outlet: OutletId = SHOP, **more: Any
    ) -> issue_offline.IssueOffline:
        where = self.here.town.association
        with self.here.engine.reading(where) as connection:
            links = links_of(connection, where, [voucher])[voucher]
        whole = {
            "actor": Actor(f"member:{links.member_id}"),
            "member_id": links.member_id,
            "links": links,
            "partner_id": PartnerId(outlet[:2]),
            "outlet_id": outlet,
        }
        return issue_offline.IssueOffline(**self.here.named(**whole | more))

    def issue(self, voucher: VoucherId, outlet: OutletId = SHOP, **more: Any) -> Outcome:
        return self.here.engine.submit(self.asked(voucher, outlet, **more))

    def spelled(self, token_id: str) -> str:
        where = self.here.town.association
        with self.here.engine.reading(where) as connection:
            return KEYS.spell(where, find_tokens(connection, where, {token_id})[token_id])

    def fact(self, spelled: str) -> Token:
        """Return the token that digits stand for."""
        read, where = read_token(spelled), self.here.town.association
        assert read is not None
        with self.here.engine.reading(where) as connection:
            return find_tokens(connection, where, {read.token_id})[read.token_id]

    def token(self, reward: str = "C12", outlet: OutletId = SHOP) -> str:
        """Draw a voucher, take a token for it, and return what the till scans."""
        _, voucher = self.draw(reward)
        return self.spelled(self.here.town.done(self.asked(voucher, outlet))["token_id"])

    def bring(
        self,
        token: str,
        number: str,
        fen: int | None = 500,
        *,
        handed_at: datetime | None = None,
        **till: Any,
    ) -> Outcome:
        handed = Handed(
            token=token,
            request_no=number,
            handed_at=handed_at or self.here.clock.now(),
            amount_fen=fen,
        )
        return upload(self.here.engine, self.here.till(**till), [handed])[0]

    def brought(self, token: str, number: str, fen: int | None = 500, **till: Any) -> Any:
        outcome = self.bring(token, number, fen, **till)
        assert outcome.refusal is None, outcome.refusal
        return outcome.result

    def queue(self, **which: Any) -> list[Conflict]:
        where = self.here.town.association
        with self.here.engine.reading(where) as connection:
            return conflicts(connection, where, **which)

    def ruling(self, use_id: str, decision: Decision = Decision.PAID) -> RuleOffline:
        found = prepare(self.here.engine, self.here.town.association, use_id, "health")
        assert isinstance(found, tuple)
        use, programme = found
        return rule(self.here, use, programme, decision)

    def wait(self, **by: float) -> None:
        self.here.clock.advance(timedelta(**by))

    def held(self, voucher: VoucherId) -> Any:
        where = self.here.town.association
        with self.here.engine.reading(where) as connection:
            return find_voucher(connection, where, voucher)


def rule(here: Market, use: Use, programme: str, decision: Decision) -> RuleOffline:
    return RuleOffline(
        association_id=here.town.association,
        operation_id=OperationId(f"rule:{here.ids.next()}"),
        actor=STAFF,
        use_id=use.use_id,
        partner_id=use.partner_id,
        outlet_id=use.outlet_id,
        programme=programme,
        decision=decision,
        reason="按约定承担",
    )


@contextmanager
def darkness(url: str, policy: OfflinePolicy = POLICY) -> Iterator[Dark]:
    with market(url, flows=OFFLINE, context=trusting(policy)) as here:
        yield Dark(here)
