"""Where outlets are, as far as that is known."""

from sqlalchemy import Connection, select

from points.kernel.ids import AssociationId, OutletId
from points.partners.tables import outlet


def places(connection: Connection, association: AssociationId) -> dict[OutletId, tuple[int, int]]:
    """Return latitude and longitude of outlets in millionths of a degree; unknown ones are not."""
    o = outlet.c
    rows = connection.execute(
        select(o.outlet_id, o.latitude_e6, o.longitude_e6).where(
            o.association_id == association,
            o.latitude_e6.is_not(None),
            o.longitude_e6.is_not(None),
        )
    )
    return {OutletId(row[0]): (row[1], row[2]) for row in rows}
