"""Operators that an earlier version registered stand as added after the migration."""

import json

from alembic import command
from sqlalchemy import create_engine, text

from points.flows.verify import verify
from points.kernel.ids import OutletId
from tests.databases import alembic_config
from tests.flows.tills import opened, tills
from tests.flows.town import HERE

EARLIER = "0007"
LEFT = {
    "add_partner": {"partner_id": "ZZ"},
    "add_outlet": {"outlet_id": "ZZ01"},
    "add_operator": {"outlet_id": "ZZ01", "operator_id": "07"},
}
"""What was answered to whoever took them up."""


def test_registered_operators_stand(empty_database_url: str) -> None:
    url, config = empty_database_url, alembic_config(empty_database_url)
    command.upgrade(config, EARLIER)
    engine = create_engine(url)
    postgres = engine.dialect.name == "postgresql"
    at = "2026-01-01 00:00:00+00" if postgres else "2026-01-01T00:00:00.000000Z"
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO partner VALUES (:a, 'ZZ', 'pharmacy', 'n', 'month', 'Asia/Shanghai', :at)",
            "INSERT INTO outlet VALUES (:a, 'ZZ01', 'ZZ', 'n', '', '', '', '[]', :at)",
            "INSERT INTO operator VALUES (:a, 'ZZ01', '07', :at)",
            "INSERT INTO partner_account VALUES (:a, 'ZZ', NULL, 0)",
        ):
            connection.execute(text(statement), {"a": HERE, "at": at})
        for kind, left in LEFT.items():
            said = json.dumps({"done": left}, separators=(",", ":"))
            answered = "INSERT INTO operation VALUES (:a, :kind, :kind, '', :said, :at)"
            connection.execute(text(answered), {"a": HERE, "at": at, "kind": kind, "said": said})
    engine.dispose()
    command.upgrade(config, "head")
    with tills(url) as here:
        assert verify(here.market.engine, HERE).ok
        place = OutletId("ZZ01")
        code = here.reset("07", place, firm=None)
        assert here.who(opened(here.set_up("07", code, till=here.till(place))))
        assert verify(here.market.engine, HERE).ok
