"""Parts of a rule in words: roundings, caps, expiry, schedules, rows of tables."""

from collections.abc import Mapping
from decimal import Decimal

from points.kernel.canonical import decimal_text
from points.rules.compile import Compiled
from points.rules.durations import Duration
from points.rules.model import Bands, Cap, Expiry, Multiplier, Rounding, Row, Rule, Schedule
from points.rules.normal import whole
from points.rules.scope import MEMBER_FIELDS
from points.rules.sentence import Speaker
from points.rules.syntax import Binary, Field, Literal, Tree
from points.rules.texts import Title
from points.rules.titles import duration, spaced

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
_NOTHING = Title("不计", "nothing")
_EXPIRY: Mapping[str, Title] = {
    "end_of_year": Title("当年年底到期", "until the end of the year"),
    "end_of_next_year": Title("次年年底到期", "until the end of next year"),
    "never": Title("长期有效", "without end"),
}
_WEEKDAYS = Title("一二三四五六日", "Mo Tu We Th Fr Sa Su")


def name_of(measure: str) -> Title:
    """Return a measure's name for people."""
    return MEASURES.get(measure, Title(measure, measure))


def listed(parts: list[Title]) -> Title:
    """Return several texts as one."""
    if not parts:
        return Title("无", "none")
    return Title("、".join(each.zh for each in parts), ", ".join(each.en for each in parts))


def expression(rule: Rule | None, tree: Tree, types: Mapping[str, Title]) -> Title:
    """Return an expression without bindings as words; fields as a rule's activity calls them."""
    roots = {"event": rule.type.scored if rule else {}, "member": MEMBER_FIELDS}
    zh, en = (Speaker(roots, {}, types, language).say(tree) for language in ("zh", "en"))
    return Title(zh, en)


def window(cap: Cap) -> Title:
    """Return the time that a cap counts over."""
    if cap.years > 1:
        return Title(f"每 {cap.years} 年", f"every {cap.years} years")
    return WINDOWS[cap.window]


def amount(cap: Cap) -> Title:
    """Return how much a cap lets through."""
    if cap.unit == "times":
        word = "time" if cap.maximum == 1 else "times"
        return Title(f"{cap.maximum} 次", f"{cap.maximum} {word}")
    return Title(f"{cap.maximum} 分", f"{cap.maximum} {points_word(cap.maximum)}")


def points_word(number: int) -> str:
    """Return ``point`` or ``points``."""
    return "point" if number == 1 else "points"


def cap_sentence(cap: Cap) -> Title:
    """Return a cap as words."""
    over, much, more = window(cap), amount(cap), MODES[cap.mode]
    whose = SCOPES[cap.scope] if cap.scope != "member" else Title("", "")
    zh = f"{cap.title.zh}：{whose.zh}{over.zh}至多 {much.zh}{more.zh}"
    en = f"{cap.title.en}: at most {much.en} {over.en} {whose.en}".rstrip()
    return Title(zh, en + more.en)


def expiry_sentence(policy: Expiry) -> Title:
    """Return an expiry policy as words."""
    if isinstance(policy, Duration):
        time = duration(policy)
        return Title(f"{time.zh}后到期", f"for {time.en}")
    return _EXPIRY[policy]


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


def rounding(value: Rounding) -> Title:
    """Return how points are rounded."""
    words = ROUNDINGS[value.mode]
    if value.step == 1:
        return words
    return Title(f"{words.zh}到 {value.step} 的倍数", f"{words.en} to multiples of {value.step}")


def schedule(value: Schedule | None) -> Title:
    """Return when something must have happened."""
    if value is None or value == Schedule():
        return Title("不限", "at any time")
    said = [DAY_KINDS[kind] for kind in DAY_KINDS if kind in value.days]
    if value.weekdays != Schedule().weekdays:
        days = sorted(value.weekdays)
        zh = "、".join(f"周{_WEEKDAYS.zh[day - 1]}" for day in days)
        said.append(Title(zh, ", ".join(_WEEKDAYS.en.split()[day - 1] for day in days)))
    if value.start or value.end:
        start = value.start.isoformat("minutes") if value.start else "00:00"
        end = value.end.isoformat("minutes") if value.end else "24:00"
        said.append(Title(f"{start}～{end}", f"{start}-{end}"))
    for days_of, zh, en in ((value.only, "仅限", "only on"), (value.never, "不含", "not on")):
        if days_of:
            days_said = ", ".join(sorted(str(day) for day in days_of))
            said.append(Title(f"{zh} {days_said}", f"{en} {days_said}"))
    return listed(said)


def multiplier(value: Multiplier) -> Title:
    """Return a multiplier in short."""
    times = decimal_text(value.times)
    return Title(f"“{value.title.zh}”×{times}", f"'{value.title.en}' ×{times}")


def row(rule: Rule | None, value: Row, types: Mapping[str, Title]) -> Title:
    """Return the condition of a table's row."""
    if not value.when:
        return Title("其他情形", "anything else")
    said = [expression(rule, whole(part), types) for part in value.when]
    return Title("，且".join(each.zh for each in said), " and ".join(each.en for each in said))


def table(rule: Rule) -> Title:
    """Return a rule's table, row by row."""
    rows = rule.table.rows if rule.table else ()
    said = [(row(rule, each, {}), expression(rule, whole(each.points), {})) for each in rows]
    zh = "，".join(spaced(f"{when.zh}时得{points.zh}分") for when, points in said)
    return Title(zh, ", ".join(f"{points.en} points if {when.en}" for when, points in said))


def comes_whole(rule: Rule, compiled: Compiled) -> bool:
    """Return whether points are whole numbers anyway, so that rounding need not be spoken of."""
    return _whole(rule, whole(compiled))


def _whole(rule: Rule, tree: Tree) -> bool:
    if isinstance(tree, Literal):
        return isinstance(tree.value, int)
    if isinstance(tree, Field) and tree.root == "event":
        return rule.type.fields[tree.name].kind == "integer"
    if isinstance(tree, Binary) and tree.op in ("+", "-", "*"):
        return _whole(rule, tree.left) and _whole(rule, tree.right)
    return False
