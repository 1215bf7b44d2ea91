"""The fields of the models: what each is called, how it is said, which way a change of it goes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import cast

from points.rules import phrases
from points.rules.activity_types import ActivityType
from points.rules.compile import Compiled
from points.rules.diff import direction as way
from points.rules.diff.aspects import Handler, Place, by_key, compared, plainly
from points.rules.diff.changes import Change, Direction
from points.rules.diff.content import content
from points.rules.diff.wording import Wording
from points.rules.model import Bands, Cap, Effect, ReviewPolicy, Row, Rule, Star, Table
from points.rules.normal import spelled, whole
from points.rules.phrases import (
    REVIEWERS,
    SCOPES,
    WINDOWS,
    bands_said,
    effect_said,
    expiry_sentence,
    name_of,
)
from points.rules.syntax import Tree, conjuncts
from points.rules.texts import Title
from points.rules.titles import EVIDENCE, elapsed

LOOSEN, TIGHTEN = Direction.LOOSEN, Direction.TIGHTEN
NEUTRAL, UNDECIDED = Direction.NEUTRAL, Direction.UNDECIDED


def _window(_wording: Wording, value: str) -> Title:
    return WINDOWS[value]


def _type(_wording: Wording, kind: ActivityType) -> Title:
    return Title(f"“{kind.title.zh}”（{kind.name}）", f"'{kind.title.en}' ({kind.name})")


def _cap_name(wording: Wording, value: str | None) -> Title:
    return wording.cap(value)


def _measures(_wording: Wording, value: tuple[str, ...]) -> Title:
    return phrases.listed([name_of(name) for name in value])


def _evidence(_wording: Wording, value: tuple[str, ...]) -> Title:
    return phrases.listed([EVIDENCE[name] for name in value])


def _reviewer(_wording: Wording, value: str) -> Title:
    return REVIEWERS[value]


def _first_review(old: str, new: str) -> Direction:
    if "system" in (old, new):
        return TIGHTEN if old == "system" else LOOSEN
    return UNDECIDED


def _stars(_wording: Wording, value: tuple[Star, ...]) -> Title:
    return phrases.listed(
        [Title(f"{s.at_least} 分 {s.stars} 星", f"{s.stars} from {s.at_least}") for s in value]
    )


def _order(
    place: Place, name: str, old: tuple[Rule, ...], new: tuple[Rule, ...]
) -> Iterator[Change]:
    """Compare only in which order the rules stand; what they say is compared one by one."""
    before, after = ([rule.id for rule in each] for each in (old, new))
    common = set(before) & set(after)
    was, now = ([each for each in ids if each in common] for ids in (before, after))
    if was != now:
        moved = [b for a, b in zip(was, now, strict=True) if a != b]
        said = Title("、".join(moved), ", ".join(moved))
        label = Title(f"规则的先后次序改变（{said.zh}）", f"the order of rules changed ({said.en})")
        yield place.change(f"{name}.order", label, None, None, NEUTRAL)


def _condition(zh: str, en: str) -> Handler:
    """Compare a condition by the parts that ``&&`` joins."""

    def handle(
        place: Place, name: str, old: Compiled | None, new: Compiled | None
    ) -> Iterator[Change]:
        before, after = _parts(old), _parts(new)
        gone = [tree for text, tree in before.items() if text not in after]
        come = [tree for text, tree in after.items() if text not in before]
        label = Title(zh, en)
        if len(gone) == len(come) == 1:
            said = place.before.tree(gone[0]), place.after.tree(come[0])
            yield place.change(name, label, *said, way.condition(gone[0], come[0]))
            return
        for tree in gone:
            yield place.change(f"{name}.removed", label, place.before.tree(tree), None, LOOSEN)
        for tree in come:
            yield place.change(f"{name}.added", label, None, place.after.tree(tree), TIGHTEN)
        if not gone and not come:
            order = Title(f"{zh}的先后次序改变", f"the order of the {en} changed")
            yield place.change(f"{name}.order", order, None, None, NEUTRAL)

    return handle


def _parts(compiled: Compiled | None) -> dict[str, Tree]:
    """Return the parts of a condition by their spelling; a part said twice is there twice."""
    if compiled is None:
        return {}
    trees = [(spelled(part), part) for part in conjuncts(whole(compiled))]
    numbers: dict[str, Iterator[int]] = {}
    return {f"{text} #{next(numbers.setdefault(text, count()))}": tree for text, tree in trees}


def _table(place: Place, name: str, old: Table | None, new: Table | None) -> Iterator[Change]:
    if old is None or new is None:
        said = [_rows(place.before, old), _rows(place.after, new)]
        yield place.change(name, Title("分值表", "table"), said[0], said[1], UNDECIDED)
        return
    if old.hit != new.hit:
        both = place.before.any(old.hit), place.after.any(new.hit)
        yield place.change(f"{name}.hit", Title("分值表取法", "rows that count"), *both, UNDECIDED)
    yield from _table_rows(place, f"{name}.rows", old.rows, new.rows)


def _table_rows(
    place: Place, name: str, old: tuple[Row, ...], new: tuple[Row, ...]
) -> Iterator[Change]:
    before, after = _by_condition(old), _by_condition(new)
    for key, row in after.items():
        label = Title(f"分值表“{place.after.row(row).zh}”", f"row '{place.after.row(row).en}'")
        now = place.after.any(row.points)
        if key not in before:
            yield place.change(f"{name}.added", label, None, now, UNDECIDED)
        elif content(before[key].points) != content(row.points):
            was = place.before.any(before[key].points)
            towards = way.points(before[key].points, row.points)
            yield place.change(f"{name}.points", label, was, now, towards)
    for key, row in before.items():
        if key not in after:
            label = Title(
                f"分值表“{place.before.row(row).zh}”", f"row '{place.before.row(row).en}'"
            )
            was = place.before.any(row.points)
            yield place.change(f"{name}.removed", label, was, None, UNDECIDED)
    if [key for key in before if key in after] != [key for key in after if key in before]:
        label = Title("分值表各行的先后次序改变", "the order of the table's rows changed")
        yield place.change(f"{name}.order", label, None, None, UNDECIDED)


def _by_condition(rows: tuple[Row, ...]) -> dict[str, Row]:
    seen: Counter[str] = Counter()
    found = {}
    for row in rows:
        text = str(content(row.when))
        seen[text] += 1
        found[f"{text} #{seen[text]}"] = row
    return found


def _rows(wording: Wording, table: Table | None) -> Title | None:
    if table is None:
        return None
    said = [(wording.row(row), wording.any(row.points)) for row in table.rows]
    zh = "；".join(f"{when.zh}得 {points.zh} 分" for when, points in said)
    return Title(zh, "; ".join(f"{points.en} points for {when.en}" for when, points in said))


def _review(place: Place, name: str, old: ReviewPolicy, new: ReviewPolicy) -> Iterator[Change]:
    yield from compared(place, old, new, REVIEW, f"{name}.")


def _points_of(measure: str) -> Title:
    called = name_of(measure)
    return Title(f"{called.zh}得分", f"points to the {called.en}")


def _expiry_of(measure: str) -> Title:
    called = name_of(measure)
    return Title(f"{called.zh}有效期", f"expiry of the {called.en}")


def _base_of(measure: str) -> Title:
    called = name_of(measure)
    return Title(f"{called.zh}年初基础分", f"base points of the {called.en}")


def _cap_maximum(place: Place, name: str, old: int, new: int) -> Iterator[Change]:
    """Compare how much a cap lets through; a change of its unit is a change of its own."""
    was, now = cast("Cap", place.was), cast("Cap", place.now)
    window = phrases.window(now)
    label = Title(f"{window.zh}至多", f"at most {window.en}")
    said = phrases.amount(was), phrases.amount(now)
    yield place.change(name, label, *said, way.more_loosens(old, new))


def _elapsed(_wording: Wording, value: timedelta | None) -> Title:
    return elapsed(value) if value else Title("无", "none")


def _bands(_wording: Wording, value: Bands | None) -> Title:
    return bands_said(value) if value else Title("无", "none")


def _effect(_wording: Wording, value: Effect | None) -> Title:
    return effect_said(value.kind) if value else Title("无", "none")


_TITLE = plainly("名称", "title", way.neutral)
_PER = plainly("分开计的字段", "counted apart by")
_YEARS = plainly("周期年数", "years of the window")
REVIEW: Mapping[str, Handler] = {
    "first": plainly("初审", "first review", _first_review, _reviewer),
    "second_above": plainly("须复核的分数线", "second review above", way.threshold),
    "publicity_days": plainly("公示工作日", "working days of publicity", way.more_tightens),
    "trusted": plainly("免审来源", "sources that skip the review", way.fewer_tightens),
}
CAP: Mapping[str, Handler] = {
    "id": plainly("代号", "name in the file", way.neutral),
    "title": _TITLE,
    "window": plainly("周期", "window", say=_window),
    "maximum": _cap_maximum,
    "years": _YEARS,
    "unit": plainly("计法", "unit"),
    "mode": plainly("超出时", "when exceeded"),
    "scope": plainly("谁的额度", "whose count", say=lambda _w, each: SCOPES[each]),
    "within": plainly("外层封顶", "outer cap", say=_cap_name),
    "per": _PER,
}
GROUP: Mapping[str, Handler] = {
    "id": plainly("代号", "name in the file", way.neutral),
    "title": _TITLE,
    "mode": plainly("取法", "what counts"),
    "window": plainly("周期", "window", say=_window),
    "years": _YEARS,
    "per": _PER,
}
MULTIPLIER: Mapping[str, Handler] = {
    "id": plainly("代号", "name in the file", way.neutral),
    "title": _TITLE,
    "times": plainly("倍数", "factor", way.more_loosens),
    "when": _condition("条件", "conditions"),
}
RULE: Mapping[str, Handler] = {
    "id": plainly("编号", "id", way.neutral),
    "title": _TITLE,
    "type": plainly("活动类型", "activity type", say=_type),
    "category": plainly("分类", "category", way.neutral),
    "audience": _condition("适用对象", "audience"),
    "when": _condition("条件", "conditions"),
    "points": by_key(_points_of, way.points),
    "table": _table,
    "measures": plainly("计入", "measures", way.fewer_tightens, _measures),
    "rounding": plainly("取整", "rounding", way.rounding, lambda _w, each: phrases.rounding(each)),
    "multipliers": plainly("倍数", "multipliers"),
    "caps": plainly("封顶", "caps", way.more_of_them_tightens),
    "group": plainly("分组", "group"),
    "review": _review,
    "evidence": plainly("申报材料", "evidence", way.more_of_them_tightens, _evidence),
    "expires": by_key(_expiry_of, way.expiry, lambda _w, each: expiry_sentence(each)),
    "late_after": plainly("逾期须审核", "late after", way.shorter_tightens),
    "cooldown": plainly("间隔时间", "cooldown", way.elapsed_tightens, _elapsed),
    "schedule": plainly("时段", "schedule", way.schedule, lambda _w, each: phrases.schedule(each)),
    "bands": plainly("分档", "bands", say=_bands),
    "to": plainly("得分的同伴", "peer who gets the points"),
    "effect": plainly("效果", "effect", say=_effect),
    "sources": plainly("只认来源", "only from sources", way.narrower_tightens),
}
RULESET: Mapping[str, Handler] = {
    "programme": plainly("项目", "programme", way.neutral),
    "version": plainly("版本", "version", way.neutral),
    "effective_from": plainly("生效日", "effective from", way.neutral),
    "effective_until": plainly("失效日", "effective until", way.neutral),
    "zone": plainly("时区", "time zone"),
    "title": _TITLE,
    "measures": plainly("计分账户", "measures", say=_measures),
    "base": by_key(_base_of, way.more_loosens, added=LOOSEN),
    "stars": plainly("星级分数线", "stars", way.stars, _stars),
    "stacking": plainly("倍数取法", "stacking"),
    "rules": _order,
    "caps": lambda *_: iter(()),
    "groups": lambda *_: iter(()),
}
