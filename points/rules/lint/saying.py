"""Says what a field may be, as staff would: ``event.hours 只能是 0～24``."""

from datetime import date
from decimal import Decimal

from points.rules.activity_types import NUMBER_LIMIT, FieldSpec
from points.rules.lint.possible import Possible, Truth, Words
from points.rules.lint.ranges import Numbers
from points.rules.texts import Title

WORDS_MAX = 6
NOTHING = Title("", "")


def possible_said(path: str, spec: FieldSpec, found: Possible | None) -> Title:
    """Return what is known of a field at some place, or nothing when that is nothing."""
    match found:
        case Numbers():
            return _numbers(path, spec, found)
        case Words(only=only) if only is not None and len(only) <= WORDS_MAX:
            known = [value for value in spec.values if value in only] or sorted(only)
            zh, en = "、".join(known), " or ".join(known)
            return Title(f"此处 {path} 只能是 {zh}", f"here {path} is only {en}")
        case Truth(may=may) if len(may) == 1:
            word = "true" if True in may else "false"
            return Title(f"此处 {path} 一定是 {word}", f"here {path} is certainly {word}")
        case _:
            return NOTHING


def _numbers(path: str, spec: FieldSpec, found: Numbers) -> Title:
    low, high = _number(spec, found.low), _number(spec, found.high)
    above, below = (
        ("大于" if found.open_low else "不小于"),
        ("小于" if found.open_high else "不大于"),
    )
    over, under = (
        ("above" if found.open_low else "at least"),
        ("below" if found.open_high else "at most"),
    )
    if low and low == high:
        return Title(f"此处 {path} 只能是 {low}", f"here {path} is only {low}")
    zh = [f"{above} {low}"] if low else []
    en = [f"{over} {low}"] if low else []
    zh += [f"{below} {high}"] if high else []
    en += [f"{under} {high}"] if high else []
    if not zh:
        return NOTHING
    return Title(f"此处 {path} {' 且'.join(zh)}", f"here {path} is {' and '.join(en)}")


def _number(spec: FieldSpec, number: Decimal) -> str:
    if not number.is_finite() or abs(number) >= NUMBER_LIMIT:
        return ""
    if spec.kind == "date":
        return date.fromordinal(max(int(number), 1)).isoformat()
    return f"{number.normalize():f}" if number else "0"


def number_said(found: Numbers) -> str:
    """Return some number of a range, or the range where it has more: ``2``, ``> 2``, ``1…2``."""
    low, high = found.low, found.high
    if low == high:
        return f"{low:f}"
    if found.whole and low.is_finite():
        return f"{low:f}"
    if not high.is_finite() or high >= NUMBER_LIMIT:
        return f"{'>' if found.open_low else '>='} {low:f}"
    if not low.is_finite() or low <= -NUMBER_LIMIT:
        return f"{'<' if found.open_high else '<='} {high:f}"
    return f"{low:f}…{high:f}"
