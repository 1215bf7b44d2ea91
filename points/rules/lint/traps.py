"""What YAML quietly does to an expression that is not in quotes."""

import re
from collections.abc import Iterator

from points.kernel.findings import Finding
from points.rules.lint.draft import Draft, Site
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node, Place, Scalar

_SWALLOWED = re.compile(r"(\s+)(#\s*(?:&&|\|\||==|!=|<=|>=|[<>*/+?]).*)")
"""A comment that begins as the rest of an expression would."""


def check_traps(draft: Draft) -> Iterator[Finding]:
    """Yield expressions whose end YAML took for a comment."""
    lines = draft.text.splitlines()
    for node in _written(draft):
        if isinstance(node, Scalar) and not node.style and node.end_line <= len(lines):
            yield from _swallowed(draft, node, lines[node.end_line - 1])


def _swallowed(draft: Draft, node: Scalar, line: str) -> Iterator[Finding]:
    rest = line[node.end_column - 1 :]
    match = _SWALLOWED.match(rest)
    if match is None:
        return
    start = node.end_column + len(match.group(1))
    place = Place(node.end_line, start, node.end_line, len(line.rstrip()) + 1)
    zh = "“ #”之后被当作注释，条件少了这一段；请把整个表达式加上引号"
    en = "what follows ' #' is taken for a comment and lost — put the whole expression in quotes"
    yield draft.found("yaml.comment", place, (zh, en))


def _written(draft: Draft) -> Iterator[Node]:
    """Yield everything in a file that holds an expression."""
    for _, node in draft.entries("let"):
        yield node
    for item in draft.items("multipliers"):
        if isinstance(item, MappingNode) and "when" in item.values:
            yield item.values["when"]
    for site in draft.sites:
        yield from _of_rule(site)


def _of_rule(site: Site) -> Iterator[Node]:
    for key in ("audience", "when", "points"):
        node = site.part(key)
        if isinstance(node, MappingNode):
            yield from node.values.values()
        elif node is not None:
            yield node
