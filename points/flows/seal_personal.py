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


def seal_personal(engine: Engine, tell: Tell = _silent) -> int:
    """Seal every name and number that is still plain; return of how many members."""
    known: Context = engine.context
    sealed = 0
    for association in _associations(engine):
        while page := _seal_page(engine, association, known):
            sealed += page
            tell(page)
    return sealed


def _seal_page(engine: Engine, association: AssociationId, known: Context) -> int:
    with writing(engine.database) as connection:
        keychain = Keychain(known.vault, association)
        members = sealing.seal_plain(connection, association, keychain, engine.clock.now())
        seal_plain_evidence(connection, association, members, keychain)
    return len(members)


def count_plain(engine: Engine) -> int:
    """Return of how many members, of all associations, something is still plain."""
    with engine.reading() as connection:
        found = sealing.associations(connection)
        return sum(sealing.count_plain(connection, each) for each in found)


def rotate(engine: Engine, tell: Tell = _silent) -> int:
    """Wrap every person's key with the current master key; return how many were wrapped anew."""
    known: Context = engine.context
    wrapped = 0
    for association in _associations(engine):
        while page := _rewrap_page(engine, association, known):
            wrapped += page
            tell(page)
    return wrapped


def _rewrap_page(engine: Engine, association: AssociationId, known: Context) -> int:
    with writing(engine.database) as connection:
        return sealing.rewrap(connection, association, known.vault)


def _associations(engine: Engine) -> list[AssociationId]:
    with engine.reading() as connection:
        return sealing.associations(connection)


def masters_in_use(engine: Engine) -> dict[str, int]:
    """Return how many persons' keys each master key wraps; one that wraps none can go."""
    with engine.reading() as connection:
        return sealing.masters_in_use(connection)
