"""The issuer of single sign-on: asks it, and remembers its endpoints and keys for a while."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from points.identity import oidc
from points.identity.oidc import Begun, Claims, Client, Endpoints, NotGood

KEPT, KEYS_RESTED = timedelta(minutes=10), timedelta(minutes=1)
OK = 200

Ask = Callable[[str, str, bytes], tuple[int, bytes]]
"""Method, URL and body of a form to status and content; raises :class:`NotGood` where none came."""


@dataclass(slots=True)
class Issuer:
    """One issuer, asked through a way out that the installation allows.

    Attributes:
        client: Who we are to it.
        ask: The way out.
    """

    client: Client
    ask: Ask = field(repr=False)
    _endpoints: tuple[Endpoints, datetime] | None = None
    _keys: tuple[list[dict[str, Any]], datetime] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, begun: Begun, now: datetime) -> str:
        """Return where the browser is sent.

        Raises:
            NotGood: The issuer does not answer as an issuer does.
        """
        return oidc.authorization_url(self.client, self.endpoints(now), begun)

    def claims(self, begun: Begun, code: str, now: datetime) -> Claims:
        """Exchange a code and return whom the issuer means.

        Raises:
            NotGood: The code, the token, or anything about them is not good.
        """
        body = oidc.token_request(self.client, begun, code)
        token = oidc.read_token(self._asked("POST", self.endpoints(now).token, body))
        named = oidc.key_id(token)
        return oidc.verified(token, self.keys(named, now), self.client, begun, now)

    def endpoints(self, now: datetime) -> Endpoints:
        """Return where it is asked what."""
        with self._lock:
            if self._endpoints is None or now - self._endpoints[1] >= KEPT:
                where = f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = oidc.read_endpoints(self._asked("GET", where), self.client)
                self._endpoints = (found, now)
            return self._endpoints[0]

    def keys(self, named: str | None, now: datetime) -> list[dict[str, Any]]:
        """Return its keys; asks anew where it has changed them, but not for every made-up name."""
        where = self.endpoints(now).keys
        with self._lock:
            known = self._keys
            if known is not None:
                age = now - known[1]
                has = named is None or any(each.get("kid") == named for each in known[0])
                if age < (KEPT if has else KEYS_RESTED):
                    return known[0]
            found = oidc.read_keys(self._asked("GET", where))
            self._keys = (found, now)
            return found

    def _asked(self, method: str, url: str, body: bytes = b"") -> bytes:
        status, content = self.ask(method, url, body)
        if status != OK:
            raise NotGood("status")
        return content
