"""Opening hours as people write them, read into a week; what cannot be read stays text.

Understood are days (``周一至周五``, ``周六、日``, ``周末``, ``工作日``, ``节假日``) with times
(``8:30–17:30``, ``08:00-21:00``), several of each, separated by commas or semicolons, ``24小时``,
``全天``, and ``休息`` for closed. Times without days hold for every day. A span that ends before it
begins goes on into the next day.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

DAY_MINUTES = 24 * 60
TEXT_MAX = 200
_DAYS = 7
_NAMES = {
    name: day
    for day, names in enumerate(["一1", "二2", "三3", "四4", "五5", "六6", "日天7"])
    for name in names
}
_ENGLISH = {name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_EVERY, _WORKED, _REST, _HOLIDAY = "every", "worked", "rest", "holiday"
_WORDS = {
    "每天": _EVERY,
    "每日": _EVERY,
    "全周": _EVERY,
    "daily": _EVERY,
    "工作日": _WORKED,
    "周末": _REST,
    "双休日": _REST,
    "weekends": _REST,
    "weekend": _REST,
    "法定节假日": _HOLIDAY,
    "节假日": _HOLIDAY,
    "holidays": _HOLIDAY,
}
_DASH = r"(?:-+|~|至|到)"
_TIME = r"([0-2]?\d)(?:[:.点时]([0-5]\d)?分?)?"
_TIMES = re.compile(rf"{_TIME}{_DASH}(?:次日)?{_TIME}")
_ALL_DAY = re.compile(r"24小时|24h|全天|00?:00-24:00")
_CLOSED = re.compile(r"休息|不营业|关门|closed")
_CHINESE_DAY = r"(?:(?:星期|礼拜|周)?[一二三四五六日天]|周[1-7])"
_ENGLISH_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_ONE_DAY = rf"(?:{_CHINESE_DAY}|{_ENGLISH_DAY})"
_PART = re.compile(
    rf"(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
    rf"|(?P<first>{_ONE_DAY}){_DASH}(?P<last>{_ONE_DAY})"
    rf"|(?P<one>{_ONE_DAY})"
)
_TRANSLATED = str.maketrans(dict.fromkeys("–—−‐‑‒―─〜～", "-"))


@dataclass(frozen=True, slots=True)
class Span:
    """From which minute of a day until which, the second not within; more than a day's if later."""

    opens: int
    closes: int


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """When an outlet is open.

    Attributes:
        days: By weekday, from Monday.
        worked: On days that are worked, whatever their weekday; None where nobody said it so.
        holiday: On public holidays; None where they are as other days.
    """

    days: tuple[Spans, ...] = ((),) * _DAYS
    worked: Spans | None = None
    holiday: Spans | None = None

    def open_at(self, local: datetime, kind: str, kind_before: str) -> bool:
        """Return whether the outlet is open.

        Args:
            local: The moment, in the outlet's own time.
            kind: What that day is: ``workday``, ``weekend`` or ``holiday``.
            kind_before: What the day before is, whose evening may go on.
        """
        minute = local.hour * 60 + local.minute
        today = self._spans(local.weekday(), kind)
        yesterday = self._spans((local - timedelta(days=1)).weekday(), kind_before)
        return any(each.opens <= minute < each.closes for each in today) or any(
            minute + DAY_MINUTES < each.closes for each in yesterday
        )

    def _spans(self, weekday: int, kind: str) -> Spans:
        if kind == "holiday" and self.holiday is not None:
            return self.holiday
        if kind == "workday" and self.worked is not None:
            return self.worked
        return self.days[weekday]


@dataclass(slots=True)
class _Reading:
    """What was read so far; None where a day was not spoken of."""

    usual: list[Span] | None = None
    days: list[list[Span] | None] = field(default_factory=lambda: [None] * _DAYS)
    special: dict[str, list[Span]] = field(default_factory=dict)

    def put(self, on: list[int | str], spans: list[Span]) -> None:
        """Take times of some days; those of every day give way to what is said of one."""
        if not on or on == [*range(_DAYS)]:
            self.usual = [*(self.usual or ()), *spans]
            return
        for each in on:
            if isinstance(each, int):
                self.days[each] = [*(self.days[each] or ()), *spans]
            else:
                self.special.setdefault(each, []).extend(spans)

    def week(self) -> Week | None:
        said = self.usual is not None or any(each is not None for each in self.days)
        if not said and _WORKED not in self.special:
            return None  # Holidays alone say nothing of other days.
        usual = self.usual or ()
        return Week(
            days=tuple(tuple(usual if each is None else each) for each in self.days),
            worked=tuple(self.special[_WORKED]) if _WORKED in self.special else None,
            holiday=tuple(self.special[_HOLIDAY]) if _HOLIDAY in self.special else None,
        )


@lru_cache(maxsize=4096)
def read_hours(text: str) -> Week | None:
    """Return the week that somebody wrote, or None where it cannot be read for certain."""
    if not text.strip() or len(text) > TEXT_MAX:
        return None
    clean = unicodedata.normalize("NFKC", text).translate(_TRANSLATED).lower()
    clean = re.sub(r"\s*([-~:])\s*", r"\1", clean).replace("营业时间", "").strip(" :。.")
    clean = re.sub(r"(?<=[\d时])营业", "", clean)
    reading, on = _Reading(), list[int | str]()
    fresh = True
    for piece in re.split(r"[;,，；、。\s/和及]+", clean):
        taken = _take(piece.strip(":"))
        if taken is None:
            return None
        named, spans = taken
        if named:
            on, fresh = (named if fresh else [*on, *named]), False
        if spans is not None:
            reading.put(on, spans)
            fresh = True
    # Days that were named last and given no times.
    return None if not fresh else reading.week()


def _take(piece: str) -> tuple[list[int | str], list[Span] | None] | None:
    """Return the days that a piece names and its times; None where something else stands in it."""
    named: list[int | str] = []
    rest = piece
    while found := _PART.match(rest):
        named.extend(_days(found))
        rest = rest[found.end() :].lstrip(":")
    if not rest:
        return named, None
    if _CLOSED.fullmatch(rest):
        return named, []
    if _ALL_DAY.fullmatch(rest):
        return named, [Span(0, DAY_MINUTES)]
    times = _TIMES.fullmatch(rest)
    span = None if times is None else _span(times)
    return None if span is None else (named, [span])


def _days(found: re.Match[str]) -> list[int | str]:
    if found["word"]:
        word = _WORDS[found["word"]]
        if word == _EVERY:
            return [*range(_DAYS)]
        if word == _REST:
            return [5, 6]
        # A made-up Saturday is worked, and a Monday off is not: the calendar knows.
        return [word]
    if found["one"]:
        return [_day(found["one"])]
    first, last = _day(found["first"]), _day(found["last"])
    return [(first + step) % _DAYS for step in range((last - first) % _DAYS + 1)]


def _day(name: str) -> int:
    return _ENGLISH[name[:3]] if name[:3] in _ENGLISH else _NAMES[name[-1]]


def _span(times: re.Match[str]) -> Span | None:
    opens, closes = (
        int(hour) * 60 + int(minute or 0)
        for hour, minute in ((times[1], times[2]), (times[3], times[4]))
    )
    if max(opens, closes) > DAY_MINUTES or opens == closes:
        return None
    return Span(opens, closes if closes > opens else closes + DAY_MINUTES)
