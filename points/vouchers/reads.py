"""What channels read of vouchers: bounded lists, by key, without any lock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, or_, select

from points.db.base import indexed
from points.db.bulk import within
from points.kernel.ids import AssociationId, MemberId, OutletId, PartnerId, RewardId, VoucherId
from points.vouchers.model import Event, EventKind, Kind, Links, State, Voucher
from points.vouchers.passing import Offer
from points.vouchers.passing_store import offer_of
from points.vouchers.store import event_from, links_from, voucher_from
from points.vouchers.tables import (
    HAS_MEMBER,
    HAS_VERSION,
    IS_OPEN,
    voucher,
    voucher_event,
    voucher_offer,
    voucher_offer_end,
    voucher_owner,
    voucher_reminder,
    voucher_state,
)

PAGE_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A voucher as its member sees it.

    Attributes:
        remaining_parts: Fen of an amount voucher, else uses.
        owner_id: Who may use it now.
        issue_no: Which of its codes opens it.
        last4: The end of that code.
    """

    voucher: Voucher
    state: State
    remaining_parts: int
    owner_id: MemberId
    issue_no: int
    last4: str

    def shown_state(self, now: datetime) -> State:
        """Return the state that is true now, whether or not the sweeper has come by."""
        overdue = self.state is State.ISSUED and self.voucher.valid_until <= now
        return State.EXPIRED if overdue else self.state


_SEEN = (
    select(
        voucher,
        voucher_state.c.state,
        voucher_state.c.captured_parts,
        voucher_state.c.owner_id,
        voucher_state.c.issue_no,
        voucher_state.c.last4.label("newest_last4"),
    )
    .join(
        voucher_state,
        (voucher_state.c.association_id == voucher.c.association_id)
        & (voucher_state.c.voucher_id == voucher.c.voucher_id),
    )
    .order_by(voucher_state.c.voucher_id.desc())
)


def _held(row: RowMapping) -> Held:
    fact = voucher_from(row)
    return Held(
        voucher=fact,
        state=State(row["state"]),
        remaining_parts=fact.terms.whole - row["captured_parts"],
        owner_id=row["owner_id"] or fact.member_id,
        issue_no=row["issue_no"],
        last4=row["newest_last4"] or fact.last4,
    )


def vouchers_of(
    connection: Connection,
    association: AssociationId,
    member: MemberId,
    *,
    before: VoucherId | None = None,
    most: int = 20,
) -> list[Held]:
    """Return what a member owns, newest first; ``before`` is the last one of the page before."""
    wanted = _SEEN.where(
        voucher_state.c.association_id == association,
        voucher_state.c.owner_id == member,
        indexed(voucher_state.c.owner_id),
    )
    if before is not None:
        wanted = wanted.where(voucher_state.c.voucher_id < before)
    rows = connection.execute(wanted.limit(min(most, PAGE_MAX)))
    return [_held(row) for row in rows.mappings()]


def find_voucher(
    connection: Connection, association: AssociationId, voucher_id: VoucherId
) -> Held | None:
    """Return one voucher, or None."""
    row = (
        connection.execute(
            _SEEN.where(voucher.c.association_id == association, voucher.c.voucher_id == voucher_id)
        )
        .mappings()
        .one_or_none()
    )
    return _held(row) if row is not None else None


def links_of(
    connection: Connection, association: AssociationId, ids: Collection[VoucherId]
) -> dict[VoucherId, Links]:
    """Return vouchers' links by their ids."""
    v = voucher.c
    rows = connection.execute(
        select(v.voucher_id, v.member_id, v.reward_id, v.programme, v.hold_id).where(
            v.association_id == association, within(connection, v.voucher_id, ids)
        )
    )
    return {VoucherId(row[0]): links_from(row) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """A capture as its partner finds it again.

    Attributes:
        links: For voiding it.
        voided: Whether it was taken back.
    """

    event: Event
    links: Links
    voided: bool


def find_captured(
    connection: Connection, association: AssociationId, partner: PartnerId, request_no: str
) -> Captured | None:
    """Return the capture that a partner made under its own request number, or None."""
    e, v = voucher_event.c, voucher.c
    row = (
        connection.execute(
            select(voucher_event, v.member_id, v.reward_id, v.programme, v.hold_id)
            .join(voucher, (v.association_id == e.association_id) & (v.voucher_id == e.voucher_id))
            .where(
                e.association_id == association,
                e.partner_id == partner,
                e.request_no == request_no,
                e.kind == EventKind.CAPTURED.value,
            )
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    undone = connection.execute(
        select(e.event_id).where(e.association_id == association, e.undoes == row["event_id"])
    ).one_or_none()
    links = Links(
        voucher_id=row["voucher_id"],
        member_id=row["member_id"],
        reward_id=row["reward_id"],
        programme=row["programme"],
        hold_id=row["hold_id"],
    )
    return Captured(event=event_from(row), links=links, voided=undone is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A capture as its outlet lists it: nothing in it says whose voucher it was.

    Attributes:
        last4: The end of the code, for a clerk who compares.
        voided: Whether it was taken back.
    """

    event: Event
    title_zh: str
    title_en: str
    last4: str
    kind: Kind
    voided: bool


def captures_since(
    connection: Connection,
    association: AssociationId,
    partner: PartnerId,
    outlet: OutletId,
    since: datetime,
    *,
    most: int = PAGE_MAX,
) -> list[Done]:
    """Return what an outlet captured since an instant, the newest first; a bounded number."""
    e, v = voucher_event.c, voucher.c
    # What was booked since then and by this partner: the index of statements begins so.
    rows = connection.execute(
        select(voucher_event, v.last4.label("first_last4"), v.terms)
        .join(voucher, (v.association_id == e.association_id) & (v.voucher_id == e.voucher_id))
        .where(
            e.association_id == association,
            e.partner_id == partner,
            e.booked_at >= since,
            e.recorded_at >= since,
            e.outlet_id == outlet,
            e.kind == EventKind.CAPTURED.value,
        )
        .order_by(e.booked_at.desc(), e.event_id.desc())
        .limit(min(most, PAGE_MAX))
    ).mappings()
    return done_rows(connection, association, list(rows))


def done_rows(
    connection: Connection, association: AssociationId, found: list[RowMapping]
) -> list[Done]:
    """Return captures of rows that hold their voucher's last4 and terms."""
    e = voucher_event.c
    undone = set(
        connection.execute(
            select(e.undoes).where(
                e.association_id == association,
                within(connection, e.undoes, [row["event_id"] for row in found]),
            )
        ).scalars()
    )
    return [_done(row, undone) for row in found]


def _done(row: RowMapping, undone: Collection[str]) -> Done:
    terms = row["terms"]
    return Done(
        event=event_from(row),
        title_zh=terms["title_zh"],
        title_en=terms["title_en"],
        last4=row["last4"] or row["first_last4"],
        kind=Kind(terms["kind"]),
        voided=row["event_id"] in undone,
    )


def due_vouchers(
    connection: Connection, association: AssociationId, now: datetime, *, most: int = 500
) -> list[Links]:
    """Return open vouchers whose validity has ended, longest ago first.

    One whose offline token may still be brought back waits for it.
    """
    s, v = voucher_state.c, voucher.c
    rows = connection.execute(
        select(v.voucher_id, v.member_id, v.reward_id, v.programme, v.hold_id)
        .join(
            voucher_state, (s.association_id == v.association_id) & (s.voucher_id == v.voucher_id)
        )
        .where(
            s.association_id == association,
            IS_OPEN,
            s.valid_until <= now,
            or_(s.settles_until.is_(None), s.settles_until <= now),
        )
        .order_by(s.valid_until, s.voucher_id)
        .limit(most)
    )
    return [
        Links(
            voucher_id=row[0],
            member_id=row[1],
            reward_id=row[2],
            programme=row[3],
            hold_id=row[4],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """An open voucher that ends soon, of which its owner was not told yet."""

    voucher_id: VoucherId
    reward_id: RewardId
    owner_id: MemberId


def ending_vouchers(
    connection: Connection,
    association: AssociationId,
    days: int,
    ends: tuple[datetime, datetime],
    *,
    after: str = "",
    most: int = PAGE_MAX,
) -> list[Ending]:
    """Return open vouchers that end within a window, not told of for these days, by their id.

    Args:
        connection: Where to read.
        association: Whose.
        days: Which of the policy's days.
        ends: After which instant, and up to which, they end.
        after: The last one of the page before.
        most: How many at most.
    """
    s, v, r = voucher_state.c, voucher.c, voucher_reminder.c
    rows = connection.execute(
        select(s.voucher_id, v.reward_id, s.owner_id)
        .join(voucher, (v.association_id == s.association_id) & (v.voucher_id == s.voucher_id))
        .outerjoin(
            voucher_reminder,
            (r.association_id == s.association_id)
            & (r.voucher_id == s.voucher_id)
            & (r.days == days),
        )
        .where(
            s.association_id == association,
            IS_OPEN,
            s.valid_until > ends[0],
            s.valid_until <= ends[1],
            s.voucher_id > after,
            r.days.is_(None),
        )
        .order_by(s.voucher_id)
        .limit(most)
    )
    return [
        Ending(voucher_id=row.voucher_id, reward_id=row.reward_id, owner_id=row.owner_id)
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer that waits for its answer, as both sides see it."""

    offer: Offer
    reward_id: RewardId
    title_zh: str
    title_en: str
    valid_until: datetime


def _offers() -> Select[Any]:
    o, e, v = voucher_offer.c, voucher_offer_end.c, voucher.c
    return (
        select(voucher_offer, v.reward_id, v.terms, v.valid_until)
        .join(voucher, (v.association_id == o.association_id) & (v.voucher_id == o.voucher_id))
        .outerjoin(
            voucher_offer_end, (e.association_id == o.association_id) & (e.offer_id == o.offer_id)
        )
        .where(e.offer_id.is_(None))
        .order_by(o.offer_id.desc())
    )


def offers_to(
    connection: Connection, association: AssociationId, member: MemberId, now: datetime
) -> list[Offered]:
    """Return what others offer a member and waits for an answer, the newest first."""
    o = voucher_offer.c
    rows = connection.execute(
        _offers()
        .where(
            o.association_id == association,
            o.member_id == member,
            indexed(o.member_id),
            o.until > now,
        )
        .limit(PAGE_MAX)
    )
    return [_offered(row) for row in rows.mappings()]


def find_offer(connection: Connection, association: AssociationId, offer_id: str) -> Offered | None:
    """Return an offer that nobody has answered, whether or not its time is over; or None."""
    o = voucher_offer.c
    found = _offers().where(o.association_id == association, o.offer_id == offer_id)
    row = connection.execute(found).mappings().one_or_none()
    return None if row is None else _offered(row)


def offer_of_voucher(
    connection: Connection, association: AssociationId, voucher_id: VoucherId, now: datetime
) -> Offered | None:
    """Return the offer of a voucher that waits for an answer, or None."""
    o = voucher_offer.c
    found = _offers().where(
        o.association_id == association,
        o.voucher_id == voucher_id,
        indexed(o.voucher_id),
        o.until > now,
    )
    row = connection.execute(found.limit(1)).mappings().one_or_none()
    return None if row is None else _offered(row)


def _offered(row: RowMapping) -> Offered:
    return Offered(
        offer=offer_of(row),
        reward_id=row["reward_id"],
        title_zh=row["terms"]["title_zh"],
        title_en=row["terms"]["title_en"],
        valid_until=row["valid_until"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """An event of a voucher as its history tells it.

    Attributes:
        to_member: Who got it with this event, if it changed hands.
        reason: Why, where staff passed it on.
    """

    event: Event
    to_member: MemberId | None = None
    reason: str = ""


def history_of(
    connection: Connection,
    association: AssociationId,
    voucher_id: VoucherId,
    *,
    after: int = 0,
    most: int = PAGE_MAX,
) -> list[Chapter]:
    """Return what happened to a voucher since its issue, in order; ``after`` is a version."""
    e, o = voucher_event.c, voucher_owner.c
    rows = connection.execute(
        select(voucher_event, o.member_id.label("to_member"), o.reason)
        .outerjoin(
            voucher_owner,
            (o.association_id == e.association_id)
            & (o.voucher_id == e.voucher_id)
            & (o.version == e.version),
        )
        .where(
            e.association_id == association,
            e.voucher_id == voucher_id,
            HAS_VERSION,
            e.version > after,
        )
        .order_by(e.version)
        .limit(min(most, PAGE_MAX))
    )
    return [
        Chapter(event=event_from(row), to_member=row["to_member"], reason=row["reason"] or "")
        for row in rows.mappings()
    ]


def first_codes(
    connection: Connection, association: AssociationId, vouchers: Collection[VoucherId]
) -> list[tuple[VoucherId, datetime]]:
    """Return which of some vouchers are open and still have their first code, and until when."""
    s = voucher_state.c
    rows = connection.execute(
        select(s.voucher_id, s.valid_until)
        .where(
            s.association_id == association,
            within(connection, s.voucher_id, vouchers),
            IS_OPEN,
            s.issue_no == 1,
        )
        .order_by(s.voucher_id)
    )
    return [(VoucherId(row.voucher_id), row.valid_until) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What staff look vouchers up by.

    Attributes:
        last4: The end of the newest code.
        member: Who owns it, or drew it.
    """

    last4: str = ""
    member: MemberId | None = None


def search_vouchers(
    connection: Connection,
    association: AssociationId,
    sought: Sought,
    *,
    before: VoucherId | None = None,
    most: int = 20,
) -> list[Held]:
    """Return vouchers by the end of their code, their owner or who drew them, newest first."""
    s, v = voucher_state.c, voucher.c
    wanted = _SEEN.where(s.association_id == association)
    if sought.last4:
        wanted = wanted.where(s.last4 == sought.last4, indexed(s.last4))
    if sought.member is not None:
        drawn = select(v.voucher_id).where(
            v.association_id == association, v.member_id == sought.member, HAS_MEMBER
        )
        owned = select(s.voucher_id).where(
            s.association_id == association, s.owner_id == sought.member, indexed(s.owner_id)
        )
        wanted = wanted.where(s.voucher_id.in_(drawn.union(owned)))
    if before is not None:
        wanted = wanted.where(s.voucher_id < before)
    rows = connection.execute(wanted.limit(min(most, PAGE_MAX)))
    return [_held(row) for row in rows.mappings()]
