"""A member's log-in on this device: its key, its short tokens, and where both are kept.

The key never leaves the device. Each request is signed with it (DPoP, RFC 9449), and the tokens are
renewed when they are nearly over; :class:`~points.client.Client` does both by itself.
"""

import base64
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from points.client.answers import Tokens

EARLY_SECONDS = 30.0
"""So long before they are over tokens are renewed."""


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A private key of this device.

    Attributes:
        pem: PKCS 8, without a password; keep it where only its owner can read it.
    """

    pem: str = field(repr=False)

    @classmethod
    def fresh(cls) -> Self:
        """Return a new key on the curve P-256."""
        encoded = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return cls(encoded.decode("ascii"))

    @property
    def public(self) -> dict[str, Any]:
        """The public key as a JWK."""
        private = serialization.load_pem_private_key(self.pem.encode("ascii"), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError("a device's key is on the curve P-256")
        return ECAlgorithm.to_jwk(private.public_key(), as_dict=True)

    def proof(self, method: str, url: str, token: str, now: float) -> str:
        """Return the proof for one request; it is good once, for a minute."""
        claims: dict[str, Any] = {
            "htm": method,
            "htu": url,
            "iat": int(now),
            "jti": secrets.token_urlsafe(16),
        }
        if token:
            hashed = hashlib.sha256(token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        header = {"typ": "dpop+jwt", "jwk": self.public}
        return jwt.encode(claims, self.pem, algorithm="ES256", headers=header)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """What a device keeps.

    Attributes:
        ends_at: When the access token is over, in seconds since 1970.
    """

    pem: str = field(repr=False)
    member_id: str
    device_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    ends_at: float


class TokenStore(Protocol):
    """Keeps a log-in from one start of a program to the next."""

    def load(self) -> LoggedIn | None:
        """Return what is kept, or None."""
        ...

    def save(self, state: LoggedIn | None) -> None:
        """Keep a log-in, or forget it."""
        ...


@dataclass(slots=True)
class MemoryStore:
    """Keeps a log-in until the program ends."""

    state: LoggedIn | None = None

    def load(self) -> LoggedIn | None:
        """Return what is kept, or None."""
        return self.state

    def save(self, state: LoggedIn | None) -> None:
        """Keep a log-in, or forget it."""
        self.state = state


@dataclass(frozen=True, slots=True)
class FileStore:
    """Keeps a log-in in a file that only its owner may read."""

    path: Path

    def load(self) -> LoggedIn | None:
        """Return what is kept, or None."""
        try:
            return LoggedIn(**json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return None

    def save(self, state: LoggedIn | None) -> None:
        """Keep a log-in, or forget it; a crash in between leaves the one before."""
        if state is None:
            self.path.unlink(missing_ok=True)
            return
        beside = self.path.with_name(f"{self.path.name}.new")
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            json.dump(asdict(state), file)
        beside.replace(self.path)


@dataclass(slots=True)
class MemberLogin:
    """A member on this device; give it to a client in the place of a key.

    Attributes:
        association: The member's.
        store: Where the log-in is kept.
        now: Seconds since 1970.
    """

    association: str
    store: TokenStore = field(default_factory=MemoryStore)
    now: Callable[[], float] = time.time
    state: LoggedIn | None = field(init=False)
    key: DeviceKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.state = self.store.load()
        self.key = DeviceKey(self.state.pem) if self.state else DeviceKey.fresh()

    def take(self, tokens: Tokens) -> None:
        """Go on with the tokens of a log-in or a renewal."""
        self.state = LoggedIn(
            pem=self.key.pem,
            member_id=tokens.member_id,
            device_id=tokens.device_id,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            ends_at=self.now() + tokens.expires_in,
        )
        self.store.save(self.state)

    def forget(self) -> None:
        """Log out of this device, here; the server is told by :meth:`Client.end_device`."""
        self.state = None
        self.store.save(None)

    @property
    def due(self) -> str | None:
        """The refresh token where the tokens are to be renewed before the next request."""
        if self.state is None or self.now() < self.state.ends_at - EARLY_SECONDS:
            return None
        return self.state.refresh_token

    def hurry(self, token: str) -> None:
        """See to it that tokens are renewed, because the server takes this one no more."""
        if self.state is not None and self.state.access_token == token:
            self.state = replace(self.state, ends_at=0.0)

    def headers(self, method: str, url: str, *, opens: bool) -> dict[str, str]:
        """Return what proves a request.

        Args:
            method: Of HTTP.
            url: Without the query.
            opens: Whether it asks for tokens, and so has none yet.
        """
        token = "" if opens or self.state is None else self.state.access_token
        said = {"DPoP": self.key.proof(method, url, token, self.now())}
        return said | ({"Authorization": f"DPoP {token}"} if token else {})
