"""``points serve`` as a process: it starts, answers, and ends when told to."""

import signal
import subprocess
import sys
import time
from contextlib import suppress

import httpx2

from tests.databases import MASTER_KEY
from tests.servers import free_port


def test_it_serves_until_told_to_stop(sqlite_url: str) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "points.cli", "serve", "--port", str(port)]
    environment = {
        "POINTS_DATABASE_URL": sqlite_url,
        "POINTS_SECRET": "s" * 40,
        "POINTS_MASTER_KEY": MASTER_KEY,
        "PATH": "/usr/bin",
        # What others compiled already it need not.
        "PYTHONPYCACHEPREFIX": sys.pycache_prefix or "",
    }
    server = subprocess.Popen(command, env=environment, stdout=-1, stderr=-1)  # noqa: S603 - our own
    try:
        answer = None
        until = time.monotonic() + 60
        while answer is None and time.monotonic() < until and server.poll() is None:
            with suppress(httpx2.TransportError), httpx2.Client(trust_env=False) as http:
                answer = http.get(f"{url}/readyz")
            time.sleep(0.05)
        assert answer is not None, server.communicate()
        assert answer.json() == {"status": "ok"}
        assert "server" not in answer.headers
    finally:
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=30)
    assert f"{url}/docs" in out.decode()
    assert err.decode() == ""
    assert server.returncode in (0, -signal.SIGTERM)
