"""How a token is spelled: bytes under an Ed25519 signature, written in digits.

Digits, because scanner guns under a Chinese input method swallow letters; a QR holds digits so
densely that it is not larger than base 45 would be. ``3``, the number that the bytes are (after a
leading one), and two check digits. The bytes, most significant first::

    version 1 | key number 2 | token id 16 | outlet 8 | issued 4 | minutes 2 | value 4 | kind 1
    | length 1 | reward id | signature 64

The outlet stands there as the beginning of SHA-256 over association and outlet; issued counts
minutes since 1970. Each association and key number has a key pair of its own, derived from a secret
that lives outside the database, so a token is computed again where it must be shown again.
"""

import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from points.kernel.ids import ALPHABET, AssociationId, OutletId, base32
from points.offline.model import Token

VERSION = 1
LEAD = "3"
LENGTH_MIN, LENGTH_MAX = 200, 400
SIGNATURE_BYTES = 64
FIRST = b"\x01"
KINDS = ("item", "amount", "count")
_HEAD = struct.Struct(">BH16s8sIHIBB")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a token says, before anybody asked whether its signature is right."""

    key_no: int
    token_id: str
    outlet_mark: bytes
    issued_at: datetime
    until: datetime
    value_fen: int
    kind: str
    reward_id: str
    body: bytes
    signature: bytes


class TokenKeys:
    """Signs tokens, and says by which public keys they are checked."""

    def __init__(self, secret: bytes) -> None:
        """Take the secret from which each association's keys are derived."""
        self._secret = secret

    @classmethod
    def of_this_process(cls) -> Self:
        """Return keys that end with the process, for whoever needs no others."""
        return cls(secrets.token_bytes(32))

    def public(self, association: AssociationId, key_no: int) -> bytes:
        """Return the 32 bytes that a till checks signatures by."""
        return self._private(association, key_no).public_key().public_bytes_raw()

    def spell(self, association: AssociationId, token: Token) -> str:
        """Return a token's digits; the same each time."""
        reward = token.reward_id.encode("ascii")
        body = _HEAD.pack(
            VERSION,
            token.key_no,
            _number(token.token_id).to_bytes(16, "big"),
            outlet_mark(association, token.outlet_id),
            int((token.issued_at - _EPOCH) / _MINUTE),
            int((token.until - token.issued_at) / _MINUTE),
            token.value_fen,
            KINDS.index(token.kind),
            len(reward),
        )
        body += reward
        signature = self._private(association, token.key_no).sign(body)
        digits = f"{LEAD}{int.from_bytes(FIRST + body + signature, 'big')}"
        return digits + _check(digits)

    def genuine(self, association: AssociationId, read: Read) -> bool:
        """Return whether the association signed what a token says."""
        key = Ed25519PublicKey.from_public_bytes(self.public(association, read.key_no))
        try:
            key.verify(read.signature, read.body)
        except InvalidSignature:
            return False
        return True

    def _private(self, association: AssociationId, key_no: int) -> Ed25519PrivateKey:
        about = f"points.offline.{association}|{key_no}".encode()
        return Ed25519PrivateKey.from_private_bytes(
            hmac.digest(self._secret, about, hashlib.sha256)
        )


def outlet_mark(association: AssociationId, outlet: OutletId) -> bytes:
    """Return how a token names an outlet."""
    return hashlib.sha256(f"{association}|{outlet}".encode()).digest()[:8]


def whole_minute(instant: datetime) -> datetime:
    """Return the minute that an instant falls in: tokens count nothing smaller."""
    return instant.replace(second=0, microsecond=0)


def read_token(text: str) -> Read | None:
    """Return what a token says, or None where this is none."""
    if not (LENGTH_MIN <= len(text) <= LENGTH_MAX and text.isascii() and text.isdigit()):
        return None
    if text[0] != LEAD or _check(text[:-2]) != text[-2:]:
        return None
    number = int(text[1:-2])
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(raw) < 1 + _HEAD.size + SIGNATURE_BYTES or raw[0] != 1:
        return None
    body, signature = raw[1:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    version, key_no, token_id, mark, issued, minutes, value, kind, length = _HEAD.unpack_from(body)
    reward = body[_HEAD.size :]
    if version != VERSION or kind >= len(KINDS) or len(reward) != length or not reward.isascii():
        return None
    issued_at = _EPOCH + issued * _MINUTE
    return Read(
        key_no=key_no,
        token_id=base32(int.from_bytes(token_id, "big"), 26),
        outlet_mark=mark,
        issued_at=issued_at,
        until=issued_at + minutes * _MINUTE,
        value_fen=value,
        kind=KINDS[kind],
        reward_id=reward.decode("ascii"),
        body=body,
        signature=signature,
    )


def _check(digits: str) -> str:
    """Return two check digits, ISO 7064 MOD 97-10."""
    return f"{98 - int(digits) * 100 % 97:02}"


def _number(identifier: str) -> int:
    number = 0
    for character in identifier:
        number = number * 32 + ALPHABET.index(character)
    return number
