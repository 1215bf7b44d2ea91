"""Proofs of possession (DPoP, RFC 9449): a device signs method, address and token of each request.

Whoever sees a token, in a log or on a screen, can do nothing with it without the device's key.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jwt
from jwt import PyJWK

ALGORITHMS = ("ES256", "EdDSA")
SKEW_SECONDS = 60
PROOF_LENGTH_MAX = 4096
_PUBLIC = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
_CURVES = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request that a proof has to be about.

    Attributes:
        method: Of HTTP.
        host: With its port, as the caller named it.
        path: Without the query.
        token: The access token; empty where there is none yet.
    """

    method: str
    host: str
    path: str
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof that is right.

    Attributes:
        thumbprint: Of the key that signed (RFC 7638).
        name: Of this proof, which is good once.
        ends_at: Until when it could be presented again, in seconds since 1970.
    """

    thumbprint: str
    name: str
    ends_at: int


def read_proof(spelled: str, asked: Asked, now: datetime) -> Proof | None:
    """Return a proof that is right, or None, whatever is wrong with it.

    Scheme and query of ``htu`` are passed over: a proxy that ends TLS does not tell the one, and
    the standard leaves the other out.
    """
    try:
        return _read(spelled, asked, now)
    # Whoever made it chose every number, text and depth in it: some of them no machine can hold.
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _read(spelled: str, asked: Asked, now: datetime) -> Proof | None:
    if not 0 < len(spelled) <= PROOF_LENGTH_MAX:
        return None
    header = jwt.get_unverified_header(spelled)
    key = _key(header)
    if key is None:
        return None
    claims = jwt.decode(
        spelled,
        PyJWK(key, algorithm=header["alg"]),
        algorithms=[header["alg"]],
        options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
    )
    if not _about(claims, asked, now):
        return None
    name = hashlib.sha256(f"{thumbprint(key)}|{claims['jti']}".encode()).hexdigest()
    return Proof(
        thumbprint=thumbprint(key), name=name, ends_at=int(claims["iat"]) + SKEW_SECONDS + 1
    )


def _key(header: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the public key in a proof's header, if it is of a kind that is taken."""
    key, algorithm = header.get("jwk"), header.get("alg")
    if header.get("typ") != "dpop+jwt" or algorithm not in ALGORITHMS or not isinstance(key, dict):
        return None
    return key if key_ok(key, algorithm) else None


def key_ok(key: Mapping[str, Any], algorithm: str | None = None) -> bool:
    """Return whether a JWK is a public key of a kind that is taken, and holds nothing private."""
    kinds = [_CURVES[algorithm]] if algorithm else list(_CURVES.values())
    kind = (key.get("kty"), key.get("crv"))
    if kind not in kinds or "d" in key:
        return False
    return all(isinstance(key.get(name), str) for name in _PUBLIC[str(key["kty"])])


def thumbprint(key: Mapping[str, Any]) -> str:
    """Return a key's thumbprint (RFC 7638): SHA-256 over its public members in their order."""
    members = {name: key[name] for name in _PUBLIC[str(key["kty"])]}
    spelled = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(spelled.encode()).digest())


def token_hash(token: str) -> str:
    """Return what a proof says of the token that it goes with (``ath``)."""
    return _base64url(hashlib.sha256(token.encode()).digest())


def _about(claims: Mapping[str, Any], asked: Asked, now: datetime) -> bool:
    issued, name, address = claims.get("iat"), claims.get("jti"), claims.get("htu")
    if not isinstance(issued, (int, float)) or isinstance(issued, bool):
        return False
    if not isinstance(name, str) or not 16 <= len(name) <= 100 or not isinstance(address, str):  # noqa: PLR2004 - enough chance for one minute
        return False
    there = urlsplit(address)
    return (
        abs(now.timestamp() - issued) <= SKEW_SECONDS
        and claims.get("htm") == asked.method
        and there.scheme in {"https", "http"}
        and there.netloc.lower() == asked.host.lower()
        and there.path == asked.path
        and (not asked.token or claims.get("ath") == token_hash(asked.token))
    )


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
