"""Says values of a rule set in words, so that one can see what was and what is."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

from points.kernel.canonical import canonical_json, decimal_text
from points.rules.compile import Compiled
from points.rules.diff.content import content
from points.rules.durations import Duration
from points.rules.model import Cap, Multiplier, Rounding, Row, Rule, RuleSet, Schedule
from points.rules.normal import whole
from points.rules.rule_sentence import (
    ROUNDINGS,
    WINDOWS,
)
from points.rules.scope import MEMBER_FIELDS
from points.rules.sentence import Speaker
from points.rules.syntax import Tree
from points.rules.texts import Title

CHOICES: Mapping[str, Title] = {
    "points": Title("计分数", "in points"),
    "times": Title("计次数", "in times"),
    "trim": Title("超出部分不计", "what exceeds it is cut"),
    "reject": Title("超出则整条不计", "what does not fit whole is refused"),
    "defer": Title("超出部分留到下一周期", "what exceeds it waits for the next window"),
    "stack": Title("都计", "all count"),
    "first": Title("只计最先的一条", "the first counts"),
    "best_one": Title("只计最高的一条", "the best counts"),
    "unique": Title("只能有一行符合", "exactly one row fits"),
    "sum": Title("符合的各行相加", "all rows that fit are added"),
    "highest": Title("取最高的一个倍数", "the highest multiplier counts"),
    "multiply": Title("各倍数连乘", "all multipliers are multiplied"),
}
DAYS = Title("一二三四五六日", "Mo Tu We Th Fr Sa Su")


def listed(parts: list[Title]) -> Title:
    """Return several texts as one."""
    if not parts:
        return Title("无", "none")
    return Title("、".join(each.zh for each in parts), ", ".join(each.en for each in parts))


def plain_title(value: object) -> Title:
    """Return a value that is its own name."""
    return Title(str(value), str(value))


@dataclass(frozen=True, slots=True)
class Wording:
    """Says the values of one rule set; expressions as the fields of one rule's activity read."""

    ruleset: RuleSet
    rule: Rule | None = None

    def tree(self, tree: Tree) -> Title:
        """Return an expression as words."""
        event = self.rule.type.scored if self.rule else {}
        roots = {"event": event, "member": MEMBER_FIELDS}
        types = {name: kind.title for name, kind in self.ruleset.types.types.items()}
        zh, en = (Speaker(roots, {}, types, each).say(tree) for each in ("zh", "en"))
        return Title(zh, en)

    def any(self, value: object) -> Title:
        """Return whatever a field may hold as words."""
        match value:
            case None:
                return Title("无", "none")
            case Title():
                return Title(f"“{value.zh}”/“{value.en}”", f"'{value.zh}' / '{value.en}'")
            case bool():
                return Title("是", "yes") if value else Title("否", "no")
            case Compiled():
                return self.tree(whole(value))
            case Decimal():
                return plain_title(decimal_text(value))
            case Duration():
                return duration(value)
            case timedelta():
                return elapsed(value)
            case _:
                return self._other(value)

    def _other(self, value: object) -> Title:
        if isinstance(value, tuple | frozenset):
            return self.many(value)
        if isinstance(value, str):
            return CHOICES.get(value) or plain_title(value)
        if hasattr(value, "title") and hasattr(value, "id"):
            return Title(f"“{value.title.zh}”", f"'{value.title.en}'")
        if isinstance(value, Mapping):
            return listed([self.entry(str(key), item) for key, item in value.items()])
        spelled = content(value)
        return plain_title(spelled if isinstance(spelled, str | int) else canonical_json(spelled))

    def entry(self, key: str, item: object) -> Title:
        """Return one entry of a mapping."""
        said = self.any(item)
        return Title(f"{key} {said.zh}", f"{key} {said.en}")

    def many(self, values: tuple[object, ...] | frozenset[Any]) -> Title:
        """Return several values; a set in one order."""
        items = sorted(values, key=str) if isinstance(values, frozenset) else list(values)
        return listed([self.any(item) for item in items])

    def row(self, row: Row) -> Title:
        """Return a row's condition."""
        if not row.when:
            return Title("其他情形", "anything else")
        said = [self.any(part) for part in row.when]
        return Title("且".join(each.zh for each in said), " and ".join(each.en for each in said))

    def cap(self, name: str | None) -> Title:
        """Return a cap by its id."""
        cap = self.ruleset.caps.get(name or "")
        return Title(f"“{cap.title.zh}”", f"'{cap.title.en}'") if cap else self.any(name)


def amount(cap: Cap) -> Title:
    """Return how much a cap lets through."""
    if cap.unit == "times":
        return Title(f"{cap.maximum} 次", f"{cap.maximum} times")
    return Title(f"{cap.maximum} 分", f"{cap.maximum} points")


def window(cap: Cap) -> Title:
    """Return the time that a cap counts over."""
    if cap.years > 1:
        return Title(f"每 {cap.years} 年", f"every {cap.years} years")
    return WINDOWS[cap.window]


def duration(value: Duration) -> Title:
    """Return a duration as words."""
    if not value.months:
        return elapsed(value.elapsed)
    years, months = divmod(value.months, 12)
    zh = (f" {years} 年" if years else "") + (f" {months} 个月" if months else "")
    en = [f"{years} year{'s' * (years > 1)}"] * bool(years)
    en += [f"{months} month{'s' * (months > 1)}"] * bool(months)
    if value.elapsed:
        rest = elapsed(value.elapsed)
        zh, en = f"{zh} {rest.zh}", [*en, rest.en]
    return Title(zh.strip(), " ".join(en))


def elapsed(value: timedelta) -> Title:
    """Return elapsed time as words."""
    minutes = int(value.total_seconds()) // 60
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    units = ((days, "天", "day"), (hours, "小时", "hour"), (minutes, "分钟", "minute"))
    some = [each for each in units if each[0]] or [units[2]]
    zh = " ".join(f"{number} {name}" for number, name, _ in some)
    return Title(zh, " ".join(f"{number} {name}{'s' * (number > 1)}" for number, _, name in some))


def rounding(value: Rounding) -> Title:
    """Return how points are rounded."""
    words = ROUNDINGS[value.mode]
    if value.step == 1:
        return words
    return Title(f"{words.zh}到 {value.step} 的倍数", f"{words.en} to multiples of {value.step}")


def schedule(value: Schedule | None) -> Title:
    """Return when something must have happened."""
    said: list[Title] = []
    if value is None or value == Schedule():
        return Title("不限", "at any time")
    if value.weekdays != Schedule().weekdays:
        days = sorted(value.weekdays)
        zh = "、".join(f"周{DAYS.zh[day - 1]}" for day in days)
        said.append(Title(zh, ", ".join(DAYS.en.split()[day - 1] for day in days)))
    if value.start or value.end:
        start = value.start.isoformat("minutes") if value.start else "00:00"
        end = value.end.isoformat("minutes") if value.end else "24:00"
        said.append(Title(f"{start}～{end}", f"{start}-{end}"))
    if value.only:
        days_said = ", ".join(sorted(str(day) for day in value.only))
        said.append(Title(f"仅限 {days_said}", f"only on {days_said}"))
    if value.never:
        days_said = ", ".join(sorted(str(day) for day in value.never))
        said.append(Title(f"不含 {days_said}", f"not on {days_said}"))
    return listed([*said, *_rest(value)])


_SAID_OF_SCHEDULE = frozenset({"weekdays", "start", "end", "only", "never"})


def _rest(value: Schedule) -> list[Title]:
    found = []
    for field in fields(value):
        spelled = content(getattr(value, field.name))
        if field.name not in _SAID_OF_SCHEDULE and spelled:
            found.append(plain_title(f"{field.name} {canonical_json(spelled)}"))
    return found


def multiplier(value: Multiplier) -> Title:
    """Return a multiplier in short."""
    times = decimal_text(value.times)
    return Title(f"“{value.title.zh}”×{times}", f"'{value.title.en}' ×{times}")
