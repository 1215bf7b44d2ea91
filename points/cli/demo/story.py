"""The demo's year, step by step, through the very flows that an installation uses."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from points.activities import reads as activities
from points.activities.model import State
from points.catalogue.model import Source
from points.cli.demo import plan
from points.engine import Command, Outcome
from points.flows.add_partner import AddPartner
from points.flows.answer import Answer
from points.flows.close_year import CloseYear
from points.flows.counter import Desk, Till
from points.flows.draw_up_statement import prepare
from points.flows.fund import Fund
from points.flows.import_.profiles.file import choose, load_profiles
from points.flows.import_.run import Imported, Upload, import_file
from points.flows.look import totals
from points.flows.object import ObjectTo
from points.flows.open_year import OpenYear
from points.flows.publish import CLAIMS_MAX, Publish
from points.flows.publish_catalogue import commands as publishing
from points.flows.publish_catalogue import read_for
from points.flows.redeem import Redeem
from points.flows.review import Review, Verdict
from points.flows.verify import Verdict as Proof
from points.flows.verify import verify
from points.flows.watch_day import watch_due
from points.flows.work import (
    expire_points_due,
    expire_vouchers_due,
    mature_due,
    reverse_upheld,
    score_ready,
)
from points.kernel.amounts import Fen
from points.kernel.clock import ManualClock
from points.kernel.ensure import ensure
from points.kernel.errors import Misused
from points.kernel.ids import (
    Actor,
    MemberId,
    OperationId,
    OutletId,
    PartnerId,
    RewardId,
    VoucherId,
)
from points.ledger.reads import holders
from points.members.reads import page
from points.partners.model import Category
from points.partners.store import list_outlets
from points.rules import read_file
from points.wiring import Installation, RulesRefused

OFFICE = Actor("staff:office")
NEIGHBOUR, INSPECTOR = Actor("staff:neighbour"), Actor("staff:inspector")
PAGE = 1000
DAY_OF_REVIEWS = 200
"""Claims that each reviewer takes: a day's quota of backfills holds no more."""

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A capture: where, under which number, and of what."""

    outlet: OutletId
    request: str
    code: str
    amount: int | None
    at: datetime


@dataclass(slots=True)
class Story:
    """Tells the year; what each step came to is kept for the account at the end."""

    here: Installation
    clock: ManualClock
    imported: list[Imported] = field(default_factory=list)
    reviews: Counter[str] = field(default_factory=Counter)
    vouchers: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    statements: list[dict[str, Any]] = field(default_factory=list)
    scored: int = 0
    quarantined: int = 0
    matured: int = 0
    opened: int = 0
    reversed: int = 0
    alerts: int = 0
    stars: Counter[str] = field(default_factory=Counter)
    _issued: list[tuple[str, VoucherId]] = field(default_factory=list)
    _captured: list[Taken] = field(default_factory=list)

    def prepare(self) -> None:
        """Publish the catalogue, fund the pools, take up the pharmacy chain."""
        self.clock.set(plan.REGISTER[0].when)
        path = self.here.rules_dir / "catalogue.yaml"
        office = self._by(OFFICE, "catalogue")
        reading = read_for(
            self.here.engine,
            office["association_id"],
            read_file(path),
            file=path.name,
            policy=self.here.limits,
            folder=path.parent,
        )
        if reading.catalogue is None:
            raise RulesRefused(reading.findings)
        commands: list[Command] = [
            *publishing(
                reading,
                office["association_id"],
                office["actor"],
                lambda step: OperationId(f"{office['operation_id']}-{step}"),
            ),
            AddPartner(
                **self._by(OFFICE, "partner"),
                partner_id=PartnerId(plan.PARTNER),
                category=Category.PHARMACY,
                name=plan.PARTNER_NAME,
            ),
        ]
        commands.extend(
            Fund(
                **self._by(OFFICE, f"fund-{programme}"),
                programme=programme,
                amount_fen=Fen(amount),
                source=Source.UNION,
            )
            for programme, amount in plan.FUNDS_FEN.items()
        )
        for outcome in self.here.engine.submit_many(commands):
            _accepted(outcome)

    def import_files(self, deliveries: Sequence[plan.Delivery], tell: Tell) -> None:
        """Hand in files, each on its day."""
        profiles = load_profiles(self.here.rules_dir / "sheets")
        for delivery in deliveries:
            self.clock.set(delivery.when)
            profile = choose(profiles, delivery.file)
            if profile is None:
                raise Misused("no_profile", "没有适用的表格模板", "no profile fits this file")
            upload = Upload(
                association_id=self.here.association,
                actor=OFFICE,
                name=delivery.file,
                content=(self.here.rules_dir / "demo" / delivery.file).read_bytes(),
                partner_id=PartnerId(plan.PARTNER),
            )
            self.imported.append(import_file(self.here.engine, upload, profile, tell))

    def open_year(self, tell: Tell) -> None:
        """Grant the party members the base points of the yearly rating."""
        for members in self._members():
            outcomes = self.here.engine.submit_many(
                OpenYear(
                    **self._by(OFFICE, f"open-{member}"),
                    member_id=member,
                    programme="party",
                    year=plan.YEAR,
                )
                for member in members
            )
            self.opened += sum(outcome.refusal is None for outcome in outcomes)
            tell(len(members))

    def review(self, tell: Tell) -> None:
        """Let colleagues look at every claim, and others where two have to; all share the work."""
        self.clock.set(plan.REVIEWED)
        for state, team in ((State.SUBMITTED, "colleague"), (State.SECOND_REVIEW, "chair")):
            for number, claims in enumerate(self._claims(state, DAY_OF_REVIEWS), start=1):
                actor = Actor(f"staff:{team}-{number:02}")
                outcomes = self.here.engine.submit_many(
                    Review(
                        **self._by(actor, f"review-{claim}"),
                        activity_id=claim,
                        verdict=Verdict.APPROVE,
                        level="industry",
                    )
                    for claim in claims
                )
                self.reviews[state.value] += sum(o.refusal is None for o in outcomes)
                tell(len(claims))

    def score(self, tell: Tell) -> None:
        """Let the rules say what each approved activity is worth."""
        self.clock.set(plan.SCORED)
        self.scored, self.quarantined = score_ready(self.here.engine, self.here.association, tell)

    def publish(self, tell: Tell) -> None:
        """Put what is in publicity on lists, and let the time for objections pass."""
        for number, claims in enumerate(self._claims(State.PUBLICITY, CLAIMS_MAX)):
            _accepted(
                self.here.engine.submit(
                    Publish(
                        **self._by(OFFICE, f"publish-{number}"),
                        activity_ids=tuple(claims),
                        batch=f"2026-01-{number + 1:02}",
                        working_days=5,
                    )
                )
            )
            tell(len(claims))

    def object(self) -> None:
        """Let somebody object to two claims; one objection is right, and its points go back."""
        claims = next(self._claims(State.PUBLICITY), [])[:2]
        for number, claim in enumerate(claims):
            _accepted(
                self.here.engine.submit(
                    ObjectTo(
                        **self._by(NEIGHBOUR, f"object-{claim}"),
                        activity_id=claim,
                        reason="当日未见该车参加",
                    )
                )
            )
            _accepted(
                self.here.engine.submit(
                    Answer(
                        **self._by(INSPECTOR, f"answer-{claim}"),
                        activity_id=claim,
                        upheld=number == 0,
                        reason="经核实，情况属实" if number == 0 else "经核实，签到记录完整",
                    )
                )
            )
        self.reversed = reverse_upheld(self.here.engine, self.here.association)

    def mature(self, tell: Tell) -> None:
        """Make the points available that nobody objected to."""
        self.clock.set(plan.MATURED)
        self.matured = mature_due(self.here.engine, self.here.association, tell)

    def redeem(self, tell: Tell) -> None:
        """Let members who have enough ask for benefits, on two days: the stock is a day's."""
        for day in plan.REDEEMED:
            self.clock.set(day)
            for wish in plan.WISHES:
                self._wish(wish, day.day)
                tell(1)
        self.vouchers["issued"] = len(self._issued)

    def _wish(self, wish: plan.Wish, day: int) -> None:
        with self.here.engine.reading(self.here.association) as connection:
            rich = holders(
                connection,
                self.here.association,
                f"{wish.programme}.wallet",
                at_least=wish.price,
                limit=wish.members,
            )
        outcomes = self.here.engine.submit_many(
            Redeem(
                association_id=self.here.association,
                operation_id=OperationId(f"member:{member}:demo-{day}-{wish.reward}"),
                actor=Actor(f"member:{member}"),
                member_id=member,
                reward_id=RewardId(wish.reward),
                programme=wish.programme,
            )
            for member, _ in rich
        )
        for outcome in outcomes:
            if outcome.refusal is None:
                self._issued.append((wish.reward, VoucherId(outcome.result["voucher_id"])))
            else:
                self.refusals[outcome.refusal.code] += 1

    def capture(self, tell: Tell) -> None:
        """Let the pharmacies take most vouchers in ten days, some in parts; clerks undo mistakes.

        One clerk captures and voids the same voucher twice, and one outlet captures after closing.
        """
        with self.here.engine.reading(self.here.association) as connection:
            outlets = list_outlets(connection, self.here.association, PartnerId(plan.PARTNER))
        ensure(outlets, "the pharmacies were imported")
        desk = Desk(self.here.engine, self.here.context.codes, self.here.ids)
        # One in five forgets; the voucher will expire.
        used = [each for each in enumerate(self._issued) if each[0] % 5]
        # First what is good for a day only; then not one reward after the other.
        used.sort(key=lambda each: (each[1][0] != plan.FOR_A_DAY, each[0] % 7))
        at_once = sum(reward == plan.FOR_A_DAY for _, (reward, _) in used)
        for place, (number, (reward, voucher)) in enumerate(used):
            when, late = plan.captured_at(max(place - at_once, 0), len(used) - at_once)
            self.clock.set(when)
            taken = Taken(
                outlet=outlets[(plan.LATE_OUTLET if late else number) % len(outlets)].outlet_id,
                request=f"R{number:05}",
                code=self.here.context.codes.codes(self.here.association, voucher).code,
                amount=(1280 if number % 4 else 2000) if reward == "C12" else None,
                at=self.clock.now(),
            )
            self._take(desk, taken)
            tell(1)
        self.clock.set(plan.VOIDED)
        today = self.clock.now().date()
        last = [each for each in self._captured[-2:] if each.at.date() == today]
        again = [replace(each, request=f"{each.request}-2") for each in last[-1:]]
        for number, taken in enumerate((*last, *again)):
            if number == len(last):
                self._take(desk, taken)
            _accepted(desk.void(self._till(taken.outlet), taken.request, f"V{number:05}"))
            self.vouchers["voided"] += 1
        self.vouchers["captured"] = len(self._captured)

    def _take(self, desk: Desk, taken: Taken) -> None:
        till = self._till(taken.outlet)
        outcome = desk.capture(till, taken.code, taken.request, taken.amount)
        if outcome.refusal is None:
            self._captured.append(taken)
        else:
            self.refusals[outcome.refusal.code] += 1

    def watch(self) -> None:
        """Judge the days that are over, and tell what looked odd at counters."""
        self.clock.set(plan.SETTLED)
        self.alerts = watch_due(self.here.engine, self.here.association)

    def close_year(self, tell: Tell) -> None:
        """Close the party members' yearly rating, and give them their stars."""
        self.clock.set(plan.SETTLED)
        for members in self._members():
            outcomes = self.here.engine.submit_many(
                CloseYear(
                    **self._by(OFFICE, f"close-{member}"),
                    member_id=member,
                    programme="party",
                    year=plan.YEAR,
                )
                for member in members
            )
            self.stars.update(str(_accepted(outcome).result["stars"]) for outcome in outcomes)
            tell(len(members))

    def settle(self) -> None:
        """Draw the month up with the pharmacies."""
        self.clock.set(plan.SETTLED)
        command = prepare(
            self.here.engine,
            self.here.association,
            OperationId("staff:office:demo-statement"),
            OFFICE,
            PartnerId(plan.PARTNER),
            plan.VOIDED.date(),
        )
        drawn = _accepted(self.here.engine.submit(_command(command)))
        self.statements.append(
            {
                "partner": plan.PARTNER,
                "period": drawn.result["period"],
                "lines": drawn.result["count"],
                "total_fen": drawn.result["total_fen"],
                "sha256": drawn.result["sha256"],
            }
        )

    def expire(self) -> None:
        """Let time pass: unused vouchers and last year's rating points expire."""
        self.clock.set(plan.EXPIRED)
        self.vouchers["expired"] = expire_vouchers_due(self.here.engine, self.here.association)
        expire_points_due(self.here.engine, self.here.association)

    def prove(self, tell: Tell) -> Proof:
        """Re-derive everything from the facts."""
        return verify(self.here.engine, self.here.association, tell=lambda _: tell(1))

    def account(self, proof: Proof, seconds: float) -> dict[str, Any]:
        """Return what the year came to."""
        with self.here.engine.reading(self.here.association) as connection:
            states = activities.counts(connection, self.here.association)
        return {
            "members": sum(i.accepted for i in self.imported if i.read.profile == "roster"),
            "import": [each.as_json() for each in self.imported],
            "activities": {state.value: number for state, number in states.items()},
            "reviews": dict(self.reviews),
            "awards": {
                "scored": self.scored,
                "quarantined": self.quarantined,
                "matured": self.matured,
                "base_granted": self.opened,
                "reversed": self.reversed,
                "stars": dict(sorted(self.stars.items())),
            },
            "points": [
                {name: getattr(each, name) for name in each.__slots__}
                for each in totals(self.here.engine, self.here.association)
            ],
            "vouchers": {
                name: self.vouchers[name] for name in ("issued", "captured", "voided", "expired")
            },
            "refusals": dict(self.refusals),
            "alerts": self.alerts,
            "statements": self.statements,
            "verify": proof.as_json(),
            "seconds": round(seconds, 1),
        }

    def _by(self, actor: Actor, key: str) -> dict[str, Any]:
        return {
            "association_id": self.here.association,
            "operation_id": OperationId(f"{actor}:demo-{key}"),
            "actor": actor,
        }

    def _till(self, outlet: OutletId) -> Till:
        return Till(
            association_id=self.here.association,
            partner_id=PartnerId(plan.PARTNER),
            outlet_id=outlet,
            device_id=f"till-{outlet}",
        )

    def _members(self) -> Iterator[list[MemberId]]:
        after = ""
        while True:
            with self.here.engine.reading(self.here.association) as connection:
                found = page(
                    connection, self.here.association, self.here.context, after=after, limit=PAGE
                )
            if not found:
                return
            after = found[-1].member_id
            yield [each.member_id for each in found if each.party_member]

    def _claims(self, state: State, size: int = PAGE) -> Iterator[list[Any]]:
        after = ""
        while True:
            with self.here.engine.reading(self.here.association) as connection:
                found = activities.in_state(
                    connection, self.here.association, [state], after=after, limit=size
                )
            if not found:
                return
            after = found[-1].activity_id
            yield [claim.activity_id for claim in found]


def demo_files(rules_dir: Path) -> bool:
    """Return whether a rules folder carries the demo's files."""
    return all(
        (rules_dir / "demo" / each.file).is_file() for each in (*plan.REGISTER, *plan.ACTIVITIES)
    )


def _command(command: Any) -> Command:  # noqa: ANN401 - a command or a refusal
    ensure(hasattr(command, "operation_id"), "the demo's partner exists")
    found: Command = command
    return found


def _accepted(outcome: Outcome) -> Outcome:
    ensure(outcome.refusal is None, f"the demo's step is accepted: {outcome.refusal}")
    return outcome
