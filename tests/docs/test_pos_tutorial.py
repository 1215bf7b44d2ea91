"""Every command of the tutorial for tills runs, and prints what the page says."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from points.vouchers.codes import Form, read_code
from tests.api.market import open_market
from tests.api.served import served
from tests.client.live import Live, live
from tests.docs.test_tutorials import TOUR, printed

PAGE = TOUR / "pos.md"
BLOCK = re.compile(r"```(bash|python) (setup|run)\n(.*?)```(?:\s+```text\n(.*?)```)?", re.DOTALL)
LATE = 420
"""Seconds after which a tutorial of ten minutes would take too long; it takes a few."""


@pytest.fixture(scope="module")
def server(module_sqlite_url: str) -> Iterator[Live]:
    with served(module_sqlite_url) as here:
        open_market(here)
        with live(here) as running:
            yield running


def shell(commands: str) -> str:
    """Run commands as somebody would who pasted them."""
    environment = dict(os.environ) | {"no_proxy": "127.0.0.1"}
    done = subprocess.run(  # noqa: S603 - our own page
        ["/bin/bash", "-euo", "pipefail", "-c", commands],
        env=environment,
        check=True,
        capture_output=True,
        timeout=LATE,
    )
    return done.stdout.decode()


def test_from_a_key_to_the_end_of_the_day(
    server: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = server.here.staff("POST", "/v1/sandbox", json={"partner_id": "YF"}).json()
    [key] = [each["key"] for each in opened["keys"] if each.get("outlet_id") == "YF01"]
    assert key.startswith("pk_test_")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POINTS_URL", server.url)
    monkeypatch.setenv("TEST_KEY", key)
    words, ran = "", 0
    for kind, what, commands, says in BLOCK.findall(PAGE.read_text("utf-8")):
        if what == "setup":
            words += commands
            continue
        assert says, "a command without what it prints"
        found = printed(commands) if kind == "python" else shell(words + commands)
        assert found == says, commands
        ran += 1
    assert ran == 9


def test_the_code_that_stands_for_nothing_is_well_spelled_both_ways() -> None:
    page = PAGE.read_text("utf-8")
    [(code, digits)] = re.findall(r"is `([A-Z-]+)`, in digits `([0-9 ]+)`", page)
    for spelled, form in ((code, Form.CODE), (digits, Form.DIGITS)):
        read = read_code(spelled)
        assert read is not None
        assert read.form is form


def test_no_command_of_the_page_is_left_out() -> None:
    """What is not run is what a reader fills in: the association's command and two exports."""
    left = BLOCK.sub("", PAGE.read_text("utf-8"))
    unrun = re.findall(r"```bash\n(.*?)```", left, re.DOTALL)
    assert len(unrun) == left.count("```bash") == 2
    assert "points sandbox open" in unrun[0]
    assert all(line.startswith("export ") for line in unrun[1].splitlines())
