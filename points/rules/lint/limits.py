"""Caps that can never bite or always do, reviews that never come, factors that change nothing."""

from collections.abc import Iterator
from decimal import Decimal

from points.kernel.findings import Finding, Severity
from points.rules.lint.draft import Draft, Site, related
from points.rules.lint.ranges import Numbers
from points.rules.lint.worth import Window, points, times, worth
from points.rules.model import Cap
from points.rules.reading import Reader
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node, Scalar, Sequence

NAMES = {
    "activity": ("一次活动", "an activity"), "day": ("一天", "a day"), "week": ("一周", "a week"),
    "month": ("一个月", "a month"), "quarter": ("一个季度", "a quarter"),
    "year": ("一年", "a year"), "lifetime": ("终身", "a lifetime"),
}  # fmt: skip


def check_limits(draft: Draft) -> Iterator[Finding]:
    """Yield what is wrong with the limits of a rule set."""
    worths = {site.rule.id: worth(draft, site) for site in draft.sites}
    below: dict[str, list[Site]] = {}
    for site in draft.sites:
        for link in site.rule.caps:
            below.setdefault(link.id, []).append(site)
    for name, node in draft.entries("caps"):
        cap, under = draft.loaded.around.caps.get(name.text), below.get(name.text)
        live = all(draft.knowns[site.rule.id] is not None for site in under or ())
        if cap is not None and under and live and draft.complete:
            yield from _idle(draft, (name, node), cap, under, worths)
    for site in draft.sites:
        yield from _greedy(draft, site, worths[site.rule.id])
        yield from _second(draft, site, worths[site.rule.id])
    if draft.complete:
        yield from _alone(draft)
    yield from _factors(draft)


def _idle(
    draft: Draft,
    entry: tuple[Scalar, Node],
    cap: Cap,
    under: list[Site],
    worths: dict[str, dict[str, Numbers]],
) -> Iterator[Finding]:
    """Yield a cap under which so little can come together that it never cuts anything."""
    if cap.scope != "member":
        return
    most = _most(cap, under, worths)
    if most > cap.maximum:
        return
    window = NAMES[cap.window]
    unit = ("次", "times") if cap.unit == "times" else ("分", "points")
    name, node = entry
    bound = node.values.get("max", name) if isinstance(node, MappingNode) else name
    zh = (
        f"封顶“{cap.id}”永远用不上：{window[0]}最多 {_plain(most)} {unit[0]}，到不了 {cap.maximum}"
        "；请调低或删去"
    )
    en = (
        f"cap '{cap.id}' never bites: {window[1]} brings at most {_plain(most)} {unit[1]}, "
        f"no more than {cap.maximum} — lower it or take it away"
    )
    if most == cap.maximum:
        zh = zh.replace("到不了", "不会超过")
    yield draft.found("cap.never_bites", draft.place(bound), (zh, en))


def _most(cap: Cap, under: list[Site], worths: dict[str, dict[str, Numbers]]) -> Decimal:
    """Return the most that one member can bring under a cap in its window, in any measure."""
    window = Window(cap.window, cap.years)
    if cap.unit == "times":
        return sum((times(site.rule, window, cap) for site in under), Decimal(0))
    # Where one of the caps turns down what does not fit whole, what another leaves matters too.
    trims = all(each.mode == "trim" for site in under for each in site.rule.caps)
    sums: dict[str, Decimal] = {}
    for site in under:
        for measure, each in worths[site.rule.id].items():
            if trims:
                found = points(site.rule, each, window, cap)
            else:
                found = each.high and times(site.rule, window) * each.high
            sums[measure] = sums.get(measure, Decimal(0)) + found
    return max(sums.values(), default=Decimal(0))


def _greedy(draft: Draft, site: Site, worths: dict[str, Numbers]) -> Iterator[Finding]:
    """Yield each cap that cuts whatever a rule gives."""
    rule = site.rule
    least = min((each.low for each in worths.values()), default=Decimal(0))
    for cap in rule.caps:
        if cap.unit != "points" or least <= cap.maximum:
            continue
        place = draft.place(_named(site, cap.id))
        cut_zh, cut_en = f"至少给 {_plain(least)} 分", f"an award is at least {_plain(least)}"
        if cap.mode == "reject":
            zh = (
                f"{rule.id} 永远给不出分：{cut_zh}，而封顶“{cap.id}”只有 {cap.maximum}，"
                "放不下就不给；请调低分值"
            )
            en = (
                f"{rule.id} never grants: {cut_en}, and cap '{cap.id}' rejects what is above "
                f"{cap.maximum} — lower the points"
            )
            yield draft.found("cap.never_fits", place, (zh, en), severity=Severity.ERROR)
            continue
        zh = f"{rule.id} 每次都被封顶“{cap.id}”截短：{cut_zh}，上限只有 {cap.maximum}；请调低分值"
        en = (
            f"{rule.id} is always cut by cap '{cap.id}': {cut_en}, the cap is {cap.maximum}"
            " — lower the points"
        )
        yield draft.found("cap.always_bites", place, (zh, en))


def _named(site: Site, cap_id: str) -> Node:
    """Return where a rule names a cap, or its caps where it is an outer one of those."""
    node = site.part("caps")
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Scalar) and item.text == cap_id:
            return item
    first = node.items[0] if isinstance(node, Sequence) and node.items else None
    return first or site.name


def _second(draft: Draft, site: Site, worths: dict[str, Numbers]) -> Iterator[Finding]:
    """Yield a second review that nothing can be large enough for."""
    above, node = site.rule.review.second_above, site.part("review", "second_above")
    if above is None or node is None:
        return
    window = Window("activity")
    most = max((points(site.rule, each, window) for each in worths.values()), default=Decimal(0))
    if most <= above:
        zh = (
            f"{site.rule.id} 永远用不到复审：一次最多 {_plain(most)} 分，没有超过 {above}；"
            "请调低或删去"
        )
        en = (
            f"{site.rule.id} never needs the second review: an award is at most {_plain(most)}, "
            f"not above {above} — lower it or take it away"
        )
        yield draft.found("review.second_unreachable", draft.place(node), (zh, en))


def _alone(draft: Draft) -> Iterator[Finding]:
    """Yield groups in which a rule has no rival."""
    for name, _ in draft.entries("groups"):
        inside = [
            site for site in draft.sites if site.rule.group and site.rule.group.id == name.text
        ]
        if len(inside) == 1 and inside[0].rule.group and inside[0].rule.group.window == "activity":
            zh = f"组“{name.text}”里只有 {inside[0].rule.id} 一条规则，不起作用；请加规则或删去"
            en = (
                f"group '{name.text}' holds {inside[0].rule.id} alone and changes nothing"
                " — add a rule or take it away"
            )
            about = (related(draft.place(inside[0].name), "唯一的规则", "the only rule"),)
            yield draft.found("group.alone", draft.place(name), (zh, en), related=about)


def _factors(draft: Draft) -> Iterator[Finding]:
    for node in draft.items("multipliers"):
        times_node = node.values.get("times") if isinstance(node, MappingNode) else None
        if times_node is not None and Reader("").number(times_node) == 1:
            zh = "倍数为 1，不起作用；请改或删去"
            en = "times 1 changes nothing — change it or take it away"
            yield draft.found("multiplier.no_effect", draft.place(times_node), (zh, en))


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"
