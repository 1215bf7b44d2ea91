"""How values are spelled for people."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from points.audit.model import TEXT_LENGTH_MAX
from points.flows.alert_desk import Part
from points.flows.counter_advice import INSTANT, spoken
from points.kernel.errors import Refusal
from points.kernel.yuan import yuan as spelled
from points.partners.model import Line, LineKind
from points.privacy.model import ZONE
from points.web.texts import Texts
from points.web.texts.words import ALERT_NOUN, ROLE

NOTHING = "—"
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "HarmonyOS"), ("Android", "Android")),
    *(("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux")),
)
"""By what a browser says of its system; the first that fits, since phones name others as well."""
BROWSERS = (
    *(("MicroMessenger", "微信"), ("AlipayClient", "支付宝"), ("Edg", "Edge")),
    *(("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")),
)
"""The same of the browser: each says that it is all those after it."""

_ADJUSTED = re.compile(r"adjust:([0-9]+)/[a-z_]+")
_DISPUTED = re.compile(r"dispute:([0-9]+)/([0-9]+)")
"""How the books name what a dispute came to: the statement's number, then the line's."""


def when(moment: datetime | None) -> str:
    """Return a moment as people here read it: ``2026-03-02 12:00``."""
    return NOTHING if moment is None else moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def second(moment: datetime) -> str:
    """Return a moment to the second, where it matters what came first."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def day(moment: datetime | None) -> str:
    """Return the local day of a moment."""
    return NOTHING if moment is None else moment.astimezone(ZONE).strftime("%Y-%m-%d")


def last_day(moment: datetime | None) -> str:
    """Return the last local day before a moment, which is the first that is too late."""
    if moment is None:
        return NOTHING
    local = moment.astimezone(ZONE)
    last = datetime.fromtimestamp(local.timestamp() - 1, ZONE)
    return last.strftime("%Y-%m-%d")


def yuan(fen: int) -> str:
    """Return an amount of fen: ``¥12.50``, ``−¥3.00``."""
    return f"{'−' if fen < 0 else ''}¥{spelled(abs(fen))}"


def plain_yuan(fen: int) -> str:
    """Return an amount of fen as it is typed: ``12.50``."""
    return f"{fen // 100}.{fen % 100:02}"


def money(fen: int) -> str:
    """Return a sum of money of any size and sign: ``¥1,234.50``, ``−¥3.00``."""
    whole = abs(fen)
    return f"{'−' if fen < 0 else ''}¥{whole // 100:,}.{whole % 100:02}"


def signed(points: int) -> str:
    """Return what was gained or lost, with its sign."""
    return f"+{points:,}" if points > 0 else f"−{-points:,}" if points else "0"


def short(identifier: str) -> str:
    """Return the end of an id, for people who compare two."""
    return f"…{identifier[-6:]}" if len(identifier) > 8 else identifier  # noqa: PLR2004


def device(said: str) -> str:
    """Return what a browser is called by its owner: ``iPhone · 微信``; programs name themselves."""
    if not said.startswith("Mozilla/"):
        return said
    # What was cut when it was written down no longer says which browser it was.
    marks = (SYSTEMS, BROWSERS) if len(said) < TEXT_LENGTH_MAX else (SYSTEMS,)
    found = [next((name for mark, name in each if mark in said), "") for each in marks]
    return " · ".join(filter(None, found)) or said


def line_reference(line: Line, t: Texts) -> str:
    """Return what a line refers to: a request of the partner's, or in words what it came from."""
    if line.kind in {LineKind.CAPTURE, LineKind.VOID}:
        return line.reference
    for pattern, words in ((_DISPUTED, t.st_of_dispute), (_ADJUSTED, t.st_of_adjustment)):
        if found := pattern.fullmatch(line.reference):
            return words.format(*found.groups())
    return "" if line.sums_fees else t.word("statement_reference", line.reference)


def noticed(value: object, name: str, language: str) -> str:
    """Return what a notice says beside its words, read by what it is of: an end, a role, a sum."""
    if name == "until":
        return when(datetime.fromisoformat(str(value)))
    if name == "role":
        return ROLE.get(str(value), (str(value),) * 2)[language == "en"]
    if name == "device":
        return device(str(value))
    return yuan(int(str(value))) if name.endswith("_fen") else str(value)


def about(parts: Iterable[Part], language: str) -> str:
    """Return what an alert is about: ``门店 YF05 健康路店 · 合作单位 YF 示例大药房``."""
    at = language == "en"
    return " · ".join(
        " ".join(filter(None, (ALERT_NOUN[each.noun][at], each.code, each.name))) for each in parts
    )


def refused(refusal: Refusal, language: str) -> str:
    """Return why something was refused, with moments and money as people here read them."""
    said = refusal.text(language)
    if language == "zh":
        return spoken(said)
    return INSTANT.sub(lambda found: when(datetime.fromisoformat(found[0])), said)


FILTERS: dict[str, Callable[..., Any]] = {
    "device": device,
    "refused": refused,
    "about": about,
    "line_reference": line_reference,
    "noticed": noticed,
    "when": when,
    "day": day,
    "last_day": last_day,
    "yuan": yuan,
    "plain_yuan": plain_yuan,
    "money": money,
    "signed": signed,
    "short": short,
}
