"""Proofs of possession that are odd in every way are wrong, and nothing worse."""

import base64
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from points.client.devices import DeviceKey
from points.identity.proofs import Asked, read_proof

NOW = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
ASKED = Asked(method="POST", host="testserver", path="/v1/sessions:refresh")
KEY = DeviceKey.fresh()


def spelled(**odd: Any) -> str:
    """Return a proof that is right but for what is said."""
    honest = KEY.proof("POST", "http://testserver/v1/sessions:refresh", "", NOW.timestamp())
    header = jwt.get_unverified_header(honest)
    claims = jwt.decode(honest, options={"verify_signature": False}) | odd
    kept = {"typ": header["typ"], "jwk": header["jwk"]}
    return jwt.encode(claims, KEY.pem, algorithm=header["alg"], headers=kept)


def test_a_proof_that_is_right_is_read() -> None:
    assert read_proof(spelled(), ASKED, NOW) is not None


@pytest.mark.parametrize(
    "odd",
    [
        {"htu": "http://[/v1/sessions:refresh"},
        {"iat": 10**400},
        {"iat": float("inf")},
        {"iat": float("nan")},
        {"iat": True},
        {"nbf": float("inf")},
        {"nbf": 10**400},
        {"jti": "\ud800" * 20},
        {"jti": 7},
    ],
)
def test_odd_claims_are_no_proof(odd: dict[str, Any]) -> None:
    assert read_proof(spelled(**odd), ASKED, NOW) is None


def test_a_header_without_bottom_is_no_proof() -> None:
    deep = base64.urlsafe_b64encode(b'{"a":' + b"[" * 2_900).decode()
    assert read_proof(f"{deep}.e30.x", ASKED, NOW) is None
