"""A member's telephone: it holds a key, logs in, and proves each request as it is told to."""

from dataclasses import dataclass, field
from typing import Any

from points.client.devices import DeviceKey
from tests.api.served import HERE, Served

HOST = "http://testserver"


@dataclass
class Telephone:
    """A device of a member; what it proves can be bent by a test."""

    here: Served
    phone: str
    key: DeviceKey = field(default_factory=DeviceKey.fresh)
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> float:
        return self.here.clock.now().timestamp()

    def proof(
        self, method: str, path: str, token: str = "", *, off: float = 0, host: str = HOST
    ) -> str:
        return self.key.proof(method, host + path, token, self.now + off)

    def ask_code(self, association: str = HERE) -> Any:
        body = {"association": association, "phone": self.phone}
        return self.here.ask("POST", "/v1/login-codes", json=body)

    def log_in(self, code: str, association: str = HERE, **more: str) -> Any:
        body = {
            "association": association,
            "phone": self.phone,
            "code": code,
            "device": {"name": "手机", "key": self.key.public},
        }
        path = "/v1/sessions:member"
        sent = {"dpop": self.proof("POST", path)} | more
        answer = self.here.ask("POST", path, json=body, **sent)
        if answer.status_code == 201:
            self.tokens = answer.json()
        return answer

    def enter(self, count: int = 1) -> "Telephone":
        """Ask for a code and log in with it."""
        assert self.ask_code().status_code == 202
        answer = self.log_in(self.here.messages.code(self.phone, count))
        assert answer.status_code == 201, answer.text
        return self

    def renew(self, token: str = "", **more: str) -> Any:
        path = "/v1/sessions:refresh"
        sent = {"dpop": self.proof("POST", path)} | more
        body = {"refresh_token": token or self.tokens["refresh_token"]}
        answer = self.here.ask("POST", path, json=body, **sent)
        if answer.status_code == 200 and not token:
            self.tokens = answer.json()
        return answer

    def ask(self, method: str, path: str, *, json: Any = None, proof: str | None = None) -> Any:
        """Ask something as the member."""
        token = self.tokens["access_token"]
        made = proof if proof is not None else self.proof(method, path.partition("?")[0], token)
        sent = {"authorization": f"DPoP {token}"} | ({"dpop": made} if made else {})
        return self.here.ask(method, path, json=json, **sent)


def telephone(here: Served) -> Telephone:
    """Return a telephone of somebody who was enrolled just now."""
    phone = f"136{here.count + 1:08}"
    here.person(phone=phone)
    return Telephone(here, phone)
