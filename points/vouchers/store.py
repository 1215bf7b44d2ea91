"""Vouchers in the database: set-based loads under locks, then reads, then appends."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, exists, func, or_, select

from points.db.base import indexed
from points.db.bulk import listed, within, within_named
from points.kernel.ids import AssociationId, MemberId, OutletId, PartnerId, RewardId, VoucherId
from points.vouchers.codes import Form
from points.vouchers.drawer import OUTLET_WINDOW, Drawer, Guard, Owed, Period
from points.vouchers.model import (
    Aliased,
    Event,
    EventKind,
    Failure,
    Links,
    State,
    Voucher,
    terms_from,
)
from points.vouchers.passing_store import open_offers, received_by, reminders_of
from points.vouchers.standing import Reservation, Standing
from points.vouchers.tables import (
    HAS_MEMBER,
    HAS_VERSION,
    failed_attempt,
    guess_guard,
    voucher,
    voucher_code,
    voucher_event,
    voucher_state,
)

DRAWN_MAX = 100
"""So many past vouchers of a member and reward are read; no limit is higher."""

ALIASED_MAX = 4
DAY = timedelta(hours=26)
"""No local day is longer, and none needs what was before it."""

OWED = (EventKind.CAPTURED.value, EventKind.VOIDED.value)


@dataclass(slots=True)
class VoucherKeys:
    """What a batch needs of the vouchers.

    Attributes:
        vouchers: To lock and load.
        drawn: Members and rewards whose past vouchers are to be counted.
        codes: Hashes of codes to look up.
        aliases: Of QRs, to look up.
        guards: Outlets whose counter of invalid codes is to be locked.
        requests: Captures to read, by partner and request number.
        periods: Periods whose captures and voids are to be listed.
        uses: Vouchers of which it matters where they were captured; whoever asks locks them.
        at_counter: Members of whom it matters whether a counter is handling a voucher.
        voids: Partners and outlets whose voids of the last day are to be counted.
        offers: Vouchers whose open offer is needed; whoever asks locks the voucher.
        received: Members of whom it matters how many vouchers others gave them.
        reminders: Vouchers of which it matters what was told of their end.
    """

    vouchers: set[VoucherId] = field(default_factory=set)
    drawn: set[tuple[MemberId, RewardId]] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    guards: set[OutletId] = field(default_factory=set)
    requests: set[tuple[PartnerId, str]] = field(default_factory=set)
    periods: set[Period] = field(default_factory=set)
    uses: set[VoucherId] = field(default_factory=set)
    at_counter: set[MemberId] = field(default_factory=set)
    voids: set[tuple[PartnerId, OutletId]] = field(default_factory=set)
    offers: set[VoucherId] = field(default_factory=set)
    received: set[MemberId] = field(default_factory=set)
    reminders: set[VoucherId] = field(default_factory=set)


# What every capture asks is built once: building a statement costs more than asking it.


_FACT = "fact_"
"""How the columns of a voucher are called beside those of where it stands."""


@cache
def _vouchers_locked(dialect: str) -> Select[Any]:
    s, v = voucher_state.c, voucher.c
    return (
        select(voucher_state, *(each.label(f"{_FACT}{each.name}") for each in v))
        .join(voucher, (v.association_id == s.association_id) & (v.voucher_id == s.voucher_id))
        .where(s.association_id == bindparam("a"), within_named(dialect, s.voucher_id, "ids"))
        .order_by(s.voucher_id)
        # A voucher never changes, so it is read beside its state, without a lock.
        .with_for_update(key_share=True, of=voucher_state)
    )


@cache
def _guards_locked(dialect: str) -> Select[Any]:
    g = guess_guard.c
    return (
        select(g.outlet_id, g.total, g.reopened_at)
        .where(g.association_id == bindparam("a"), within_named(dialect, g.outlet_id, "ids"))
        .order_by(g.outlet_id)
        .with_for_update(key_share=True)
    )


@cache
def _failures_at(dialect: str) -> Select[Any]:
    f = failed_attempt.c
    return select(f.attempt_id, f.outlet_id, f.device_id, f.attempted_at).where(
        f.association_id == bindparam("a"),
        within_named(dialect, f.outlet_id, "ids"),
        f.attempted_at > bindparam("since"),
    )


@cache
def _links_by_code(dialect: str, *, replaced: bool) -> Select[Any]:
    c, v, s = voucher_code.c, voucher.c, voucher_state.c
    found = (
        select(
            *(c.code_hash, v.voucher_id, v.member_id, v.reward_id, v.programme, v.hold_id),
            c.issue_no,
        )
        .join(voucher, (v.association_id == c.association_id) & (v.voucher_id == c.voucher_id))
        .join(
            voucher_state, (s.association_id == c.association_id) & (s.voucher_id == c.voucher_id)
        )
        .where(c.association_id == bindparam("a"), within_named(dialect, c.code_hash, "ids"))
    )
    return found if replaced else found.where(c.issue_no == s.issue_no)


def lock_drawer(
    connection: Connection, association: AssociationId, keys: VoucherKeys, now: datetime
) -> Drawer:
    """Lock vouchers and guards, sorted; then read what their locks protect."""
    drawer = Drawer(as_of=now)
    if keys.guards:
        _lock_guards(connection, association, keys.guards, now, drawer)
    if keys.vouchers:
        _lock_vouchers(connection, association, keys.vouchers, drawer)
    if keys.offers:
        drawer.offers.update(open_offers(connection, association, keys.offers))
    if keys.reminders:
        drawer.reminded.update(reminders_of(connection, association, keys.reminders))
    return drawer


def read_drawer(
    connection: Connection, association: AssociationId, keys: VoucherKeys, drawer: Drawer
) -> None:
    """Read what other locks protect: call it once every lock of the batch is held."""
    if keys.codes:
        drawer.found.update(find_links(connection, association, keys.codes))
    for alias in sorted(keys.aliases):
        drawer.aliased[alias] = find_aliased(connection, association, alias)
    if keys.drawn:
        _read_drawn(connection, association, keys.drawn, drawer)
    if keys.requests:
        _read_captures(connection, association, keys.requests, drawer)
    if keys.uses:
        _read_uses(connection, association, keys.uses, drawer)
    for period in keys.periods:
        drawer.periods[period] = owed_in(connection, association, period)
    for of in sorted(keys.voids):
        drawer.voids[of] = _voids_of(connection, association, of, drawer.as_of - DAY)
    if keys.received:
        drawer.received.update(received_by(connection, association, keys.received))
    for member in sorted(keys.at_counter):
        drawer.at_counter[member] = _at_counter(connection, association, member)


def _voids_of(
    connection: Connection,
    association: AssociationId,
    of: tuple[PartnerId, OutletId],
    since: datetime,
) -> list[Event]:
    e = voucher_event.c
    rows = connection.execute(
        select(voucher_event).where(
            e.association_id == association,
            e.partner_id == of[0],
            # What was recorded since then was booked since then: the index of statements serves.
            e.booked_at >= since,
            e.recorded_at >= since,
            e.outlet_id == of[1],
            e.kind == EventKind.VOIDED.value,
        )
    )
    return [event_from(row) for row in rows.mappings()]


def _at_counter(
    connection: Connection, association: AssociationId, member: MemberId
) -> list[datetime]:
    """Return until when counters are handling a member's vouchers, past and to come.

    An outlet for which an offline token is out is a counter that is handling one.
    """
    s = voucher_state.c
    rows = connection.execute(
        select(s.authorised_until, s.reserved_until).where(
            s.association_id == association,
            s.owner_id == member,
            indexed(s.owner_id),
            s.state == State.ISSUED.value,
            or_(s.authorised_until.is_not(None), s.reserved_until.is_not(None)),
        )
    )
    return [until for row in rows for until in row if until is not None]


def _lock_vouchers(
    connection: Connection, association: AssociationId, ids: set[VoucherId], drawer: Drawer
) -> None:
    wanted = {"a": association, "ids": listed(connection, ids)}
    locked = connection.execute(_vouchers_locked(connection.dialect.name), wanted)
    for row in locked.mappings():
        drawer.vouchers[row["voucher_id"]] = _standing(voucher_from(row, _FACT), row)


def voucher_from(row: RowMapping, named: str = "") -> Voucher:
    """Return the voucher of a row; ``named`` begins the names of its columns there."""
    return Voucher(
        voucher_id=row[f"{named}voucher_id"],
        member_id=row[f"{named}member_id"],
        reward_id=row[f"{named}reward_id"],
        reward_version=row[f"{named}reward_version"],
        programme=row[f"{named}programme"],
        hold_id=row[f"{named}hold_id"],
        terms=terms_from(row[f"{named}terms"]),
        last4=row[f"{named}last4"],
        valid_from=row[f"{named}valid_from"],
        valid_until=row[f"{named}valid_until"],
        operation_id=row[f"{named}operation_id"],
        actor=row[f"{named}actor"],
    )


def _standing(fact: Voucher, row: RowMapping) -> Standing:
    return Standing(
        voucher=fact,
        state=State(row["state"]),
        version=row["version"],
        captured_parts=row["captured_parts"],
        captured_points=row["captured_points"],
        cost_fen=row["cost_fen"],
        voids=row["voids"],
        captured_at=row["captured_at"],
        captured_outlet=row["captured_outlet"],
        authorised_outlet=row["authorised_outlet"],
        authorised_until=row["authorised_until"],
        reserved=_reserved(row),
        authorisation_id=row["authorisation_id"],
        issue_no=row["issue_no"],
        last4=row["last4"],
        owned_by=row["owner_id"] or None,
        passes=row["passes"],
    )


def _reserved(row: RowMapping) -> Reservation | None:
    if row["reserved_token"] is None:
        return None
    return Reservation(
        token_id=row["reserved_token"],
        outlet_id=row["reserved_outlet"],
        until=row["reserved_until"],
        settles_until=row["settles_until"],
    )


def _lock_guards(
    connection: Connection,
    association: AssociationId,
    outlets: set[OutletId],
    now: datetime,
    drawer: Drawer,
) -> None:
    dialect, wanted = connection.dialect.name, {"a": association}
    locked = connection.execute(
        _guards_locked(dialect), wanted | {"ids": listed(connection, outlets)}
    )
    for outlet, total, reopened_at in locked:
        drawer.guards[outlet] = Guard(outlet_id=outlet, total=total, reopened_at=reopened_at)
    if not drawer.guards:
        return
    rows = connection.execute(
        _failures_at(dialect),
        wanted | {"ids": listed(connection, drawer.guards), "since": now - OUTLET_WINDOW},
    )
    for attempt_id, outlet, device_id, attempted_at in rows:
        guard = drawer.guards[outlet]
        if guard.reopened_at is not None and attempted_at <= guard.reopened_at:
            continue
        guard.failures.append(
            Failure(
                attempt_id=attempt_id,
                outlet_id=outlet,
                device_id=device_id,
                attempted_at=attempted_at,
            )
        )


def find_links(
    connection: Connection,
    association: AssociationId,
    hashes: Iterable[str],
    *,
    replaced: bool = False,
) -> dict[str, Links]:
    """Return vouchers' links by the hash of a code; codes that were replaced only if asked for."""
    wanted = {"a": association, "ids": listed(connection, hashes)}
    rows = connection.execute(_links_by_code(connection.dialect.name, replaced=replaced), wanted)
    return {row[0]: links_from(row[1:], issue_no=row[6]) for row in rows}


def find_aliased(
    connection: Connection, association: AssociationId, alias: str, *, replaced: bool = False
) -> list[Aliased]:
    """Return the vouchers whose stored hash of digits begins with an alias; nearly always one.

    Who was given a new code has a new QR as well; the ones before are found only if asked for.
    """
    c, v, s = voucher_code.c, voucher.c, voucher_state.c
    newer = voucher_code.alias("newer")
    found = (
        select(
            *(v.voucher_id, v.member_id, v.reward_id, v.programme, v.hold_id),
            *(c.issue_no, s.authorised_outlet, s.authorised_until),
        )
        .join(voucher, (v.association_id == c.association_id) & (v.voucher_id == c.voucher_id))
        .join(
            voucher_state, (s.association_id == v.association_id) & (s.voucher_id == v.voucher_id)
        )
        .where(
            c.association_id == association,
            # A range of the primary key; under any collation "g" follows all hexadecimal digits.
            c.code_hash >= alias,
            c.code_hash < f"{alias}g",
            c.form == Form.DIGITS.value,
        )
        .limit(ALIASED_MAX)
    )
    if not replaced:
        found = found.where(
            ~exists().where(
                newer.c.association_id == c.association_id,
                newer.c.voucher_id == c.voucher_id,
                newer.c.form == c.form,
                newer.c.issue_no > c.issue_no,
            )
        )
    return [
        Aliased(
            links=links_from(row[:5], issue_no=row.issue_no),
            issue=row.issue_no,
            authorised_outlet=row.authorised_outlet,
            authorised_until=row.authorised_until,
        )
        for row in connection.execute(found)
    ]


def links_from(values: Any, *, issue_no: int | None = None) -> Links:  # noqa: ANN401 - a row's columns
    """Return the links of a row's voucher, member, reward, programme and hold."""
    return Links(
        voucher_id=values[0],
        member_id=values[1],
        reward_id=values[2],
        programme=values[3],
        hold_id=values[4],
        issue_no=issue_no,
    )


def _read_drawn(
    connection: Connection,
    association: AssociationId,
    wanted: set[tuple[MemberId, RewardId]],
    drawer: Drawer,
) -> None:
    v = voucher.c
    newest = func.row_number().over(
        partition_by=(v.member_id, v.reward_id), order_by=v.valid_from.desc()
    )
    numbered = (
        select(v.member_id, v.reward_id, v.valid_from, newest.label("number"))
        .where(
            v.association_id == association,
            within(connection, v.member_id, (member for member, _ in wanted)),
            within(connection, v.reward_id, (reward for _, reward in wanted)),
            HAS_MEMBER,
        )
        .subquery()
    )
    rows = connection.execute(
        select(numbered.c.member_id, numbered.c.reward_id, numbered.c.valid_from).where(
            numbered.c.number <= DRAWN_MAX
        )
    )
    for member, reward, drawn_at in rows:
        drawer.drawn.setdefault((member, reward), []).append(drawn_at)


def requests_behind(
    connection: Connection, association: AssociationId, events: Iterable[str]
) -> set[tuple[PartnerId, str]]:
    """Return the captures among some events, and those that voids among them took back."""
    e, wanted = voucher_event.c, list(events)
    undone = select(e.undoes).where(
        e.association_id == association, within(connection, e.event_id, wanted)
    )
    rows = connection.execute(
        select(e.partner_id, e.request_no).where(
            e.association_id == association,
            e.kind == EventKind.CAPTURED.value,
            or_(within(connection, e.event_id, wanted), e.event_id.in_(undone)),
        )
    )
    return {(row[0], row[1]) for row in rows}


def _read_captures(
    connection: Connection,
    association: AssociationId,
    wanted: set[tuple[PartnerId, str]],
    drawer: Drawer,
) -> None:
    e = voucher_event.c
    rows = connection.execute(
        select(voucher_event).where(
            e.association_id == association,
            within(connection, e.partner_id, (partner for partner, _ in wanted)),
            within(connection, e.request_no, (number for _, number in wanted)),
        )
    )
    for row in rows.mappings():
        drawer.captures[row["partner_id"], row["request_no"]] = event_from(row)
    undone = connection.execute(
        select(e.undoes, e.event_id).where(
            e.association_id == association,
            within(connection, e.undoes, (found.event_id for found in drawer.captures.values())),
        )
    )
    drawer.voided.update((row[0], row[1]) for row in undone)


def _read_uses(
    connection: Connection, association: AssociationId, ids: set[VoucherId], drawer: Drawer
) -> None:
    """Read the captures of vouchers that were not taken back, in their order."""
    e, undone = voucher_event.c, voucher_event.alias("undone")
    rows = connection.execute(
        select(voucher_event)
        .where(
            e.association_id == association,
            HAS_VERSION,
            within(connection, e.voucher_id, ids),
            e.kind == EventKind.CAPTURED.value,
            ~exists().where(undone.c.association_id == association, undone.c.undoes == e.event_id),
        )
        .order_by(e.voucher_id, e.version)
    )
    for row in rows.mappings():
        drawer.uses.setdefault(row["voucher_id"], []).append(event_from(row))


def event_from(row: RowMapping) -> Event:
    """Return the event of a row."""
    return Event(
        event_id=row["event_id"],
        voucher_id=row["voucher_id"],
        version=row["version"],
        kind=EventKind(row["kind"]),
        partner_id=row["partner_id"],
        outlet_id=row["outlet_id"],
        operator_id=row["operator_id"],
        request_no=row["request_no"],
        parts=row["parts"],
        points=row["points"],
        cost_fen=row["cost_fen"],
        undoes=row["undoes"],
        device_id=row["device_id"],
        outside_hours=row["outside_hours"],
        authorisation_id=row["authorisation_id"],
        booked_at=row["booked_at"],
        recorded_at=row["recorded_at"],
        operation_id=row["operation_id"],
        actor=row["actor"],
        last4=row["last4"],
    )


def owed_in(connection: Connection, association: AssociationId, period: Period) -> list[Owed]:
    """Return a partner's captures and voids of a period, in the order of their booking."""
    e, v, undone = voucher_event.c, voucher.c, voucher_event.alias("undone")
    u = undone.c
    rows = connection.execute(
        select(
            voucher_event,
            v.reward_id,
            v.programme,
            v.last4.label("first_last4"),
            u.booked_at.label("undone_at"),
        )
        .join(voucher, (v.association_id == e.association_id) & (v.voucher_id == e.voucher_id))
        # A void gives the fee of its capture back, which was agreed on the capture's day.
        .outerjoin(undone, (u.association_id == e.association_id) & (u.event_id == e.undoes))
        .where(
            e.association_id == association,
            e.partner_id == period.partner_id,
            e.booked_at >= period.begins,
            e.booked_at < period.ends,
            e.kind.in_(OWED),
        )
        .order_by(e.booked_at, e.event_id)
    )
    return [
        Owed(
            event=event_from(row),
            reward_id=row["reward_id"],
            programme=row["programme"],
            last4=row["last4"] or row["first_last4"],
            captured_at=row["undone_at"] or row["booked_at"],
        )
        for row in rows.mappings()
    ]
