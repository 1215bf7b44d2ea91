"""A ledger made up row by row, and a plain recount of what the budget report says of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, insert

from points.catalogue.forecast import forecast
from points.flows.budget import (
    BudgetReport,
    Cohort,
    Expiring,
    Liability,
    Owed,
    PoolFigures,
    ProgrammeBudget,
)
from points.kernel.ids import AssociationId
from points.ledger.runoff import Share
from points.ledger.tables import account, entry, lot, movement, transaction
from points.unit_of_work import writing
from tests.flows.town import NOON

ZONE = ZoneInfo("Asia/Shanghai")
INSIDE = ("pending", "available", "held")
TARGETS = ("available", "held", "redeemed", "expired", "reversed", "repaid", "donated")
EDGES = (timedelta(0), timedelta(microseconds=1), timedelta(days=1), timedelta(days=400))


@dataclass
class Lot:
    """A lot and what happened to it, in order."""

    measure: str
    recorded_at: datetime
    points: int
    born: str
    expires_at: datetime | None
    moves: list[tuple[datetime, str, str, int, datetime | None]] = field(default_factory=list)


def invented(random: Random, lots: int) -> list[Lot]:
    """Return lots of two wallets and a rating over three years, moved about in every way."""
    return [_lot(random) for _ in range(lots)]


def _lot(random: Random) -> Lot:
    at = NOON - timedelta(days=random.randrange(1000), minutes=random.randrange(1440))
    ages = (None, 30, 200, 400, 900)
    age = random.choice(ages)
    made = Lot(
        measure=random.choice(("party.wallet", "health.wallet", "party.rating")),
        recorded_at=at,
        points=random.randrange(1, 500),
        born=random.choice(("pending", "available")),
        expires_at=None if age is None else at + timedelta(days=age, seconds=random.randrange(3)),
    )
    where = defaultdict(int, {made.born: made.points})
    for _ in range(random.randrange(6)):
        source = random.choice([place for place, points in where.items() if points])
        target = random.choice([each for each in TARGETS if each != source])
        if source not in INSIDE and target not in INSIDE:
            continue
        at += timedelta(days=random.randrange(90), seconds=random.randrange(90))
        some = random.randrange(1, where[source] + 1)
        where[source] -= some
        where[target] += some
        returns = made.expires_at is not None and target == "available" and random.random() < 0.3
        grace = (
            max(at, made.expires_at) + timedelta(days=7) if returns and made.expires_at else None
        )
        made.moves.append((at, source, target, some, grace))
    return made


def write(database: Engine, association: str, lots: Iterable[Lot]) -> None:
    """Append the lots as the ledger would have."""
    rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    own = {"association_id": association}
    for measure in ("party.wallet", "health.wallet", "party.rating"):
        zeros = dict.fromkeys(("version", "pending", "available", "held", "debt"), 0)
        name = {"account_id": f"M.{measure}", "member_id": "M", "measure": measure}
        rows[account].append(own | name | zeros | {"recorded_at": None})
    for number, each in enumerate(lots):
        account_id, lot_id = f"M.{each.measure}", f"L{number}"
        rows[transaction].append(_transaction(own, f"T{number}", each.recorded_at))
        rows[lot].append(
            own
            | {"lot_id": lot_id, "account_id": account_id, "transaction_id": f"T{number}"}
            | {"points": each.points, "born": each.born, "expires_at": each.expires_at}
        )
        for line, (at, source, target, points, grace) in enumerate(each.moves):
            name = f"T{number}.{line}"
            rows[transaction].append(_transaction(own, name, at))
            rows[movement].append(
                own
                | {"lot_id": lot_id, "transaction_id": name, "line": 0, "source": source}
                | {"target": target, "points": points, "hold_id": None, "expires_at": grace}
            )
            if target == "repaid":
                place = {"line": 0, "account_id": account_id, "state": "debt", "points": -points}
                known = {"version": 1000 * number + line, "balance_after": -points}
                times = {"effective_at": at, "recorded_at": at, "transaction_id": name}
                rows[entry].append(own | place | known | times)
    with writing(database, AssociationId(association)) as connection:
        for table in (account, transaction, lot, movement, entry):
            if rows[table]:
                connection.execute(insert(table), rows[table])


def _transaction(own: dict[str, str], name: str, at: datetime) -> dict[str, Any]:
    fixed = {"kind": "grant", "operation_id": name, "member_id": "M", "actor": "system:test"}
    loose = {"reason": "test", "reverses": None, "corrects": None, "origin": {}}
    times = {"effective_at": at, "recorded_at": at}
    return own | {"transaction_id": name} | fixed | loose | times


def month(at: datetime) -> str:
    """Return the local month of an instant."""
    return at.astimezone(ZONE).strftime("%Y-%m")


def recount(lots: Iterable[Lot], measure: str, at: datetime) -> dict[str, Any]:
    """Count it lot by lot, as somebody with a pencil would."""
    coming: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    cohorts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in lots:
        if each.measure != measure or each.recorded_at > at:
            continue
        where, expires_at = defaultdict(int, {each.born: each.points}), each.expires_at
        for moved_at, source, target, points, grace in each.moves:
            if moved_at <= at:
                where[source] -= points
                where[target] += points
                expires_at = max(expires_at, grace) if expires_at and grace else expires_at
        gone = expires_at is not None and expires_at <= at
        own = cohorts[month(each.recorded_at)]
        own["issued"] += each.points
        own["redeemed"] += where["redeemed"]
        own["lost"] += where["reversed"] + where["repaid"]
        own["donated"] += where["donated"]
        stale = where["pending"] + where["available"] if gone else 0
        own["expired"] += where["expired"] + stale
        own["open"] += sum(where[place] for place in INSIDE) - stale
        if sum(where[place] for place in INSIDE):
            pending, available = (0, 0) if gone else (where["pending"], where["available"])
            line = coming[_span(expires_at, at)]
            for index, more in enumerate((1, pending, available, where["held"])):
                line[index] += more
    return {
        "months": {name: line for name, line in coming.items() if sum(line[1:])},
        "cohorts": {name: dict(own) for name, own in cohorts.items()},
    }


def _span(expires_at: datetime | None, at: datetime) -> str:
    if expires_at is None:
        return "never"
    return month(max(expires_at, at + timedelta(microseconds=1)))


def said(found: Liability) -> dict[str, Any]:
    """Return the same of the report."""
    return {
        "months": {m.month: [m.lots, m.pending, m.available, m.held] for m in found.months},
        "cohorts": {
            c.month: {
                "issued": c.issued,
                "redeemed": c.redeemed,
                "lost": c.lost,
                "donated": c.donated,
                "expired": c.expired,
                "open": c.open,
            }
            for c in found.cohorts
        },
    }


def report(text: str = "2026-03") -> BudgetReport:
    """Return a small report that says a text wherever it says one."""
    cohort = Cohort(
        month=text,
        issued=100,
        redeemed=38,
        expired=10,
        lost=5,
        donated=2,
        open=45,
        breakage_ppm=100_000,
    )
    month = Expiring(
        month=text, lots=2, pending=5, available=40, held=0, value_fen=450, expected_fen=300
    )
    owed = Liability(
        pending=5, available=40, held=0, debt=0, share=Share(low_ppm=400_000, high_ppm=666_667),
        value_fen=450, expected_low_fen=180, expected_fen=300, months=(month,), cohorts=(cohort,),
        fund=20, fund_fen=90,
    )  # fmt: skip
    pool = PoolFigures(
        funded_fen=1000, reserved_fen=200, spent_fen=300, free_fen=500, margin_fen=100,
        sellable_fen=400, warn_days=60, sources={text: 1000}, weekly=(30, 0, 20), warns=True,
        forecast=forecast(400, [30] * 9, [100] * 12, NOON.date()),
    )  # fmt: skip
    return BudgetReport(
        at=NOON,
        zone="Asia/Shanghai",
        value_fen_per_point=10,
        programmes=(ProgrammeBudget(programme="health", pool=pool, liability=owed),),
        owed=Owed(
            spent_fen=300, statements_fen=100, fees_fen=0, paid_fen=40, unpaid_fen=60, open_fen=200
        ),
    )
