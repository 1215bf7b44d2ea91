"""``points offline``: the queue at the machine, and one decision about each conflict."""

from datetime import timedelta

import pytest

from points import wiring
from points.catalogue.model import Source
from points.flows.add_partner import AddOutlet
from points.flows.counter import Till
from points.flows.fund import Fund
from points.flows.upload_offline import Handed, upload
from points.identity.staff import CONSOLE
from points.kernel.amounts import Fen
from points.kernel.ids import AssociationId, OperationId, OutletId, PartnerId, VoucherId
from points.offline.model import Token
from points.offline.token import whole_minute
from tests.cli.conftest import Console

HERE, SHOP, CHAIN = AssociationId("panjin"), OutletId("YF01"), PartnerId("YF")


def named(name: str) -> dict[str, object]:
    return {"association_id": HERE, "operation_id": OperationId(name), "actor": CONSOLE}


@pytest.fixture
def shop(console: Console) -> tuple[Console, str, str]:
    """A partner that brought back a token whose record was lost, and one that nobody signed."""
    console.answers("partner", "add", "YF", "--name", "示例大药房", "--category", "pharmacy")
    with wiring.open_installation(wiring.settings()) as here:
        now = here.clock.now()
        outlet = AddOutlet(**named("test:o"), partner_id=CHAIN, outlet_id=SHOP, name="一店")  # type: ignore[arg-type]
        money = {"programme": "health", "amount_fen": Fen(10_000), "source": Source.UNION}
        for command in (outlet, Fund(**named("test:f"), **money)):  # type: ignore[arg-type]
            assert here.engine.submit(command).refusal is None
        token = Token(
            token_id=here.ids.next(),
            voucher_id=VoucherId("v"),
            outlet_id=SHOP,
            key_no=1,
            kind="item",
            reward_id="C05",
            value_fen=Fen(700),
            issued_at=whole_minute(now),
            until=now + timedelta(hours=1),
            upload_until=now + timedelta(hours=2),
            operation_id=OperationId("test:t"),
            actor=CONSOLE,
        )
        handed = [
            Handed(token=digits, request_no=number, handed_at=now)
            for number, digits in (
                ("r1", here.context.token_keys.spell(HERE, token)),
                ("r2", "3" * 280),
            )
        ]
        till = Till(association_id=HERE, partner_id=CHAIN, outlet_id=SHOP, device_id="till-1")
        lost, forged = upload(here.engine, till, handed)
    return console, lost.result["use_id"], forged.result["use_id"]


def test_a_conflict_is_listed_decided_and_paid(
    shop: tuple[Console, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    console, lost, forged = shop
    monkeypatch.setenv("COLUMNS", "160")
    queue = console.answers("offline", "conflicts", "--waiting")["conflicts"]
    assert [each["use"]["use_id"] for each in queue] == [lost]
    both = console.says("offline", "conflicts", "--partner", "YF")
    assert "凭证记录丢失" in both
    assert "商户承担" in both
    after = console.answers("offline", "conflicts", "--after", lost)["conflicts"]
    assert [each["use"]["use_id"] for each in after] == [forged]
    deed = ("--decision", "paid", "--reason", "恢复备份后记录丢失")
    assert console.refused("offline", "decide", forged, *deed) == "offline_use_unknown"
    # The token itself is lost, so somebody has to say whose pool pays.
    assert console.refused("offline", "decide", lost, *deed) == "pool_unknown"
    paid = console.answers("offline", "decide", lost, *deed, "--programme", "health")
    assert paid["amount_fen"] == 700
    again = console.refused("offline", "decide", lost, *deed, "--programme", "health")
    assert again == "offline_decided"
    assert console.answers("ledger", "verify")["ok"] is True
