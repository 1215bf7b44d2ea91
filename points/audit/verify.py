"""Prove the trail: the chain link by link, its head, and that no staff operation is without event.

The chain alone cannot tell that its newest events were cut off and its head put back: the
operations can, which stand in another table, and an anchor or archive outside can for certain.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from points.audit.chain import Break, walk
from points.audit.model import Head
from points.audit.reads import find_head, whole_chain
from points.db.checks import Check, Checked, Difference, run_checks
from points.kernel.ids import AssociationId

CHAIN, HEAD = "audit_events_are_chained", "audit_head_is_the_last_event"

CHECKS = (
    Check(
        name="staff_operations_have_audit_events",
        count="SELECT count(*) FROM operation WHERE association_id = :a"
        " AND operation_id LIKE 'staff:%'",
        # EXCEPT: SQLite would read every event for each operation to join them.
        broken="SELECT 'operation ' || operation_id, 'an audit event', 'none' FROM"
        " (SELECT operation_id FROM operation WHERE association_id = :a"
        " AND operation_id LIKE 'staff:%' EXCEPT"
        " SELECT operation_id FROM audit_event WHERE association_id = :a) AS bare"
        " ORDER BY operation_id LIMIT 1",
    ),
    Check(
        name="audit_events_have_operations",
        count="SELECT count(*) FROM audit_event WHERE association_id = :a AND outcome = 'done'",
        # Whoever takes an operation away together with what it left meets the chain here.
        broken="SELECT 'operation ' || operation_id, 'kept', 'none' FROM"
        " (SELECT operation_id FROM audit_event WHERE association_id = :a AND outcome = 'done'"
        " EXCEPT SELECT operation_id FROM operation WHERE association_id = :a) AS gone"
        " ORDER BY operation_id LIMIT 1",
    ),
)

COUNT = len(CHECKS) + 2
"""How many checks there are, for whoever shows progress."""


def verify_audit(connection: Connection, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    walked = walk(whole_chain(connection, association))
    yield Checked(check=CHAIN, rows=walked.rows, difference=_difference(walked.broken))
    yield _head_checked(
        walked.head, find_head(connection, association), whole=walked.broken is None
    )
    yield from run_checks(connection, association, CHECKS)


def _difference(broken: Break | None) -> Difference | None:
    if broken is None:
        return None
    return Difference(
        check=CHAIN,
        place=f"audit_event {broken.sequence}",
        expected=broken.expected,
        found=broken.found,
    )


def _head_checked(follows: Head, stored: Head, *, whole: bool) -> Checked:
    """Compare the head with the chain's last event; a broken chain has no last event to compare."""
    difference = None
    if whole and (follows.sequence, follows.hash) != (stored.sequence, stored.hash):
        difference = Difference(
            check=HEAD,
            place="audit_head",
            expected=f"{follows.sequence} {follows.hash}",
            found=f"{stored.sequence} {stored.hash}",
        )
    return Checked(check=HEAD, rows=1, difference=difference)
