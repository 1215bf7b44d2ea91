"""Says a whole rule to staff in one sentence or two."""

from collections.abc import Mapping

from points.kernel.canonical import decimal_text
from points.rules.durations import Duration
from points.rules.model import Cap, Expiry, Rule
from points.rules.texts import Title

MEASURES: Mapping[str, Title] = {
    "wallet": Title("钱包", "wallet"),
    "rating": Title("年度评定", "rating"),
}
WINDOWS: Mapping[str, Title] = {
    "activity": Title("每次", "an activity"),
    "day": Title("每日", "a day"),
    "week": Title("每周", "a week"),
    "month": Title("每月", "a month"),
    "quarter": Title("每季", "a quarter"),
    "year": Title("每年", "a year"),
    "lifetime": Title("终身", "for life"),
}
REVIEWERS: Mapping[str, Title] = {
    "branch": Title("支部", "the branch"),
    "grid": Title("网格", "the grid"),
    "association": Title("协会", "the association"),
    "industry": Title("行业党委", "the industry committee"),
    "provider": Title("服务机构", "the provider"),
    "system": Title("系统", "the system"),
}
ROUNDINGS: Mapping[str, Title] = {
    "down": Title("向下取整", "rounded down"),
    "up": Title("向上取整", "rounded up"),
    "half_up": Title("四舍五入", "rounded half up"),
    "half_even": Title("四舍六入五成双", "rounded half to even"),
}
_EXPIRY: Mapping[str, Title] = {
    "end_of_year": Title("当年年底到期", "until the end of the year"),
    "end_of_next_year": Title("次年年底到期", "until the end of next year"),
    "never": Title("长期有效", "without end"),
}


def rule_sentence(rule: Rule, language: str = "zh") -> str:
    """Return what a rule does, in ``zh`` or ``en``."""
    parts = (_zh if language != "en" else _en)(rule)
    return ("；".join(parts) + "。") if language != "en" else "; ".join(parts) + "."


def _zh(rule: Rule) -> list[str]:
    said = {key: title.zh for key, title in rule.conditions_said.items()}
    head = f"{rule.title.zh}（{rule.id}）：“{rule.type.title.zh}”"
    if conditions := [said[key] for key in ("audience", "when") if key in said]:
        head += f"，且{'，且'.join(conditions)}"
    parts = [head, *(f"{name_of(m).zh}得 {text.zh} 分" for m, text in rule.formulas.items())]
    parts += [f"{each.title.zh} ×{decimal_text(each.times)}" for each in rule.multipliers]
    parts.append(ROUNDINGS[rule.rounding.mode].zh)
    parts += [cap_sentence(cap).zh for cap in rule.caps]
    parts += [f"{name_of(m).zh}{expiry_sentence(e).zh}" for m, e in rule.expires.items()]
    parts.append(f"由{REVIEWERS[rule.review.first].zh}审核")
    if rule.review.second_above is not None:
        parts.append(f"超过 {rule.review.second_above} 分须复核")
    if rule.review.publicity_days:
        parts.append(f"公示 {rule.review.publicity_days} 个工作日")
    return parts


def _en(rule: Rule) -> list[str]:
    said = {key: title.en for key, title in rule.conditions_said.items()}
    head = f"{rule.title.en} ({rule.id}): for '{rule.type.title.en}'"
    if conditions := [said[key] for key in ("audience", "when") if key in said]:
        head += f" when {' and '.join(conditions)}"
    parts = [head, *(f"{name_of(m).en} gets {text.en} points" for m, text in rule.formulas.items())]
    parts += [f"{each.title.en} ×{decimal_text(each.times)}" for each in rule.multipliers]
    parts.append(ROUNDINGS[rule.rounding.mode].en)
    parts += [cap_sentence(cap).en for cap in rule.caps]
    parts += [f"{name_of(m).en} {expiry_sentence(e).en}" for m, e in rule.expires.items()]
    parts.append(f"reviewed by {REVIEWERS[rule.review.first].en}")
    if rule.review.second_above is not None:
        parts.append(f"a second review above {rule.review.second_above}")
    if rule.review.publicity_days:
        parts.append(f"public for {rule.review.publicity_days} working days")
    return parts


def name_of(measure: str) -> Title:
    """Return a measure's name for people."""
    return MEASURES.get(measure, Title(measure, measure))


def cap_sentence(cap: Cap) -> Title:
    """Return a cap as words."""
    window = WINDOWS[cap.window]
    if cap.years > 1:
        window = Title(f"每 {cap.years} 年", f"every {cap.years} years")
    unit = Title("次", " times") if cap.unit == "times" else Title("分", " points")
    zh = f"{cap.title.zh}：{window.zh}至多 {cap.maximum} {unit.zh}"
    return Title(zh, f"{cap.title.en}: at most {cap.maximum}{unit.en} {window.en}")


def expiry_sentence(policy: Expiry) -> Title:
    """Return an expiry policy as words."""
    if isinstance(policy, Duration):
        return Title(f"{policy.text} 后到期", f"for {policy.text}")
    return _EXPIRY[policy]
