"""Voucher codes: drawn by a keyed function, checked before they are looked up, stored as hashes.

A code is 60 bits of HMAC-SHA-256 under a secret that the database never sees, so that a replayed
redemption shows the same code although the code is stored nowhere. There are two spellings, for
people and for scanners under a Chinese input method:

* 12 characters of Crockford's base 32 and one check character, ``7KQ2-M0XV-9R4T-C``;
* 18 digits and two check digits, ``1234 5678 9012 3456 7890`` (59.8 bits).

A third form is what a phone shows as a QR: 45 digits that change every thirty seconds
(``points.vouchers.qr``). No form can be taken for another: they differ in length.

All checks catch every single wrong character and every swap of two characters, near or far.
"""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from points.kernel.ensure import ensure
from points.kernel.ids import ALPHABET, AssociationId, VoucherId, base32

CODE_LENGTH = 13
DIGITS_LENGTH = 20
QR_LENGTH, QR_LEAD = 45, "2"
OFFLINE_LENGTH_MIN, OFFLINE_LEAD = 200, "3"
INPUT_MAX = 64
"""Longer input is no code; it is not even cleaned."""

SECRET_BYTES_MIN = 32

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_ALIKE = str.maketrans("ILO", "110")
_SEPARATORS = re.compile(r"[\s\-_.·‐‑‒–—−]+")


class Form(StrEnum):
    """How a code is spelled."""

    CODE = "code"
    DIGITS = "digits"
    QR = "qr"


@dataclass(frozen=True, slots=True)
class Presented:
    """What somebody typed or scanned, cleaned; its check character is right."""

    form: Form
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """Both spellings of one voucher's code, without separators."""

    code: str
    digits: str

    @property
    def last4(self) -> str:
        """The end of the code before its check character, for people who talk on the phone."""
        return self.code[8:12]

    def shown(self) -> dict[str, str]:
        """Return both spellings in groups of four, as people read them."""
        return {"code": _grouped(self.code, "-"), "digits": _grouped(self.digits, " ")}


def _grouped(text: str, separator: str) -> str:
    return separator.join(text[at : at + 4] for at in range(0, len(text), 4))


def _powers() -> list[int]:
    """Return the powers of 2 in GF(32) modulo x^5 + x^2 + 1: 31 distinct elements, none zero."""
    powers = [1]
    while len(powers) < len(ALPHABET) - 1:
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0b100101 if doubled & 0b100000 else doubled)
    return powers


_POWER = _powers()
_LOG = {power: exponent for exponent, power in enumerate(_POWER)}


def _times(left: int, right: int) -> int:
    if not left or not right:
        return 0
    return _POWER[(_LOG[left] + _LOG[right]) % len(_POWER)]


def check_character(body: str) -> str:
    """Return the check character of twelve: each is weighed by a power of its own.

    Weights that are all different and never zero make any one substitution and any swap of two
    positions change the sum.
    """
    total = 0
    for position, character in enumerate(body, 1):
        total ^= _times(_POWER[position], _VALUE[character])
    return ALPHABET[total]


def check_digits(body: str) -> str:
    """Return two check digits, ISO 7064 MOD 97-10."""
    return f"{98 - int(body) * 100 % 97:02}"


def read_code(text: str) -> Presented | None:
    """Return what was meant, or None when it cannot be a code.

    Case, blanks, dashes, full-width characters, and I, L, O for 1, 1, 0 are forgiven.
    """
    if len(text) > INPUT_MAX:
        return None
    clean = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper().translate(_ALIKE)
    if len(clean) == CODE_LENGTH and all(character in _VALUE for character in clean):
        sound = check_character(clean[:-1]) == clean[-1]
        return Presented(Form.CODE, clean) if sound else None
    if re.fullmatch(rf"[0-9]{{{DIGITS_LENGTH}}}", clean):
        sound = check_digits(clean[:-2]) == clean[-2:]
        return Presented(Form.DIGITS, clean) if sound else None
    if re.fullmatch(rf"{QR_LEAD}[0-9]{{{QR_LENGTH - 1}}}", clean):
        sound = check_digits(clean[:-2]) == clean[-2:]
        return Presented(Form.QR, clean) if sound else None
    return None


def is_offline(text: str) -> bool:
    """Return whether this is a token for tills without network, far too long for a code."""
    return len(text) >= OFFLINE_LENGTH_MIN and text.isascii() and text.isdigit()


class CodeBook:
    """Draws codes and hashes them under keys derived from one secret.

    The secret lives outside the database: whoever holds a copy of the database alone can neither
    tell a code nor try codes out.
    """

    def __init__(self, secret: bytes) -> None:
        """Derive one key for each purpose from a secret of at least 32 bytes."""
        ensure(len(secret) >= SECRET_BYTES_MIN, "the secret for voucher codes is long enough")
        self._keys = {
            purpose: hmac.digest(secret, f"points.voucher.{purpose}".encode(), hashlib.sha256)
            for purpose in ("code", "digits", "pepper", "qr")
        }

    def codes(self, association: AssociationId, voucher: VoucherId, issue: int = 1) -> Codes:
        """Return a voucher's codes; a later issue number gives others, should they be replaced."""
        about = f"{association}|{voucher}|{issue}"
        number = int.from_bytes(self._mac("code", about)[:8], "big") >> 4
        body = base32(number, 12)
        # 128 bits modulo 10^18: the bias is below one part in 10^20.
        digits = f"{int.from_bytes(self._mac('digits', about)[:16], 'big') % 10**18:018}"
        return Codes(code=body + check_character(body), digits=digits + check_digits(digits))

    def hashed(self, association: AssociationId, presented: Presented) -> str:
        """Return what is stored of a code: a keyed hash that differs between associations."""
        about = f"{association}|{presented.form.value}|{presented.text}"
        return self._mac("pepper", about).hex()

    def hashes(self, association: AssociationId, codes: Codes) -> dict[Form, str]:
        """Return the stored hashes of both spellings."""
        return {
            Form.CODE: self.hashed(association, Presented(Form.CODE, codes.code)),
            Form.DIGITS: self.hashed(association, Presented(Form.DIGITS, codes.digits)),
        }

    def qr_mac(self, about: str) -> bytes:
        """Return the keyed check of a QR that changes; see ``points.vouchers.qr``."""
        return self._mac("qr", about)

    def _mac(self, purpose: str, about: str) -> bytes:
        return hmac.digest(self._keys[purpose], about.encode(), hashlib.sha256)
