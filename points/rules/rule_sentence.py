"""Says a whole rule to staff in one sentence or two."""

import re
from collections.abc import Callable, Iterator

from points.rules import phrases
from points.rules.model import Cap, Rounding, Rule
from points.rules.phrases import (
    GROUPS,
    MEASURES,
    REVIEWERS,
    SCOPES,
    WINDOWS,
    bands_said,
    cap_sentence,
    effect_said,
    expiry_sentence,
    name_of,
    points_word,
    window,
)
from points.rules.texts import Title
from points.rules.titles import EVIDENCE, SOURCES, duration, elapsed, spaced

__all__ = [
    "MEASURES",
    "REVIEWERS",
    "SCOPES",
    "WINDOWS",
    "bands_said",
    "cap_sentence",
    "expiry_sentence",
    "name_of",
    "rule_sentence",
]


def rule_sentence(rule: Rule, language: str = "zh") -> str:
    """Return what a rule does, in ``zh`` or ``en``."""
    parts = [said.of(language) for say in _PARTS for said in say(rule)]
    return ("；".join(parts) + "。") if language != "en" else "; ".join(parts) + "."


def _head(rule: Rule) -> Iterator[Title]:
    """Say what has to be done, by whom, and under which conditions."""
    said = rule.conditions_said
    zh = f"{rule.title.zh}（{rule.id}）：每条“{rule.type.title.zh}”"
    en = f"{rule.title.en} ({rule.id}): for each '{rule.type.title.en}'"
    conditions = [_bracketed(said[key].en) for key in ("audience", "when") if key in said]
    if "audience" in said:
        zh += f"，限{_members(said['audience'].zh)}"
    if "when" in said:
        zh += f"，须{said['when'].zh}"
    if conditions:
        en += f", if {' and '.join(conditions)}"
    yield Title(zh, en)


def _bracketed(condition: str) -> str:
    return f"({condition})" if " or " in condition else condition


def _members(audience: str) -> str:
    """Return whom a condition on the member means: ``党员``, or members of whom something holds."""
    return f"{audience}的会员" if re.search("为|包括|[≥≤＜＞]", audience) else audience


def _gates(rule: Rule) -> Iterator[Title]:
    """Say what else lets an activity count or not."""
    if rule.schedule:
        when = phrases.schedule(rule.schedule)
        yield Title(f"时间限{when.zh}", f"only at these times: {when.en}")
    if rule.sources:
        from_where = _sources(rule.sources)
        yield Title(f"只认{from_where.zh}上报的", f"only as reported by {from_where.en}")
    if rule.cooldown:
        time = elapsed(rule.cooldown)
        yield Title(f"两次之间须隔 {time.zh}", f"not again within {time.en}")


def _sources(names: frozenset[str]) -> Title:
    return phrases.listed([SOURCES.get(name, Title(name, name)) for name in sorted(names)])


def _points(rule: Rule) -> Iterator[Title]:
    """Say what it is worth, or does instead; once for all measures where that is the same."""
    if rule.to:
        peer = rule.type.fields[rule.to].title
        yield Title(f"分记给“{peer.zh}”所指的会员", f"the points go to '{peer.en}'")
    if rule.effect:
        yield effect_said(rule.effect.kind)
        return
    if rule.table:
        said = phrases.table(rule)
        names = phrases.listed([name_of(name) for name in rule.measures])
        yield Title(f"计入{names.zh}：{said.zh}", f"to the {names.en}: {said.en}")
        return
    groups: dict[Title, list[str]] = {}
    for measure, text in rule.formulas.items():
        groups.setdefault(text, []).append(measure)
    for text, measures in groups.items():
        to = _measures(tuple(measures))
        verb = "gets" if len(measures) == 1 else "get"
        word = points_word(1 if text.en == "1" else 0)
        zh = f"{to.zh}得 {text.zh} 分".replace("得 （", "得（")
        yield Title(zh, f"{to.en} {verb} {text.en} {word}")


def _measures(names: tuple[str, ...]) -> Title:
    called = [name_of(name) for name in names]
    if len(called) == 1:
        return called[0]
    zh = "、".join(each.zh for each in called)
    return Title(f"{zh}各", f"{' and '.join(each.en for each in called)} each")


def _worth(rule: Rule) -> Iterator[Title]:
    """Say what becomes of the points: factors and rounding."""
    for each in rule.multipliers:
        yield phrases.multiplier(each)
    formulas = [
        *rule.points.values(),
        *(row.points for row in (rule.table.rows if rule.table else ())),
    ]
    if rule.effect:
        return
    whole = not rule.multipliers and all(phrases.comes_whole(rule, each) for each in formulas)
    if rule.rounding != Rounding() or not whole:
        said = phrases.rounding(rule.rounding)
        yield Title(f"结果{said.zh}", f"the result {said.en}")


def _limits(rule: Rule) -> Iterator[Title]:
    """Say the group and the caps."""
    if rule.group:
        said, words = rule.group.title, GROUPS[rule.group.mode]
        yield Title(f"{said.zh}：{words.zh}", f"{said.en}: {words.en}")
    for cap in rule.caps:
        yield _cap(cap)


def _cap(cap: Cap) -> Title:
    """Return a cap; its window only where its title does not say it already."""
    over, much = window(cap), phrases.amount(cap)
    plain = cap.mode == "trim" and cap.scope == "member"
    known = any(word in cap.title.zh for word in (over.zh, _OVER.get(over.zh, over.zh)))
    if plain and known and "上限" in cap.title.zh:
        return Title(f"{cap.title.zh} {much.zh}", f"{cap.title.en}: at most {much.en}")
    return cap_sentence(cap)


_OVER = {"每年": "全年"}


def _expiry(rule: Rule) -> Iterator[Title]:
    for measure, policy in rule.expires.items():
        name, said = name_of(measure), expiry_sentence(policy)
        yield Title(spaced(f"{name.zh}分{said.zh}"), f"{name.en} points last {said.en}")


def _evidence(rule: Rule) -> Iterator[Title]:
    if rule.evidence:
        said = phrases.listed([EVIDENCE[name] for name in rule.evidence])
        yield Title(f"须附{said.zh}", f"with {said.en}")


def _review(rule: Rule) -> Iterator[Title]:
    """Say who looks at it, and how long it is public."""
    review = rule.review
    trusted = _sources(review.trusted) if review.trusted else None
    first = "association" if review.first == "system" and trusted else review.first
    who = REVIEWERS[first]
    if first == "system":
        yield Title("无须审核", "no review")
    elif trusted:
        yield Title(
            f"由{who.zh}审核（{trusted.zh}上报的免审）",
            f"reviewed by {who.en}, unless reported by {trusted.en}",
        )
    else:
        yield Title(f"由{who.zh}审核", f"reviewed by {who.en}")
    if rule.late_after:
        time = duration(rule.late_after)
        yield Title(
            f"事后超过 {time.zh}才报的一律审核",
            f"always reviewed when reported more than {time.en} later",
        )
    if rule.effect:
        yield Title("一律须两人审核", "always by two people")
    elif review.second_above is not None:
        above = review.second_above
        yield Title(f"超过 {above} 分须两人审核", f"two reviews above {above} points")
    if review.publicity_days:
        days = review.publicity_days
        yield Title(f"公示 {days} 个工作日", f"public for {days} working days")


_PARTS: tuple[Callable[[Rule], Iterator[Title]], ...] = (
    *(_head, _gates, _points, _worth, _limits),
    *(_expiry, _evidence, _review),
)
