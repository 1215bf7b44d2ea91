"""An association with the shipped catalogue, money in its pools, and partners that honour it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from points import unit_of_work
from points.catalogue.model import Reward, Source
from points.catalogue.shelf import Pool
from points.catalogue.store import find_pools, highest_version
from points.db.engines import open_database
from points.engine import Engine, Flow, Outcome
from points.flows import (
    add_partner,
    answer_dispute,
    authorise,
    capture,
    confirm_statement,
    correct_statement,
    dispute_line,
    draw_up_statement,
    enrol,
    expire_voucher,
    freeze,
    fund,
    grant,
    keep_photo,
    look_up,
    make_contract,
    open_gate,
    operator_standing,
    pay_statement,
    redeem,
    release,
    stock_catalogue,
    till_standing,
    void,
)
from points.flows.catalogue_file import CatalogueFile, catalogue_hash, read_catalogue
from points.flows.context import Context
from points.flows.counter import Desk, Till
from points.kernel.amounts import Fen, Points
from points.kernel.clock import ManualClock
from points.kernel.ids import Actor, Ids, MemberId, OutletId, PartnerId, RewardId
from points.ledger.model import Balance, Measure
from points.ledger.reads import balances
from points.members.model import MemberKind
from points.partners.counters import VOIDS_MAX_MOST, OutsideHours
from points.partners.model import Category, Cycle
from tests.flows.town import HERE, NOON, RULES, STAFF, Town, civic_context

FLOWS: dict[type, Flow] = {
    enrol.Enrol: enrol.FLOW,
    freeze.Freeze: freeze.FLOW,
    grant.Grant: grant.FLOW,
    stock_catalogue.StockCatalogue: stock_catalogue.FLOW,
    keep_photo.KeepPhoto: keep_photo.FLOW,
    open_gate.OpenGate: open_gate.OPEN,
    open_gate.CloseGate: open_gate.CLOSE,
    fund.Fund: fund.FLOW,
    redeem.Redeem: redeem.FLOW,
    look_up.LookUp: look_up.FLOW,
    authorise.Authorise: authorise.FLOW,
    capture.Capture: capture.FLOW,
    void.Void: void.FLOW,
    release.Release: release.FLOW,
    till_standing.RegisterTill: till_standing.REGISTER,
    till_standing.SwitchTill: till_standing.SWITCH,
    till_standing.AgreeCounters: till_standing.POLICY,
    expire_voucher.ExpireVoucher: expire_voucher.FLOW,
    add_partner.AddPartner: add_partner.PARTNER,
    add_partner.AddOutlet: add_partner.OUTLET,
    operator_standing.AddOperator: operator_standing.ADD,
    correct_statement.CorrectStatement: correct_statement.FLOW,
    draw_up_statement.DrawUpStatement: draw_up_statement.FLOW,
    make_contract.MakeContract: make_contract.FLOW,
    dispute_line.DisputeLine: dispute_line.FLOW,
    answer_dispute.AnswerDispute: answer_dispute.FLOW,
    confirm_statement.ConfirmStatement: confirm_statement.CONFIRM,
    confirm_statement.CountersignStatement: confirm_statement.COUNTERSIGN,
    confirm_statement.ConfirmBySilence: confirm_statement.SILENCE,
    pay_statement.PayStatement: pay_statement.FLOW,
}
PHARMACY, HOSPITAL, CANTEEN = PartnerId("YF"), PartnerId("YY"), PartnerId("CT")
SHOP, SHOP_2, WARD, TABLE = (OutletId(name) for name in ("YF01", "YF02", "YY01", "CT01"))


@cache
def catalogue() -> CatalogueFile:
    read, findings = read_catalogue(
        (RULES / "catalogue.yaml").read_text("utf-8"), file="catalogue.yaml"
    )
    assert read is not None, findings
    return read


@dataclass
class Market:
    """A town with a catalogue, and short ways to redeem, capture and look."""

    town: Town
    desk: Desk
    engine: Engine
    clock: ManualClock
    ids: Ids

    def named(self, **more: Any) -> dict[str, Any]:
        return {
            "association_id": self.town.association,
            "operation_id": self.town.operation(),
            "actor": STAFF,
        } | more

    def member(self, wallet: int = 0, *, programme: str = "health", **profile: Any) -> MemberId:
        profile = {"kind": MemberKind.TAXI_DRIVER} | profile
        member = self.town.person(("party", "health"), **profile)
        if wallet:
            self.give(member, wallet, programme=programme)
        return member

    def give(
        self,
        member: MemberId,
        points: int,
        *,
        programme: str = "health",
        expires_at: datetime | None = None,
    ) -> None:
        self.town.done(
            grant.Grant(
                **self.named(
                    member_id=member,
                    measure=Measure(programme, "wallet"),
                    points=Points(points),
                    reason="test",
                    expires_at=expires_at,
                )
            )
        )

    def redemption(
        self, member: MemberId, reward: str, *, programme: str = "health", **more: Any
    ) -> redeem.Redeem:
        return redeem.Redeem(
            **self.named(
                member_id=member,
                reward_id=RewardId(reward),
                programme=programme,
                actor=Actor(f"member:{member}"),
            )
            | more
        )

    def voucher(self, reward: str = "C12", *, wallet: int = 1000, **more: Any) -> str:
        """Redeem for a fresh member and return the code."""
        member = self.member(wallet, programme=more.get("programme", "health"))
        return self.code(self.town.done(self.redemption(member, reward, **more)))

    def code(self, result: dict[str, Any]) -> str:
        return civic_context().codes.codes(self.town.association, result["voucher_id"]).code

    def till(
        self,
        outlet: OutletId = SHOP,
        *,
        device: str = "till-1",
        own_key: bool = False,
        operator: str = "",
        proven: bool = False,
    ) -> Till:
        partner = PartnerId(outlet[:2])
        return Till(
            association_id=self.town.association,
            partner_id=partner,
            outlet_id=outlet,
            device_id=device,
            device_proven=own_key,
            operator_id=operator,
            operator_proven=proven,
        )

    def capture(self, code: str, number: str, fen: int | None = None, **till: Any) -> Outcome:
        return self.desk.capture(self.till(**till), code, number, fen)

    def captured(self, code: str, number: str, fen: int | None = None, **till: Any) -> Any:
        outcome = self.capture(code, number, fen, **till)
        assert outcome.refusal is None, outcome.refusal
        return outcome.result

    def pool(self, programme: str = "health") -> Pool:
        with unit_of_work.reading(self.engine.database, self.town.association) as connection:
            return find_pools(connection, self.town.association)[programme]

    def balance(self, member: MemberId, programme: str = "health") -> Balance:
        with unit_of_work.reading(self.engine.database, self.town.association) as connection:
            held = balances(connection, self.town.association, member, self.clock.now())
        return next(each for each in held if each.measure == f"{programme}.wallet")


def said(outcome: Outcome) -> str:
    """Return the code of a refusal, whose texts can be said."""
    assert outcome.refusal is not None, outcome.result
    assert outcome.refusal.text("zh")
    assert outcome.refusal.text("en")
    return outcome.refusal.code


def furnish(market: Market, *, fen: int = 100_000_000) -> None:
    """Publish the shipped catalogue, fund the pools, and take up three partners, in one batch."""
    shipped, named = catalogue(), market.named
    commands: list[Any] = [
        stock_catalogue.StockCatalogue(**named(version=shipped.version, rewards=shipped.rewards))
    ]
    for programme in ("party", "health"):
        money = named(programme=programme, amount_fen=Fen(fen), source=Source.UNION)
        commands.append(fund.Fund(**money))
    for partner, category, outlets in (
        (PHARMACY, Category.PHARMACY, (SHOP, SHOP_2)),
        (HOSPITAL, Category.HOSPITAL, (WARD,)),
        (CANTEEN, Category.MERCHANT, (TABLE,)),
    ):
        chain = named(partner_id=partner, category=category, name=category.value, cycle=Cycle.MONTH)
        commands.append(add_partner.AddPartner(**chain))
        # Storms take back more in a day than any shop may; what is usual is tried by itself.
        commands.append(
            till_standing.AgreeCounters(
                **named(partner_id=partner, hours=OutsideHours.FLAG),
                operator_voids_max=VOIDS_MAX_MOST,
                outlet_voids_max=VOIDS_MAX_MOST,
            )
        )
        for outlet in outlets:
            shop = named(partner_id=partner, outlet_id=outlet, name=f"{outlet}店")
            commands.append(add_partner.AddOutlet(**shop))
    for outcome in market.engine.submit_many(commands):
        assert outcome.refusal is None, outcome.refusal


def republish(market: Market, *, starts_at: datetime | None = None, **changes: Any) -> None:
    """Publish the catalogue again with changes to some rewards, named by their code."""
    market.town.done(publication(market, starts_at=starts_at, **changes))


def publication(
    market: Market, *, starts_at: datetime | None = None, **changes: Any
) -> stock_catalogue.StockCatalogue:
    """Return the command that does."""
    head = catalogue().version
    with unit_of_work.reading(market.engine.database, HERE) as connection:
        current = stock_catalogue_version(connection)
    version = type(head)(
        version=current + 1,
        zone=head.zone,
        value_fen_per_point=head.value_fen_per_point,
        sha256="",
        starts_at=starts_at,
        text=head.text,
    )
    rewards = tuple(
        _changed(reward, version.version, changes.get(reward.reward_id, {}))
        for reward in catalogue().rewards
    )
    version = replace(version, sha256=catalogue_hash(version, rewards))
    return stock_catalogue.StockCatalogue(**market.named(version=version, rewards=rewards))


def stock_catalogue_version(connection: Any) -> int:
    """Return the highest version that was published."""
    return highest_version(connection, HERE)


def _changed(reward: Reward, version: int, changes: dict[str, Any]) -> Reward:
    return replace(reward, version=version, **changes)


@contextmanager
def market(
    url: str, flows: Mapping[type, Flow] | None = None, context: Context | None = None
) -> Iterator[Market]:
    clock = ManualClock(NOON)
    ids = Ids(clock)
    database = open_database(url)
    try:
        with Engine(
            database,
            {**FLOWS, **(flows or {})},
            clock=clock,
            ids=ids,
            context=context or civic_context(),
        ) as engine:
            it = Market(
                town=Town(engine=engine, clock=clock),
                desk=Desk(engine, civic_context().codes, ids),
                engine=engine,
                clock=clock,
                ids=ids,
            )
            furnish(it)
            yield it
    finally:
        database.dispose()
