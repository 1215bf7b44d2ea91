"""Look at the audit trail and prove it: search, one event, the whole chain. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from points.audit import reads
from points.audit.archive import Anchor
from points.audit.model import Event, Head
from points.audit.reads import Search
from points.audit.verify import verify_audit
from points.db.checks import Checked, Difference
from points.engine import Engine
from points.kernel.canonical import plain
from points.kernel.ids import AssociationId
from points.unit_of_work import snapshot

ANCHOR = "audit_anchor_is_held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of proving the trail.

    Attributes:
        head: Where the chain ends; keep it elsewhere, and it is an anchor.
        rows: How many events were followed.
        first_difference: The first thing that does not follow, or None.
    """

    association_id: AssociationId
    head: Head
    rows: int
    first_difference: Difference | None

    @property
    def ok(self) -> bool:
        """Whether everything follows."""
        return self.first_difference is None

    def as_json(self) -> dict[str, Any]:
        """Return the proof as plain JSON values; with a head it can be kept as an anchor."""
        first = self.first_difference
        return {
            "ok": self.ok,
            "association_id": self.association_id,
            "rows": self.rows,
            "sequence": self.head.sequence,
            "hash": self.head.hash,
            "first_difference": None if first is None else plain(first),
        }


def search(
    engine: Engine,
    association: AssociationId,
    wanted: Search,
    *,
    before: int | None = None,
    limit: int,
) -> list[Event]:
    """Return events that are wanted, the newest first; see :func:`reads.search_events`."""
    with engine.reading(association) as connection:
        return reads.search_events(connection, association, wanted, before=before, limit=limit)


def find(engine: Engine, association: AssociationId, sequence: int) -> Event | None:
    """Return one event, or None."""
    with engine.reading(association) as connection:
        return reads.find_event(connection, association, sequence)


def prove(engine: Engine, association: AssociationId, anchor: Anchor | None = None) -> Proof:
    """Follow the whole chain, and see whether it still holds an event that was noted outside."""
    with snapshot(engine.database, association) as connection:
        checked = list(verify_audit(connection, association))
        head = reads.find_head(connection, association)
        if anchor is not None:
            event = reads.find_event(connection, association, anchor.sequence)
            checked.append(_anchored(association, anchor, event))
    return Proof(
        association_id=association,
        head=head,
        rows=checked[0].rows,
        first_difference=next(_differences(checked), None),
    )


def _differences(checked: list[Checked]) -> Iterator[Difference]:
    return (each.difference for each in checked if each.difference is not None)


def _anchored(association: AssociationId, anchor: Anchor, event: Event | None) -> Checked:
    found = event.hash if event is not None else "nothing"
    difference = None
    if anchor.association_id != association or found != anchor.hash:
        difference = Difference(
            check=ANCHOR,
            place=f"audit_event {anchor.sequence}",
            expected=f"{anchor.association_id} {anchor.hash}",
            found=f"{association} {found}",
        )
    return Checked(check=ANCHOR, rows=1, difference=difference)
