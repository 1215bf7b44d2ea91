"""Says what a summary holds, in Chinese and English, from its plain form alone."""

from collections.abc import Mapping
from typing import Any

from points.rules.impact.sides import UNKNOWN
from points.rules.rule_sentence import name_of
from points.rules.texts import Title

DIMENSION_TITLES: Mapping[str, Title] = {
    "rule": Title("规则", "rule"),
    "type": Title("活动类型", "activity type"),
    "branch": Title("支部", "branch"),
    "kind": Title("会员类别", "kind of member"),
    "month": Title("月份", "month"),
}
KIND_TITLES: Mapping[str, Title] = {
    "courier": Title("快递员", "couriers"),
    "rider": Title("外卖骑手", "riders"),
    "truck_driver": Title("货车司机", "truck drivers"),
    "ride_hailing_driver": Title("网约车司机", "ride-hailing drivers"),
    "taxi_driver": Title("出租车司机", "taxi drivers"),
    UNKNOWN: Title("未登记", "not known"),
}
_SIDES: Mapping[str, Title] = {
    "stored": Title("已入账的积分", "what was posted"),
    "in_force": Title("现行规则", "the rules in force"),
}
_FEN_A_YUAN = 100


def named(found: Mapping[str, Any], dimension: str, name: str) -> Title:
    """Return what people call a rule, a cap, a kind of member, or nothing known."""
    if dimension in {"kind", "branch"}:
        return KIND_TITLES.get(name, Title(name, name))
    title = found["titles"].get(name)
    return Title(title["zh"], title["en"]) if title else Title(name, name)


def side_named(basis: Mapping[str, Any]) -> Title:
    """Return what people call one side of the comparison."""
    known = _SIDES.get(str(basis["kind"]))
    version = basis["version"]
    return known or Title(f"第 {version} 版", f"version {version}")


def signed(points: int) -> str:
    """Return a change with its sign; none where nothing changes."""
    return f"{points:+,}".replace("-", "−") if points else "0"


def yuan(fen: int, *, change: bool = False) -> str:
    """Return an amount of money in yuan."""
    sign = "−" if fen < 0 else "+" if change and fen else ""
    whole, rest = divmod(abs(fen), _FEN_A_YUAN)
    return f"{sign}¥{whole:,}.{rest:02}"


def headlines(found: Mapping[str, Any]) -> list[Title]:
    """Return the summary in a few sentences."""
    return [
        _compared(found),
        *(_measure(found, each) for each in found["measures"]),
        _cost(found),
        *_troubles(found["activities"]),
    ]


def _compared(found: Mapping[str, Any]) -> Title:
    before, after = side_named(found["before"]), side_named(found["after"])
    since, until = found["period"]["from"], found["period"]["until"]
    counts = found["activities"]
    return Title(
        f"{since} 至 {until}（不含当日），{counts['compared']:,} 项活动："
        f"以{after.zh}对比{before.zh}，{counts['changed']:,} 项结果不同。",
        f"From {since} until {until}, {counts['compared']:,} activities: {after.en} against "
        f"{before.en}; {counts['changed']:,} come out differently.",
    )


def _measure(found: Mapping[str, Any], total: Mapping[str, Any]) -> Title:
    name = name_of(total["measure"])
    people = found["members"]["measures"][total["measure"]]
    up, down = people["gaining"], people["losing"]
    return Title(
        f"{name.zh}：{total['before']:,} → {total['after']:,} 分（{signed(total['delta'])}），"
        f"{up:,} 人增加，{down:,} 人减少，{people['unchanged']:,} 人不变。",
        f"{name.en.capitalize()}: {total['before']:,} → {total['after']:,} points "
        f"({signed(total['delta'])}); {up:,} members gain, {down:,} lose, "
        f"{people['unchanged']:,} stay as they are.",
    )


def _cost(found: Mapping[str, Any]) -> Title:
    cost = found["cost"]
    after, delta = yuan(cost["after_fen"]), yuan(cost["delta_fen"], change=True)
    zh = f"可兑换积分折合 {after}（{delta}），每分按 {cost['fen_a_point']} 分钱计"
    en = f"Spendable points come to {after} ({delta}), at {cost['fen_a_point']} fen a point"
    if cost["budget_fen"] is None:
        return Title(f"{zh}。", f"{en}.")
    budget = yuan(cost["budget_fen"])
    if cost["over_budget"]:
        over = yuan(cost["after_fen"] - cost["budget_fen"])
        return Title(
            f"{zh}；超出预算 {budget} 共 {over}！", f"{en}; {over} over the budget of {budget}!"
        )
    return Title(f"{zh}；在预算 {budget} 之内。", f"{en}; within the budget of {budget}.")


def _troubles(counts: Mapping[str, int]) -> list[Title]:
    said = []
    if number := counts["quarantined_after"]:
        said.append(
            Title(
                f"{number:,} 项活动会因规则计算出错而搁置。",
                f"{number:,} activities would be set aside because a rule fails on them.",
            )
        )
    if number := counts["posted_otherwise"]:
        said.append(
            Title(
                f"{number:,} 项活动的入账结果与现行规则重算不同（曾更正或规则当时不同）。",
                f"{number:,} activities were posted otherwise than the rules in force give "
                "(corrected since, or scored by other rules).",
            )
        )
    return said
