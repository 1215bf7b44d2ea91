"""Redemptions, captures, voids, new codes, expiries and statements, beside a plain model.

Much is scarce on purpose: four pieces of one reward, money for two of another, points for a few.
Of the third there is always more, so that statements have something to list. The model knows what
each voucher may still do, and counts; what becomes of statements is in ``settlement_storm``.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from points import unit_of_work
from points.catalogue.model import Source, Stock
from points.catalogue.store import stock_taken
from points.flows import reissue
from points.flows.expire_voucher import expire_vouchers
from points.flows.fund import Fund
from points.flows.verify import verify
from points.kernel.amounts import Fen
from points.kernel.ids import MemberId, OutletId, PartnerId, VoucherId
from points.rules import VoucherPolicy
from points.vouchers.model import VOIDS_MAX
from tests.flows.market import HOSPITAL, PHARMACY, SHOP, SHOP_2, WARD, Market, market, republish
from tests.flows.town import HERE, civic_context
from tests.properties.adjustment_storm import FLOWS as ADJUSTMENTS
from tests.properties.adjustment_storm import Adjusting
from tests.properties.settlement_storm import ZONE, Office, Tally

PIECES = 4
RARELY, SETTLING, CLOSED, BY_STAFF = 0.05, 0.4, 0.2, 0.3
ADJUSTING, CORRECTED = 0.2, 0.4
PRICE = {"C12": 100, "C05": 200, "C13": 60}
WHOLE = {"C12": 2000, "C05": 1, "C13": 1}
COST = {"C12": 2000, "C05": 40_000_000, "C13": 1200}
PARTNER = {"C12": PHARMACY, "C05": HOSPITAL, "C13": PHARMACY}
WHERE: dict[str, OutletId] = {"C12": SHOP, "C05": WARD, "C13": SHOP_2}
POLICY = VoucherPolicy(reissues=2, staff_reissues=1)
GIVEN = 500


@contextmanager
def stormy(url: str) -> Iterator[Market]:
    """Open a market where codes are replaced a few times, and no more."""
    context = replace(civic_context(), vouchers=POLICY)
    with market(url, {reissue.Reissue: reissue.FLOW, **ADJUSTMENTS}, context) as here:
        yield here


@dataclass(slots=True, kw_only=True)
class Paper:
    """A voucher as one would write it down."""

    reward: str
    voucher: VoucherId
    member: MemberId
    codes: list[str]
    valid_until: datetime
    captured: int = 0
    points: int = 0
    voids: int = 0
    expired: bool = False

    @property
    def code(self) -> str:
        return self.codes[-1]

    @property
    def last4(self) -> str:
        """The end of the code, before its check character."""
        return self.code[-5:-1]

    @property
    def left(self) -> int:
        return 0 if self.expired else WHOLE[self.reward] - self.captured

    @property
    def held(self) -> int:
        return 0 if self.expired else PRICE[self.reward] - self.points

    def fen(self, parts: int) -> int:
        return parts * COST[self.reward] // WHOLE[self.reward]

    @property
    def used(self) -> bool:
        return self.captured > 0


@dataclass(slots=True, kw_only=True)
class Taken:
    """A capture that was acknowledged, by the code that was the newest then."""

    request: str
    code: str
    paper: Paper
    parts: int
    points: int
    at: datetime
    result: dict[str, Any]
    voided: bool = False


@dataclass(slots=True)
class RedemptionStorm:
    """One market, and what the model knows of it."""

    here: Market
    chance: random.Random
    tally: Tally = field(default_factory=Tally)
    wallets: dict[MemberId, int] = field(default_factory=dict)
    papers: list[Paper] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    funded: int = 0
    number: int = 0
    office: Office = field(init=False)
    adjusting: Adjusting = field(init=False)

    def __post_init__(self) -> None:
        self.office = Office(self.here, self.chance, self.tally, self.money)
        self.adjusting = Adjusting(self.office, self.chance)
        self.publish()
        for points in (300, 900):
            self.wallets[self.here.member(points)] = points
        self.funded = self.here.pool().free

    def publish(self) -> None:
        """Put another version of the catalogue in force; what was drawn keeps its terms."""
        republish(
            self.here,
            C12={"stock": Stock(total=PIECES), "limits": (), "valid_days": 20},
            C05={"stock": None, "limits": (), "tariff_fen": {"default": COST["C05"]}},
            C13={"stock": None, "limits": ()},
        )

    def blow(self, actions: int) -> None:
        """Do so many things, comparing after each."""
        office = self.office
        verbs = [self.redeem, self.redeem, self.capture, self.capture, self.void, self.void]
        verbs += [self.replay, self.reissue, self.present_old, self.pass_time, self.pass_time]
        verbs += [self.give, self.capture, office.draw_up, office.draw_up, office.correct]
        settling = [office.dispute, office.dispute, office.dispute, office.answer, office.answer]
        settling += [office.confirm, office.countersign, office.pay, office.pay]
        two = self.adjusting
        two_people = [*(two.propose,) * 3, *(two.decide,) * 4, two.withdraw]
        two_people += [two.twice, two.meet]
        rare = [self.fund, self.publish]
        for _ in range(actions):
            chosen = settling if office.sheets and self.chance.random() < SETTLING else verbs
            chosen = two_people if self.chance.random() < ADJUSTING else chosen
            self.chance.choice(rare if self.chance.random() < RARELY else chosen)()
            self.agrees()
            office.agrees()
            self.adjusting.agrees()
        verdict = verify(self.here.engine, HERE)
        assert verdict.ok, verdict.first_difference

    def redeem(self) -> None:
        """I6: a piece, the money and the points are there, or nothing happens."""
        reward = self.chance.choice(["C12", "C12", "C05", "C13", "C13", "C13"])
        members = self.chance.choices(list(self.wallets), k=self.chance.randint(1, 3))
        commands = [self.here.redemption(member, reward) for member in members]
        for command, outcome in zip(commands, self.here.engine.submit_many(commands), strict=True):
            if self.tally.agrees("redeem", outcome, self.against(command.member_id, reward)):
                self.wallets[command.member_id] -= PRICE[reward]
                self.papers.append(
                    Paper(
                        reward=reward,
                        voucher=VoucherId(outcome.result["voucher_id"]),
                        member=command.member_id,
                        codes=[self.here.code(outcome.result)],
                        valid_until=datetime.fromisoformat(outcome.result["valid_until"]),
                    )
                )

    def against(self, member: MemberId, reward: str) -> str:
        """Return the reason that the model has against a redemption."""
        if reward == "C12" and self.pieces() >= PIECES:
            return "out_of_stock"
        if self.free() < COST[reward]:
            return "pool_exhausted"
        return "insufficient_points" if self.wallets[member] < PRICE[reward] else ""

    def capture(self) -> None:
        """I5: what is left, and no more; a count of one, and not twice."""
        if not self.papers:
            return
        open_ones = [each for each in self.papers if not self.against_capture(each, 1)]
        some = open_ones if self.chance.random() > CLOSED else []
        paper = self.chance.choice(some or self.papers)
        parts = 1
        if paper.reward == "C12":
            parts = self.chance.choice(
                [1, 333, 667, 1999, 2000, max(paper.left, 1), paper.left + 1]
            )
        self.number += 1
        request = f"r{self.number}"
        fen = parts if paper.reward == "C12" else None
        outcome = self.here.capture(paper.code, request, fen, outlet=WHERE[paper.reward])
        if self.tally.agrees("capture", outcome, self.against_capture(paper, parts)):
            points, source = outcome.result["points"], outcome.result["capture_id"]
            paper.captured, paper.points = paper.captured + parts, paper.points + points
            assert outcome.result["owed_fen"] == paper.fen(parts)
            told = {"source": source, "reference": request, "last4": paper.last4}
            self.office.captured(*self.at(paper), paper.fen(parts), **told)
            self.taken.append(
                Taken(
                    request=request,
                    code=paper.code,
                    paper=paper,
                    parts=parts,
                    points=points,
                    at=self.here.clock.now(),
                    result=outcome.result,
                )
            )

    def against_capture(self, paper: Paper, parts: int) -> str:
        """Return the reason that the model has against a capture."""
        if not paper.expired and not paper.left:
            return "already_captured"
        if paper.expired or paper.valid_until <= self.here.clock.now():
            return "voucher_expired"
        return "amount_exceeds" if parts > paper.left else ""

    def void(self) -> None:
        """Take a capture back, on its day and once."""
        if not self.taken:
            return
        open_ones = [each for each in self.taken if not self.against_void(each)]
        right = self.office.set_right
        corrected = [each for each in self.taken[-4:] if each.result["capture_id"] in right]
        some = corrected if self.chance.random() < CORRECTED else open_ones
        taken = self.chance.choice(some or open_ones or self.taken[-4:])
        self.number += 1
        till = self.here.till(WHERE[taken.paper.reward])
        outcome = self.here.desk.void(till, taken.request, f"v{self.number}")
        against = self.against_void(taken)
        self.tally.ended["void what was set right"] += against == "capture_corrected"
        if self.tally.agrees("void", outcome, against):
            paper, taken.voided = taken.paper, True
            paper.captured, paper.points = paper.captured - taken.parts, paper.points - taken.points
            paper.voids += 1
            void, capture = outcome.result["void_id"], outcome.result["capture_id"]
            told = {"source": void, "reference": capture, "last4": paper.last4}
            self.office.voided(*self.at(paper), paper.fen(taken.parts), **told)

    def against_void(self, taken: Taken) -> str:
        """Return the reason that the model has against taking a capture back."""
        if taken.voided:
            return "already_voided"
        if (taken.at + ZONE).date() != (self.here.clock.now() + ZONE).date():
            return "void_too_late"
        if taken.result["capture_id"] in self.office.set_right:
            return "capture_corrected"
        if taken.paper.expired:
            return "voucher_expired"
        if taken.paper.voids >= VOIDS_MAX:
            return "void_limit_reached"
        return self.office.lacking(-taken.paper.fen(taken.parts))

    def replay(self) -> None:
        """I4: the same request is answered the same, whatever became of the voucher and its code."""
        if not self.taken:
            return
        replaced = [each for each in self.taken if each.code != each.paper.code]
        taken = self.chance.choice([*self.taken[-4:], *replaced[-4:]])
        fen = taken.parts if taken.paper.reward == "C12" else None
        till = {"outlet": WHERE[taken.paper.reward]}
        again = self.here.capture(taken.code, taken.request, fen, **till)
        assert (again.replayed, again.result) == (True, taken.result)
        late = " by a code that was replaced" if taken in replaced else ""
        self.tally.ended[f"ask again{late}"] += 1

    def reissue(self) -> None:
        """Replace a code, for its owner or by staff; what the old one authorised ends with it."""
        if not self.papers:
            return
        open_ones = [each for each in self.papers if not self.against_reissue(each, by_staff=True)]
        # One whose code was replaced most often: so that it is seen to end.
        most = sorted(open_ones, key=lambda each: len(each.codes))[-1:]
        paper = self.chance.choice([*most, *self.papers[-4:]])
        by_staff = self.chance.random() < BY_STAFF
        against = self.against_reissue(paper, by_staff=by_staff)
        authorised = "" if against or self.chance.random() < 0.5 else self.authorise(paper)
        asks = (
            {"member_id": None, "reason": "手机丢失"} if by_staff else {"member_id": paper.member}
        )
        named = self.here.named(voucher_id=paper.voucher, **asks)
        outcome = self.here.engine.submit(reissue.Reissue(**named))
        if self.tally.agrees("reissue", outcome, against):
            book, issue = civic_context().codes, len(paper.codes) + 1
            assert outcome.result["issue_no"] == issue
            paper.codes.append(book.codes(HERE, paper.voucher, issue).code)
        if authorised:
            till, fen = self.here.till(WHERE[paper.reward]), 1 if paper.reward == "C12" else None
            self.number += 1
            late = self.here.desk.capture(
                till, None, f"r{self.number}", fen, authorisation_id=authorised
            )
            assert not self.tally.agrees("go on", late, "authorisation_ended")
            self.tally.ended["go on after a new code"] += 1

    def against_reissue(self, paper: Paper, *, by_staff: bool) -> str:
        """Return the reason that the model has against a new code."""
        if not paper.left or paper.valid_until <= self.here.clock.now():
            return "voucher_closed"
        most = POLICY.reissues + (POLICY.staff_reissues if by_staff else 0)
        return "reissues_used_up" if len(paper.codes) > most else ""

    def authorise(self, paper: Paper) -> str:
        """Have a voucher in hand at its outlet, by its newest code; return the authorisation."""
        self.number += 1
        till = self.here.till(WHERE[paper.reward])
        outcome = self.here.desk.authorise(till, paper.code, f"a{self.number}")
        assert self.tally.agrees("authorise", outcome, "")
        return str(outcome.result["authorisation_id"])

    def present_old(self) -> None:
        """A code that was replaced opens nothing, whatever became of its voucher."""
        replaced = [paper for paper in self.papers if len(paper.codes) > 1]
        if not replaced:
            return
        paper = self.chance.choice(replaced)
        code, fen = self.chance.choice(paper.codes[:-1]), 1 if paper.reward == "C12" else None
        self.number += 1
        # Each at a till of its own: who tries five of them is kept from trying more.
        till = {"outlet": WHERE[paper.reward], "device": f"till-{self.number}"}
        outcome = self.here.capture(code, f"r{self.number}", fen, **till)
        assert not self.tally.agrees("present", outcome, "voucher_unknown")
        self.tally.ended["present an old code"] += 1

    def pass_time(self) -> None:
        """Let time go by; sometimes sweep up what is over."""
        self.here.clock.advance(
            timedelta(hours=self.chance.choice([1, 5, 20, 5 * 24, 10 * 24, 33 * 24]))
        )
        if self.chance.random() < 0.5:
            return
        now = self.here.clock.now()
        expire_vouchers(self.here.engine, HERE)
        for paper in self.papers:
            if paper.left and paper.valid_until <= now:
                self.wallets[paper.member] += paper.held
                paper.expired = True

    def fund(self) -> None:
        """Put a little money into the pool."""
        money = self.here.named(programme="health", amount_fen=Fen(1000), source=Source.UNION)
        self.here.town.done(Fund(**money))
        self.funded += 1000

    def give(self) -> None:
        """Give somebody a few points more."""
        member = self.chance.choice(list(self.wallets))
        self.here.give(member, GIVEN)
        self.wallets[member] += GIVEN

    def at(self, paper: Paper) -> tuple[PartnerId, OutletId]:
        return PARTNER[paper.reward], WHERE[paper.reward]

    def free(self) -> int:
        return self.money()[0]

    def money(self) -> tuple[int, int]:
        """Return what the pool has left, and what captures spent of it."""
        spent, reserved = self.spent(), self.reserved()
        return self.funded - spent - self.office.corrected - reserved, spent

    def pieces(self) -> int:
        """Return how many of the scarce reward are gone."""
        papers = [paper for paper in self.papers if paper.reward == "C12"]
        return sum(1 for paper in papers if paper.used or not paper.expired)

    def spent(self) -> int:
        return sum(paper.fen(paper.captured) for paper in self.papers)

    def reserved(self) -> int:
        return sum(paper.fen(paper.left) for paper in self.papers)

    def agrees(self) -> None:
        """Compare wallets, stock and money with the model, and the model with its own bounds."""
        for member, available in self.wallets.items():
            balance = self.here.balance(member)
            held = sum(paper.held for paper in self.papers if paper.member == member)
            assert (balance.available, balance.held, balance.debt) == (available, held, 0)
        pool = self.here.pool()
        spent = self.spent() + self.office.corrected
        assert (pool.spent, pool.reserved) == (spent, self.reserved())
        assert pool.free == self.free() >= 0
        # I10: what partners are owed is on their statements, or open.
        assert spent == self.office.settled()
        with unit_of_work.reading(self.here.engine.database, HERE) as connection:
            taken = stock_taken(connection, HERE).get("C12", 0)  # type: ignore[call-overload]
        assert taken == self.pieces() <= PIECES
        assert all(0 <= paper.captured <= WHOLE[paper.reward] for paper in self.papers)
