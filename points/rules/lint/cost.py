"""What a year may cost at the most, against what it may cost at all."""

from collections.abc import Iterator
from decimal import Decimal

from points.kernel.findings import Finding
from points.rules.lint.draft import Budget, Draft, Site, related
from points.rules.lint.ranges import INFINITY, ZERO
from points.rules.lint.worth import WALLET, Window, binding, points, touching, worth
from points.rules.reading import Reader
from points.rules.yaml_positions import Place

KEYS = ("fen", "members", "fen_per_point", "activities", "note")
YEAR = Window("year")
NAMED_MAX = 3
FEN_A_YUAN = 100


def read_budget(draft: Draft, reader: Reader) -> Budget | None:
    """Return the budget that a file names, if it names one."""
    node = draft.at("budget")
    if node is None:
        return None
    fields = reader.fields(node, KEYS, ("fen", "members"))
    fen = reader.integer(fields.get("fen"), at_most=10**13)
    members = reader.integer(fields.get("members"), at_least=1)
    value = reader.integer(fields.get("fen_per_point"), at_least=1)
    activities = {}
    for name, count in reader.entries(fields.get("activities")):
        if reader.choice(name, tuple(draft.types.types)) is not None:
            activities[name.text] = reader.integer(count) or 0
    if fen is None or members is None:
        return None
    return Budget(fen=fen, members=members, fen_per_point=value or 20, activities=activities)


def check_cost(draft: Draft) -> Iterator[Finding]:
    """Yield what the spendable points of a year may cost above the budget."""
    reader = Reader(draft.file)
    own = read_budget(draft, reader)
    yield from reader.findings
    budget = draft.budget or own
    if budget is None or not draft.complete:
        return
    most = {
        site.rule.id: _a_year(draft, site, budget)
        for site in draft.sites
        if WALLET in site.rule.measures
    }
    for site in draft.sites:
        if most.get(site.rule.id) == INFINITY:
            yield _unbounded(draft, site)
    bounded = {rule_id: each for rule_id, each in most.items() if each.is_finite()}
    yield from _above(draft, budget, _together(draft, budget, bounded), bounded)


def _a_year(draft: Draft, site: Site, budget: Budget) -> Decimal:
    """Return the most points that a rule may give all members together in a year."""
    each = worth(draft, site)[WALLET]
    found = points(site.rule, each, YEAR)
    most = INFINITY if found == INFINITY else found * budget.members
    expected = budget.activities.get(site.rule.type.name)
    if expected is not None:
        most = min(most, expected * each.high if each.high else ZERO)
    for cap in site.rule.caps:
        if cap.scope == "programme" and cap.unit == "points":
            most = min(most, touching(Window(cap.window, cap.years), YEAR) * cap.maximum)
    return most


def _together(draft: Draft, budget: Budget, most: dict[str, Decimal]) -> Decimal:
    """Return the most points a year; what rules share a cap for counts once."""
    left = dict(most)
    total = ZERO
    bounds = []
    for cap in draft.loaded.around.caps.values():
        under = [
            s.rule for s in draft.sites if s.rule.id in left and cap in binding(s.rule, "points")
        ]
        bound = touching(Window(cap.window, cap.years), YEAR) * cap.maximum
        if len(under) > 1 and bound.is_finite():
            bounds.append((bound * budget.members, [rule.id for rule in under]))
    for bound, ids in sorted(bounds, key=lambda each: each[0]):
        there = [rule_id for rule_id in ids if rule_id in left]
        if sum(left[rule_id] for rule_id in there) > bound:
            total += bound
            for rule_id in there:
                del left[rule_id]
    return total + sum(left.values(), ZERO)


def _unbounded(draft: Draft, site: Site) -> Finding:
    zh = (
        f"{site.rule.id} 一年能给多少可兑换的积分没有上限，算不出成本；"
        "请加封顶，或在 budget.activities 写明一年有多少条"
    )
    en = (
        f"nothing bounds what {site.rule.id} may grant in a year, so its cost is unknown"
        " — add a cap, or say in budget.activities how many a year brings"
    )
    return draft.found("cost.unbounded", draft.place(site.name), (zh, en))


def _above(
    draft: Draft, budget: Budget, total: Decimal, most: dict[str, Decimal]
) -> Iterator[Finding]:
    cost = total * budget.fen_per_point
    if cost <= budget.fen:
        return
    largest = sorted(most, key=lambda rule_id: (-most[rule_id], rule_id))[:NAMED_MAX]
    sites = {site.rule.id: site for site in draft.sites}
    shown = [f"{rule_id} {_yuan(most[rule_id] * budget.fen_per_point)}" for rule_id in largest]
    zh = (
        f"一年最多要 {_yuan(cost)} 元，超过经费 {_yuan(Decimal(budget.fen))} 元（每分按 "
        f"{budget.fen_per_point} 分钱、{budget.members} 人计）；"
        f"最多的是 {'、'.join(shown)}；请调低封顶或分值"
    )
    en = (
        f"a year may cost {_yuan(cost)} yuan, the budget is {_yuan(Decimal(budget.fen))} (at "
        f"{budget.fen_per_point} fen a point and {budget.members} members); most of it: "
        f"{', '.join(shown)} — lower caps or points"
    )
    node = draft.at("budget", "fen") or draft.at("ruleset")
    place = Place(1, 1) if node is None else draft.place(node)
    about = tuple(
        related(draft.place(sites[rule_id].name), "成本最高的规则之一", "one of the dearest rules")
        for rule_id in largest
    )
    yield draft.found("cost.above_budget", place, (zh, en), related=about)


def _yuan(fen: Decimal) -> str:
    return f"{fen / FEN_A_YUAN:,.2f}"
