"""Passwords: what may be chosen, and how they are kept."""

import threading
import time

import pytest

from points.identity.passwords import AT_ONCE, Passwords, weakness
from points.identity.second_factor import SecondFactors, plain_code
from points.kernel.errors import Misused, Unavailable

CHEAP = Passwords(memory_kib=8, rounds=1)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse with a shoe",
        "我在盘锦看稻田里的螃蟹横着走",
        "xK4$v9!qLm2z",
        "four random words here",
    ],
)
def test_what_may_be_chosen(password: str) -> None:
    assert weakness(password, "panjin", "li") is None


@pytest.mark.parametrize(
    ("password", "because"),
    [
        ("short", "too_short"),
        ("x" * 129, "too_long"),
        ("password1234", "too_common"),
        ("PassWord-2026!!", "too_common"),
        ("panjin-jifen-2026", "too_common"),
        ("盘锦协会积分管理员2026", "too_common"),
        ("woaini13145201314", "too_common"),
        ("aaaaaaaaaaaaaa", "too_common"),
        ("abcabcabcabcabc", "too_common"),
        ("abcdefghijklmnop", "too_common"),
        ("987654321098765", "too_common"),
        ("li20260302-20260302", "too_common"),
    ],
)
def test_what_is_guessed_first(password: str, because: str) -> None:
    assert weakness(password, "panjin", "li") == because


def test_a_hash_is_argon2id_at_no_less_than_owasp_asks() -> None:
    kept = Passwords().hash("correct horse with a shoe")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_the_same_text_in_another_form_is_the_same_password() -> None:
    kept = CHEAP.hash("ｃｏｒｒｅｃｔ horse é")
    assert CHEAP.verify(kept, "correct horse e\u0301")
    assert not CHEAP.verify(kept, "correct horse e")


def test_where_nothing_is_kept_nothing_is_right() -> None:
    assert not CHEAP.verify(None, "a password that nobody has")
    assert not CHEAP.verify("no hash at all", "x")


def test_only_so_many_hashes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, running, most, lock = Passwords(memory_kib=8, rounds=1), 0, 0, threading.Lock()
    kept = passwords.hash("x")

    class Slow:
        def verify(self, *_: str) -> bool:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return True

    monkeypatch.setattr(passwords, "_hasher", Slow())
    refused = []

    def ask() -> None:
        try:
            passwords.verify(kept, "x")
        except Unavailable:
            refused.append(1)

    threads = [threading.Thread(target=ask) for _ in range(30)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert most == AT_ONCE
    assert refused  # those beyond the line hear at once that they cannot wait


def test_a_sealed_factor_opens_for_nobody_else() -> None:
    factors = SecondFactors(b"k" * 32)
    sealed = factors.seal("JBSWY3DP", "panjin|li")
    assert factors.unseal(sealed, "panjin|li") == "JBSWY3DP"
    assert "JBSWY3DP" not in sealed
    for other, about in ((factors, "panjin|wang"), (SecondFactors(b"o" * 32), "panjin|li")):
        with pytest.raises(Misused) as wrong:
            other.unseal(sealed, about)
        assert wrong.value.code == "secret_wrong"
        assert "JBSWY3DP" not in wrong.value.zh + wrong.value.en


def test_a_code_is_read_however_it_was_typed() -> None:
    assert plain_code("7qk3m-9xw2a") == plain_code("7QK3M 9XW2A") == "7QK3M9XW2A"
    assert plain_code("oil") == "011"
