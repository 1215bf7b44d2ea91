"""The catalogue as staff write it: what is shipped is sound, and each mistake has its place."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from points.catalogue.model import (
    PER_MEMBER_MAX,
    CatalogueVersion,
    Limit,
    Reward,
    RewardKind,
    Stock,
    Window,
    reward_from,
)
from points.flows.catalogue_file import eligible, read_catalogue
from points.kernel.amounts import Fen, Points
from points.kernel.canonical import plain
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import RewardId
from points.vouchers.store import DRAWN_MAX

SHIPPED = Path(__file__).parents[3] / "rules" / "catalogue.yaml"
HEAD = "version: 1\ntimezone: Asia/Shanghai\nvalue_fen_per_point: 20\nrewards:\n"
SOUND = """\
  - code: C90
    programme: health
    title: {zh: 券, en: Voucher}
    kind: item
    price: 10
    tariff_fen: {default: 200}
    partners: [pharmacy]
    valid_for: P90D
    visible: {from: "2025-01-01"}
    note: {zh: 无, en: None}
"""


def codes(text: str) -> list[tuple[str, int | None]]:
    catalogue, findings = read_catalogue(HEAD + text, file="catalogue.yaml")
    assert (catalogue is None) == bool(findings)
    assert all(finding.zh and finding.en for finding in findings)
    return [(finding.code, finding.line) for finding in findings]


def test_the_shipped_catalogue_is_sound_and_survives_storage() -> None:
    catalogue, findings = read_catalogue(SHIPPED.read_text("utf-8"), file=SHIPPED.name)
    assert findings == []
    assert catalogue is not None
    assert len(catalogue.rewards) == 22
    assert [r.reward_id for r in catalogue.rewards if r.price == 0] == ["C01", "C02", "C03"]
    for reward in catalogue.rewards:
        assert reward_from(json.loads(json.dumps(plain(reward)))) == reward


def test_a_sound_reward_has_no_findings() -> None:
    assert codes(SOUND) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("code: C90", "code: C01", "catalogue.must_be_free", 9),
        ("price: 10", "price: 10\n    must_be_free: true", "catalogue.must_be_free", 9),
        ("price: 10", "price: ten", "file.bad_value", 9),
        ("price: 10", "price: -1", "file.bad_value", 9),
        ("kind: item", "kind: things", "file.bad_value", 8),
        ("kind: item", "kind: amount", "catalogue.missing", 5),
        ("kind: item", "kind: count", "catalogue.missing", 5),
        ("kind: item", "kind: item\n    uses: 3", "catalogue.unused", 9),
        ("kind: item", "kind: item\n    tariff: face", "catalogue.unused", 9),
        ("{default: 200}", "{pharmacy: 200}", "catalogue.tariff", 10),
        ("[pharmacy]", "[pharmacie]", "file.bad_value", 11),
        ("[pharmacy]", "[]", "catalogue.words", 11),
        ("[pharmacy]", "[pharmacy, pharmacy]", "catalogue.words", 11),
        ("P90D", "PT90H", "catalogue.valid_for", 12),
        ("P90D", "P3M", "catalogue.valid_for", 12),
        ("P90D", "soon", "file.bad_value", 12),
        ('"2025-01-01"', '"2025-02-30"', "file.bad_value", 13),
        ("note:", "colour: red\n    note:", "file.unknown_key", 14),
        ("note:", "eligible: member.kinds == 1\n    note:", "expression.unknown_name", 14),
        ("note:", "eligible: [a]\n    note:", "file.bad_value", 14),
        ("note:", "eligible: member.kind\n    note:", "expression.type", 14),
        ("note:", "limit: {per_member: 101, window: day}\n    note:", "file.bad_value", 14),
        ("note:", "limit: {per_member: 1, window: era}\n    note:", "file.bad_value", 14),
        ("note:", "stock: {total: some}\n    note:", "file.bad_value", 14),
        ("    visible", "    visibly", "file.unknown_key", 13),
    ],
)
def test_each_mistake_has_its_place(old: str, new: str, code: str, line: int) -> None:
    assert old in SOUND
    assert (code, line) in codes(SOUND.replace(old, new))


def test_a_code_is_used_once() -> None:
    assert codes(SOUND + SOUND) == [("catalogue.duplicate", 15)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "yaml.empty"),
        ("[1, 2]", "file.bad_value"),
        (HEAD.replace("Asia/Shanghai", "Asia/Nowhere"), "catalogue.zone"),
        (HEAD.replace("version: 1\n", ""), "file.missing_key"),
        ("a: &b 1", "yaml.anchor"),
    ],
)
def test_a_file_that_is_none(text: str, code: str) -> None:
    catalogue, findings = read_catalogue(text, file="catalogue.yaml")
    assert catalogue is None
    assert code in {finding.code for finding in findings}


def reward(**more: object) -> Reward:
    values = {
        "reward_id": RewardId("C90"),
        "version": 1,
        "programmes": ("health",),
        "title_zh": "券",
        "title_en": "voucher",
        "kind": RewardKind.ITEM,
        "price": Points(10),
        "partners": ("pharmacy",),
        "valid_days": 1,
        "visible_from": date(2026, 1, 1),
    }
    return Reward(**(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "more",
    [
        {"price": Points(-1)},
        {"must_be_free": True},
        {"amount_fen": Fen(1)},
        {"kind": RewardKind.AMOUNT},
        {"uses": 2},
        {"valid_days": 0},
    ],
)
def test_a_reward_keeps_its_promises(more: dict[str, object]) -> None:
    with pytest.raises(BrokenInvariant):
        reward(**more)


def test_everything_of_a_reward_survives_storage() -> None:
    full = reward(
        visible_until=date(2026, 12, 31),
        stock=Stock(total=1),
        limits=(Limit(per_member=1, window=Window.WEEK),),
        eligible="member.party_member",
    )
    assert reward_from(json.loads(json.dumps(plain(full)))) == full
    assert eligible(full, {"party_member": True})
    assert not eligible(full, {"party_member": False})
    assert eligible(reward(), {})


def test_a_reward_is_shown_from_a_day_until_a_day() -> None:
    shown = reward(visible_until=date(2026, 1, 3))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)]
    assert [shown.visible(day) for day in days] == [False, True, True, False]


def test_what_a_voucher_can_cost_at_most() -> None:
    card = reward(kind=RewardKind.COUNT, uses=3, tariff_fen={"default": 5, "YF": 7})
    assert card.cost_max_fen == 21
    face = reward(kind=RewardKind.AMOUNT, amount_fen=Fen(99), tariff_is_face=True)
    assert face.cost_max_fen == 99
    assert reward().cost_max_fen == 0


@pytest.mark.parametrize(
    ("window", "begins"),
    [
        (Window.DAY, "2026-05-15"),
        (Window.WEEK, "2026-05-11"),
        (Window.MONTH, "2026-05-01"),
        (Window.QUARTER, "2026-04-01"),
        (Window.YEAR, "2026-01-01"),
    ],
)
def test_windows_begin_at_local_midnight(window: Window, begins: str) -> None:
    head = CatalogueVersion(version=1, zone="Asia/Shanghai", value_fen_per_point=Fen(20), sha256="")
    late = datetime(2026, 5, 14, 17, tzinfo=UTC)  # one o'clock on the 15th in Shanghai
    local = datetime.fromisoformat(f"{begins}T00:00:00+08:00")
    assert head.window_begins(window, late) == local
    assert head.window_begins(Window.LIFETIME, late) < head.window_begins(Window.YEAR, late)


def test_no_limit_is_higher_than_the_vouchers_that_are_read() -> None:
    assert PER_MEMBER_MAX == DRAWN_MAX
    with pytest.raises(BrokenInvariant):
        Limit(per_member=PER_MEMBER_MAX + 1, window=Window.DAY)
