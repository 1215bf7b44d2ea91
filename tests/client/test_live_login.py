"""The client logs a member in, signs every request and renews by itself."""

import asyncio
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from points.client import AsyncClient, Client, FileStore, MemberLogin, MemoryStore, Unauthenticated
from points.client.devices import DeviceKey
from tests.api.served import HERE, served
from tests.client.live import Live, live

ACCESS = timedelta(minutes=10)


@pytest.fixture(scope="module")
def server(module_sqlite_url: str) -> Iterator[Live]:
    with served(module_sqlite_url) as here, live(here) as running:
        yield running


def enrolled(server: Live) -> tuple[str, str]:
    """Return a new member's id and telephone."""
    server.here.clock.advance(timedelta(days=1))
    phone = f"137{server.here.count + 1:08}"
    return server.here.person(phone=phone), phone


def login_at(server: Live, store: FileStore | MemoryStore | None = None) -> MemberLogin:
    return MemberLogin(HERE, store or MemoryStore(), server.signer.now)


def enter(server: Live, client: Client, phone: str) -> None:
    assert client.ask_login_code(phone).status == "accepted"
    client.log_in(phone, server.here.messages.code(phone), "telephone")


def test_a_member_goes_on_for_days(server: Live, tmp_path: Path) -> None:
    member, phone = enrolled(server)
    file = tmp_path / "telephone.json"
    with Client(server.url, login_at(server, FileStore(file))) as first:
        enter(server, first, phone)
        assert first.me().subject == member
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for _ in range(3):
        server.here.clock.advance(timedelta(days=20))
        login = login_at(server, FileStore(file))  # the program was started again
        with Client(server.url, login) as later:
            assert later.me().subject == member
            assert [each.current for each in later.devices().items] == [True]


def test_a_token_that_ends_early_is_renewed_once(server: Live) -> None:
    member, phone = enrolled(server)
    login = login_at(server)
    with Client(server.url, login) as client:
        enter(server, client, phone)
        login.now = lambda: server.signer.now() - 30  # this clock is behind, and thinks it has time
        server.here.clock.advance(ACCESS)
        assert client.me().subject == member


def test_whoever_is_logged_out_hears_of_it(server: Live) -> None:
    _, phone = enrolled(server)
    login = login_at(server)
    with Client(server.url, login) as client:
        enter(server, client, phone)
        assert login.state is not None
        client.end_device(login.state.device_id)
        server.here.clock.advance(ACCESS)
        with pytest.raises(Unauthenticated) as out:
            client.me()
    assert out.value.code == "refresh_invalid"
    login.forget()
    assert login.store.load() is None


def test_a_stolen_file_without_its_key_is_nothing(server: Live) -> None:
    _, phone = enrolled(server)
    login = login_at(server)
    with Client(server.url, login) as client:
        enter(server, client, phone)
    thief = login_at(server, MemoryStore(login.state))
    thief.key = DeviceKey.fresh()
    with Client(server.url, thief) as client, pytest.raises(Unauthenticated):
        client.me()


def test_the_asynchronous_client_logs_in_as_well(server: Live) -> None:
    member, phone = enrolled(server)

    async def go() -> list[str]:
        login = login_at(server)
        async with AsyncClient(server.url, login) as client:
            await client.ask_login_code(phone)
            code = await asyncio.to_thread(server.here.messages.code, phone)
            await client.log_in(phone, code, "telephone")
            server.here.clock.advance(ACCESS)
            found = await asyncio.gather(*(client.me() for _ in range(5)))
        return [each.subject for each in found]

    assert asyncio.run(go()) == [member] * 5


def test_a_client_with_a_key_does_not_log_in() -> None:
    with (
        Client("http://127.0.0.1:1", "pk") as client,
        pytest.raises(ValueError, match="MemberLogin"),
    ):
        client.ask_login_code("13800000000")
