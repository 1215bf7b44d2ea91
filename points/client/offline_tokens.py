"""Reads and checks offline tokens by the association's public keys; needs no network.

The form of a token is documented in ``docs/reference/vouchers.md``: digits, whose number is bytes
under an Ed25519 signature.
"""

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LENGTH_MIN, LENGTH_MAX = 200, 400
KINDS = ("item", "amount", "count")
_VERSION, _LEAD, _SIGNATURE_BYTES = 1, "3", 64
_HEAD = struct.Struct(">BH16s8sIHIBB")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineToken:
    """What a token says; believe it after :meth:`signed_by` only.

    Attributes:
        number: Of the token; it is honoured once.
        outlet_mark: Which outlet it is for, as :func:`mark_of` names one.
        until: First instant at which it may not be taken any more.
        value_fen: The most that it is worth.
        kind: ``item``, ``amount`` or ``count``.
        reward_id: What to hand over.
    """

    key_no: int
    number: str
    outlet_mark: bytes
    issued_at: datetime
    until: datetime
    value_fen: int
    kind: str
    reward_id: str
    body: bytes
    signature: bytes

    def signed_by(self, public_key: bytes) -> bool:
        """Return whether the signature is that of a public key."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.body)
        except InvalidSignature:
            return False
        return True


def mark_of(association: str, outlet_id: str) -> bytes:
    """Return how a token names an outlet."""
    return hashlib.sha256(f"{association}|{outlet_id}".encode()).digest()[:8]


def read_offline_token(digits: str) -> OfflineToken | None:
    """Return what a token says, or None where this is none."""
    plain = LENGTH_MIN <= len(digits) <= LENGTH_MAX and digits.isascii() and digits.isdigit()
    if not plain or digits[0] != _LEAD or _check(digits[:-2]) != digits[-2:]:
        return None
    number = int(digits[1:-2])
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(raw) < 1 + _HEAD.size + _SIGNATURE_BYTES or raw[0] != 1:
        return None
    body, signature = raw[1:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    version, key_no, name, mark, issued, minutes, value, kind, length = _HEAD.unpack_from(body)
    reward = body[_HEAD.size :]
    if version != _VERSION or kind >= len(KINDS) or len(reward) != length or not reward.isascii():
        return None
    issued_at = _EPOCH + timedelta(minutes=issued)
    return OfflineToken(
        key_no=key_no,
        number=name.hex(),
        outlet_mark=mark,
        issued_at=issued_at,
        until=issued_at + timedelta(minutes=minutes),
        value_fen=value,
        kind=KINDS[kind],
        reward_id=reward.decode("ascii"),
        body=body,
        signature=signature,
    )


def _check(digits: str) -> str:
    """Return two check digits, ISO 7064 MOD 97-10."""
    return f"{98 - int(digits) * 100 % 97:02}"
