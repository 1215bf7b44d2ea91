"""Reads the parts of a reward that stand by themselves: prices, windows, limits, stock, photo."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from points.catalogue.errors import PhotoUnfit
from points.catalogue.model import PER_MEMBER_MAX, TIERS, Limit, Stock, Window
from points.rules.reading import Reader
from points.rules.texts import did_you_mean
from points.rules.yaml_positions import Mapping as YamlMapping
from points.rules.yaml_positions import Node, Sequence

COUNT_MAX = 10**7
GATE = re.compile(r"[a-z][a-z0-9_]{0,59}")
HASHED = "sha256:"
"""What a photo begins with that is named by its hash, as when it was uploaded by itself."""
PHOTO = re.compile(
    r"photos/[A-Za-z0-9][A-Za-z0-9._-]{0,60}\.(?:png|jpe?g|webp)|sha256:[0-9a-f]{64}"
)
STOCK_KEYS = ("total", "per_day", "per_week", "per_month", "outlets")
LIMIT_KEYS = ("per_member", "window")
PRICE_KEYS = ("default", "tiers")
WINDOW_KEYS = ("from", "until")

Photos = Callable[[str], str | PhotoUnfit | None]
"""Finds the photo of a path: its hash, why it is none that is taken, or None: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a catalogue is judged by besides itself; None: that is not looked at.

    Attributes:
        photos: Finds photos.
        outlets: The category of every outlet that is known, by its id.
        partners: Every partner that is known, by its id.
        rated: Programmes whose members have stars.
        agreed: The most that a contract in force or to come pays for one use, and whose it is, by
            reward.
    """

    photos: Photos | None = None
    outlets: Mapping[str, str] | None = None
    partners: frozenset[str] | None = None
    rated: frozenset[str] | None = None
    agreed: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def read_price(reader: Reader, node: Node | None) -> tuple[int, dict[str, int]]:
    """Return the price, and those of star bands that pay another."""
    if not isinstance(node, YamlMapping):
        return reader.integer(node) or 0, {}
    fields = reader.fields(node, PRICE_KEYS, PRICE_KEYS)
    tiers: dict[str, int] = {}
    for key, value in reader.entries(fields.get("tiers")):
        points = reader.integer(value)
        if key.text not in map(str, TIERS):
            reader.error("catalogue.tier", key, "星级须为 1～5", "a star band is 1 to 5")
        elif points is not None:
            tiers[key.text] = points
    return reader.integer(fields.get("default")) or 0, tiers


def priced(node: Node | None) -> list[Node]:
    """Return every place where a price stands."""
    if not isinstance(node, YamlMapping):
        return [node] if node is not None else []
    tiers = node.values.get("tiers")
    inner = list(tiers.values.values()) if isinstance(tiers, YamlMapping) else []
    return [each for each in (node.values.get("default"), *inner) if each is not None]


def read_windows(reader: Reader, fields: Mapping[str, Node]) -> dict[str, date | None]:
    """Return when a reward is shown and when it can be drawn, which lies within that."""
    shown = reader.fields(fields.get("visible"), WINDOW_KEYS, ("from",))
    drawn = reader.fields(fields.get("active"), WINDOW_KEYS)
    days = {
        "visible_from": reader.day(shown.get("from")),
        "visible_until": reader.day(shown.get("until")),
        "active_from": reader.day(drawn.get("from")),
        "active_until": reader.day(drawn.get("until")),
    }
    for name, window in (("visible", shown), ("active", drawn)):
        _check_order(reader, window, days[f"{name}_from"], days[f"{name}_until"])
    _check_within(reader, drawn, days)
    return days


def _check_order(
    reader: Reader, window: Mapping[str, Node], first: date | None, after: date | None
) -> None:
    if first is not None and after is not None and after <= first:
        reader.error(
            "catalogue.window_empty",
            window["until"],
            f"结束日期须晚于 {first}（当天不含在内）",
            f"the end has to be after {first}; that day is no longer part of it",
        )


def _check_within(
    reader: Reader, drawn: Mapping[str, Node], days: Mapping[str, date | None]
) -> None:
    begins, ends = days["visible_from"], days["visible_until"]
    early = days["active_from"] and begins and days["active_from"] < begins
    late = days["active_until"] and ends and days["active_until"] > ends
    for wrong, key, bound in ((early, "from", begins), (late, "until", ends)):
        if wrong:
            reader.error(
                "catalogue.active_outside",
                drawn[key],
                f"可兑换的日期须在展示期内：改为 {bound}，或放宽 visible",
                f"what can be drawn has to be shown: write {bound}, or widen 'visible'",
                fix=f'"{bound}"',
            )


def read_limits(reader: Reader, fields: Mapping[str, Node]) -> tuple[Limit, ...]:
    """Return the limits, of which one may stand by itself as ``limit``."""
    if "limit" in fields and "limits" in fields:
        reader.error(
            "catalogue.limits_twice",
            fields["limit"],
            "limit 和 limits 只写一个：把 limit 这一条移入 limits",
            "write 'limit' or 'limits': move this one into 'limits'",
        )
    nodes = [fields["limit"]] if "limit" in fields else reader.items(fields.get("limits"))
    limits: list[Limit] = []
    for node in nodes:
        limit = _limit(reader, node)
        if limit is not None and limit.window in {each.window for each in limits}:
            reader.error(
                "catalogue.limit_window",
                node,
                f"周期“{limit.window}”写了两次，只留一条",
                f"the window '{limit.window}' stands here twice; keep one",
            )
        elif limit is not None:
            limits.append(limit)
    return tuple(limits)


def _limit(reader: Reader, node: Node) -> Limit | None:
    fields = reader.fields(node, LIMIT_KEYS, LIMIT_KEYS)
    most = reader.integer(fields.get("per_member"), at_least=1, at_most=PER_MEMBER_MAX)
    window = reader.choice(fields.get("window"), [window.value for window in Window])
    if most is None or window not in set(Window):
        return None
    return Limit(per_member=most, window=Window(window))


def read_stock(
    reader: Reader, node: Node | None, partners: tuple[str, ...], around: Around
) -> Stock | None:
    """Return how many there are: in all, in a day, week and month, and by outlet."""
    if node is None:
        return None
    fields = reader.fields(node, STOCK_KEYS)
    counts: dict[str, Any] = {
        key: reader.integer(fields.get(key), at_most=COUNT_MAX) for key in STOCK_KEYS[:-1]
    }
    outlets: dict[str, int] = {}
    for key, value in reader.entries(fields.get("outlets")):
        count = reader.integer(value, at_most=COUNT_MAX)
        _check_outlet(reader, key, partners, around)
        if count is not None:
            outlets[key.text] = count
    total = counts["total"]
    if total is not None and sum(outlets.values()) > total:
        reader.warn(
            "catalogue.stock_outlets",
            fields["outlets"],
            f"各门店合计 {sum(outlets.values())}，超过总量 {total}：总量先兑完",
            f"the outlets have {sum(outlets.values())} in all, more than the total of {total}",
        )
    return Stock(**counts, outlets=outlets)


def _check_outlet(reader: Reader, key: Node, partners: tuple[str, ...], around: Around) -> None:
    if around.outlets is None:
        return
    named = reader.text(key) or ""
    category = around.outlets.get(named)
    if category is None:
        hint = did_you_mean(named, around.outlets)
        reader.error(
            "catalogue.outlet_unknown",
            key,
            f"没有这家门店{hint.zh}；先导入门店，或改正编号",
            f"there is no such outlet{hint.en}; import it first, or mend the code",
            fix=hint.nearest,
        )
    elif category not in partners:
        reader.error(
            "catalogue.outlet_category",
            key,
            f"这家门店属于 {category}，不在 partners 之列：补上，或删去门店",
            f"this outlet is of a {category}, which 'partners' lacks: add it, or take it away",
        )


def read_tiers(
    reader: Reader, node: Node | None, programmes: tuple[str, ...], around: Around
) -> tuple[int, ...]:
    """Return which star bands may draw it; none for everybody."""
    if node is None:
        return ()
    nodes = node.items if isinstance(node, Sequence) else [node]
    read = [reader.integer(each, at_least=TIERS[0], at_most=TIERS[-1]) for each in nodes]
    tiers = tuple(sorted({each for each in read if each is not None}))
    if len(tiers) < len(nodes) and None not in read:
        reader.error("catalogue.words", node, "每个星级只写一次", "each star band once")
    check_rated(reader, node, programmes, around)
    return tiers


def check_rated(reader: Reader, node: Node, programmes: tuple[str, ...], around: Around) -> None:
    """Find what asks for stars where whoever pays has none."""
    without = [each for each in programmes if around.rated is not None and each not in around.rated]
    if without:
        named = "、".join(without)
        reader.error(
            "catalogue.tiers_unrated",
            node,
            f"{named} 没有年度星级：去掉星级条件，或只由有星级的项目支付",
            f"{', '.join(without)} has no stars: drop them, or let another programme pay",
        )


def read_gate(reader: Reader, node: Node | None) -> str:
    """Return what staff must have seen."""
    gate = reader.text(node) or ""
    if node is not None and gate and GATE.fullmatch(gate) is None:
        reader.error(
            "catalogue.gate",
            node,
            "核验事项用小写英文和下划线，如 doctor_referral",
            "a gate is a word such as doctor_referral",
        )
    return gate


def read_photo_of(reader: Reader, node: Node | None, around: Around) -> tuple[str, str]:
    """Return the hash and the path of a reward's photo."""
    path = reader.text(node)
    if node is None or path is None:
        return "", ""
    if PHOTO.fullmatch(path) is None:
        reader.error(
            "catalogue.photo_path",
            node,
            "图片放在 photos/ 下，如 photos/c12.webp",
            "photos lie in photos/, as photos/c12.webp",
        )
        return "", ""
    if around.photos is None:
        return "", path
    found = around.photos(path)
    if isinstance(found, str):
        return found, path
    why = found or PhotoUnfit(zh_why="没有这个文件", en_why="there is no such file")
    reader.error("catalogue.photo", node, why.text("zh"), why.text("en"))
    return "", path
