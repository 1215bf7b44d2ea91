"""Rules that say the same, and rules that may score one activity together."""

from collections.abc import Iterator

from points.kernel.findings import Finding, Severity
from points.rules.lint import possible
from points.rules.lint.draft import Draft, Site, related
from points.rules.lint.possible import Known
from points.rules.model import Rule
from points.rules.syntax import unparse

PAIRS_MAX = 20_000
"""Beyond so many pairs of rules no more are compared; a file of that kind has other worries."""
NAMED_MAX = 5


def check_overlap(draft: Draft) -> Iterator[Finding]:
    """Yield rules that say the same, and rules that may score one activity together."""
    pairs = 0
    by_type: dict[str, list[Site]] = {}
    said: dict[tuple[object, ...], Site] = {}
    for site in draft.sites:
        meaning = _meaning(site.rule)
        first = said.setdefault(meaning, site)
        if first is not site:
            yield _twice(draft, site, first)
        earlier = by_type.setdefault(site.rule.type.name, [])
        pairs += len(earlier)
        if pairs <= PAIRS_MAX:
            together = [each for each in earlier if _together(draft, each, site)]
            if together:
                yield _both(draft, site, together)
        earlier.append(site)


def _meaning(rule: Rule) -> tuple[object, ...]:
    """Return what decides when a rule scores and how much."""
    conditions = (rule.audience, rule.when)
    table = rule.table
    return (
        rule.type.name,
        *(condition and unparse(condition.tree) for condition in conditions),
        tuple((measure, unparse(each.tree)) for measure, each in sorted(rule.points.items())),
        table and (table.hit, tuple(_row(rule, number) for number in range(len(table.rows)))),
        rule.measures,
        rule.sources,
        rule.schedule,
        rule.to,
        rule.effect,
    )


def _row(rule: Rule, number: int) -> tuple[str, ...]:
    rows = rule.table.rows if rule.table else ()
    row = rows[number]
    return (*(unparse(each.tree) for each in row.when), unparse(row.points.tree))


def _twice(draft: Draft, site: Site, first: Site) -> Finding:
    here, there = site.rule.id, first.rule.id
    zh = f"{here} 与 {there} 条件和分值完全相同，同一件事会记两次；请删去一条"
    en = f"{here} scores the same things as {there} in the same way, twice — take one away"
    about = (related(draft.place(first.name), "先写的一条", "the first of the two"),)
    return draft.found("rule.same", draft.place(site.name), (zh, en), related=about)


def _together(draft: Draft, one: Site, other: Site) -> bool:
    """Return whether one activity may be scored by both, with nothing to hold the two together."""
    a, b = one.rule, other.rule
    if not set(a.measures) & set(b.measures) or a.to != b.to:
        return False
    if a.group is not None and a.group == b.group:
        return False
    if {cap.id for cap in a.caps} & {cap.id for cap in b.caps}:
        return False
    if a.sources and b.sources and not a.sources & b.sources:
        return False
    return _compatible(draft.knowns[a.id], draft.knowns[b.id])


def _compatible(one: Known | None, other: Known | None) -> bool:
    if one is None or other is None:
        return False
    return all(
        possible.meet(one[name], other[name]) is not None for name in one.keys() & other.keys()
    )


def _both(draft: Draft, site: Site, together: list[Site]) -> Finding:
    names = [each.rule.id for each in together]
    shown = names[:NAMED_MAX]
    more_zh = f"等 {len(names)} 条" if len(names) > NAMED_MAX else ""
    more_en = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    zh = (
        f"{site.rule.id} 与 {'、'.join(shown)}{more_zh} 可能同时给分，且不同组、无共同封顶；"
        "若是有意，请用 lint.allow 写明理由"
    )
    en = (
        f"{site.rule.id} may score together with {', '.join(shown)}{more_en}, with no group or cap "
        "in common — if that is meant, say why in lint.allow"
    )
    about = tuple(
        related(draft.place(each.name), "可能同时给分", "may score as well")
        for each in together[:NAMED_MAX]
    )
    place = draft.place(site.name)
    return draft.found("rule.together", place, (zh, en), severity=Severity.INFO, related=about)
