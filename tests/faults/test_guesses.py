"""Whoever guesses codes finds none, and is soon not listened to.

A million guesses against a million live vouchers run at night, fewer in the default run; the
control is a code of twenty bits, which is found.
"""

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from points.db.engines import open_database
from points.kernel.errors import Unavailable
from points.kernel.ids import ALPHABET, AssociationId, VoucherId
from points.vouchers.codes import (
    CodeBook,
    Form,
    Presented,
    check_character,
    check_digits,
    read_code,
)
from tests.flows.market import SHOP, SHOP_2, Market, market, said

HERE = AssociationId("A")
FEW, MILLION = 5_000, 1_000_000
DEVICE_MAX, OUTLET_MAX = 5, 50


def live(book: CodeBook, vouchers: int) -> set[str]:
    """Return what the database holds of so many vouchers' codes."""
    return {
        stored
        for number in range(vouchers)
        for stored in book.hashes(HERE, book.codes(HERE, VoucherId(f"V{number}"))).values()
    }


def guesses(count: int, characters: int = 12) -> Iterator[str]:
    """Yield codes and digits as somebody makes them up who knows how they are checked."""
    chance = random.Random(7)
    for number in range(count):
        if number % 2:
            digits = f"{chance.randrange(10**18):018}"
            yield digits + check_digits(digits)
        else:
            body = "".join(chance.choices(ALPHABET, k=characters)).rjust(12, "0")
            yield body + check_character(body)


def hits(book: CodeBook, stored: set[str], tries: Iterator[str]) -> int:
    found = 0
    for each in tries:
        presented = read_code(each)
        assert presented is not None
        found += book.hashed(HERE, presented) in stored
    return found


def test_nobody_guesses_a_code() -> None:
    book = CodeBook(b"c" * 32)
    assert hits(book, live(book, FEW), guesses(FEW)) == 0


@pytest.mark.nightly
def test_nobody_guesses_a_code_in_a_million_tries() -> None:
    book = CodeBook(b"c" * 32)
    assert hits(book, live(book, MILLION), guesses(MILLION)) == 0


def test_short_codes_are_guessed() -> None:
    """The control: of twenty bits, a few thousand tries find some."""
    book, chance = CodeBook(b"c" * 32), random.Random(8)
    stored = set()
    for _ in range(FEW):
        body = "".join(chance.choices(ALPHABET, k=4)).rjust(12, "0")
        stored.add(book.hashed(HERE, Presented(Form.CODE, body + check_character(body))))
    assert hits(book, stored, guesses(FEW // 10, characters=4)) > 0


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url) as it:
        yield it


def heard(here: Market, tries: Iterator[str], device: str) -> int:
    """Return how many guesses of a device are listened to before it is closed."""
    for number, each in enumerate(tries):
        answer = said(here.capture(each, f"{device}-{number}", 100, device=device))
        if answer == "too_many_attempts":
            return number
        assert answer == "voucher_unknown"
    raise AssertionError("nobody closed it")


def test_who_guesses_is_soon_not_listened_to(here: Market) -> None:
    code, tries = here.voucher(), guesses(1000)
    assert heard(here, tries, "till-0") == DEVICE_MAX
    listened = DEVICE_MAX + sum(heard(here, tries, f"till-{n}") for n in range(1, 15))
    assert listened == OUTLET_MAX
    # Closed is closed, for a right code as well, and at that outlet alone.
    assert said(here.capture(code, "right", 2000, device="till-99")) == "too_many_attempts"
    assert here.captured(code, "elsewhere", 2000, outlet=SHOP_2)["remaining_fen"] == 0


def test_where_nobody_can_count_nobody_gets_in(here: Market, sqlite_url: str) -> None:
    code = here.voucher()
    database = open_database(sqlite_url, migrating=True)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE guess_guard RENAME TO gone"))
    database.dispose()
    with pytest.raises(Unavailable):
        here.capture(code, "r1", 2000, outlet=SHOP)
