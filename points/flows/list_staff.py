"""List accounts of staff, what happened to one, and somebody's sessions and notices. Reads only."""

from dataclasses import dataclass

from points.engine import Engine
from points.identity import staff_reads
from points.identity.model import Principal
from points.identity.roles import Kind
from points.identity.session_store import list_sessions
from points.identity.sessions import Session
from points.identity.staff import Account, Notice, StaffEvent
from points.kernel.ids import AssociationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """An account, and whether its holder has set it up."""

    account: Account
    ready: bool


def list_staff(engine: Engine, association: AssociationId) -> list[Seat]:
    """Return an association's accounts, by name; a bounded number."""
    with engine.reading(association) as connection:
        ready = staff_reads.ready_accounts(connection, association)
        accounts = staff_reads.list_accounts(connection, association)
    return [Seat(account=each, ready=each.staff_id in ready) for each in accounts]


def history(engine: Engine, association: AssociationId, staff_id: str) -> list[StaffEvent]:
    """Return what happened to an account, the newest first; nothing where there is none."""
    with engine.reading(association) as connection:
        return staff_reads.list_events(connection, association, staff_id)


def sessions_of(engine: Engine, who: Principal) -> list[Session]:
    """Return somebody's own sessions that count, the newest first."""
    now = engine.clock.now()
    with engine.reading(who.association_id) as connection:
        return list_sessions(
            connection,
            who.association_id,
            who.kind,
            who.subject,
            now,
            outlet=who.outlet,
            operator=who.operator,
        )


def notices_of(engine: Engine, who: Principal) -> list[Notice]:
    """Return somebody's own notices, the newest first; only people of staff get any."""
    if who.kind is not Kind.STAFF:
        return []  # a partner may be called like an account
    with engine.reading(who.association_id) as connection:
        return staff_reads.list_notices(connection, who.association_id, who.subject)
