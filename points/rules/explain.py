"""Tells a member, from the trace alone, why points came or did not."""

from collections.abc import Iterator, Mapping
from typing import Any

from points.rules.outcome import REASON_TEXTS
from points.rules.phrases import EFFECTS, name_of
from points.rules.texts import Title
from points.rules.titles import UNITS


def explain(trace: Mapping[str, Any], language: str = "zh") -> list[str]:
    """Return a sentence for every rule that was asked, in ``zh`` or ``en``."""
    say = _en if language == "en" else _zh
    return [say(step) for step in trace["steps"]]


def _zh(step: Mapping[str, Any]) -> str:
    parts = [f"{step['title']['zh']}（{step['rule']}）"]
    parts += [f"{name} {value}{_unit(unit)}" for name, value, unit in _read(step, "zh")]
    if step.get("to"):
        parts.append("记给同伴")
    said = "；".join(_sum_zh(step, measure) for measure in step.get("granted", ()))
    if not step["matched"]:
        said = f"未得分，{REASON_TEXTS[step['failed']].zh}"
    elif "effect" in step:
        said = EFFECTS[step["effect"]["kind"]].zh
    return "，".join(parts) + f"：{said}{_lost(step, 'zh')}{_caps_zh(step)}。"


def _lost(step: Mapping[str, Any], language: str) -> str:
    """Return what caps cut for good where they left nothing, and what they put off."""
    words = _LOST[language]
    forgone = {} if step["matched"] else step.get("forgone", {})
    texts = [
        words[0].format(name_of(measure).of(language), points)
        for measure, points in forgone.items()
    ]
    for each in step.get("deferred", ()):
        name = name_of(each["measure"]).of(language)
        texts.append(words[1].format(name, each["points"], each["day"]))
    return "".join(texts)


_LOST: Mapping[str, tuple[str, str]] = {
    "zh": ("；{}不计 {} 分", "；{}有 {} 分推迟到 {}"),
    "en": ("; {}: {} points forgone", "; {}: {} points wait until {}"),
}


def _sum_zh(step: Mapping[str, Any], measure: str) -> str:
    worth, granted = step["points"][measure], step["granted"][measure]
    formula = _formula(step, measure, "zh")
    times = "".join(f" ×{each['times']}（{each['title']['zh']}）" for each in step.get("times", ()))
    cut = f"，封顶后计 {granted} 分" if granted < worth else ""
    return f"{name_of(measure).zh} {formula}{times} = {worth} 分{cut}"


def _caps_zh(step: Mapping[str, Any]) -> str:
    texts = []
    for cap in step.get("caps", ()):
        unit = "次" if cap["unit"] == "times" else "分"
        rest = max(0, cap["max"] - cap.get("after", cap["before"]))
        name = Title(cap["title"]["zh"], "").zh
        texts.append(f"；{name}（{name_of(cap['measure']).zh}）还剩 {rest} {unit}")
    return "".join(texts)


def _en(step: Mapping[str, Any]) -> str:
    parts = [f"{step['title']['en']} ({step['rule']})"]
    parts += [f"{name} {value}{unit and ' ' + unit}" for name, value, unit in _read(step, "en")]
    if step.get("to"):
        parts.append("for the peer")
    said = "; ".join(_sum_en(step, measure) for measure in step.get("granted", ()))
    if not step["matched"]:
        said = f"no points, {REASON_TEXTS[step['failed']].en}"
    elif "effect" in step:
        said = EFFECTS[step["effect"]["kind"]].en
    return ", ".join(parts) + f": {said}{_lost(step, 'en')}{_caps_en(step)}."


def _sum_en(step: Mapping[str, Any], measure: str) -> str:
    worth, granted = step["points"][measure], step["granted"][measure]
    formula = _formula(step, measure, "en")
    times = "".join(f" × {each['times']} ({each['title']['en']})" for each in step.get("times", ()))
    cut = f", {granted} after the caps" if granted < worth else ""
    return f"{name_of(measure).en} {formula}{times} = {worth} points{cut}"


def _caps_en(step: Mapping[str, Any]) -> str:
    texts = []
    for cap in step.get("caps", ()):
        unit = "times" if cap["unit"] == "times" else "points"
        rest = max(0, cap["max"] - cap.get("after", cap["before"]))
        texts.append(f"; {cap['title']['en']} ({name_of(cap['measure']).en}): {rest} {unit} left")
    return "".join(texts)


def _formula(step: Mapping[str, Any], measure: str, language: str) -> str:
    if resumed := step.get("resumed"):
        day = resumed["day"]
        return f"put off until {day}" if language == "en" else f"推迟到 {day} 的分"
    if bands := step.get("bands"):
        summed = " + ".join(f"{each['units']} × {each['each']}" for each in bands)
        return summed if len(bands) == 1 else f"({summed})"
    if rows := step.get("rows"):
        numbers = ", ".join(str(number) for number in rows)
        return f"row {numbers}" if language == "en" else f"表中第 {numbers} 行"
    return str(step["formula"][measure][language])


def _read(step: Mapping[str, Any], language: str) -> Iterator[tuple[str, str, str]]:
    for entry in step["read"]:
        if entry["name"].startswith("event."):
            value = entry["value"]
            yield entry["title"][language], _value(value, language), entry["unit"]


def _unit(code: str) -> str:
    return f" {UNITS[code].zh}" if code in UNITS else code


def _value(value: object, language: str) -> str:
    if isinstance(value, bool):
        return ("yes" if value else "no") if language == "en" else ("是" if value else "否")
    if isinstance(value, list):
        return "/".join(str(item) for item in value)
    return str(value)
