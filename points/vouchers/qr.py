"""The QR that changes: a voucher, a step of thirty seconds, and a keyed check over both.

Digits only, because a scanner gun under a Chinese input method swallows letters. 45 digits::

    2 | alias (17) | step modulo 100,000 (5) | 64 bits of HMAC-SHA-256 (20) | check (2)

The alias is the beginning of the keyed hash under which the voucher's digits are stored anyway:
nothing more is stored for a QR, and who replaces the code replaces the alias. The check is made
over association, voucher, issue number and the whole step. A QR of one step is accepted until the
end of the next, and one that is about to come by a server whose clock is a little behind; so a
screenshot is worth nothing after a minute. A genuine QR of the past weeks is told from a forged
one: the first asks for another look at the phone, the second counts as a guess.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from points.kernel.ids import AssociationId, VoucherId
from points.vouchers.codes import QR_LEAD, CodeBook, Form, Presented, check_digits
from points.vouchers.model import Aliased

STEP_SECONDS = 30
SLACK_STEPS = 1
"""How far a step may be from the server's own, either way."""

WRAP = 100_000
"""Steps are named modulo this; 34 days until a name comes back."""

ALIAS_HEX = 14
_ALIAS_DIGITS, _STEP_DIGITS, _MAC_DIGITS = 17, 5, 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Age(StrEnum):
    """What a QR turns out to be."""

    FRESH = "fresh"
    OUTDATED = "outdated"
    FORGED = "forged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a QR says, before anybody asked whether it is genuine.

    Attributes:
        alias: The beginning of a stored hash, in hexadecimal digits.
        step: Modulo :data:`WRAP`.
        mac: As it was presented.
    """

    alias: str
    step: int
    mac: str

    @classmethod
    def read(cls, presented: Presented) -> "Ticket":
        """Return what is in a QR whose check digits are right."""
        alias, rest = presented.text[1:][:_ALIAS_DIGITS], presented.text[1 + _ALIAS_DIGITS :]
        step, mac = rest[:_STEP_DIGITS], rest[_STEP_DIGITS : _STEP_DIGITS + _MAC_DIGITS]
        return cls(alias=f"{int(alias):0{ALIAS_HEX}x}", step=int(step), mac=mac)


def step_at(instant: datetime) -> int:
    """Return the number of the step that an instant falls in."""
    return int((instant - _EPOCH).total_seconds()) // STEP_SECONDS


def begins_at(step: int) -> datetime:
    """Return the first instant of a step."""
    return _EPOCH + timedelta(seconds=step * STEP_SECONDS)


def ends_at(step: int) -> datetime:
    """Return the first instant at which a step's QR is not accepted any more."""
    return begins_at(step + SLACK_STEPS + 1)


def draw(
    book: CodeBook, association: AssociationId, voucher: VoucherId, issue: int, step: int
) -> str:
    """Return the digits of a voucher's QR for a step."""
    codes = book.codes(association, voucher, issue)
    stored = book.hashed(association, Presented(Form.DIGITS, codes.digits))
    alias = int(stored[:ALIAS_HEX], 16)
    mac = _mac(book, association, voucher, issue, step)
    body = f"{QR_LEAD}{alias:0{_ALIAS_DIGITS}}{step % WRAP:0{_STEP_DIGITS}}{mac}"
    return body + check_digits(body)


def whole_step(named: int, now: datetime) -> int:
    """Return the step of a name that is nearest to now."""
    here, half = step_at(now), WRAP // 2
    return here + (named - here + half) % WRAP - half


def age(
    book: CodeBook,
    association: AssociationId,
    voucher: VoucherId,
    issue: int,
    ticket: Ticket,
    now: datetime,
) -> Age:
    """Return whether a QR was drawn for a voucher's present issue, and whether it still counts."""
    step = whole_step(ticket.step, now)
    genuine = _mac(book, association, voucher, issue, step)
    if not hmac.compare_digest(genuine, ticket.mac):
        return Age.FORGED
    return Age.FRESH if abs(step - step_at(now)) <= SLACK_STEPS else Age.OUTDATED


def drawn_for(
    aliased: Iterable[Aliased],
    book: CodeBook,
    association: AssociationId,
    ticket: Ticket,
    now: datetime,
) -> tuple[Aliased, Age] | None:
    """Return which voucher's QR it is and whether it still counts; None for one that is forged."""
    for each in aliased:
        found = age(book, association, each.links.voucher_id, each.issue, ticket, now)
        if found is not Age.FORGED:
            return each, found
    return None


def _mac(
    book: CodeBook, association: AssociationId, voucher: VoucherId, issue: int, step: int
) -> str:
    mac = book.qr_mac(f"{association}|{voucher}|{issue}|{step}")
    return f"{int.from_bytes(mac[:8], 'big'):0{_MAC_DIGITS}}"
