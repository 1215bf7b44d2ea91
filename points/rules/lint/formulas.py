"""Points that are never any, that may turn negative, or that may divide by zero."""

from collections.abc import Iterator

from points.kernel.findings import Finding
from points.rules.lint.draft import Draft, Site
from points.rules.lint.possible import Known
from points.rules.lint.ranges import ZERO, Numbers
from points.rules.lint.worth import raw
from points.rules.syntax import Binary, Conditional, Let, Literal, Tree, children
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node


def check_formulas(draft: Draft) -> Iterator[Finding]:
    """Yield what is wrong with what rules are worth."""
    for site in draft.sites:
        known = draft.knowns[site.rule.id]
        if known is not None and site.rule.measures:
            found = [*_signs(draft, site, known), *_divisions(draft, site, known)]
            # Where reasoning gave up, anything may be, and that is no finding.
            yield from () if site.reasoning.exhausted else found


def _signs(draft: Draft, site: Site, known: Known) -> Iterator[Finding]:
    node = site.part("points")
    for measure, found in raw(site, known).items():
        written = node.values.get(measure) if isinstance(node, MappingNode) else node
        where = written or site.part("table") or site.part("bands") or site.name
        yield from _sign(draft, site, where, found)
        if not isinstance(node, MappingNode):
            return


def _sign(draft: Draft, site: Site, node: Node, found: Numbers) -> Iterator[Finding]:
    named = site.rule.id
    if found.high <= 0:
        zh = f"{named} 永远给不出分；请检查分值"
        en = f"{named} can never grant a point — check what it is worth"
        yield draft.found("points.never", draft.place(node), (zh, en))
    elif found.low < 0:
        low = f"{found.low:f}" if found.low.is_finite() else "-∞"
        zh = (
            f"{named} 的分值可能为负（最低 {low}），那时整条活动会被搁置；"
            "请写 max(0, …)，或在 when 里先排除"
        )
        en = (
            f"{named} may come to less than nothing (down to {low}), and then the whole activity "
            "is set aside — write max(0, …), or rule it out in 'when'"
        )
        yield draft.found("points.may_be_negative", draft.place(node), (zh, en))


def _divisions(draft: Draft, site: Site, known: Known) -> Iterator[Finding]:
    node = site.part("points")
    for measure, compiled in site.rule.points.items():
        place = node.values.get(measure) if isinstance(node, MappingNode) else node
        if place is not None:
            for part in _by_zero(site, compiled.tree, known):
                yield _division(draft, site, place, part)
        if not isinstance(node, MappingNode):
            return


def _division(draft: Draft, site: Site, place: Node, part: Tree) -> Finding:
    zh = f"{site.rule.id}：除数可能为零，那时整条活动会被搁置；请在 when 里先排除"
    en = (
        f"{site.rule.id}: this may be zero, and then the whole activity is set aside"
        " — rule it out in 'when'"
    )
    return draft.found("points.may_divide_by_zero", draft.place(place, part), (zh, en))


def _by_zero(site: Site, tree: Tree, known: Known) -> Iterator[Tree]:
    """Yield every divisor that may be zero where it stands."""
    if isinstance(tree, Let | Literal):
        return
    if isinstance(tree, Conditional):
        yield from _by_zero(site, tree.test, known)
        for branch, truth in ((tree.yes, True), (tree.no, False)):
            after = site.reasoning.assume(tree.test, known, truth=truth)
            if after is not None:
                yield from _by_zero(site, branch, after)
        return
    if isinstance(tree, Binary) and tree.op in ("&&", "||"):
        yield from _by_zero(site, tree.left, known)
        after = site.reasoning.assume(tree.left, known, truth=tree.op == "&&")
        if after is not None:
            yield from _by_zero(site, tree.right, after)
        return
    if isinstance(tree, Binary) and tree.op in "/%" and _may_be_zero(site, tree.right, known):
        yield tree.right
    for part in children(tree):
        yield from _by_zero(site, part, known)


def _may_be_zero(site: Site, divisor: Tree, known: Known) -> bool:
    # A literal zero is an error of its own.
    if isinstance(divisor, Literal):
        return False
    return site.reasoning.numbers(divisor, known).holds(ZERO)
