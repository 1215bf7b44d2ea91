"""What outlets are called with their partners, and which a partner has, on both databases."""

from points.kernel.ids import OutletId, PartnerId
from points.partners.store import outlets_of, shops
from tests.flows.market import PHARMACY, SHOP, SHOP_2, WARD, market
from tests.flows.town import HERE


def test_outlets_are_named_with_their_partners(database_url: str) -> None:
    with market(database_url) as here, here.engine.reading(HERE) as connection:
        found = shops(connection, HERE, [SHOP, WARD, OutletId("NONE")])
        assert set(found) == {SHOP, WARD}
        assert found[SHOP].partner_id == PHARMACY != found[WARD].partner_id
        assert found[SHOP].name
        assert found[SHOP].partner
        assert shops(connection, HERE, []) == {}
        own = [each.outlet_id for each in outlets_of(connection, HERE, PHARMACY)]
        assert {SHOP, SHOP_2} <= set(own)
        assert own == sorted(own)
        assert WARD not in own
        assert outlets_of(connection, HERE, PartnerId("NONE")) == []
