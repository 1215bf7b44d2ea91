"""The programs in the tutorials, run one after the other as a reader would, print what they say."""

import contextlib
import io
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from points import client
from points.client import FeedSigner, MemberLogin, wire
from points.flows.work import work
from points.identity.roles import Kind
from tests.api.market import open_market
from tests.api.served import HERE, Served, served
from tests.client.live import Live, live

TOUR = Path(__file__).parents[2] / "docs" / "tutorial"
PROGRAM = re.compile(r"```python run\n(.*?)```\s+```text\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def server(module_sqlite_url: str) -> Iterator[Live]:
    with served(module_sqlite_url) as here:
        open_market(here)
        with live(here) as running:
            yield running


def programs(tour: str) -> list[tuple[str, str]]:
    text = (TOUR / tour).read_text("utf-8")
    found = PROGRAM.findall(text)
    assert len(found) == text.count("```python"), f"{tour}: a program without what it prints"
    return found


def printed(program: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(program, "tutorial", "exec"), {"__name__": "tutorial"})  # noqa: S102 - our own
    return out.getvalue()


def follow(tour: str) -> None:
    """Run a tour's programs."""
    for program, says in programs(tour):
        assert printed(program) == says


def go_to_work(here: Served) -> None:
    """Do what ``points worker --once`` does."""
    assert work(here.installation.engine, HERE).scored == 3


def test_the_three_tours(server: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POINTS_URL", server.url)
    monkeypatch.setenv("TODAY", server.here.clock.now().date().isoformat())
    monkeypatch.setenv("NOW", server.here.clock.now().isoformat())
    monkeypatch.setenv("STAFF_KEY", server.key(Kind.STAFF, "li"))
    monkeypatch.setenv("PROVIDER_KEY", server.key(Kind.SOURCE, "provider"))
    monkeypatch.setenv("PROVIDER_SECRET", server.signer.secrets)
    # The server lives in a March of its own; what signs lives there too.
    monkeypatch.setattr(wire, "FeedSigner", partial(FeedSigner, now=server.signer.now))
    follow("staff.md")
    go_to_work(server.here)
    # The association is called otherwise here, and somebody has to type what came by message.
    at_home = partial(MemberLogin, now=server.signer.now)
    monkeypatch.setattr(client, "MemberLogin", lambda _demo, store: at_home(HERE, store))
    monkeypatch.setattr("builtins.input", lambda: server.here.messages.code("13900009999"))
    follow("driver.md")
    monkeypatch.setenv("TILL_KEY", server.key(Kind.PARTNER, "YF", outlet="YF01"))
    monkeypatch.setenv("OFFICE_KEY", server.key(Kind.PARTNER, "YF"))
    follow("pharmacy.md")


def test_another_output_would_be_noticed() -> None:
    assert printed("print(1)") == "1\n"
    assert printed("print(1)") != "2\n"
