"""Tokens: sealed texts in one spelling, bound to the place where they stand.

    v1.aes256gcm.4f9c2a7b.BASE64URL(nonce 12 bytes, ciphertext, tag 16 bytes)

that is version, algorithm, the id of the key, and what was sealed. The first three, with the
association, the subject and the field, are authenticated with it: a token that was moved to another
row or field does not open, nor does one whose head was changed.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

from points.vault.ciphers import Algorithm, Sealed, decrypt, encrypt

VERSION = "v1"
KEY_ID_BYTES = 4
_PARTS = 4
_SEPARATOR = "\x1f"
"""Stands in no id and no name of a field, so that no two places are spelled alike."""


class Place(NamedTuple):
    """Where a sealed text stands: ``Place("panjin", "01J…", "personal.phone")``."""

    association: str
    subject: str
    field: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key with its id, which says which key opens a token and nothing about the key."""

    key_id: str
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> "Key":
        """Return a key under the id that follows from it."""
        hashed = hashlib.blake2b(b"key id", key=secret, digest_size=KEY_ID_BYTES)
        return cls(hashed.hexdigest(), secret)


def seal(algorithm: Algorithm, key: Key, place: Place, data: bytes) -> str:
    """Return the token of some data at a place."""
    head = f"{VERSION}.{algorithm.value}.{key.key_id}"
    return f"{head}.{_spell(encrypt(algorithm, key.secret, data, _bound(head, place)))}"


def unseal(key: Key, place: Place, token: str) -> bytes:
    """Return what a token of this key and place holds.

    Raises:
        Sealed: It is no token, or one of another key or place.
    """
    parts = token.split(".")
    if len(parts) != _PARTS or parts[0] != VERSION:
        raise Sealed("this is no token of a known version")
    head, (_, algorithm, key_id, body) = token.rpartition(".")[0], parts
    if key_id != key.key_id:
        raise Sealed(f"the token was sealed under the key {key_id}, not under {key.key_id}")
    try:
        chosen, sealed = Algorithm(algorithm), _read(body)
    except (ValueError, binascii.Error):
        raise Sealed("the token cannot be read") from None
    return decrypt(chosen, key.secret, sealed, _bound(head, place))


def key_of(token: str) -> str:
    """Return the id of the key that a token was sealed under; empty where it is no token."""
    parts = token.split(".")
    return parts[2] if len(parts) == _PARTS and parts[0] == VERSION else ""


def _bound(head: str, place: Place) -> bytes:
    return _SEPARATOR.join((head, *place)).encode()


def _spell(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _read(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
