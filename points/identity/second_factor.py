"""The second factor: time-based codes (RFC 6238), sealed secrets, recovery codes."""

import base64
import hmac
import secrets
from datetime import datetime
from hashlib import blake2b

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from points.kernel.ensure import ensure
from points.kernel.errors import Misused
from points.kernel.ids import ALPHABET, AssociationId

STEP_SECONDS, DRIFT_STEPS, DIGITS = 30, 1, 6
ISSUER = "积分 points"
KEY_BYTES, NONCE_BYTES = 32, 12
RECOVERY_CODES = 10
_HALF = 5
_SET_UP_LENGTH = 20


class WrongSecret(Misused):
    """What was sealed does not open: the installation's secret is another, or it was changed."""

    def __init__(self) -> None:
        """Say what whoever runs the installation has to bring back."""
        super().__init__(
            "secret_wrong",
            "账号无法打开：当前密钥不是登记这些账号时的密钥（或数据被改动）。请系统管理员找回"
            "原来的密钥文件或 POINTS_SECRET；演示库请设 POINTS_INSECURE_DEV=true",
            "the account does not open: the secret is not the one that accounts were made "
            "with, or its data was changed. Whoever runs the installation brings the former "
            "secret's file or POINTS_SECRET back; the demo's needs POINTS_INSECURE_DEV=true",
        )


class SecondFactors:
    """Makes, seals and checks second factors with a key that lives outside the database."""

    def __init__(self, key: bytes) -> None:
        """Take the key, 32 bytes."""
        ensure(len(key) == KEY_BYTES, "a key of AES-256 has 32 bytes")
        self._cipher, self._key = AESGCM(key), key

    @classmethod
    def of_this_process(cls) -> "SecondFactors":
        """Return one whose key ends with the process, for whoever keeps no second factors."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def fresh(self) -> str:
        """Return a new secret as authenticator programs take it, in base 32."""
        return pyotp.random_base32()

    def seal(self, secret: str, about: str) -> str:
        """Return a secret as it is kept; ``about`` says whose, and it opens for nobody else."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, secret.encode(), about.encode())
        return base64.b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, about: str) -> str:
        """Return a secret that was sealed.

        Raises:
            WrongSecret: It was sealed with another key, for somebody else, or changed.
        """
        raw = base64.b64decode(sealed)
        try:
            plain = self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about.encode())
        except InvalidTag:
            raise WrongSecret from None
        return plain.decode()

    def step_of(self, secret: str, code: str, now: datetime, after: int = 0) -> int | None:
        """Return the time step that a code belongs to, or None where it is not good.

        Args:
            secret: In base 32.
            code: Six digits; blanks do no harm.
            now: The moment. A clock may be one step off.
            after: The last step of which a code was taken: none is taken twice.
        """
        typed = "".join(code.split())
        present = int(now.timestamp()) // STEP_SECONDS
        totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
        found = None
        # All of them, whichever fits: it takes the same time.
        for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
            right = hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode())
            if right and step > after:
                found = step
        return found

    def blind(self, value: str, purpose: str, about: str) -> str:
        """Return the keyed hash of a short secret or a typed name, for one purpose and person."""
        text = f"{purpose}|{about}|{value}".encode()
        return blake2b(text, key=self._key, digest_size=32, person=b"second factor").hexdigest()

    def recovery_hash(self, code: str, about: str) -> str:
        """Return what is kept of a recovery code, however it was typed."""
        return self.blind(plain_code(code), "recovery", about)

    def set_up_hash(self, code: str, about: str) -> str:
        """Return what is kept of a set-up code, however it was typed."""
        return self.blind(plain_code(code), "set up", about)

    def set_up_code(self, operation: str) -> str:
        """Return the set-up code of an operation, 100 bits under the key: ``7QK3-M9XW-…``.

        Whoever lost the answer and asks again gets the same code, and it is kept nowhere.
        """
        drawn = blake2b(
            operation.encode(), key=self._key, digest_size=_SET_UP_LENGTH, person=b"set-up code"
        ).digest()
        characters = "".join(ALPHABET[byte % 32] for byte in drawn)
        return "-".join(characters[at : at + 4] for at in range(0, _SET_UP_LENGTH, 4))


def about(association: AssociationId, staff_id: str) -> str:
    """Return how sealed and hashed values name whose they are."""
    return f"{association}|{staff_id}"


def uri(secret: str, association: AssociationId, staff_id: str) -> str:
    """Return what an authenticator program reads from a QR code."""
    named = f"{association}:{staff_id}"
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(
        name=named, issuer_name=ISSUER
    )


def recovery_codes() -> tuple[str, ...]:
    """Return fresh recovery codes, 50 bits each: ``7QK3M-9XW2A``."""
    return tuple(f"{_drawn(_HALF)}-{_drawn(_HALF)}" for _ in range(RECOVERY_CODES))


def plain_code(code: str) -> str:
    """Return a code without blanks and dashes, and with what is mistaken for digits as digits."""
    typed = "".join(each for each in code.upper() if each.isalnum())
    return typed.translate(str.maketrans("ILO", "110"))


def _drawn(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
