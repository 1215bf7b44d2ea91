"""Numbers: their form, their blind index, their masks."""

from hypothesis import given
from hypothesis import strategies as st

from points.members.identifiers import blind_index, identity_ok, mask_name, mask_phone, phone_ok

SOUND = "11010519491231002X"  # the example of the standard


def test_a_phone_has_eleven_digits() -> None:
    assert phone_ok("13800001111")
    for wrong in ("", "1380000111", "138000011111", "23800001111", "138 0000 1111", "1３800001111"):
        assert not phone_ok(wrong)


def test_the_standards_example_is_sound() -> None:
    assert identity_ok(SOUND)
    assert not identity_ok(SOUND.lower())
    assert not identity_ok("")


@given(place=st.integers(0, 16), digit=st.sampled_from("0123456789"))
def test_a_wrong_digit_is_noticed(place: int, digit: str) -> None:
    changed = SOUND[:place] + digit + SOUND[place + 1 :]
    assert identity_ok(changed) == (changed == SOUND)


def test_the_blind_index_needs_its_key_and_kind() -> None:
    index = blind_index(b"k", "phone", "13800001111")
    assert index == blind_index(b"k", "phone", "13800001111")
    assert index != blind_index(b"other", "phone", "13800001111")
    assert index != blind_index(b"k", "identity", "13800001111")
    assert "13800001111" not in index


def test_masks_hide_all_but_a_little() -> None:
    assert mask_name("张三") == "张*"
    assert mask_name("欧阳娜娜") == "欧**"
    assert mask_name("") == ""
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone("") == ""


@given(st.text("零一二三", min_size=2, max_size=6))
def test_a_masked_name_keeps_one_character(name: str) -> None:
    assert mask_name(name).rstrip("*") == name[0]
