"""Tokens open at their place with their key, and nowhere else; both ciphers side by side."""

import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.kernel.errors import Misused
from points.vault import ciphers, keychain, tokens
from points.vault.ciphers import Algorithm, Sealed, decrypt, encrypt, fresh_key
from points.vault.files import add_master_key, load_master_keys, make_master_keys
from points.vault.keychain import OPENED_MAX, Keychain, Vault
from points.vault.masters import MasterKeys, fresh_master_key, read_master_keys
from points.vault.tokens import Key, Place, key_of, seal, unseal

HOME = Place("panjin", "M1", "personal.name")
KEY = Key.of(b"k" * 32)
ALGORITHMS = list(Algorithm)


@given(text=st.text(max_size=200), secret=st.binary(min_size=32, max_size=32))
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_was_sealed_opens(algorithm: Algorithm, text: str, secret: bytes) -> None:
    token = seal(algorithm, Key.of(secret), HOME, text.encode())
    assert unseal(Key.of(secret), HOME, token).decode() == text
    assert token.isascii()
    assert token.startswith(f"v1.{algorithm.value}.{Key.of(secret).key_id}.")


@given(data=st.binary(max_size=60), at=st.integers(0, 10_000))
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_bit_can_be_changed(algorithm: Algorithm, data: bytes, at: int) -> None:
    sealed = bytearray(encrypt(algorithm, KEY.secret, data, b"here"))
    sealed[at % len(sealed)] ^= 1 << at % 8
    with pytest.raises(Sealed):
        decrypt(algorithm, KEY.secret, bytes(sealed), b"here")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("elsewhere", "M1", "personal.name"),
        Place("panjin", "M2", "personal.name"),
        Place("panjin", "M1", "personal.phone"),
    ],
)
def test_a_token_that_was_moved_does_not_open(algorithm: Algorithm, elsewhere: Place) -> None:
    token = seal(algorithm, KEY, HOME, b"secret")
    with pytest.raises(Sealed):
        unseal(KEY, elsewhere, token)


def test_a_token_bound_to_no_place_would_open_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the binding, what the test above refuses is taken."""
    monkeypatch.setattr(tokens, "_bound", lambda _head, _place: b"")
    token = seal(Algorithm.AES_256_GCM, KEY, HOME, b"secret")
    assert unseal(KEY, Place("elsewhere", "M2", "x"), token) == b"secret"


def test_another_head_does_not_open() -> None:
    token = seal(Algorithm.AES_256_GCM, KEY, HOME, b"secret")
    for wrong in (
        token.replace("v1.", "v2."),
        token.replace("aes256gcm", "sm4gcm"),
        token.replace("aes256gcm", "rot13"),
        token.replace(KEY.key_id, "00000000"),
        token[:-30],
        token + "!",
        "no token",
        "",
    ):
        with pytest.raises(Sealed):
            unseal(KEY, HOME, wrong)


def test_no_key_is_printed() -> None:
    assert "kkkk" not in repr(KEY)
    assert "mmmm" not in repr(vault())


def test_equal_texts_give_different_tokens() -> None:
    assert len({seal(Algorithm.AES_256_GCM, KEY, HOME, b"x") for _ in range(50)}) == 50


def test_the_key_id_tells_nothing_of_the_key() -> None:
    assert KEY.key_id not in KEY.secret.hex()
    assert key_of(seal(Algorithm.SM4_GCM, KEY, HOME, b"")) == KEY.key_id
    assert key_of("张三") == ""


def vault(*secrets: bytes, algorithm: Algorithm = Algorithm.AES_256_GCM) -> Vault:
    return Vault(MasterKeys.of(*(secrets or (b"m" * 32,))), algorithm)


def held(*secrets: bytes, algorithm: Algorithm = Algorithm.AES_256_GCM) -> SimpleNamespace:
    return SimpleNamespace(vault=vault(*secrets, algorithm=algorithm))


def test_a_person_is_read_with_their_key_and_master() -> None:
    chain = Keychain(held(), "panjin")
    chain.make("M1")
    token = chain.seal("M1", "personal.name", "张三")
    wrapped = chain.made["M1"]
    again = Keychain(held(algorithm=Algorithm.SM4_GCM), "panjin", {"M1": wrapped})
    assert again.open("M1", "personal.name", token) == "张三"
    both = again.seal("M1", "personal.name", "张三")
    assert both.startswith("v1.sm4gcm.")
    assert Keychain(held(), "panjin", {"M1": wrapped}).open("M1", "personal.name", both) == "张三"


def test_a_wrong_master_key_fails_closed() -> None:
    chain = Keychain(held(), "panjin")
    chain.make("M1")
    token, wrapped = chain.seal("M1", "personal.name", "张三"), chain.made["M1"]
    with pytest.raises(Misused) as failed:
        Keychain(held(b"x" * 32), "panjin", {"M1": wrapped}).open("M1", "personal.name", token)
    assert failed.value.code == "master_key_missing"
    for association, subject in (("elsewhere", "M1"), ("panjin", "M2")):
        with pytest.raises(Sealed):
            Keychain(held(), association, {subject: wrapped}).open(subject, "personal.name", token)


def test_without_the_key_a_token_stays_sealed() -> None:
    chain = Keychain(held(), "panjin")
    chain.make("M1")
    token = chain.seal("M1", "personal.name", "张三")
    assert "M1" in chain
    with pytest.raises(Sealed):
        Keychain(held(), "panjin").open("M1", "personal.name", token)
    with pytest.raises(Misused) as failed:
        Keychain(held(), "panjin").seal("M1", "personal.name", "张三")
    assert failed.value.code == "unsealed"
    assert Keychain(held(), "panjin").open("M1", "personal.name", "张三") == "张三"


def test_few_unwrapped_keys_are_held() -> None:
    chain = Keychain(held(), "panjin")
    for number in range(OPENED_MAX + 10):
        chain.make(f"M{number}")
    assert len(chain._opened) == OPENED_MAX
    assert chain.seal("M0", "personal.name", "张三")


def test_old_and_new_master_keys_work_side_by_side() -> None:
    old = vault(b"1" * 32)
    both = vault(b"1" * 32, b"2" * 32)
    key = Key.of(fresh_key())
    wrapped = old.wrap("panjin", "M1", key)
    anew = both.wrap("panjin", "M1", both.unwrap("panjin", "M1", wrapped))
    assert key_of(anew) == both.masters.current.key_id != key_of(wrapped)
    assert vault(b"2" * 32).unwrap("panjin", "M1", anew) == key


def test_master_keys_are_read_from_lines() -> None:
    first, second = fresh_master_key(), fresh_master_key()
    keys = read_master_keys(f"# old\n{first}  # 2025\n\n{second}\n")
    assert list(keys.keys.values())[-1] == keys.current
    assert read_master_keys(f"{first},{second}") == keys
    for wrong in ("", "# nothing", "short", f"{first}\nnonsense!", first[:-8]):
        with pytest.raises(Misused) as failed:
            read_master_keys(wrong)
        assert wrong not in failed.value.en or not wrong


def test_the_file_of_master_keys_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "points.keys"
    assert load_master_keys(path) is None
    assert make_master_keys(path)
    assert not make_master_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = load_master_keys(path)
    after = add_master_key(path)
    assert before is not None
    assert set(before.keys) < set(after.keys)
    assert after.current != before.current
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(Misused) as failed:
        load_master_keys(path)
    assert failed.value.code == "master_key_exposed"


def test_a_machine_without_sm4_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(*_: object) -> None:
        raise ciphers.UnsupportedAlgorithm("no SM4")

    monkeypatch.setattr(ciphers, "_sm4", lacks)
    for work in (ciphers._sm4_encrypt, ciphers._sm4_decrypt):
        with pytest.raises(Misused) as failed:
            work(b"k" * 32, b"n" * 12, b"x" * 20, b"")
        assert failed.value.code == "cipher_unsupported"
    assert keychain.WRAPPED
