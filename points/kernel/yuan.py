"""Fen as people read them: yuan with two places, and the capitals that are written on payments."""

from decimal import Decimal

from points.kernel.ensure import ensure

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
_FEN_MAX = 10**18
_THOUSAND = 1000


def decimal_yuan(fen: int) -> Decimal:
    """Return fen as yuan, exactly."""
    return Decimal(fen).scaleb(-2)


def yuan(fen: int) -> str:
    """Return fen as yuan with two places: ``-12.05``; no float touches money."""
    sign, whole = "-" if fen < 0 else "", abs(fen)
    return f"{sign}{whole // 100}.{whole % 100:02}"


def grouped_yuan(fen: int) -> str:
    """Return fen as yuan with a comma before each three digits: ``1,234.05``."""
    sign, whole = "-" if fen < 0 else "", abs(fen)
    return f"{sign}{whole // 100:,}.{whole % 100:02}"


def capitals(fen: int) -> str:
    """Return an amount in the capitals of cheques and receipts: ``壹仟贰佰叁拾圆零伍分``.

    As the payment rules of the People's Bank have it: zeros in a row are read once, and an amount
    without fen ends in 整.
    """
    ensure(abs(fen) < _FEN_MAX, "an amount can be said")
    sign, whole = "负" if fen < 0 else "", abs(fen)
    amount, jiao, rest = whole // 100, whole // 10 % 10, whole % 10
    if not whole:
        return "零圆整"
    said = f"{_integer(amount)}圆" if amount else ""
    if jiao:
        said += f"{_DIGITS[jiao]}角"
    elif rest and amount:
        said += "零"
    said += f"{_DIGITS[rest]}分" if rest else "整"
    return sign + said


def _integer(number: int) -> str:
    """Return a whole number in capitals, by groups of four digits."""
    said, gap, groups = "", False, []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    for at in range(len(groups) - 1, -1, -1):
        group = groups[at]
        if not group:
            gap = bool(said)
            continue
        if said and (gap or group < _THOUSAND):
            said += "零"
        said += _group(group) + _GROUPS[at]
        gap = False
    return said


def _group(group: int) -> str:
    said, zero = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit:
            said += ("零" if zero and said else "") + _DIGITS[digit] + _PLACES[place]
            zero = False
        else:
            zero = True
    return said
