"""Points that are never any, that may turn negative, or that may divide by zero."""

from collections.abc import Iterator

from points.kernel.findings import Finding
from points.rules.lint.draft import Draft, Site
from points.rules.lint.possible import Known
from points.rules.lint.ranges import ZERO
from points.rules.lint.worth import raw
from points.rules.syntax import Binary, Conditional, Let, Literal, Tree, children
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node


def check_formulas(draft: Draft) -> Iterator[Finding]:
    """Yield what is wrong with what rules are worth."""
    for site in draft.sites:
        known = draft.knowns[site.rule.id]
        if known is not None and site.rule.measures:
            yield from _of(draft, site, known)


def _of(draft: Draft, site: Site, known: Known) -> Iterator[Finding]:
    rule, node = site.rule, site.part("points")
    for measure, found in raw(draft, site, known).items():
        place = node.values.get(measure) if isinstance(node, MappingNode) else node
        where = draft.place(place or site.part("table") or site.part("bands") or site.name)
        if found.high <= 0:
            zh, en = f"{rule.id} 永远给不出分", f"{rule.id} can never grant a point"
            mend = "；请检查分值", " — check the points"
            yield draft.found("points.never", where, (zh + mend[0], en + mend[1]))
        elif found.low < 0:
            zh = f"{rule.id} 的分值可能为负（最低 {found.low:f}），那时整条活动会被搁置；请写 max(0, …)"
            en = (
                f"{rule.id} may come to less than nothing (down to {found.low:f}), and then the whole "
                "activity is set aside — write max(0, …)"
            )
            if not found.low.is_finite():
                zh, en = (
                    zh.replace("（最低 -Infinity）", ""),
                    en.replace(" (down to -Infinity)", ""),
                )
            yield draft.found("points.may_be_negative", where, (zh, en))
        if not isinstance(node, MappingNode):
            break
    yield from _divisions(draft, site, known)


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
    if isinstance(tree, Binary) and tree.op in "/%":
        if site.reasoning.numbers(tree.right, known).holds(ZERO):
            yield tree.right
    for part in children(tree):
        yield from _by_zero(site, part, known)
