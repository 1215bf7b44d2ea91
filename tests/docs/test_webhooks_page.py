"""The receiver on the page about webhooks receives."""

import re
import threading
import time
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from points.client.signing import FeedSigner
from points.identity.feeds import spell_secret
from points.outbound.addresses import LOOPBACK
from points.outbound.carrier import HttpCarrier

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "receive-webhooks.md"


def test_it_takes_what_is_signed_once_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTS_WEBHOOK_SECRET", spell_secret(b"0123456789" * 3))
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    page: dict[str, Any] = {}
    exec(compile(code, PAGE.name, "exec"), page)  # noqa: S102 - our own page
    page["Receiver"].log_message = lambda *_: None
    body = b'{"data":{"amount_fen":800},"timestamp":"2026-03-02T04:00:00+00:00","type":"voucher.captured"}'
    signed = FeedSigner(page["SECRET"], now=time.time).headers("m1", body)
    with ThreadingHTTPServer(("127.0.0.1", 0), page["Receiver"]) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/in"
        carrier = HttpCarrier(networks=LOOPBACK, trial=True)
        assert [carrier.carry(url, signed, body).status for _ in range(2)] == [204, 204]
        assert carrier.carry(url, signed, body + b" ").status == 400
        server.shutdown()
    assert page["SEEN"] == {"m1": {"amount_fen": 800}}
