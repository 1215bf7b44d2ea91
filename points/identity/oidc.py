"""Single sign-on (OpenID Connect): what is asked of an issuer, and when its answer counts.

Authorization code with PKCE, state and nonce. Nothing here touches a network or a clock.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""Signatures with a private key of the issuer's. Never ``none``, never a shared secret."""

LEEWAY, FRESH = timedelta(seconds=60), timedelta(minutes=10)
PROVED = timedelta(minutes=5)
"""How long ago at most somebody proved who they are: whoever comes in has a fresh proof here."""

RSA_BITS_MIN = 2048
TOKEN_CHARACTERS_MAX, KEYS_MAX = 16_384, 32


class NotGood(Exception):
    """An answer of the issuer's that does not count; why is nobody's business but the log's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """This installation, as the issuer knows it.

    Attributes:
        issuer: As it spells itself.
        client_id: What it calls us.
        client_secret: Shared with it.
        redirect_uri: Where it sends people back to.
        acr: Values of ``acr`` that say that a second factor was used.
        amr: Values of ``amr`` that say so.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    acr: frozenset[str] = frozenset()
    amr: frozenset[str] = frozenset({"mfa", "otp", "hwk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where an issuer is asked what, as it says itself."""

    authorization: str
    token: str
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A log-in that waits for the issuer; kept by whoever began it, sealed.

    Attributes:
        state: Comes back with the browser.
        nonce: Comes back in the token.
        verifier: Proves to the issuer that we began it (PKCE).
    """

    association_id: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Whom the issuer means, and whether a second factor was used there."""

    subject: str
    second_factor: bool


def read_endpoints(content: bytes, client: Client) -> Endpoints:
    """Return what an issuer's configuration says.

    Raises:
        NotGood: It is another's, or none.
    """
    said = _object(content)
    if said.get("issuer") != client.issuer:
        raise NotGood("issuer")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    found = [said.get(name) for name in names]
    if not all(isinstance(each, str) for each in found):
        raise NotGood("configuration")
    return Endpoints(authorization=str(found[0]), token=str(found[1]), keys=str(found[2]))


def authorization_url(client: Client, endpoints: Endpoints, begun: Begun) -> str:
    """Return where the browser is sent."""
    challenge = hashlib.sha256(begun.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": "openid",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
        "max_age": str(int(PROVED.total_seconds())),
    }
    if client.acr:
        query["acr_values"] = " ".join(sorted(client.acr))
    mark = "&" if "?" in endpoints.authorization else "?"
    return f"{endpoints.authorization}{mark}{urlencode(query)}"


def token_request(client: Client, begun: Begun, code: str) -> bytes:
    """Return the body with which the code is exchanged."""
    return urlencode(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "code_verifier": begun.verifier,
        }
    ).encode()


def read_token(content: bytes) -> str:
    """Return the identity token of an answer.

    Raises:
        NotGood: There is none.
    """
    token = _object(content).get("id_token")
    if not isinstance(token, str) or len(token) > TOKEN_CHARACTERS_MAX:
        raise NotGood("id_token")
    return token


def read_keys(content: bytes) -> list[dict[str, Any]]:
    """Return an issuer's public keys.

    Raises:
        NotGood: It is no set of keys.
    """
    keys = _object(content).get("keys")
    if not isinstance(keys, list) or len(keys) > KEYS_MAX:
        raise NotGood("keys")
    return [each for each in keys if isinstance(each, dict)]


def key_id(token: str) -> str | None:
    """Return the name of the key that a token says it was signed with.

    Raises:
        NotGood: It is no token, or signed in a way that does not count.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise NotGood("token") from None
    if header.get("alg") not in ALGORITHMS:
        raise NotGood("algorithm")
    named = header.get("kid")
    return named if isinstance(named, str) else None


def verified(
    token: str, keys: Sequence[Mapping[str, Any]], client: Client, begun: Begun, now: datetime
) -> Claims:
    """Return whom a token means, once everything about it is right.

    Raises:
        NotGood: The signature, issuer, audience, nonce or time is not.
    """
    algorithm = _algorithm(token)
    key = _key(keys, key_id(token), algorithm)
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=client.client_id,
            issuer=client.issuer,
            # Times are compared with our own clock, below.
            options={
                "require": ["exp", "iat", "iss", "aud", "sub", "nonce", "auth_time"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError:
        raise NotGood("token") from None
    _refuse_stale(claims, now)
    if not hmac.compare_digest(str(claims["nonce"]).encode(), begun.nonce.encode()):
        raise NotGood("nonce")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client.client_id) != client.client_id:
        raise NotGood("azp")
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject:
        raise NotGood("sub")
    return Claims(subject=subject, second_factor=_second_factor(claims, client))


def _algorithm(token: str) -> str:
    key_id(token)
    return str(jwt.get_unverified_header(token)["alg"])


def _key(keys: Sequence[Mapping[str, Any]], named: str | None, algorithm: str) -> Any:  # noqa: ANN401 - a public key
    fitting = [
        each
        for each in keys
        if each.get("use", "sig") == "sig"
        and each.get("alg", algorithm) == algorithm
        and each.get("kty") != "oct"
        and (named is None or each.get("kid") == named)
    ]
    if len(fitting) != 1:
        raise NotGood("key")
    try:
        key = jwt.PyJWK(dict(fitting[0]), algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, KeyError, TypeError):
        raise NotGood("key") from None
    if isinstance(key, RSAPublicKey) and key.key_size < RSA_BITS_MIN:
        raise NotGood("key")
    return key


def _refuse_stale(claims: Mapping[str, Any], now: datetime) -> None:
    moment = now.timestamp()
    ends, made, proved = claims["exp"], claims["iat"], claims["auth_time"]
    if not all(isinstance(each, (int, float)) for each in (ends, made, proved)):
        raise NotGood("time")
    leeway = LEEWAY.total_seconds()
    if moment >= ends + leeway or made > moment + leeway or proved > moment + leeway:
        raise NotGood("time")
    if moment > made + FRESH.total_seconds() or moment > proved + PROVED.total_seconds() + leeway:
        raise NotGood("time")


def _second_factor(claims: Mapping[str, Any], client: Client) -> bool:
    amr = claims.get("amr")
    used = {each for each in amr if isinstance(each, str)} if isinstance(amr, list) else set()
    return claims.get("acr") in client.acr or not used.isdisjoint(client.amr)


def _object(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        raise NotGood("json") from None
    if not isinstance(said, dict):
        raise NotGood("json")
    return said
