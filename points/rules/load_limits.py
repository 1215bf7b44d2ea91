"""Reads caps, groups, multipliers, rounding, review, schedules: what surrounds a rule's points."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING

from points.rules.days import DAY_KINDS
from points.rules.model import (
    END_OF_NEXT_YEAR,
    END_OF_YEAR,
    NEVER,
    Cap,
    Expiry,
    Group,
    ReviewPolicy,
    Rounding,
    Schedule,
)
from points.rules.reading import Reader
from points.rules.texts import Title, did_you_mean
from points.rules.windows import WINDOWS, nests
from points.rules.yaml_positions import Mapping, Node, Scalar

if TYPE_CHECKING:
    from points.rules.durations import Duration

CAP_KEYS = (
    "window", "years", "max", "unit", "mode", "within", "per", "for", "title", "note", "lint",
)  # fmt: skip
GROUP_KEYS = ("mode", "window", "years", "per", "title", "note", "lint")
REVIEW_KEYS = ("first", "second_above", "publicity", "trusted")
SCHEDULE_KEYS = ("weekdays", "days", "from", "until", "only", "never")
ROUND_KEYS = ("mode", "step")
MULTIPLIER_KEYS = ("id", "when", "times", "title", "note", "lint")
UNITS = ("points", "times")
SCOPES = ("member", "branch", "programme")
CAP_MODES = ("trim", "reject", "defer")
GROUP_MODES = ("stack", "first", "best_one")
ROUND_MODES = ("down", "up", "half_up", "half_even")
REVIEWERS = ("branch", "grid", "association", "industry", "provider", "system")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXPIRIES = (END_OF_YEAR, END_OF_NEXT_YEAR, NEVER)
YEARS_MAX = 10


@dataclass(frozen=True, slots=True)
class RawMultiplier:
    """A multiplier before its condition is bound to an activity type."""

    id: str
    title: Title
    times: Decimal
    when: Node | None


def read_caps(reader: Reader, node: Node | None) -> dict[str, Cap]:
    """Return the caps; trees that do not nest, or run in circles, are findings."""
    caps: dict[str, Cap] = {}
    places: dict[str, Scalar] = {}
    for key, entry in reader.entries(node):
        fields = reader.fields(entry, CAP_KEYS, ("window", "max"))
        window, years = read_window(reader, fields)
        maximum = reader.integer(fields.get("max"), at_least=1)
        caps[key.text] = Cap(
            id=key.text,
            title=reader.title(fields.get("title"), key.text),
            window=window,
            years=years,
            maximum=maximum or 1,
            unit=reader.choice(fields.get("unit"), UNITS) or "points",
            mode=reader.choice(fields.get("mode"), CAP_MODES) or "trim",
            within=reader.text(fields.get("within")),
            per=reader.text(fields.get("per")),
            scope=reader.choice(fields.get("for"), SCOPES) or "member",
        )
        places[key.text] = key
        if caps[key.text].mode == "defer" and window in ("activity", "lifetime"):
            zh, en = "这种窗口之后没有下一个窗口，不能 defer", "no next window to defer to"
            reader.error("cap.defer", entry, zh, en)
    for name, cap in caps.items():
        _nesting(reader, places[name], cap, caps)
    return caps


def read_window(reader: Reader, fields: dict[str, Node]) -> tuple[str, int]:
    """Return a window, and how many calendar years it spans."""
    window = reader.choice(fields.get("window"), WINDOWS) or "activity"
    years = reader.integer(fields.get("years"), at_least=1, at_most=YEARS_MAX) or 1
    if years > 1 and window != "year":
        zh, en = "years 只用于 window: year", "'years' goes with 'window: year'"
        reader.error("cap.years", fields["years"], zh, en)
    return window, years


def _nesting(reader: Reader, place: Scalar, cap: Cap, caps: dict[str, Cap]) -> None:
    if cap.within is None:
        return
    outer = caps.get(cap.within)
    if outer is None:
        hint = did_you_mean(cap.within, caps)
        zh, en = f"没有封顶“{cap.within}”{hint.zh}", f"no cap '{cap.within}'{hint.en}"
        reader.error("cap.unknown", place, zh, en)
    elif not nests(cap.window, cap.years, outer.window, outer.years):
        zh = (
            f"{cap.window} 不能嵌套在 {outer.window} 中：一个窗口会跨两个外层窗口；"
            "请改窗口或去掉 within"
        )
        en = f"a {cap.window} does not nest in a {outer.window}: one may lie in two"
        reader.error("cap.nesting", place, zh, en)
    elif outer.per not in (None, cap.per):
        zh, en = "外层按字段分别计数时，内层须相同", "an outer 'per' must be the inner one's too"
        reader.error("cap.nesting", place, zh, en)
    elif SCOPES.index(outer.scope) < SCOPES.index(cap.scope):
        zh, en = "共享的额度不能嵌套在个人额度中", "what many share lies in no one member's cap"
        reader.error("cap.nesting", place, zh, en)
    elif _circular(cap, caps):
        reader.error(
            "cap.circle",
            place,
            "封顶互相包含；请改 within",
            "the caps contain each other in a circle",
        )


def _circular(cap: Cap, caps: dict[str, Cap]) -> bool:
    seen = {cap.id}
    outer = cap.within
    while outer in caps:
        if outer in seen:
            return True
        seen.add(outer)
        outer = caps[outer].within
    return False


def cap_chain(cap_id: str, caps: dict[str, Cap]) -> list[Cap]:
    """Return a cap and its outer ones, from the inside out."""
    chain: list[Cap] = []
    at: str | None = cap_id
    while at in caps and caps[at] not in chain:
        chain.append(caps[at])
        at = caps[at].within
    return chain


def read_groups(reader: Reader, node: Node | None) -> dict[str, Group]:
    """Return the groups."""
    groups = {}
    for key, entry in reader.entries(node):
        fields = reader.fields(entry, GROUP_KEYS, ("mode",))
        window, years = read_window(reader, fields)
        groups[key.text] = Group(
            id=key.text,
            title=reader.title(fields.get("title"), key.text),
            mode=reader.choice(fields.get("mode"), GROUP_MODES) or "stack",
            window=window,
            years=years,
            per=reader.text(fields.get("per")),
        )
    return groups


def read_multipliers(reader: Reader, node: Node | None) -> dict[str, RawMultiplier]:
    """Return the multipliers, their conditions still unread."""
    multipliers = {}
    for entry in reader.items(node):
        fields = reader.fields(entry, MULTIPLIER_KEYS, ("id", "when", "times"))
        name = reader.text(fields.get("id")) or ""
        times = reader.number(fields.get("times"))
        if times is not None and times <= 0:
            reader.error("multiplier.times", fields["times"], "倍数应大于 0", "must be above 0")
        if name in multipliers:
            zh, en = f"倍数“{name}”重复", f"multiplier '{name}' is written twice"
            reader.error("multiplier.duplicate", entry, zh, en)
        title = reader.title(fields.get("title"), name)
        multipliers[name] = RawMultiplier(name, title, times or Decimal(1), fields.get("when"))
    return multipliers


def read_rounding(reader: Reader, node: Node | None) -> Rounding:
    """Return the rounding; a bare word is a mode."""
    if isinstance(node, Scalar):
        return Rounding(mode=reader.choice(node, ROUND_MODES) or "down")
    fields = reader.fields(node, ROUND_KEYS)
    mode = reader.choice(fields.get("mode"), ROUND_MODES) or "down"
    return Rounding(mode=mode, step=reader.integer(fields.get("step"), at_least=1) or 1)


def read_review(reader: Reader, node: Node | None) -> ReviewPolicy:
    """Return the review policy; without one the system decides and nothing is public."""
    if node is None:
        return ReviewPolicy()
    fields = reader.fields(node, REVIEW_KEYS, ("first",))
    publicity = reader.duration(fields.get("publicity"))
    days = publicity.elapsed.days if publicity else 0
    if publicity and (publicity.months or publicity.elapsed.seconds):
        zh, en = "公示期应为整天数，如 P5D", "publicity is in whole working days, such as P5D"
        reader.error("review.publicity", fields["publicity"], zh, en)
    return ReviewPolicy(
        first=reader.choice(fields.get("first"), REVIEWERS) or "system",
        second_above=reader.integer(fields.get("second_above")),
        publicity_days=days,
        trusted=frozenset(reader.texts(fields.get("trusted"))),
    )


def read_schedule(reader: Reader, node: Node | None) -> Schedule | None:
    """Return the schedule, if there is one."""
    if node is None:
        return None
    fields = reader.fields(node, SCHEDULE_KEYS)
    words = [reader.choice(item, WEEKDAYS) for item in reader.items(fields.get("weekdays"))]
    kinds = [reader.choice(item, DAY_KINDS) for item in reader.items(fields.get("days"))]
    weekdays = frozenset(WEEKDAYS.index(word) + 1 for word in words if word)
    return Schedule(
        weekdays=weekdays or frozenset(range(1, 8)),
        start=_time(reader, fields.get("from")),
        end=_time(reader, fields.get("until")),
        only=_days(reader, fields.get("only")),
        never=_days(reader, fields.get("never")),
        days=frozenset(word for word in kinds if word),
    )


def _days(reader: Reader, node: Node | None) -> frozenset[date]:
    days = [reader.day(item) for item in reader.items(node)]
    return frozenset(day for day in days if day)


def _time(reader: Reader, node: Node | None) -> time | None:
    text = reader.text(node)
    if text is None or node is None:
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        reader.error("file.bad_value", node, "应为 HH:MM 格式的时刻", "expected a time as HH:MM")
        return None


def read_expiry(reader: Reader, node: Node | None, measures: tuple[str, ...]) -> dict[str, Expiry]:
    """Return the expiry policy of each measure; what is not said follows the kind of measure."""
    expiry: dict[str, Expiry] = {
        measure: END_OF_YEAR if measure == "rating" else END_OF_NEXT_YEAR for measure in measures
    }
    fields = reader.fields(node, measures) if isinstance(node, Mapping) else {}
    if isinstance(node, Scalar):
        fields = dict.fromkeys(measures, node)
    for measure, value in fields.items():
        policy = _expiry(reader, value)
        if policy is not None:
            expiry[measure] = policy
    return expiry


def _expiry(reader: Reader, node: Node) -> Expiry | None:
    text = reader.text(node)
    if text is None or text in EXPIRIES:
        return text
    duration: Duration | None = reader.duration(node) if text.startswith("P") else None
    if duration is None and not text.startswith("P"):
        reader.choice(node, EXPIRIES)
    return duration
