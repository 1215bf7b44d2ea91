"""The catalogue as staff write it: what is shipped is sound, and each mistake has its place."""

import json
from datetime import UTC, date, datetime, timedelta
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
from points.flows.catalogue_file import FILE_KEYS, REWARD_KEYS, eligible, read_catalogue
from points.flows.catalogue_parts import Around
from points.flows.catalogue_schema import schema
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
        # A sum for each part of an amount would come to more than was set aside for it.
        ("kind: item", "kind: amount\n    amount_fen: 99", "catalogue.missing", 5),
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
        ("note:", "limits: [{per_member: 1, window: day}, {per_member: 2, window: day}]\n    note:", "catalogue.limit_window", 14),
        ("note:", "limit: {per_member: 1, window: day}\n    limits: []\n    note:", "catalogue.limits_twice", 14),
        ("note:", 'active: {from: "2024-12-31"}\n    note:', "catalogue.active_outside", 14),
        ('{from: "2025-01-01"}', '{from: "2025-01-01", until: "2025-01-01"}', "catalogue.window_empty", 13),
        ("note:", "gate: Doctor's\n    note:", "catalogue.gate", 14),
        ("note:", "tiers: [6]\n    note:", "file.bad_value", 14),
        ("note:", "tiers: [5, 5]\n    note:", "catalogue.words", 14),
        ("note:", "photo: ../secret.png\n    note:", "catalogue.photo_path", 14),
        ("price: 10", "price: {default: 10}", "file.missing_key", 9),
        ("price: 10", "price: {default: 10, tiers: {7: 1}}", "catalogue.tier", 9),
        ("price: 10", "price: {default: 0, tiers: {5: 1}}\n    must_be_free: true", "catalogue.must_be_free", 9),
    ],
)  # fmt: skip
def test_each_mistake_has_its_place(old: str, new: str, code: str, line: int) -> None:
    assert old in SOUND
    assert (code, line) in codes(SOUND.replace(old, new))


AROUND = Around(
    photos={"photos/a.png": "a" * 64}.get,
    outlets={"YF01": "pharmacy", "YY01": "hospital"},
    partners=frozenset({"YF", "YY"}),
    rated=frozenset({"party"}),
    agreed={"C90": ("YF", 200)},
)


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ("photo: photos/a.png", []),
        ("photo: photos/b.png", ["catalogue.photo"]),
        ("stock: {outlets: {YF01: 2}}", []),
        ("stock: {outlets: {YF02: 2}}", ["catalogue.outlet_unknown"]),
        ("stock: {outlets: {YY01: 2}}", ["catalogue.outlet_category"]),
        ("stock: {total: 1, outlets: {YF01: 2}}", ["catalogue.stock_outlets"]),
        ("tiers: 5", ["catalogue.tiers_unrated"]),
    ],
)
def test_what_lies_around_a_catalogue_is_looked_at(more: str, codes: list[str]) -> None:
    text = HEAD + SOUND.replace("    note:", f"    {more}\n    note:")
    read, findings = read_catalogue(text, file="catalogue.yaml", around=AROUND)
    assert [each.code for each in findings] == codes
    assert (read is None) == any(each.severity == "error" for each in findings)


@pytest.mark.parametrize("payee", ["YF01", "pharmcy", "Default", "XX"])
def test_a_sum_is_for_somebody_whom_there_is(payee: str) -> None:
    text = HEAD + SOUND.replace("{default: 200}", f"{{default: 200, {payee}: 150}}")
    read, [found] = read_catalogue(text, file="catalogue.yaml", around=AROUND)
    assert read is None
    assert (found.code, found.line, found.column) == ("catalogue.payee_unknown", 10, 32)
    assert payee in found.zh
    for known in ("YF", "pharmacy"):
        right = text.replace(payee, known)
        assert read_catalogue(right, file="catalogue.yaml", around=AROUND)[1] == []


def test_no_less_is_set_aside_than_a_contract_pays() -> None:
    text = HEAD + SOUND.replace("{default: 200}", "{default: 190, hospital: 199}")
    read, [found] = read_catalogue(text, file="catalogue.yaml", around=AROUND)
    assert read is None
    assert (found.code, found.line) == ("catalogue.tariff_agreed", 10)
    assert all(word in found.zh for word in ("YF", "200", "199"))
    enough = HEAD + SOUND.replace("{default: 200}", "{default: 190, hospital: 201}")
    assert read_catalogue(enough, file="catalogue.yaml", around=AROUND)[1] == []


def test_the_whole_of_a_reward_is_read() -> None:
    text = HEAD.replace("version: 1", 'version: 1\neffective_from: "2026-05-01"') + (
        SOUND.replace("programme: health", "programme: party")
        .replace("price: 10", "price: {default: 10, tiers: {5: 8}}")
        .replace(
            "    note:",
            """\
    stock: {total: 9, per_week: 3, per_month: 5, outlets: {YF01: 2}}
    limits: [{per_member: 1, window: day}, {per_member: 3, window: year}]
    tiers: [4, 5]
    active: {from: "2025-02-01", until: "2026-02-01"}
    photo: photos/a.png
    note:""",
        )
    )
    read, findings = read_catalogue(text, file="catalogue.yaml", around=AROUND)
    assert findings == []
    assert read is not None
    [found] = read.rewards
    assert found.stock == Stock(total=9, per_week=3, per_month=5, outlets={"YF01": 2})
    assert [each.window for each in found.limits] == [Window.DAY, Window.YEAR]
    assert (found.tiers, found.price_in(5), found.price_in(4)) == ((4, 5), 8, 10)
    assert (found.photo, found.photo_path) == ("a" * 64, "photos/a.png")
    days = (date(2025, 1, 31), date(2025, 2, 1), date(2026, 2, 1))
    assert [found.active(day) for day in days] == [False, True, False]
    assert read.version.starts_at == datetime(2026, 4, 30, 16, tzinfo=UTC)
    assert reward_from(json.loads(json.dumps(plain(found)))) == found


def test_a_limit_that_was_stored_alone_is_read() -> None:
    stored = plain(reward()) | {"limit": {"per_member": 2, "window": "month"}}
    assert reward_from(stored).limits == (Limit(per_member=2, window=Window.MONTH),)
    assert reward_from(stored | {"limit": None}).limits == ()


def test_the_schema_for_editors_has_every_key() -> None:
    rewards = schema()["properties"]["rewards"]["items"]
    assert set(rewards["properties"]) == set(REWARD_KEYS)
    assert set(schema()["properties"]) == set(FILE_KEYS)
    assert SHIPPED.read_text("utf-8").startswith("# yaml-language-server: $schema=schema/")


def test_a_code_is_used_once() -> None:
    assert codes(SOUND + SOUND) == [("catalogue.duplicate", 15)]


def test_a_code_that_stands_twice_is_found_beside_whatever_else_is_amiss() -> None:
    wrong = SOUND.replace("price: 10", "price: ten")
    for pair in (wrong + SOUND, SOUND + wrong, wrong + wrong):
        found = codes(pair)
        assert ("catalogue.duplicate", 15) in found
        assert {code for code, _ in found} == {"catalogue.duplicate", "file.bad_value"}
    _, findings = read_catalogue(HEAD + SOUND + SOUND, file="catalogue.yaml")
    assert [(each.zh, each.en) for each in findings] == [
        ("兑换项目“C90”重复，首次见第 5 行", "this code is used twice, first in line 5")
    ]


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
        {"kind": RewardKind.AMOUNT, "amount_fen": Fen(99)},
        {"tariff_is_face": True},
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
    assert head.window_ends(Window.LIFETIME, late) is None
    after = head.window_ends(window, late)
    assert after is not None
    assert head.window_begins(window, after) == after
    assert head.window_begins(window, after - timedelta(microseconds=1)) == local


def test_no_limit_is_higher_than_the_vouchers_that_are_read() -> None:
    assert PER_MEMBER_MAX == DRAWN_MAX
    with pytest.raises(BrokenInvariant):
        Limit(per_member=PER_MEMBER_MAX + 1, window=Window.DAY)
