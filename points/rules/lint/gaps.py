"""Rows of a table that never fit, and cases that no row fits."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import product

from points.kernel.findings import Finding
from points.rules.lint import ranges
from points.rules.lint.draft import Draft, Site
from points.rules.lint.possible import Known, Possible, Truth, Words
from points.rules.lint.ranges import ANY, Numbers, exactly
from points.rules.lint.saying import number_said
from points.rules.model import Row, Table
from points.rules.syntax import Field, Listing, Literal, Tree, walk
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Sequence

CASES_MAX = 2_000
"""Tables with more different cases than this are not searched for gaps."""
OTHER = "…"
"""Any text that the table does not name."""

Case = Possible


def check_gaps(draft: Draft) -> Iterator[Finding]:
    """Yield what is wrong with the tables of a rule set."""
    for site in draft.sites:
        known = draft.knowns[site.rule.id]
        if site.rule.table is not None and known is not None:
            yield from _idle_rows(draft, site, site.rule.table, known)
            yield from _gap(draft, site, site.rule.table, known)


def _idle_rows(draft: Draft, site: Site, table: Table, known: Known) -> Iterator[Finding]:
    for row in table.rows:
        after: Known | None = known
        for condition in row.when:
            after = None if after is None else site.reasoning.assume(condition.tree, after)
        if after is None:
            node = site.part("table", "rows", row.number - 1) or site.name
            where = node.items[0] if isinstance(node, Sequence) and node.items else node
            zh = (
                f"{site.rule.id} 第 {row.number} 行永远轮不到：这样的活动不存在，或已被 when 排除；"
                "请改或删去"
            )
            en = (
                f"{site.rule.id}: row {row.number} never fits: no such activity exists, or 'when' "
                "rules it out — change it or take it away"
            )
            yield draft.found("table.never", draft.place(where), (zh, en))


def _gap(draft: Draft, site: Site, table: Table, known: Known) -> Iterator[Finding]:
    columns = _columns(site)
    if not columns or not table.rows or any(len(row.when) == 0 for row in table.rows):
        return
    cases = [list(_cases(site, column, table, known)) for column in columns]
    total = 1
    for each in cases:
        total *= len(each)
    if not 0 < total <= CASES_MAX:
        return
    for case in product(*cases):
        at = _with(columns, case, known)
        if _occurs(site, at) and not any(_fits(site, row, at) for row in table.rows):
            shown = ", ".join(
                f"{column.path} = {_said(each)}" for column, each in zip(columns, case, strict=True)
            )
            node = site.part("table") or site.name
            where = (
                node.keys["rows"] if isinstance(node, MappingNode) and "rows" in node.keys else node
            )
            zh = (
                f"{site.rule.id} 的表没有一行适用于 {shown}，那时不给分；"
                "若是有意，请在最后加一行 any，分值 0"
            )
            en = (
                f"{site.rule.id}: no row fits {shown}, which gives nothing"
                " — if that is meant, end with a row of any worth 0"
            )
            yield draft.found("table.gap", draft.place(where), (zh, en))
            return


def _columns(site: Site) -> list[Field]:
    """Return the columns when all of them are plain fields; others are not searched."""
    node = site.part("table", "columns")
    found = []
    for item in node.items if isinstance(node, Sequence) else ():
        root, _, name = getattr(item, "text", "").partition(".")
        if site.reasoning.scope.spec(root, name) is None:
            return []
        found.append(Field(0, 0, root, name))
    return found


def _cases(site: Site, column: Field, table: Table, known: Known) -> Iterator[Case]:
    """Yield kinds of value between which the rows of a table may tell."""
    found = site.reasoning.value(column, known)
    if isinstance(found, Truth):
        yield from (Truth(frozenset((value,))) for value in sorted(found.may))
    elif isinstance(found, Words):
        named = {str(each) for each in _literals(table, column) if isinstance(each, str)}
        words = found.only if found.only is not None else named - found.never
        yield from (Words(frozenset((word,))) for word in sorted(words))
        if found.only is None:
            yield Words(None, frozenset(named | found.never))
    else:
        marks = {
            Decimal(each)
            for each in _literals(table, column)
            if isinstance(each, int | Decimal) and not isinstance(each, bool)
        }
        numbers = found if isinstance(found, Numbers) else ANY
        yield from _pieces(numbers, sorted(marks))


def _pieces(found: Numbers, marks: Iterable[Decimal]) -> Iterator[Numbers]:
    """Cut a range at the numbers that a table names."""
    below = Numbers()
    low: Decimal | None = None
    for mark in marks:
        between = Numbers(
            low=below.low if low is None else low,
            open_low=low is not None,
            high=mark,
            open_high=True,
        )
        for piece in (between, exactly(mark)):
            # Whether a field is whole is a matter of the field, not of the mark.
            plain = Numbers(
                low=piece.low, high=piece.high, open_low=piece.open_low, open_high=piece.open_high
            )
            if met := ranges.meet(found, plain):
                yield met
        low = mark
    rest = Numbers() if low is None else Numbers(low=low, open_low=True)
    if met := ranges.meet(found, rest):
        yield met


def _literals(table: Table, column: Field) -> Iterator[object]:
    for row in table.rows:
        for condition in row.when:
            if any(isinstance(n, Field) and n.path == column.path for n in walk(condition.tree)):
                yield from _values(condition.tree)


def _values(tree: Tree) -> Iterator[object]:
    for node in walk(tree):
        if isinstance(node, Literal):
            yield node.value
        elif isinstance(node, Listing):
            yield from (item.value for item in node.items if isinstance(item, Literal))


def _with(columns: list[Field], case: Iterable[Case], known: Known) -> Known:
    return {**known, **{column.path: each for column, each in zip(columns, case, strict=True)}}


def _occurs(site: Site, known: Known) -> bool:
    conditions = (site.rule.audience, site.rule.when)
    return all(
        condition is None or site.reasoning.assume(condition.tree, known) is not None
        for condition in conditions
    )


def _fits(site: Site, row: Row, known: Known) -> bool:
    """Return whether a row may fit; what is not understood counts as fitting."""
    after: Known | None = known
    for condition in row.when:
        after = None if after is None else site.reasoning.assume(condition.tree, after)
    return after is not None


def _said(case: Case) -> str:
    if isinstance(case, Truth):
        return "true" if True in case.may else "false"
    if isinstance(case, Numbers):
        return number_said(case)
    return (case.single if isinstance(case, Words) else None) or OTHER
