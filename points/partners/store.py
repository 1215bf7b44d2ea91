"""Partners in the database: loads under locks, appends, and reads for channels."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from points.db.bulk import within
from points.kernel.ids import AssociationId, OutletId, PartnerId, StatementId
from points.partners.counter_store import policies_of, tills_at
from points.partners.model import (
    Account,
    Category,
    Contracts,
    Correction,
    Cycle,
    Line,
    LineKind,
    Outlet,
    OutletTotal,
    Partner,
    Place,
    Statement,
    Totals,
)
from points.partners.tables import (
    HAS_NUMBER,
    HAS_PARTNER,
    operator_state,
    outlet,
    partner,
    partner_account,
    statement,
    statement_correction,
    statement_line,
)

PAGE_MAX = 100
OUTLETS_MAX = 1000
"""So many outlets are looked at for what is near."""
OUTLETS_KNOWN_MAX = 10_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before anything was booked: where a first statement begins."""


@dataclass(slots=True)
class PartnerKeys:
    """What a batch needs of the partners.

    Attributes:
        partners: To read, and whose account is to be locked.
        outlets: To read, with their operators and tills.
        policies: Partners of whose counters it matters what was agreed.
        corrections: Partners whose corrections of the open period are needed.
    """

    partners: set[PartnerId] = field(default_factory=set)
    outlets: set[OutletId] = field(default_factory=set)
    policies: set[PartnerId] = field(default_factory=set)
    corrections: set[PartnerId] = field(default_factory=set)


def load_contracts(
    connection: Connection, association: AssociationId, keys: PartnerKeys
) -> Contracts:
    """Lock partners' accounts, sorted, and read what never changes beside them."""
    contracts = Contracts()
    if keys.partners:
        _load_partners(connection, association, keys.partners, contracts)
    if keys.outlets:
        _load_outlets(connection, association, keys.outlets, contracts)
    if keys.policies:
        for policy in policies_of(connection, association, keys.policies):
            contracts.policies[policy.partner_id] = policy
    for each in keys.corrections & set(contracts.accounts):
        since = contracts.accounts[each].closed_until or EARLIEST
        contracts.corrections[each] = corrections_since(connection, association, each, since)
    return contracts


def _load_partners(
    connection: Connection, association: AssociationId, ids: set[PartnerId], into: Contracts
) -> None:
    a = partner_account.c
    locked = connection.execute(
        select(a.partner_id, a.closed_until, a.statements)
        .where(a.association_id == association, within(connection, a.partner_id, ids))
        .order_by(a.partner_id)
        .with_for_update(key_share=True)
    )
    for partner_id, closed_until, statements in locked:
        into.accounts[partner_id] = Account(
            partner_id=partner_id, closed_until=closed_until, statements=statements
        )
    rows = connection.execute(
        select(partner).where(
            partner.c.association_id == association, within(connection, partner.c.partner_id, ids)
        )
    )
    for row in rows.mappings():
        into.partners[row["partner_id"]] = _partner(row)


def _load_outlets(
    connection: Connection, association: AssociationId, ids: set[OutletId], into: Contracts
) -> None:
    rows = connection.execute(
        select(outlet).where(
            outlet.c.association_id == association, within(connection, outlet.c.outlet_id, ids)
        )
    )
    for row in rows.mappings():
        into.outlets[row["outlet_id"]] = _outlet(row)
    s = operator_state.c
    known = connection.execute(
        select(s.outlet_id, s.operator_id, s.active).where(
            s.association_id == association, within(connection, s.outlet_id, ids)
        )
    )
    for outlet_id, operator_id, active in known:
        into.operators.add((outlet_id, operator_id))
        if not active:
            into.disabled.add((outlet_id, operator_id))
    for till in tills_at(connection, association, ids):
        into.tills[till.outlet_id, till.device_id] = till


def _partner(row: RowMapping) -> Partner:
    return Partner(
        partner_id=row["partner_id"],
        category=Category(row["category"]),
        name=row["name"],
        cycle=Cycle(row["cycle"]),
        zone=row["zone"],
    )


def _outlet(row: RowMapping) -> Outlet:
    return Outlet(
        outlet_id=row["outlet_id"],
        partner_id=row["partner_id"],
        name=row["name"],
        address=row["address"],
        phone=row["phone"],
        opening_hours=row["opening_hours"],
        services=tuple(row["services"]),
        district=row["district"],
        place=None
        if row["latitude_e6"] is None or row["longitude_e6"] is None
        else Place(row["latitude_e6"], row["longitude_e6"]),
    )


def corrections_since(
    connection: Connection, association: AssociationId, partner_id: PartnerId, since: datetime
) -> list[Correction]:
    """Return a partner's corrections booked since an instant, in the order of their booking."""
    c = statement_correction.c
    rows = connection.execute(
        select(statement_correction)
        .where(c.association_id == association, c.partner_id == partner_id, c.booked_at >= since)
        .order_by(c.booked_at, c.correction_id)
    )
    return [
        Correction(
            correction_id=row["correction_id"],
            partner_id=row["partner_id"],
            programme=row["programme"],
            outlet_id=row["outlet_id"],
            amount_fen=row["amount_fen"],
            reason=row["reason"],
            corrects=row["corrects"],
            booked_at=row["booked_at"],
        )
        for row in rows.mappings()
    ]


def list_partners(
    connection: Connection,
    association: AssociationId,
    *,
    after: PartnerId | None = None,
    most: int = PAGE_MAX,
) -> list[Partner]:
    """Return partners by id; ``after`` is the last one of the page before."""
    wanted = select(partner).where(partner.c.association_id == association)
    if after is not None:
        wanted = wanted.where(partner.c.partner_id > after)
    rows = connection.execute(wanted.order_by(partner.c.partner_id).limit(min(most, PAGE_MAX)))
    return [_partner(row) for row in rows.mappings()]


def find_partner(
    connection: Connection, association: AssociationId, partner_id: PartnerId
) -> tuple[Partner, Account] | None:
    """Return a partner and how far its statements reach, or None."""
    p, a = partner.c, partner_account.c
    row = (
        connection.execute(
            select(partner, a.closed_until, a.statements)
            .join(
                partner_account,
                (a.association_id == p.association_id) & (a.partner_id == p.partner_id),
            )
            .where(p.association_id == association, p.partner_id == partner_id)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    account = Account(
        partner_id=partner_id, closed_until=row["closed_until"], statements=row["statements"]
    )
    return _partner(row), account


def find_outlet(
    connection: Connection, association: AssociationId, outlet_id: OutletId
) -> Outlet | None:
    """Return an outlet, or None."""
    row = (
        connection.execute(
            select(outlet).where(
                outlet.c.association_id == association, outlet.c.outlet_id == outlet_id
            )
        )
        .mappings()
        .one_or_none()
    )
    return _outlet(row) if row is not None else None


def list_outlets(
    connection: Connection,
    association: AssociationId,
    partner_id: PartnerId,
    *,
    after: OutletId | None = None,
    most: int = PAGE_MAX,
) -> list[Outlet]:
    """Return a partner's outlets by id; ``after`` is the last one of the page before."""
    o = outlet.c
    wanted = select(outlet).where(
        o.association_id == association, o.partner_id == partner_id, HAS_PARTNER
    )
    if after is not None:
        wanted = wanted.where(o.outlet_id > after)
    rows = connection.execute(wanted.order_by(o.outlet_id).limit(min(most, PAGE_MAX)))
    return [_outlet(row) for row in rows.mappings()]


def outlets_honouring(
    connection: Connection, association: AssociationId, categories: Iterable[str]
) -> list[Outlet]:
    """Return the outlets of all partners of some kinds, by id; a thousand at most."""
    o, p = outlet.c, partner.c
    rows = connection.execute(
        select(outlet)
        .join(partner, (p.association_id == o.association_id) & (p.partner_id == o.partner_id))
        .where(
            o.association_id == association,
            HAS_PARTNER,
            p.category.in_(sorted(categories)),
        )
        .order_by(o.outlet_id)
        .limit(OUTLETS_MAX)
    )
    return [_outlet(row) for row in rows.mappings()]


def outlet_categories(connection: Connection, association: AssociationId) -> dict[str, str]:
    """Return the category of each outlet's partner, by the outlet's id; a few thousand at most."""
    o, p = outlet.c, partner.c
    rows = connection.execute(
        select(o.outlet_id, p.category)
        .join(partner, (p.association_id == o.association_id) & (p.partner_id == o.partner_id))
        .where(o.association_id == association, HAS_PARTNER)
        .limit(OUTLETS_KNOWN_MAX)
    )
    return {row[0]: row[1] for row in rows}


def list_statements(
    connection: Connection,
    association: AssociationId,
    partner_id: PartnerId,
    *,
    before: int | None = None,
    most: int = 24,
) -> list[Statement]:
    """Return closed statements without their lines, newest first."""
    s = statement.c
    wanted = select(statement).where(
        s.association_id == association, s.partner_id == partner_id, HAS_NUMBER
    )
    if before is not None:
        wanted = wanted.where(s.number < before)
    rows = connection.execute(wanted.order_by(s.number.desc()).limit(min(most, PAGE_MAX)))
    return [_statement(row, ()) for row in rows.mappings()]


def find_statement(
    connection: Connection, association: AssociationId, statement_id: StatementId
) -> Statement | None:
    """Return a closed statement with all its lines, or None."""
    s, x = statement.c, statement_line.c
    row = (
        connection.execute(
            select(statement).where(s.association_id == association, s.statement_id == statement_id)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    lines = connection.execute(
        select(statement_line)
        .where(x.association_id == association, x.statement_id == statement_id)
        .order_by(x.number)
    )
    return _statement(row, tuple(_line(each) for each in lines.mappings()))


def _statement(row: RowMapping, lines: tuple[Line, ...]) -> Statement:
    return Statement(
        statement_id=row["statement_id"],
        partner_id=row["partner_id"],
        number=row["number"],
        period=row["period"],
        begins=row["begins"],
        ends=row["ends"],
        lines=lines,
        totals=Totals(
            count=row["count"],
            total_fen=row["total_fen"],
            outlets=tuple(_outlet_total(each) for each in row["outlets"]),
            sha256=row["sha256"],
        ),
        closed_at=row["closed_at"],
    )


def _outlet_total(body: dict[str, Any]) -> OutletTotal:
    return OutletTotal(
        outlet_id=body["outlet_id"], count=body["count"], amount_fen=body["amount_fen"]
    )


def _line(row: RowMapping) -> Line:
    return Line(
        number=row["number"],
        source_id=row["source_id"],
        kind=LineKind(row["kind"]),
        outlet_id=row["outlet_id"],
        reward_id=row["reward_id"],
        reference=row["reference"],
        last4=row["last4"],
        amount_fen=row["amount_fen"],
        booked_at=row["booked_at"],
    )
