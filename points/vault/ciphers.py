"""Two authenticated ciphers: AES-256-GCM, and SM4-GCM where the state's own are asked for."""

import hashlib
import secrets
from collections.abc import Callable
from enum import StrEnum

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from points.kernel.ensure import ensure
from points.kernel.errors import Misused, PointsError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_SM4_KEY_BYTES = 16


class Algorithm(StrEnum):
    """Which cipher; stands in every token, so that tokens of both can be read side by side."""

    AES_256_GCM = "aes256gcm"
    SM4_GCM = "sm4gcm"


class Sealed(PointsError):
    """What was sealed does not open: another key, another place, or changed bytes."""

    code = "sealed"


def fresh_key() -> bytes:
    """Return 32 bytes from the operating system's source of chance."""
    return secrets.token_bytes(KEY_BYTES)


def encrypt(algorithm: Algorithm, key: bytes, data: bytes, associated: bytes) -> bytes:
    """Return nonce, ciphertext and tag.

    The nonce is 96 bits of chance. One key seals a handful of short texts of one person, so two of
    them never meet.
    """
    ensure(len(key) == KEY_BYTES, "keys have 32 bytes")
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _ENCRYPT[algorithm](key, nonce, data, associated)


def decrypt(algorithm: Algorithm, key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Return what was sealed.

    Raises:
        Sealed: It was sealed under another key or for another place, or it was changed.
    """
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    if len(body) < TAG_BYTES:
        raise Sealed("the token is too short")
    try:
        return _DECRYPT[algorithm](key, nonce, body, associated)
    except InvalidTag:
        raise Sealed("the token does not open with this key at this place") from None


def _aes_encrypt(key: bytes, nonce: bytes, data: bytes, associated: bytes) -> bytes:
    return AESGCM(key).encrypt(nonce, data, associated)


def _aes_decrypt(key: bytes, nonce: bytes, body: bytes, associated: bytes) -> bytes:
    return AESGCM(key).decrypt(nonce, body, associated)


def _sm4(key: bytes, mode: modes.GCM) -> Cipher[modes.GCM]:
    # SM4 takes 16 bytes: derived, so that no key is ever used with both ciphers.
    derived = hashlib.blake2b(b"sm4", key=key, digest_size=_SM4_KEY_BYTES).digest()
    return Cipher(algorithms.SM4(derived), mode)


def _sm4_encrypt(key: bytes, nonce: bytes, data: bytes, associated: bytes) -> bytes:
    try:
        encryptor = _sm4(key, modes.GCM(nonce)).encryptor()
    except UnsupportedAlgorithm:
        raise _no_sm4() from None
    encryptor.authenticate_additional_data(associated)
    return encryptor.update(data) + encryptor.finalize() + encryptor.tag


def _sm4_decrypt(key: bytes, nonce: bytes, body: bytes, associated: bytes) -> bytes:
    try:
        decryptor = _sm4(key, modes.GCM(nonce, body[-TAG_BYTES:])).decryptor()
    except UnsupportedAlgorithm:
        raise _no_sm4() from None
    decryptor.authenticate_additional_data(associated)
    return decryptor.update(body[:-TAG_BYTES]) + decryptor.finalize()


def _no_sm4() -> Misused:
    return Misused(
        "cipher_unsupported",
        "本机的 OpenSSL 不支持 SM4，请改用 aes256gcm",
        "this machine's OpenSSL lacks SM4: choose aes256gcm",
    )


_Work = Callable[[bytes, bytes, bytes, bytes], bytes]
_ENCRYPT: dict[Algorithm, _Work] = {
    Algorithm.AES_256_GCM: _aes_encrypt,
    Algorithm.SM4_GCM: _sm4_encrypt,
}
_DECRYPT: dict[Algorithm, _Work] = {
    Algorithm.AES_256_GCM: _aes_decrypt,
    Algorithm.SM4_GCM: _sm4_decrypt,
}
