"""A QR at the counter: as good as the code while it is fresh, and no guess when it no longer is."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from points.flows import look_up
from points.flows.show_qr import ShownQr, show_qr
from points.kernel.errors import Refusal
from points.kernel.ids import MemberId, VoucherId
from points.vouchers import qr
from points.vouchers.codes import check_digits
from tests.flows.market import SHOP, SHOP_2, WARD, Market, market, said
from tests.flows.town import civic_context


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url) as it:
        yield it


class Phone:
    """A member with a voucher, who shows its QR."""

    def __init__(self, here: Market, reward: str = "C12") -> None:
        self.here, self.member = here, here.member(1000)
        drawn = here.town.done(here.redemption(self.member, reward))
        self.voucher = VoucherId(drawn["voucher_id"])

    def look(self, member: MemberId | None = None) -> ShownQr | Refusal:
        return show_qr(
            self.here.engine, self.here.town.association, self.voucher, member or self.member
        )

    def show(self) -> str:
        shown = self.look()
        assert isinstance(shown, ShownQr)
        return shown.payload


def wait(here: Market, seconds: float) -> None:
    here.clock.advance(timedelta(seconds=seconds))


def test_a_qr_is_captured_as_the_code_is(here: Market) -> None:
    phone = Phone(here)
    first = here.captured(phone.show(), "r1", 500)
    code = civic_context().codes.codes(here.town.association, phone.voucher).code
    again = here.capture(code, "r1", 500)
    assert (again.replayed, again.result) == (True, first)
    assert here.captured(phone.show(), "r2", 300)["remaining_fen"] == 1200


@pytest.mark.parametrize("reward", ["C05", "C12"])
def test_a_screenshot_is_refused_after_a_minute(here: Market, reward: str) -> None:
    phone = Phone(here, reward)
    outlet, fen = (WARD, None) if reward == "C05" else (SHOP, 100)
    shot = phone.show()
    shown = phone.look()
    assert isinstance(shown, ShownQr)
    left = (shown.expires_at - here.clock.now()).total_seconds()
    assert 30 < left <= 60
    wait(here, left - 0.001)
    assert here.capture(shot, "r1", fen, outlet=outlet).refusal is None or reward == "C05"
    wait(here, 0.001)
    assert said(here.capture(shot, "r2", fen, outlet=outlet)) == "qr_outdated"
    assert said(here.desk.authorise(here.till(outlet), shot, "k")) == "qr_outdated"


def test_one_qr_at_two_outlets_is_one_capture(here: Market) -> None:
    shot, before = Phone(here).show(), here.pool().spent
    whole = here.captured(shot, "first", 2000)["owed_fen"]
    for number, outlet in (("second", SHOP_2), ("third", SHOP)):
        assert said(here.capture(shot, number, 2000, outlet=outlet)) == "already_captured"
    assert here.pool().spent == before + whole


def test_a_lost_answer_is_given_again_though_the_qr_is_outdated(here: Market) -> None:
    shot = Phone(here).show()
    first = here.captured(shot, "r1", 500)
    wait(here, 90)
    again = here.capture(shot, "r1", 500)
    assert (again.replayed, again.result) == (True, first)
    assert said(here.capture(shot, "r1", 501)) == "operation_conflict"
    assert said(here.capture(shot, "r2", 500)) == "qr_outdated"
    assert said(here.capture(shot, "r1", 500, outlet=SHOP_2)) == "operation_conflict"


def test_a_refusal_is_given_again_too(here: Market) -> None:
    shot = Phone(here).show()
    assert said(here.capture(shot, "r1", 99_999)) == "amount_exceeds"
    wait(here, 90)
    assert said(here.capture(shot, "r1", 99_999)) == "amount_exceeds"


def test_what_was_scanned_in_time_counts_while_it_is_in_hand(here: Market) -> None:
    shot = Phone(here).show()
    assert here.desk.authorise(here.till(), shot, "k1").refusal is None
    wait(here, 100)
    assert said(here.capture(shot, "r1", 100, outlet=SHOP_2)) == "qr_outdated"
    assert said(here.desk.authorise(here.till(), shot, "k2")) == "qr_outdated"
    assert here.desk.authorise(here.till(), shot, "k1").replayed
    here.captured(shot, "r2", 100)
    # The capture ended the authorisation, and with it the QR.
    assert said(here.capture(shot, "r3", 100)) == "qr_outdated"


def test_another_authorisation_brings_no_old_qr_back(here: Market) -> None:
    phone = Phone(here)
    shot = phone.show()
    wait(here, 3600)
    assert here.desk.authorise(here.till(), phone.show(), "k1").refusal is None
    assert said(here.capture(shot, "r1", 100)) == "qr_outdated"


def test_an_outdated_qr_is_no_guess_and_a_forged_one_is(here: Market) -> None:
    phone = Phone(here)
    shot = phone.show()
    wait(here, 61)
    for number in range(7):
        assert said(here.capture(shot, f"r{number}", 100)) == "qr_outdated"
    fresh = phone.show()
    forged = fresh[:-4] + f"{(int(fresh[-4:-2]) + 1) % 100:02}"
    forged += check_digits(forged)
    unknown = "2" + "0" * 42
    unknown += check_digits(unknown)
    for number, wrong in enumerate((forged, unknown, forged, unknown, forged)):
        assert said(here.capture(wrong, f"f{number}", 100)) == "voucher_unknown"
    assert said(here.capture(phone.show(), "f9", 100)) == "too_many_attempts"


def test_whose_code_was_replaced_shows_another_qr(here: Market) -> None:
    book, where = civic_context().codes, here.town.association
    phone = Phone(here)
    step = qr.step_at(here.clock.now())
    stale = qr.draw(book, where, phone.voucher, 2, step)
    assert said(here.capture(stale, "r1", 100)) == "voucher_unknown"


def test_nobody_else_sees_it_and_a_used_voucher_has_none(here: Market) -> None:
    phone = Phone(here)
    other = phone.look(here.member())
    assert isinstance(other, Refusal)
    assert other.code == "voucher_unknown"
    here.captured(phone.show(), "r1", 2000)
    used = phone.look()
    assert isinstance(used, Refusal)
    assert used.code == "voucher_unusable"


def test_the_picture_is_the_digits(here: Market) -> None:
    shown = Phone(here).look()
    assert isinstance(shown, ShownQr)
    assert shown.svg().startswith("data:image/svg+xml")
    assert 1 <= shown.refresh_after_seconds <= 30


def test_an_offline_token_is_told_from_a_mistyped_code(here: Market) -> None:
    assert said(here.capture("3" * 280, "r1", 100)) == "online_code_needed"
    assert said(here.capture("x" * 280, "r1", 100)) == "code_mistyped"


def test_a_look_up_that_counted_outdated_ones_would_be_caught(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    shot = Phone(here).show()
    wait(here, 61)
    monkeypatch.setattr(look_up.qr, "age", lambda *_: qr.Age.FORGED)
    for number in range(5):
        assert said(here.capture(shot, f"r{number}", 100)) == "voucher_unknown"
    assert said(here.capture(shot, "r9", 100)) == "too_many_attempts"
