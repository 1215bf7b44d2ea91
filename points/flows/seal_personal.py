"""Seal what an earlier version left plain, and wrap keys with a new master key.

Both work in pages, each a transaction of its own: they can be stopped at any moment, run again,
and run beside a serving engine.
"""

from collections.abc import Callable

from points.activities.evidence import seal_plain_evidence
from points.engine import Engine
from points.flows.context import Context
from points.kernel.ids import AssociationId
from points.members import sealing
from points.unit_of_work import writing
from points.vault.keychain import Keychain

Tell = Callable[[int], None]


def _silent(_: int) -> None:
    """Tell nobody."""


def seal_personal(engine: Engine, association: AssociationId, tell: Tell = _silent) -> int:
    """Seal every name and number that is still plain; return of how many members."""
    known: Context = engine.context
    sealed = 0
    while page := _seal_page(engine, association, known):
        sealed += page
        tell(page)
    return sealed


def _seal_page(engine: Engine, association: AssociationId, known: Context) -> int:
    with writing(engine.database, association) as connection:
        keychain = Keychain(known, association)
        members = sealing.seal_plain(connection, association, keychain, engine.clock.now())
        seal_plain_evidence(connection, association, members, keychain)
    return len(members)


def count_plain(engine: Engine, association: AssociationId) -> int:
    """Return of how many members something is still plain."""
    with engine.reading(association) as connection:
        return sealing.count_plain(connection, association)


def rotate(engine: Engine, association: AssociationId, tell: Tell = _silent) -> int:
    """Wrap every person's key with the current master key; return how many were wrapped anew."""
    known: Context = engine.context
    wrapped = 0
    while page := _rewrap_page(engine, association, known):
        wrapped += page
        tell(page)
    return wrapped


def _rewrap_page(engine: Engine, association: AssociationId, known: Context) -> int:
    with writing(engine.database, association) as connection:
        return sealing.rewrap(connection, association, known.vault)


def masters_in_use(engine: Engine, association: AssociationId) -> dict[str, int]:
    """Return how many persons' keys each master key wraps; one that wraps none can go."""
    with engine.reading(association) as connection:
        return sealing.masters_in_use(connection, association)
