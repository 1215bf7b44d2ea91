"""Redemptions, captures, voids, expiries, corrections and statements, beside a plain model.

Everything is scarce on purpose: four pieces of one reward, money for two of the other, points for a
few of either. The model knows what each voucher may still do, and counts.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from points import unit_of_work
from points.catalogue.model import Source, Stock
from points.catalogue.store import stock_taken
from points.engine import Outcome
from points.flows.correct_statement import CorrectStatement
from points.flows.draw_up_statement import prepare
from points.flows.expire_voucher import expire_vouchers
from points.flows.fund import Fund
from points.flows.verify import verify
from points.kernel.amounts import Fen
from points.kernel.ids import MemberId, OutletId, PartnerId
from points.vouchers.model import VOIDS_MAX
from tests.flows.market import HOSPITAL, PHARMACY, SHOP, WARD, Market, republish
from tests.flows.town import HERE, STAFF

PIECES = 4
RARELY = 0.05
PRICE = {"C12": 100, "C05": 200}
WHOLE = {"C12": 2000, "C05": 1}
COST = {"C12": 2000, "C05": 40_000_000}
PARTNER = {"C12": PHARMACY, "C05": HOSPITAL}
CORRECTIONS = (137, -51, -700, 10**9)
ZONE = timedelta(hours=8)
WHERE: dict[str, OutletId] = {"C12": SHOP, "C05": WARD}


@dataclass(slots=True, kw_only=True)
class Paper:
    """A voucher as one would write it down."""

    reward: str
    member: MemberId
    code: str
    valid_until: datetime
    captured: int = 0
    points: int = 0
    voids: int = 0
    expired: bool = False

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
    """A capture that was acknowledged."""

    request: str
    paper: Paper
    parts: int
    points: int
    at: datetime
    result: dict[str, Any]
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """What a partner is owed, or owes back, for one thing that happened."""

    partner: PartnerId
    at: datetime
    fen: int


@dataclass(slots=True)
class RedemptionStorm:
    """One market, and what the model knows of it."""

    here: Market
    chance: random.Random
    wallets: dict[MemberId, int] = field(default_factory=dict)
    papers: list[Paper] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    funded: int = 0
    number: int = 0
    booked: list[Booked] = field(default_factory=list)
    settled: dict[PartnerId, int] = field(default_factory=dict)
    closed: dict[PartnerId, datetime] = field(default_factory=dict)
    corrected: int = 0

    def __post_init__(self) -> None:
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
        )

    def blow(self, actions: int) -> None:
        """Do so many things, comparing after each."""
        verbs = [self.redeem, self.capture, self.capture, self.void, self.replay, self.pass_time]
        verbs += [self.redeem, self.void, self.correct, self.draw_up, self.pass_time]
        rare = [self.fund, self.publish]
        for _ in range(actions):
            self.chance.choice(rare if self.chance.random() < RARELY else verbs)()
            self.agrees()
        verdict = verify(self.here.engine, HERE)
        assert verdict.ok, verdict.first_difference

    def redeem(self) -> None:
        """I6: a piece, the money and the points are there, or nothing happens."""
        reward = self.chance.choice(["C12", "C12", "C05"])
        members = self.chance.choices(list(self.wallets), k=self.chance.randint(1, 3))
        commands = [self.here.redemption(member, reward) for member in members]
        for command, outcome in zip(commands, self.here.engine.submit_many(commands), strict=True):
            assert self.said(outcome) == self.against(command.member_id, reward)
            if outcome.refusal is None:
                self.wallets[command.member_id] -= PRICE[reward]
                self.papers.append(
                    Paper(
                        reward=reward,
                        member=command.member_id,
                        code=self.here.code(outcome.result),
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
        paper = self.chance.choice(self.papers)
        parts = 1
        if paper.reward == "C12":
            parts = self.chance.choice(
                [1, 333, 667, 1999, 2000, max(paper.left, 1), paper.left + 1]
            )
        self.number += 1
        request = f"r{self.number}"
        fen = parts if paper.reward == "C12" else None
        outcome = self.here.capture(paper.code, request, fen, outlet=WHERE[paper.reward])
        assert self.said(outcome) == self.against_capture(paper, parts)
        if outcome.refusal is None:
            points = outcome.result["points"]
            paper.captured, paper.points = paper.captured + parts, paper.points + points
            assert outcome.result["owed_fen"] == paper.fen(parts)
            self.book(PARTNER[paper.reward], paper.fen(parts))
            self.taken.append(
                Taken(
                    request=request,
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
        taken = self.chance.choice(open_ones or self.taken[-4:])
        self.number += 1
        till = self.here.till(WHERE[taken.paper.reward])
        outcome = self.here.desk.void(till, taken.request, f"v{self.number}")
        assert self.said(outcome) == self.against_void(taken)
        if outcome.refusal is None:
            paper, taken.voided = taken.paper, True
            paper.captured, paper.points = paper.captured - taken.parts, paper.points - taken.points
            paper.voids += 1
            self.book(PARTNER[paper.reward], -paper.fen(taken.parts))

    def against_void(self, taken: Taken) -> str:
        """Return the reason that the model has against taking a capture back."""
        if taken.voided:
            return "already_voided"
        if (taken.at + ZONE).date() != (self.here.clock.now() + ZONE).date():
            return "void_too_late"
        if taken.paper.expired:
            return "voucher_expired"
        return "void_limit_reached" if taken.paper.voids >= VOIDS_MAX else ""

    def replay(self) -> None:
        """I4: the same request is answered the same, whatever became of the voucher."""
        if not self.taken:
            return
        taken = self.chance.choice(self.taken)
        fen = taken.parts if taken.paper.reward == "C12" else None
        till = {"outlet": WHERE[taken.paper.reward]}
        again = self.here.capture(taken.paper.code, taken.request, fen, **till)
        assert (again.replayed, again.result) == (True, taken.result)

    def pass_time(self) -> None:
        """Let time go by; sometimes sweep up what is over."""
        self.here.clock.advance(timedelta(hours=self.chance.choice([1, 5, 5, 20, 40 * 24])))
        if self.chance.random() < 0.5:
            return
        now = self.here.clock.now()
        expire_vouchers(self.here.engine, HERE)
        for paper in self.papers:
            if paper.left and paper.valid_until <= now:
                self.wallets[paper.member] += paper.held
                paper.expired = True

    def book(self, partner: PartnerId, fen: int) -> None:
        """Note what is owed, where it counts: never within a period that was drawn up."""
        now = self.here.clock.now()
        self.booked.append(Booked(partner, max(now, self.closed.get(partner, now)), fen))

    def fund(self) -> None:
        """Put a little money into the pool."""
        money = self.here.named(programme="health", amount_fen=Fen(1000), source=Source.UNION)
        self.here.town.done(Fund(**money))
        self.funded += 1000

    def correct(self) -> None:
        """Agree that a partner is owed more or less, within the money that there is."""
        partner, fen = self.chance.choice((PHARMACY, HOSPITAL)), self.chance.choice(CORRECTIONS)
        named = self.here.named(partner_id=partner, programme="health", reason="test")
        outcome = self.here.engine.submit(CorrectStatement(**named, amount_fen=Fen(fen)))
        lacking = fen > self.free() or -fen > self.spent() + self.corrected
        assert self.said(outcome) == ("pool_exhausted" if lacking else "")
        if not lacking:
            self.corrected += fen
            self.book(partner, fen)

    def draw_up(self) -> None:
        """I10: everything that was booked before a period's end stands in one statement."""
        now, partner = self.here.clock.now(), self.chance.choice((PHARMACY, HOSPITAL))
        day = (now + ZONE).date() - timedelta(days=self.chance.choice((0, 31, 31)))
        month = datetime(day.year, day.month, 1, tzinfo=UTC) + timedelta(days=31)
        ends = month.replace(day=1) - ZONE
        operation = self.here.town.operation()
        command = prepare(self.here.engine, HERE, operation, STAFF, partner, day)
        outcome = self.here.engine.submit(command)  # type: ignore[arg-type]  # it is known
        if now < ends or ends <= self.closed.get(partner, ends - ZONE):
            assert self.said(outcome) == ("period_open" if now < ends else "period_closed")
            return
        mine = [each for each in self.booked if each.partner == partner and each.at < ends]
        owed = sum(each.fen for each in mine)
        assert self.said(outcome) == ""
        assert (outcome.result["count"], outcome.result["total_fen"]) == (len(mine), owed)
        self.booked = [each for each in self.booked if each not in mine]
        self.settled[partner] = self.settled.get(partner, 0) + owed
        self.closed[partner] = ends

    def free(self) -> int:
        return self.funded - self.spent() - self.corrected - self.reserved()

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
        spent = self.spent() + self.corrected
        assert (pool.spent, pool.reserved) == (spent, self.reserved())
        assert pool.free == self.free() >= 0
        # I10: what partners are owed is on their statements, or open.
        assert spent == sum(self.settled.values()) + sum(each.fen for each in self.booked)
        with unit_of_work.reading(self.here.engine.database, HERE) as connection:
            taken = stock_taken(connection, HERE).get("C12", 0)  # type: ignore[call-overload]
        assert taken == self.pieces() <= PIECES
        assert all(0 <= paper.captured <= WHOLE[paper.reward] for paper in self.papers)

    @staticmethod
    def said(outcome: Outcome) -> str:
        return "" if outcome.refusal is None else outcome.refusal.code
