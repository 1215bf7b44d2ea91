"""What acts leave in the returns' tables."""

from points.db.acts import Act, Left
from points.db.two_people import acts_of

LEFT = (
    Left(table="pool_return", key=("return_id",), acts=(Act(kind="propose_return"),)),
    *acts_of("return", "pool_return", ("programme", "amount_fen", "source", "document", "note")),
)
