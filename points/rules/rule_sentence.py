"""Says a whole rule to staff in one sentence or two."""

from collections.abc import Iterator, Mapping
from datetime import time
from decimal import Decimal

from points.kernel.canonical import decimal_text
from points.rules.durations import Duration
from points.rules.model import Bands, Cap, Expiry, Rule, Schedule
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
SCOPES: Mapping[str, Title] = {
    "member": Title("每名成员", "of each member"),
    "branch": Title("全支部合计", "of the whole branch"),
    "programme": Title("全项目合计", "of the whole programme"),
}
EFFECTS: Mapping[str, Title] = {
    "veto": Title("一票否决：当年不评星，不扣分", "vetoes the year's stars; no points are taken"),
    "freeze": Title(
        "冻结积分使用，可申诉，不扣分", "freezes spending until thawed; no points are taken"
    ),
}
DAY_KINDS: Mapping[str, Title] = {
    "workday": Title("工作日", "working days"),
    "weekend": Title("周末", "weekends"),
    "holiday": Title("法定节假日", "public holidays"),
}
GROUPS: Mapping[str, Title] = {
    "stack": Title("同组各条都计", "all of the group count"),
    "first": Title("同组只计最先的一条", "the first of the group counts"),
    "best_one": Title("同组只计最高的一条", "the best of the group counts"),
}
MODES: Mapping[str, Title] = {
    "trim": Title("", ""),
    "reject": Title("，装不下的整条不计", "; what does not fit whole is refused"),
    "defer": Title("，超出的留到下一窗口", "; what exceeds it waits for the next window"),
}
_DAYS: Mapping[int, Title] = {
    1: Title("周一", "Mondays"),
    2: Title("周二", "Tuesdays"),
    3: Title("周三", "Wednesdays"),
    4: Title("周四", "Thursdays"),
    5: Title("周五", "Fridays"),
    6: Title("周六", "Saturdays"),
    7: Title("周日", "Sundays"),
}
_NOTHING = Title("不计", "nothing")
_EXPIRY: Mapping[str, Title] = {
    "end_of_year": Title("当年年底到期", "until the end of the year"),
    "end_of_next_year": Title("次年年底到期", "until the end of next year"),
    "never": Title("长期有效", "without end"),
}


def rule_sentence(rule: Rule, language: str = "zh") -> str:
    """Return what a rule does, in ``zh`` or ``en``."""
    parts = [part.of(language) for part in _parts(rule)]
    return ("；".join(parts) + "。") if language != "en" else "; ".join(parts) + "."


def _parts(rule: Rule) -> Iterator[Title]:
    yield _head(rule)
    if rule.schedule:
        yield from schedule_said(rule.schedule)
    if rule.sources:
        named = ", ".join(sorted(rule.sources))
        yield Title(f"只认经证实的来源 {named}", f"only from {named}, proved to be it")
    if rule.to:
        spec = rule.type.fields[rule.to]
        yield Title(f"分记给“{spec.title.zh}”所指的会员", f"the points go to '{spec.title.en}'")
    if rule.effect:
        yield effect_said(rule.effect.kind)
    else:
        yield from _worth(rule)
    yield from _looked_at(rule)


def _head(rule: Rule) -> Title:
    said = [
        rule.conditions_said[key] for key in ("audience", "when") if key in rule.conditions_said
    ]
    zh = f"{rule.title.zh}（{rule.id}）：“{rule.type.title.zh}”"
    en = f"{rule.title.en} ({rule.id}): for '{rule.type.title.en}'"
    if said:
        zh += f"，且{'，且'.join(each.zh for each in said)}"
        en += f" when {' and '.join(each.en for each in said)}"
    return Title(zh, en)


def _worth(rule: Rule) -> Iterator[Title]:
    for measure, text in rule.formulas.items():
        name = name_of(measure)
        yield Title(f"{name.zh}得 {text.zh} 分", f"{name.en} gets {text.en} points")
    for each in rule.multipliers:
        times = decimal_text(each.times)
        yield Title(f"{each.title.zh} ×{times}", f"{each.title.en} ×{times}")
    yield ROUNDINGS[rule.rounding.mode]
    if rule.cooldown:
        hours = decimal_text(Decimal(rule.cooldown.total_seconds()) / 3600)
        yield Title(f"两次得分之间至少隔 {hours} 小时", f"not twice within {hours} hours")
    if rule.group:
        words = GROUPS[rule.group.mode]
        yield Title(f"{rule.group.title.zh}：{words.zh}", f"{rule.group.title.en}: {words.en}")
    yield from (cap_sentence(cap) for cap in rule.caps)
    for measure, policy in rule.expires.items():
        name, lasts = name_of(measure), expiry_sentence(policy)
        yield Title(f"{name.zh}{lasts.zh}", f"{name.en} {lasts.en}")


def _looked_at(rule: Rule) -> Iterator[Title]:
    policy = rule.review
    who = REVIEWERS[policy.first]
    yield Title(f"由{who.zh}审核", f"reviewed by {who.en}")
    if rule.effect:
        yield Title("一律须两人审核", "always by two people")
    elif policy.second_above is not None:
        most = policy.second_above
        yield Title(f"超过 {most} 分须复核", f"a second review above {most}")
    if rule.late_after:
        text = rule.late_after.text
        yield Title(f"{text} 后才报的一律须审核", f"always reviewed when later than {text}")
    if policy.publicity_days:
        days = policy.publicity_days
        yield Title(f"公示 {days} 个工作日", f"public for {days} working days")


def schedule_said(schedule: Schedule) -> Iterator[Title]:
    """Yield when something must have happened, as words."""
    if schedule.days:
        kinds = [DAY_KINDS[kind] for kind in DAY_KINDS if kind in schedule.days]
        zh, en = "、".join(each.zh for each in kinds), ", ".join(each.en for each in kinds)
        yield Title(f"只计{zh}", f"only on {en}")
    if len(schedule.weekdays) < len(_DAYS):
        chosen = [_DAYS[day] for day in sorted(schedule.weekdays)]
        zh, en = "、".join(each.zh for each in chosen), ", ".join(each.en for each in chosen)
        yield Title(f"只计{zh}", f"only on {en}")
    if schedule.start or schedule.end:
        start = (schedule.start or time.min).isoformat("minutes")
        end = schedule.end.isoformat("minutes") if schedule.end else "24:00"
        yield Title(f"只计 {start}～{end}", f"only from {start} to {end}")
    for days, words in (
        (schedule.only, Title("只计 {}", "only on {}")),
        (schedule.never, Title("{} 不计", "not on {}")),
    ):
        if days:
            listed = ", ".join(day.isoformat() for day in sorted(days))
            yield Title(words.zh.format(listed), words.en.format(listed))


def effect_said(kind: str) -> Title:
    """Return what a rule does instead of granting points, as words."""
    return EFFECTS[kind]


def bands_said(bands: Bands) -> Title:
    """Return marginal bands as words."""
    zh: list[str] = []
    en: list[str] = []
    low = Decimal(0)
    for band in bands.steps:
        each, top = decimal_text(band.each), band.up_to
        worth = Title(f"每 1 计 {each}", f"{each} each") if band.each else _NOTHING
        if top is None:
            where = Title(
                f"{decimal_text(low)} 以上" if low else "全部", "beyond" if low else "all"
            )
        else:
            span = f"{decimal_text(low)}～{decimal_text(top)}"
            where = Title(f"{span} 部分", span.replace("～", "–"))
            low = top
        zh.append(f"{where.zh}{worth.zh}")
        en.append(f"{where.en}: {worth.en}")
    said = bands.said
    return Title(f"按{said.zh}分档（{'，'.join(zh)}）", f"by bands of {said.en} ({', '.join(en)})")


def name_of(measure: str) -> Title:
    """Return a measure's name for people."""
    return MEASURES.get(measure, Title(measure, measure))


def cap_sentence(cap: Cap) -> Title:
    """Return a cap as words."""
    window = WINDOWS[cap.window]
    if cap.years > 1:
        window = Title(f"每 {cap.years} 年", f"every {cap.years} years")
    unit = Title("次", " times") if cap.unit == "times" else Title("分", " points")
    whose = SCOPES[cap.scope] if cap.scope != "member" else Title("", "")
    more = MODES[cap.mode]
    zh = f"{cap.title.zh}：{whose.zh}{window.zh}至多 {cap.maximum} {unit.zh}{more.zh}"
    said = f"at most {cap.maximum}{unit.en} {window.en}"
    en = f"{cap.title.en}: {said}{' ' + whose.en if whose.en else ''}{more.en}"
    return Title(zh, en)


def expiry_sentence(policy: Expiry) -> Title:
    """Return an expiry policy as words."""
    if isinstance(policy, Duration):
        return Title(f"{policy.text} 后到期", f"for {policy.text}")
    return _EXPIRY[policy]
