"""Partners in the database: loads under locks, appends, and reads for channels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, select

from points.db.bulk import listed, within, within_named
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId, StatementId
from points.partners.agreement import Agreement, Contract, Fee, Rounding
from points.partners.contracts import Contracts
from points.partners.counter_store import policies_of, tills_at
from points.partners.model import (
    Account,
    Category,
    Correction,
    Cycle,
    Line,
    Outlet,
    Partner,
    Place,
)
from points.partners.statement_store import load_lines, load_standings
from points.partners.tables import (
    CORRECTS,
    HAS_PARTNER,
    operator_state,
    outlet,
    partner,
    partner_account,
    partner_contract,
    statement_correction,
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
        statements: Where they stand; their partners' accounts are locked beside.
        lines: Lines of statements, by statement and number.
        corrected: Captures of which it matters what they were corrected by, by partner and request
            number; their partners' accounts are locked beside.
        traced: Lines of which it matters what the captures that they are about were corrected by.
    """

    partners: set[PartnerId] = field(default_factory=set)
    outlets: set[OutletId] = field(default_factory=set)
    policies: set[PartnerId] = field(default_factory=set)
    corrections: set[PartnerId] = field(default_factory=set)
    statements: set[StatementId] = field(default_factory=set)
    lines: set[tuple[StatementId, int]] = field(default_factory=set)
    corrected: set[tuple[PartnerId, str]] = field(default_factory=set)
    traced: set[tuple[StatementId, int]] = field(default_factory=set)


# What every capture asks is built once: building a statement costs more than asking it.


@cache
def _accounts_locked(dialect: str) -> Select[Any]:
    a = partner_account.c
    return (
        select(a.partner_id, a.closed_until, a.statements, a.last_sha256)
        .where(a.association_id == bindparam("a"), within_named(dialect, a.partner_id, "ids"))
        .order_by(a.partner_id)
        .with_for_update(key_share=True)
    )


@cache
def _partners_among(dialect: str) -> Select[Any]:
    p = partner.c
    return select(partner).where(
        p.association_id == bindparam("a"), within_named(dialect, p.partner_id, "ids")
    )


@cache
def _contracts_among(dialect: str) -> Select[Any]:
    c = partner_contract.c
    return (
        select(partner_contract)
        .where(c.association_id == bindparam("a"), within_named(dialect, c.partner_id, "ids"))
        .order_by(c.partner_id, c.version)
    )


@cache
def _outlets_among(dialect: str) -> Select[Any]:
    o = outlet.c
    return select(outlet).where(
        o.association_id == bindparam("a"), within_named(dialect, o.outlet_id, "ids")
    )


@cache
def _operators_at(dialect: str) -> Select[Any]:
    s = operator_state.c
    return select(s.outlet_id, s.operator_id, s.active).where(
        s.association_id == bindparam("a"), within_named(dialect, s.outlet_id, "ids")
    )


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
    # After the accounts: whoever changes where a statement stands holds its partner's account.
    if keys.statements:
        contracts.standings = load_standings(connection, association, keys.statements)
    if keys.lines or keys.traced:
        contracts.lines = load_lines(connection, association, keys.lines | keys.traced)
    return contracts


def events_behind(
    connection: Connection, association: AssociationId, lines: Iterable[Line]
) -> set[str]:
    """Return what lines list, and what those of them that are corrections correct in the end."""
    c = statement_correction.c
    found: set[str] = set()
    climbing = {line.source_id for line in lines}
    while climbing:
        found |= climbing
        rows = connection.execute(
            select(c.corrects)
            .where(c.association_id == association, within(connection, c.correction_id, climbing))
            .where(CORRECTS)
        )
        climbing = {row[0] for row in rows} - found
    return found


def read_corrected(
    connection: Connection,
    association: AssociationId,
    captures: Mapping[str, str | None],
    into: Contracts,
) -> None:
    """Read by how much captures were corrected: their accounts are locked, all that books is.

    A correction may be about the capture, its void, or a correction of either, as an accepted
    dispute of an earlier correction's line is.

    Args:
        connection: In the batch's transaction.
        association: Whose.
        captures: The captures, with what took each back, if anything did.
        into: What they come to.
    """
    for capture, void in captures.items():
        into.about[capture] = capture
        if void is not None:
            into.about[void] = capture
    c, found = statement_correction.c, list(into.about)
    while found:
        rows = connection.execute(
            select(c.correction_id, c.corrects, c.amount_fen)
            .where(c.association_id == association, within(connection, c.corrects, found))
            .where(CORRECTS)
        )
        found = []
        for correction_id, corrects, amount_fen in rows:
            into.counts(correction_id, corrects, amount_fen)
            found.append(correction_id)


def _load_partners(
    connection: Connection, association: AssociationId, ids: set[PartnerId], into: Contracts
) -> None:
    dialect, wanted = connection.dialect.name, {"a": association, "ids": listed(connection, ids)}
    locked = connection.execute(_accounts_locked(dialect), wanted)
    for partner_id, closed_until, statements, last_sha256 in locked:
        into.accounts[partner_id] = Account(
            partner_id=partner_id,
            closed_until=closed_until,
            statements=statements,
            last_sha256=last_sha256,
        )
    for row in connection.execute(_partners_among(dialect), wanted).mappings():
        into.partners[row["partner_id"]] = _partner(row)
    into.agreed = _contracts(connection, association, ids)


def _contracts(
    connection: Connection, association: AssociationId, ids: Iterable[PartnerId]
) -> dict[PartnerId, tuple[Contract, ...]]:
    """Return every version of some partners' contracts; they never change once written."""
    wanted = {"a": association, "ids": listed(connection, ids)}
    rows = connection.execute(_contracts_among(connection.dialect.name), wanted)
    found: dict[PartnerId, tuple[Contract, ...]] = {}
    for row in rows.mappings():
        found[row["partner_id"]] = (*found.get(row["partner_id"], ()), _contract(row))
    return found


def _contract(row: RowMapping) -> Contract:
    return Contract(
        partner_id=row["partner_id"],
        version=row["version"],
        starts_on=date.fromisoformat(row["starts_on"]),
        cycle=Cycle(row["cycle"]),
        tariff_fen=row["tariff_fen"],
        fee=Fee(
            per_capture_fen=row["fee_per_capture_fen"],
            basis_points=row["fee_basis_points"],
            rounding=Rounding(row["fee_rounding"]),
            least_fen=row["fee_least_fen"],
            most_fen=row["fee_most_fen"],
        ),
        payment_days=row["payment_days"],
        grace_days=row["grace_days"],
        silence_days=row["silence_days"],
        contact=row["contact"],
        operation_id=OperationId(row["operation_id"]),
        actor=Actor(row["actor"]),
        recorded_at=row["recorded_at"],
    )


def _load_outlets(
    connection: Connection, association: AssociationId, ids: set[OutletId], into: Contracts
) -> None:
    dialect, wanted = connection.dialect.name, {"a": association, "ids": listed(connection, ids)}
    for row in connection.execute(_outlets_among(dialect), wanted).mappings():
        into.outlets[row["outlet_id"]] = _outlet(row)
    for outlet_id, operator_id, active in connection.execute(_operators_at(dialect), wanted):
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


def list_accounts(
    connection: Connection,
    association: AssociationId,
    *,
    only: PartnerId | None = None,
    after: PartnerId | None = None,
    most: int = PAGE_MAX,
) -> list[tuple[Partner, Account]]:
    """Return partners by id, and how far the statements of each reach; or one of them."""
    p, a = partner.c, partner_account.c
    wanted = (
        select(partner, a.closed_until, a.statements, a.last_sha256)
        .join(
            partner_account, (a.association_id == p.association_id) & (a.partner_id == p.partner_id)
        )
        .where(p.association_id == association)
    )
    if only is not None:
        wanted = wanted.where(p.partner_id == only)
    if after is not None:
        wanted = wanted.where(p.partner_id > after)
    rows = connection.execute(wanted.order_by(p.partner_id).limit(min(most, PAGE_MAX)))
    return [(_partner(row), _account(row)) for row in rows.mappings()]


def _account(row: RowMapping) -> Account:
    return Account(
        partner_id=row["partner_id"],
        closed_until=row["closed_until"],
        statements=row["statements"],
        last_sha256=row["last_sha256"],
    )


def find_partner(
    connection: Connection, association: AssociationId, partner_id: PartnerId
) -> tuple[Partner, Account] | None:
    """Return a partner and how far its statements reach, or None."""
    return next(iter(list_accounts(connection, association, only=partner_id)), None)


def find_agreement(
    connection: Connection, association: AssociationId, partner_id: PartnerId
) -> tuple[Agreement, Account] | None:
    """Return a partner with every version of its contract, and how far its statements reach."""
    found = find_partner(connection, association, partner_id)
    if found is None:
        return None
    versions = _contracts(connection, association, {partner_id}).get(partner_id, ())
    return Agreement(found[0], versions), found[1]


def list_automatic(
    connection: Connection, association: AssociationId, *, after: str = "", most: int = PAGE_MAX
) -> list[tuple[Agreement, Account]]:
    """Return partners, by id, whose contracts let statements be drawn up by themselves."""
    p, a, c = partner.c, partner_account.c, partner_contract.c
    agreed = select(c.partner_id).where(c.association_id == association, c.grace_days.is_not(None))
    rows = list(
        connection.execute(
            select(partner, a.closed_until, a.statements, a.last_sha256)
            .join(
                partner_account,
                (a.association_id == p.association_id) & (a.partner_id == p.partner_id),
            )
            .where(p.association_id == association, p.partner_id > after)
            .where(p.partner_id.in_(agreed))
            .order_by(p.partner_id)
            .limit(most)
        ).mappings()
    )
    versions = _contracts(connection, association, [row["partner_id"] for row in rows])
    return [(Agreement(_partner(row), versions[row["partner_id"]]), _account(row)) for row in rows]


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


def outlets_of(
    connection: Connection, association: AssociationId, partner_id: PartnerId
) -> list[Outlet]:
    """Return a partner's outlets by id, to choose one of; a thousand at most."""
    o = outlet.c
    rows = connection.execute(
        select(outlet)
        .where(o.association_id == association, o.partner_id == partner_id, HAS_PARTNER)
        .order_by(o.outlet_id)
        .limit(OUTLETS_MAX)
    )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What an outlet and its partner are called."""

    name: str
    partner_id: PartnerId
    partner: str


def shops(
    connection: Connection, association: AssociationId, wanted: Iterable[OutletId]
) -> dict[OutletId, Shop]:
    """Return what some outlets and their partners are called, by the outlet's id."""
    o, p = outlet.c, partner.c
    rows = connection.execute(
        select(o.outlet_id, o.name, p.partner_id, p.name.label("partner"))
        .join(partner, (p.association_id == o.association_id) & (p.partner_id == o.partner_id))
        .where(o.association_id == association, within(connection, o.outlet_id, wanted))
    )
    return {row[0]: Shop(name=row[1], partner_id=row[2], partner=row[3]) for row in rows}


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


def partner_ids(connection: Connection, association: AssociationId) -> frozenset[str]:
    """Return every partner's id; a few hundred at most."""
    wanted = select(partner.c.partner_id).where(partner.c.association_id == association)
    return frozenset(connection.execute(wanted).scalars())


def agreed_tariffs(
    connection: Connection, association: AssociationId, now: datetime
) -> dict[str, tuple[PartnerId, int]]:
    """Return the most that a contract in force or to come pays for one use, by reward, and whose.

    Contracts are few: a partner has a version a year or so.
    """
    p, c = partner.c, partner_contract.c
    rows = connection.execute(
        select(partner, c.starts_on, c.tariff_fen)
        .join(
            partner_contract,
            (c.association_id == p.association_id) & (c.partner_id == p.partner_id),
        )
        .where(p.association_id == association)
        .order_by(p.partner_id, c.starts_on.desc(), c.version.desc())
    )
    found, over, before = dict[str, tuple[PartnerId, int]](), None, None
    for row in rows.mappings():
        known, begins = _partner(row), row["starts_on"]
        if known.partner_id == over or (known.partner_id, begins) == before:
            continue  # another version has taken its place
        before = known.partner_id, begins
        if begins <= known.day(now).isoformat():
            over = known.partner_id
        for reward, fen in row["tariff_fen"].items():
            if fen > found.get(reward, ("", 0))[1]:
                found[reward] = known.partner_id, fen
    return found
