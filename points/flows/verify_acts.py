"""Hold facts against the acts that left them, and against the hashes that say what they are.

Each noun says what acts leave in its tables; here that is put together, for one pass over all acts.
"""

from collections.abc import Iterator
from typing import Any

from points.adjustments.acts import LEFT as IN_ADJUSTMENTS
from points.catalogue.acts import LEFT as IN_CATALOGUE
from points.catalogue.model import CatalogueVersion
from points.catalogue.published import Stored, stored_versions
from points.db.acts import CHECKS as ACTS
from points.db.acts import check_acts
from points.db.checks import Checked, Difference
from points.flows.catalogue_file import catalogue_hash, in_order_of
from points.funds.acts import LEFT as IN_FUNDS
from points.handouts.acts import LEFT as IN_HANDOUTS
from points.kernel.amounts import Fen
from points.kernel.ids import AssociationId
from points.offline.acts import LEFT as IN_OFFLINE
from points.partners.acts import LEFT as IN_PARTNERS
from points.vouchers.acts import LEFT as IN_VOUCHERS
from points.webhooks.acts import LEFT as IN_WEBHOOKS

Reading = Any
"""A connection for reads."""

LEFT = (
    *IN_CATALOGUE,
    *IN_VOUCHERS,
    *IN_HANDOUTS,
    *IN_OFFLINE,
    *IN_PARTNERS,
    *IN_FUNDS,
    *IN_ADJUSTMENTS,
    *IN_WEBHOOKS,
)

CATALOGUES = "catalogues_hash_to_what_was_published"
CHECKS = (*ACTS, CATALOGUES)


def verify_acts(connection: Reading, association: AssociationId) -> Iterator[Checked]:
    """Yield each check's result."""
    yield from check_acts(connection, association, LEFT)
    yield _catalogues(connection, association)


def _catalogues(connection: Reading, association: AssociationId) -> Checked:
    rows, first = 0, None
    for each in stored_versions(connection, association):
        rows += len(each.rewards)
        found = _hash_of(each)
        if found != each.sha256 and first is None:
            place = f"catalogue_version {each.version}"
            first = Difference(check=CATALOGUES, place=place, expected=each.sha256, found=found)
    return Checked(check=CATALOGUES, rows=rows, difference=first)


def _hash_of(stored: Stored) -> str:
    head = CatalogueVersion(
        version=stored.version,
        zone=stored.zone,
        value_fen_per_point=Fen(stored.value_fen_per_point),
        sha256=stored.sha256,
        starts_at=stored.starts_at,
    )
    return catalogue_hash(head, in_order_of(stored.text, stored.rewards))
