"""Counts a settled month again from raw rows, with arithmetic of its own.

Nothing here uses the engine's models, readers or sums: amounts are reckoned anew from what each
voucher promised, periods from local days, and everything is compared with what the statements say.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

PAGE = 2000

Sums = dict[tuple[str, ...], int]


@dataclass(slots=True)
class Recount:
    """What the raw rows come to, in fen and points.

    Attributes:
        owed: By partner and period, from captures, voids and corrections.
        lines: How many facts each of those has.
        outlets: The same by partner, period and outlet.
        fees: What partners pay, below zero, by partner, period and outlet.
        facts: Partner, period and amount of each fact that a line lists.
        given_back: The same of fees that were corrected.
        points: Spent by captures, given back by voids.
        differences: What does not agree, in words.
    """

    owed: Sums = field(default_factory=lambda: defaultdict(int))
    lines: Sums = field(default_factory=lambda: defaultdict(int))
    outlets: Sums = field(default_factory=lambda: defaultdict(int))
    fees: Sums = field(default_factory=lambda: defaultdict(int))
    captured_fen: int = 0
    voided_fen: int = 0
    corrected_fen: int = 0
    settled_fen: int = 0
    fees_fen: int = 0
    ledger_fen: int = 0
    points: int = 0
    ledger_points: int = 0
    facts: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    given_back: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    @property
    def total_fen(self) -> int:
        """What partners are owed for everything, settled or open."""
        return self.captured_fen - self.voided_fen + self.corrected_fen

    @property
    def open_fen(self) -> int:
        """What no statement lists yet."""
        return self.total_fen - self.settled_fen

    def differ(self, what: str, expected: object, found: object) -> None:
        """Note a difference, if it is one."""
        if expected != found:
            self.differences.append(f"{what}: {expected} ≠ {found}")


def recount(connection: Connection, association: str) -> Recount:
    """Return the recount of an association, with every difference that it found."""
    rows, found = _Rows(connection, association), Recount()
    _count_events(rows, found)
    _count_corrections(rows, found)
    _compare_lines(rows, found)
    _compare_statements(rows, found)
    _compare_ledger(rows, found)
    return found


@dataclass(frozen=True, slots=True)
class _Rows:
    connection: Connection
    association: str

    def __call__(self, query: str) -> Iterator[Any]:
        """Yield a query's rows, a page at a time."""
        paged = self.connection.execution_options(yield_per=PAGE)
        with paged.execute(text(query), {"a": self.association}) as result:
            yield from result

    def number(self, query: str) -> int:
        """Return the one number that a query yields."""
        return sum(int(row[0] or 0) for row in self(query))


def _count_events(rows: _Rows, found: Recount) -> None:
    partners, fees = _partners(rows), _fees(rows)
    terms = {
        voucher: _document(body)
        for voucher, body in rows("SELECT voucher_id, terms FROM voucher WHERE association_id = :a")
    }
    undone: dict[str, tuple[str, int, int, int]] = {}
    events = rows(
        "SELECT event_id, voucher_id, kind, partner_id, outlet_id, parts, points, cost_fen, undoes,"
        " booked_at FROM voucher_event WHERE association_id = :a AND kind IN ('captured', 'voided')"
        " ORDER BY event_id"
    )
    for event, voucher, kind, partner, outlet, parts, points, cost, undoes, booked in events:
        category, cycle, zone = partners[partner]
        price = _tariff(terms[voucher], partner, category, parts)
        sign = 1
        if kind == "captured":
            found.differ(f"tariff of {event}", price, cost)
            found.captured_fen += price
            undone[event] = (voucher, parts, points, cost)
        else:
            sign = -1
            found.differ(f"void {event}", undone.pop(undoes, None), (voucher, parts, points, cost))
            found.voided_fen += price
        found.points += sign * points
        key = (partner, _period(booked, cycle, zone))
        _book(found, event, key, outlet, sign * price)
        found.fees[*key, outlet] -= sign * _fee(fees.get(partner), price)


def _count_corrections(rows: _Rows, found: Recount) -> None:
    partners = _partners(rows)
    corrections = rows(
        "SELECT correction_id, partner_id, programme, outlet_id, amount_fen, booked_at"
        " FROM statement_correction WHERE association_id = :a"
    )
    for correction, partner, programme, outlet, amount, booked in corrections:
        _, cycle, zone = partners[partner]
        key = (partner, _period(booked, cycle, zone))
        if programme:
            found.corrected_fen += amount
            _book(found, correction, key, outlet, amount)
        else:  # of fees: no pool's money, and no part of what was captured
            found.fees[*key, outlet or ""] += amount
            found.given_back[correction] = (*key, amount)


def _book(found: Recount, fact: str, key: tuple[str, str], outlet: str | None, fen: int) -> None:
    found.owed[key] += fen
    found.lines[key] += 1
    found.outlets[*key, outlet or ""] += fen
    found.facts[fact] = (*key, fen)


def _compare_lines(rows: _Rows, found: Recount) -> None:
    """Every fact of a closed period stands in exactly one line, with its amount."""
    closed = {
        (partner, period): statement
        for statement, partner, period in rows(
            "SELECT statement_id, partner_id, period FROM statement WHERE association_id = :a"
        )
    }
    lines = rows(
        "SELECT l.source_id, l.amount_fen, s.partner_id, s.period, l.kind, l.outlet_id"
        " FROM statement_line l JOIN statement s ON s.association_id = l.association_id"
        " AND s.statement_id = l.statement_id WHERE l.association_id = :a"
    )
    seen: set[str] = set()
    fees: Sums = defaultdict(int)
    for source, amount, partner, period, kind, outlet in lines:
        facts = found.given_back if kind == "fee" else found.facts
        if kind == "fee":
            fees[partner, period, outlet or ""] += amount
            found.lines[partner, period] += 1
            found.fees_fen += amount
        else:
            found.settled_fen += amount
        if kind == "fee" and source not in facts:
            continue  # it sums up what captures and voids were charged
        found.differ(f"line of {source}", facts.get(source), (partner, period, amount))
        found.differ(f"line of {source} stands once", expected=False, found=source in seen)
        seen.add(source)
    for partner, period, outlet in sorted({*fees, *found.fees}):
        own = found.fees[partner, period, outlet] if (partner, period) in closed else 0
        found.differ(f"fees of {outlet} in {period}", own, fees[partner, period, outlet])
    for fact, (partner, period, _) in (found.facts | found.given_back).items():
        found.differ(f"{fact} is listed", (partner, period) in closed, fact in seen)


def _compare_statements(rows: _Rows, found: Recount) -> None:
    statements = rows(
        "SELECT partner_id, period, count, total_fen, outlets FROM statement"
        " WHERE association_id = :a ORDER BY partner_id, number"
    )
    for partner, period, count, total, outlets in statements:
        key = (partner, period)
        found.differ(f"lines of {partner} {period}", found.lines[key], count)
        fees = sum(fen for name, fen in found.fees.items() if name[:2] == key)
        found.differ(f"total of {partner} {period}", found.owed[key] + fees, total)
        for each in _document(outlets):
            outlet = each["outlet_id"] or ""
            own = found.outlets[*key, outlet] + found.fees[*key, outlet]
            found.differ(f"{each['outlet_id']} in {period}", own, each["amount_fen"])


def _compare_ledger(rows: _Rows, found: Recount) -> None:
    """Pools have spent, and members have paid, what was captured."""
    found.ledger_fen = rows.number("SELECT sum(spent) FROM pool_entry WHERE association_id = :a")
    found.differ("spent by the pools' entries", found.total_fen, found.ledger_fen)
    spent = rows.number("SELECT sum(spent) FROM pool WHERE association_id = :a")
    found.differ("spent by the pools", found.total_fen, spent)
    found.ledger_points = rows.number(
        "SELECT sum(points) FROM entry WHERE association_id = :a"
        " AND account_id LIKE 'system:redemption.%'"
    )
    found.differ("points redeemed in the ledger", found.points, found.ledger_points)


def _partners(rows: _Rows) -> dict[str, tuple[str, str, str]]:
    return {
        partner: (category, cycle, zone)
        for partner, category, cycle, zone in rows(
            "SELECT partner_id, category, cycle, zone FROM partner WHERE association_id = :a"
        )
    }


def _tariff(terms: Mapping[str, Any], partner: str, category: str, parts: int) -> int:
    if terms.get("tariff_is_face"):  # what is as usual is not written
        return parts
    tariff: Mapping[str, int] = terms.get("tariff_fen", {})
    return tariff.get(partner, tariff.get(category, tariff.get("default", 0)))


def _fees(rows: _Rows) -> dict[str, tuple[int, int, int, int | None]]:
    """Return what each partner agreed to; the month has one contract of each."""
    return {
        partner: (each, part, least, most)
        for partner, each, part, least, most in rows(
            "SELECT partner_id, fee_per_capture_fen, fee_basis_points, fee_least_fen, fee_most_fen"
            " FROM partner_contract WHERE association_id = :a"
        )
    }


def _fee(agreed: tuple[int, int, int, int | None] | None, price: int) -> int:
    """Return the fee of a capture, half a fen rounded up; never more than the capture."""
    if agreed is None:
        return 0
    each, part, least, most = agreed
    fee = int((Decimal(price * part) / 10_000).quantize(Decimal(1), ROUND_HALF_UP))
    fee = each or max(fee, least)
    return min(fee, price, most if most is not None else fee)


def _period(booked: datetime | str, cycle: str, zone: str) -> str:
    moment = datetime.fromisoformat(booked) if isinstance(booked, str) else booked
    day = moment.astimezone(ZoneInfo(zone)).date().isoformat()
    return day if cycle == "day" else day[:7]


def _document(body: object) -> Any:  # noqa: ANN401 - whatever JSON it is
    return json.loads(body) if isinstance(body, str) else body
