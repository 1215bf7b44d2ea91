"""Writes a trace out line by line, for whoever has to account for every point."""

from collections.abc import Iterator, Mapping
from typing import Any

from points.rules.rule_sentence import name_of
from points.rules.texts import Title
from points.rules.words import unit_of

_KINDS: Mapping[str, Title] = {
    "audience": Title("对象", "audience"),
    "condition": Title("条件", "condition"),
}


def details(step: Mapping[str, Any]) -> Iterator[Title]:
    """Yield what one rule read, asked, counted and met, in order."""
    for entry in step["read"]:
        value, unit = _value(entry["value"]), unit_of(entry["unit"])
        zh = f"读取 {entry['name']}（{entry['title']['zh']}）= {value} {unit.zh}".rstrip()
        en = f"read {entry['name']} ({entry['title']['en']}) = {value} {unit.en}".rstrip()
        yield Title(zh, en)
    if "day" in step:
        yield Title(f"当日类别 {step['day']}", f"kind of day: {step['day']}")
    for condition in step["conditions"]:
        kind, mark = _KINDS[condition["kind"]], "✓" if condition["value"] else "✗"
        text = condition["text"]
        yield Title(f"{mark} {kind.zh} {text}", f"{mark} {kind.en} {text}")
    yield from _sums(step)
    for cap in step.get("caps", ()):
        yield _cap(cap)


def _sums(step: Mapping[str, Any]) -> Iterator[Title]:
    for number in step.get("rows", ()):
        yield Title(f"表中第 {number} 行", f"row {number} of the table")
    for band in step.get("bands", ()):
        sum_ = f"{band['units']} × {band['each']} = {band['points']}"
        yield Title(f"超过 {band['above']} 的一档：{sum_}", f"band above {band['above']}: {sum_}")
    for each in step.get("times", ()):
        zh, en = each["title"]["zh"], each["title"]["en"]
        yield Title(f"倍数 {zh} ×{each['times']}", f"multiplier {en} ×{each['times']}")
    for measure, raw in step.get("raw", {}).items():
        name, points = name_of(measure), step["points"].get(measure, 0)
        yield Title(f"{name.zh}：算得 {raw}，取整 {points}", f"{name.en}: {raw}, rounded {points}")


def _cap(cap: Mapping[str, Any]) -> Title:
    name, after = name_of(cap["measure"]), cap.get("after", cap["before"])
    figures = f"{cap['before']} → {after} / {cap['max']}"
    cut = cap["asked"] - cap["left"]
    zh = f"封顶 {cap['title']['zh']}（{name.zh}，{cap['window']}）：{figures}"
    en = f"cap {cap['title']['en']} ({name.en}, {cap['window']}): {figures}"
    return Title(zh + (f"，截去 {cut}" if cut else ""), en + (f", cut {cut}" if cut else ""))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(str(each) for each in value) + "]"
    return str(value)
