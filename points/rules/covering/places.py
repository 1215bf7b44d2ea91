"""Finds where in a rule file a branch is written."""

from points.rules.covering.branches import Branch
from points.rules.expressions import locate
from points.rules.load_effects import ONCE
from points.rules.yaml_positions import Mapping, Node, Scalar, Sequence, read_yaml

_GATE_KEYS = {"source": "sources", "peer": "to"}


class Places:
    """The places of one rule file's expressions."""

    def __init__(self, source: str) -> None:
        """Read the text of a rule set that was loaded from it."""
        self.source = source
        self.root = read_yaml(source, file="")[0]

    def of(self, branch: Branch) -> tuple[int, int, str]:
        """Return line, column and text of what a branch is about."""
        node = self._node(branch)
        if not isinstance(node, Scalar):
            return (node.line, node.column, "") if node else (1, 1, "")
        if not branch.end:
            return node.line, node.column, node.text
        line, column = locate(self.source, node, branch.start)
        return line, column, node.text[branch.start : branch.end]

    def _node(self, branch: Branch) -> Node | None:
        kind, _, name = branch.owner.partition(":")
        if kind == "let":
            return _at(_at(self.root, "let"), name)
        if kind == "cap":
            rule = _named(_at(self.root, "rules"), name.removeprefix(ONCE))
            return _key(_at(self.root, "caps"), name) or _at(rule, "once")
        if kind == "multiplier":
            return _at(_named(_at(self.root, "multipliers"), name), "when")
        return self._of_rule(_named(_at(self.root, "rules"), name), branch)

    def _of_rule(self, rule: Node | None, branch: Branch) -> Node | None:
        part, _, name = branch.part.partition(".")
        if part == "row":
            row = _items(_at(_at(rule, "table"), "rows"))[int(name) - 1]
            return _items(row)[-1] if branch.end else row
        if part == "points":
            points = _at(rule, "points")
            return _at(points, name) if isinstance(points, Mapping) else points
        if part == "band":
            return _items(_at(_at(rule, "bands"), "steps"))[int(name) - 1]
        if part == "bands":
            return _at(_at(rule, "bands"), "of")
        if part == "multiplier":
            items = _items(_at(rule, "multipliers"))
            return next((each for each in items if _says(each, name)), rule)
        return _at(rule, _GATE_KEYS.get(part, part or "id")) or rule


def _at(node: Node | None, key: str) -> Node | None:
    return node.values.get(key) if isinstance(node, Mapping) else None


def _key(node: Node | None, key: str) -> Node | None:
    return node.keys.get(key) if isinstance(node, Mapping) else None


def _items(node: Node | None) -> list[Node]:
    return node.items if isinstance(node, Sequence) else []


def _named(node: Node | None, name: str) -> Node | None:
    return next((each for each in _items(node) if _says(_at(each, "id"), name)), None)


def _says(node: Node | None, text: str) -> bool:
    return isinstance(node, Scalar) and node.text == text
