"""Messages reach a provider signed and under one id, or are said not to have been sent."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from points import wiring
from points.flows.ports import MessageNotSent
from points.kernel.clock import ManualClock
from points.kernel.errors import Misused
from points.kernel.ids import Ids
from points.outbound import Outbound, OutboundFailed, OutboundRefused, Response
from points.outbound.messages import ConsoleMessenger, HttpMessenger, NoMessenger, signature

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()  # pragma: allowlist secret
PHONE = "13912345678"
CLOCK = ManualClock(datetime(2026, 3, 2, 4, tzinfo=UTC))


@dataclass
class Provider:
    """Answers one thing after the other."""

    answers: list[Any]
    seen: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)

    def request(
        self, _method: str, _url: str, headers: Any, content: bytes, _seconds: float
    ) -> Response:
        self.seen.append((headers, content))
        answer = self.answers[len(self.seen) - 1]
        if isinstance(answer, Exception):
            raise answer
        return Response(status=answer, headers={}, content=b"")

    @property
    def messenger(self) -> HttpMessenger:
        return HttpMessenger(
            outbound=cast("Outbound", self), url="https://sms.example.cn/", secret=SECRET,
            clock=CLOCK, ids=Ids(CLOCK), pause=self.paused.append,
        )  # fmt: skip


def test_a_message_is_signed_as_standard_webhooks_says() -> None:
    provider = Provider([202])
    provider.messenger.send(PHONE, "login", {"code": "123456"})
    ((headers, body),) = provider.seen
    assert json.loads(body) == {"to": PHONE, "template": "login", "values": {"code": "123456"}}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(CLOCK.now().timestamp()))


def test_the_signature_of_the_standards_own_example() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # pragma: allowlist secret
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="  # pragma: allowlist secret


def test_it_is_sent_again_under_the_same_id() -> None:
    provider = Provider([503, OutboundFailed("outbound.timeout"), 200])
    provider.messenger.send(PHONE, "login", {})
    assert len({headers["webhook-id"] for headers, _ in provider.seen}) == 1
    assert provider.paused == [0.5, 1.0]


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [
        ([500, 500, 500], 3),
        ([429, 429, 429], 3),
        ([400], 1),
        ([302], 1),
        ([OutboundRefused("outbound.host")], 1),
    ],
)
def test_a_message_that_is_not_taken_is_said(answers: list[Any], attempts: int) -> None:
    provider = Provider(answers)
    with pytest.raises(MessageNotSent) as why:
        provider.messenger.send(PHONE, "login", {"code": "123456"})
    assert len(provider.seen) == attempts
    assert PHONE not in str(why.value)
    assert "123456" not in str(why.value)


def test_the_console_shows_and_never_logs(caplog: pytest.LogCaptureFixture) -> None:
    shown: list[str] = []
    with caplog.at_level(logging.DEBUG):
        ConsoleMessenger(shown.append).send(PHONE, "login", {"code": "123456"})
    assert shown == [f"[SMS {PHONE}] login code=123456"]
    assert caplog.records == []


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_***", "whsec_" + base64.b64encode(b"short").decode()]
)
def test_a_weak_secret_is_refused(secret: str) -> None:
    with pytest.raises(Misused):
        HttpMessenger(
            outbound=cast("Outbound", None), url="", secret=secret, clock=CLOCK, ids=Ids(CLOCK)
        )


def chosen(**settings: object) -> Any:
    return wiring.messenger(wiring.settings(**settings), CLOCK, Ids(CLOCK), print)


def test_what_an_operator_chooses() -> None:
    assert isinstance(chosen(), NoMessenger)
    assert isinstance(chosen(insecure_dev=True), ConsoleMessenger)
    assert isinstance(chosen(sms_adapter="console"), ConsoleMessenger)
    http = chosen(sms_adapter="http", sms_url="https://sms.example.cn:8443/x", sms_secret=SECRET)
    assert http.outbound.policy.hosts == {"sms.example.cn"}
    assert http.outbound.policy.ports == {443, 8443}
    assert SECRET not in repr(http)
    with pytest.raises(Misused):
        chosen(sms_adapter="http", sms_url="https://sms.example.cn/")
    with pytest.raises(Misused):
        chosen(sms_adapter="http", sms_url="https://sms.example.cn:x/", sms_secret=SECRET)
    with pytest.raises(MessageNotSent):
        chosen().send(PHONE, "login", {})
