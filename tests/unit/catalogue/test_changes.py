"""What changed is said by its meaning, in both languages, and nothing else is said."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from points.catalogue.changes import changes
from points.catalogue.model import Limit, Stock, Window
from points.kernel.amounts import Fen, Points
from points.kernel.ids import RewardId
from tests.unit.catalogue.test_catalogue_file import reward

OLD = reward(tariff_fen={"default": 500})


@pytest.mark.parametrize(
    ("more", "field", "zh"),
    [
        ({"price": Points(12)}, "price", "C90 券：价格 10 分 → 12 分"),
        ({"price": Points(0)}, "price", "C90 券：价格 10 分 → 免费"),
        ({"tier_prices": {"5": 8}}, "price", "C90 券：价格 10 分 → 10 分，5 星 8 分"),
        ({"tariff_fen": {"default": 550, "YF": 600}}, "tariff", "C90 券：结算价 default 5.00 元 → YF 6.00 元、default 5.50 元"),
        ({"stock": Stock(total=5, per_week=2, outlets={"YF01": 1})}, "stock", "C90 券：库存 不限 → 共 5、每周 2、YF01 1"),
        ({"limits": (Limit(per_member=2, window=Window.MONTH),)}, "limits", "C90 券：限兑 不限 → 每月限 2 次"),
        ({"tiers": (4, 5)}, "tiers", "C90 券：星级 无 → 4、5"),
        ({"gate": "doctor_referral"}, "gate", "C90 券：须核验 无 → doctor_referral"),
        ({"visible_until": date(2027, 1, 1)}, "visible", "C90 券：展示期 2026-01-01 起 → 2026-01-01 起，2027-01-01 前"),
        ({"active_from": date(2026, 2, 1)}, "active", "C90 券：可兑换期 同展示期 → 2026-02-01 起"),
        ({"active_until": date(2026, 2, 1)}, "active", "C90 券：可兑换期 同展示期 → … 起，2026-02-01 前"),
        ({"valid_days": 9}, "valid_for", "C90 券：有效期 1 天 → 9 天"),
        ({"partners": ("hospital",)}, "partners", "C90 券：合作单位 pharmacy → hospital"),
        ({"note_zh": "新"}, "note", "C90 券：说明 无 → 新"),
        ({"eligible": "member.party_member"}, "eligible", "C90 券：适用条件 无 → member.party_member"),
    ],
)  # fmt: skip
def test_each_change_is_said(more: dict[str, Any], field: str, zh: str) -> None:
    [found] = changes([OLD], [replace(OLD, version=2, **more)])
    assert (found.field, found.sentence("zh")) == (field, zh)
    assert "→" in found.sentence("en")


def test_a_new_version_of_the_same_changes_nothing() -> None:
    assert changes([OLD], [replace(OLD, version=9)]) == []


def test_rewards_come_and_go() -> None:
    other = replace(OLD, reward_id=RewardId("C91"), amount_fen=Fen(0))
    gone, come = changes([OLD], [other])
    assert (gone.field, come.field) == ("removed", "added")
    assert [gone.sentence("zh"), come.sentence("zh")] == ["C90 券：取消", "C91 券：新增，10 分"]
    assert come.sentence("en") == "C91 voucher: new, 10 points"


def test_must_be_free_is_said() -> None:
    free = replace(OLD, price=Points(0), must_be_free=True)
    assert [each.field for each in changes([OLD], [free])] == ["price", "must_be_free"]
