"""Operators log in at a till with the client, sync and async, and their office looks on."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from points.client import (
    AsyncClient,
    Client,
    Forbidden,
    Invalid,
    Unauthenticated,
    choose_pin,
    choose_pin_async,
    log_in_operator,
    log_in_operator_async,
)
from points.identity.passwords import Passwords
from points.identity.roles import Kind
from tests.api.market import open_market, voucher
from tests.api.served import served
from tests.client.live import Live, live
from tests.flows.staffed import CHEAP

PIN = "804163"


@pytest.fixture(scope="module")
def server(module_sqlite_url: str) -> Iterator[Live]:
    with served(module_sqlite_url) as here:
        engine = here.installation.engine
        engine.context = replace(engine.context, passwords=Passwords(**CHEAP))
        open_market(here)
        with live(here) as running:
            yield running


def test_a_shift(server: Live) -> None:
    code = voucher(server.here)["codes"]["code"]
    till_key = server.key(Kind.PARTNER, "YF", outlet="YF01")
    with Client(server.url, server.key(Kind.PARTNER, "YF")) as office:
        invited = office.add_operator("YF01", "07")
        with pytest.raises(Invalid):
            choose_pin(server.url, till_key, "07", invited.set_up_code, "123456")
        with choose_pin(server.url, till_key, "07", invited.set_up_code, PIN) as clerk:
            assert clerk.capture(code, "r-1", amount_fen=100).owed_fen == 100
        with Client(server.url, till_key) as bare, pytest.raises(Forbidden) as refused:
            bare.capture(code, "r-2", amount_fen=100)
        assert refused.value.code == "operator_session_needed"
        with pytest.raises(Unauthenticated):
            log_in_operator(server.url, till_key, "07", "000000")
        with log_in_operator(server.url, till_key, "07", PIN) as clerk:
            assert clerk.void("r-1", "v-1").owed_fen == -100
            clerk.log_out()
            with pytest.raises(Unauthenticated):
                clerk.capture(code, "r-3", amount_fen=100)
        [left] = office.till_sessions(outlet_id="YF01").items
        assert office.end_till_session(left.session_id).session_id == left.session_id
        assert office.till_sessions().items == []
        office.disable_operator("YF01", "07")
        assert [each.active for each in office.operators(outlet_id="YF01").items] == [False]
        office.enable_operator("YF01", "07")


def test_and_with_asyncio(server: Live) -> None:
    till_key = server.key(Kind.PARTNER, "KM", outlet="KM01")

    async def talk() -> tuple[str, str]:
        async with AsyncClient(server.url, server.key(Kind.PARTNER, "KM")) as office:
            await office.add_operator("KM01", "1")
            invited = await office.reset_operator("KM01", "1")
        client = await choose_pin_async(server.url, till_key, "1", invited.set_up_code, PIN)
        async with client as clerk:
            first = (await clerk.me()).subject
        async with await log_in_operator_async(server.url, till_key, "1", PIN) as clerk:
            return first, (await clerk.me()).subject

    assert asyncio.run(talk()) == ("KM", "KM")
