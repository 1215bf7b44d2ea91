"""Sessions in the database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, select, update

from points.db.base import indexed
from points.db.bulk import append_rows, put_rows, within
from points.identity.roles import Kind
from points.identity.session_book import Ending, SessionBook
from points.identity.sessions import SEEN_EVERY, Binding, Ended, Session
from points.identity.tables import session
from points.kernel.ids import AssociationId

SESSIONS_MAX = 100


@dataclass(slots=True)
class SessionKeys:
    """What a batch needs of the sessions: the ids of those that it changes."""

    sessions: set[str] = field(default_factory=set)


def load_sessions(
    connection: Connection, association: AssociationId, needed: SessionKeys
) -> SessionBook:
    """Lock and load the sessions that a batch names."""
    if not needed.sessions:
        return SessionBook()
    # Sorted: two batches that lock the same sessions in opposite orders would wait for ever.
    wanted = (
        _sessions(association)
        .where(within(connection, session.c.session_id, needed.sessions))
        .order_by(session.c.session_id)
        .with_for_update(key_share=True)
    )
    return SessionBook(sessions={each.session_id: each for each in _read(connection, wanted)})


def save_sessions(
    connection: Connection, association: AssociationId, book: SessionBook, now: datetime
) -> None:
    """Write opened and changed sessions, then end those of whoever has none any more."""
    # One that was opened and changed in the same batch is opened as it was changed.
    opened = [book.sessions[each.session_id] for each in book.opened]
    fresh = {each.session_id for each in opened}
    append_rows(connection, session, _COLUMNS, [_row(association, each) for each in opened])
    put_rows(
        connection,
        session,
        _COLUMNS,
        [_row(association, each) for name, each in book.changed.items() if name not in fresh],
    )
    for ending in book.endings:
        _end_all(connection, association, ending, now)


def _end_all(
    connection: Connection, association: AssociationId, ending: Ending, now: datetime
) -> None:
    c = session.c
    connection.execute(
        update(session)
        .where(
            c.association_id == association,
            c.subject == ending.subject,
            indexed(c.subject),
            c.kind == ending.kind.value,
            c.ended_at.is_(None),
            c.session_id != ending.besides,
            *_at(ending.outlet, ending.operator),
        )
        .values(ended_at=now, ended_because=ending.because.value)
    )
    if ending.because is Ended.ERASED:
        _forget_places(connection, association, ending)


def _forget_places(connection: Connection, association: AssociationId, ending: Ending) -> None:
    """Blank from where and with what somebody logged in, in sessions that ended before as well."""
    c = session.c
    connection.execute(
        update(session)
        .where(
            c.association_id == association,
            c.subject == ending.subject,
            indexed(c.subject),
            c.kind == ending.kind.value,
        )
        .values(device="", address="")
    )


def _at(outlet: str | None, operator: str | None) -> list[ColumnElement[bool]]:
    """Return what sessions of one outlet, or of one of its operators, have in common."""
    told = ((session.c.outlet, outlet), (session.c.operator, operator))
    return [column == value for column, value in told if value is not None]


def find_session(
    connection: Connection, association: AssociationId, session_id: str
) -> Session | None:
    """Return a session by its public part, or None."""
    wanted = _sessions(association).where(session.c.session_id == session_id)
    return next(iter(_read(connection, wanted)), None)


def list_sessions(
    connection: Connection,
    association: AssociationId,
    kind: Kind,
    subject: str,
    now: datetime,
    *,
    outlet: str | None = None,
    operator: str | None = None,
) -> list[Session]:
    """Return somebody's sessions that still count, the newest first, at most ``SESSIONS_MAX``.

    Args:
        connection: For reads.
        association: Whose.
        kind: What kind of caller.
        subject: Which one.
        now: The moment.
        outlet: At one of a partner's outlets only.
        operator: Of one operator of it only.
    """
    c = session.c
    wanted = (
        _sessions(association)
        .where(
            c.subject == subject,
            indexed(c.subject),
            c.kind == kind.value,
            c.ended_at.is_(None),
            c.expires_at > now,
            *_at(outlet, operator),
        )
        .order_by(c.session_id.desc())
        .limit(SESSIONS_MAX)
    )
    return [each for each in _read(connection, wanted) if each.counts(now)]


def touch_session(
    connection: Connection, association: AssociationId, session_id: str, now: datetime
) -> None:
    """Note that a session is in use, unless that was noted within the last minute."""
    c = session.c
    connection.execute(
        update(session)
        .where(
            c.association_id == association,
            c.session_id == session_id,
            c.ended_at.is_(None),
            c.seen_at <= now - SEEN_EVERY,
        )
        .values(seen_at=now)
    )


_COLUMNS = (
    "association_id",
    "session_id",
    "token_hash",
    "kind",
    "subject",
    "outlet",
    "operator",
    "till_key",
    "device",
    "address",
    "binding",
    "thumbprint",
    "created_at",
    "seen_at",
    "idle_seconds",
    "expires_at",
    "verified_at",
    "ended_at",
    "ended_because",
)


def _row(association: AssociationId, each: Session) -> tuple[object, ...]:
    return (
        association,
        each.session_id,
        each.token_hash,
        each.kind.value,
        each.subject,
        each.outlet,
        each.operator,
        each.till_key,
        each.device,
        each.address,
        each.binding.value,
        each.thumbprint,
        each.created_at,
        each.seen_at,
        each.idle_seconds,
        each.expires_at,
        each.verified_at,
        each.ended_at,
        each.ended_because,
    )


def _sessions(association: AssociationId) -> Select[tuple[object, ...]]:
    return select(session).where(session.c.association_id == association)


def _read(connection: Connection, wanted: Select[tuple[object, ...]]) -> Iterable[Session]:
    for row in connection.execute(wanted).mappings():
        said = {name: row[name] for name in _COLUMNS[1:]}
        kind, binding = Kind(said.pop("kind")), Binding(said.pop("binding"))
        yield Session(kind=kind, binding=binding, **said)
