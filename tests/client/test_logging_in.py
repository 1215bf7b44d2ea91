"""People of staff log in with the client, sync and async."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from points.client import Forbidden, Unauthenticated, log_in, log_in_async
from points.identity.passwords import Passwords
from tests.api.served import HERE, served
from tests.api.test_staff import hired
from tests.client.live import Live, live
from tests.flows.staffed import CHEAP, GOOD


@pytest.fixture(scope="module")
def server(module_sqlite_url: str) -> Iterator[Live]:
    with served(module_sqlite_url) as here:
        engine = here.installation.engine
        engine.context = replace(engine.context, passwords=Passwords(**CHEAP))
        with live(here) as running:
            yield running


@pytest.fixture(scope="module")
def secret(server: Live) -> str:
    return hired(server.here)[0]


def code(server: Live, secret: str) -> str:
    server.here.clock.advance(timedelta(seconds=30))
    return pyotp.TOTP(secret).at(int(server.here.clock.now().timestamp()))


def test_a_person_logs_in_proves_and_logs_out(server: Live, secret: str) -> None:
    with log_in(server.url, HERE, "wang", GOOD, code(server, secret)) as client:
        assert client.me().subject == "wang"
        assert [each.current for each in client.sessions().items] == [True]
        assert client.verify_session(code(server, secret)).verified_at == server.here.clock.now()
        with pytest.raises(Forbidden):
            client.verify_session("000000")
        client.log_out()
        with pytest.raises(Unauthenticated):
            client.me()


def test_and_with_asyncio(server: Live, secret: str) -> None:
    async def talk() -> str:
        client = await log_in_async(server.url, HERE, "wang", GOOD, code(server, secret))
        async with client:
            return (await client.me()).subject

    assert asyncio.run(talk()) == "wang"


def test_what_is_wrong_is_never_said(server: Live, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        log_in(server.url, HERE, "wang", "wrong", code(server, secret))
