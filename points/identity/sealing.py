"""Secrets that the server has to know again are kept sealed: AES-256-GCM, bound to their owner."""

import base64
import binascii
from dataclasses import dataclass, field
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from points.kernel.errors import BrokenInvariant

VERSION = "1"
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals short secrets, and opens what it sealed.

    Attributes:
        key: 32 bytes that are kept outside the database.
    """

    key: bytes = field(repr=False)

    def close(self, secret: bytes, owner: str) -> str:
        """Return a secret sealed; only the same owner's can be opened again.

        The nonce is drawn from the secret and its owner under the key, so that a request that is
        sent again says the same; another secret has another nonce.
        """
        about = owner.encode() + b"\0" + secret
        nonce = blake2b(
            about, key=self.key, digest_size=_NONCE_BYTES, person=b"seal nonce"
        ).digest()
        sealed = nonce + AESGCM(self.key).encrypt(nonce, secret, owner.encode())
        return f"{VERSION}.{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str, owner: str) -> bytes:
        """Return what was sealed.

        Raises:
            BrokenInvariant: It was sealed for another owner, under another key, or is damaged.
        """
        try:
            version, _, spelled = sealed.partition(".")
            raw = base64.b64decode(spelled, validate=True)
            if version != VERSION:
                raise BrokenInvariant("what is sealed says how")
            nonce, kept = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            return AESGCM(self.key).decrypt(nonce, kept, owner.encode())
        except (binascii.Error, ValueError, InvalidTag):
            raise BrokenInvariant("what was sealed here can be opened here") from None
