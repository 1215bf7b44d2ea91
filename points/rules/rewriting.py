"""Changes single values of an authored file and leaves every other character as it is.

Comments, order, alignment, quotes and line ends are the staff's. A value is found by its path,
its own characters are exchanged, and the file is read again: the new tree must be the old one
but for that value, or nothing is changed.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node, Scalar, Sequence, plain, read_yaml, resolve

Path = tuple[str | int, ...]
VALUE_LENGTH_MAX = 2_000

# What may stand without quotes wherever a value may stand: no character that YAML gives a meaning.
_BARE = re.compile(
    r"[\w\u3007\u4e00-\u9fff（](?:[\w\u4e00-\u9fff（）·、。 .×*+/()<>=&|~-]*[\w\u4e00-\u9fff）)])?"
)


class Unwritable(ValueError):
    """The value cannot be changed in place."""


def found(root: Node | None, path: Path) -> Node | None:
    """Return the node at a path: keys of mappings, numbers in lists."""
    node = root
    for part in path:
        if isinstance(node, MappingNode) and isinstance(part, str):
            node = node.values.get(part)
        elif isinstance(node, Sequence) and isinstance(part, int):
            node = node.items[part] if part < len(node.items) else None
        else:
            return None
    return node


def writable(node: Node | None) -> bool:
    """Return whether a value can be changed in place: one that stands on one line."""
    return (
        isinstance(node, Scalar)
        and node.style in ("", "'", '"')
        and node.end_line == node.line
        and node.end_column > node.column
    )


def rewrite(text: str, changes: Mapping[Path, int | str]) -> str:
    """Return a file with some of its values exchanged.

    Args:
        text: The file.
        changes: New values by path; a text stays a text, even ``12`` or ``no``.

    Raises:
        Unwritable: One of them is not there, not on one line, or cannot be told apart afterwards.
    """
    root, _ = read_yaml(text, file="")
    places = []
    for path, value in changes.items():
        node = found(root, path)
        if not isinstance(node, Scalar) or not writable(node) or _too_long(value):
            raise Unwritable(str(path))
        places.append((node, value))
    for node, value in sorted(places, key=lambda each: each[0].index, reverse=True):
        end = node.index + node.end_column - node.column
        text = text[: node.index] + _spelled(node, value) + text[end:]
    if root is None or _values(text) != _changed(plain(root), changes):
        raise Unwritable
    return text


def _too_long(value: int | str) -> bool:
    return isinstance(value, str) and (len(value) > VALUE_LENGTH_MAX or not value.isprintable())


def _spelled(node: Scalar, value: int | str) -> str:
    """Return a value in the quotes that it had, in none, or in those that it needs."""
    if isinstance(value, int):
        return str(value)
    if node.style == "'":
        return "'" + value.replace("'", "''") + "'"
    if not node.style and _BARE.fullmatch(value) and resolve(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _values(text: str) -> Any:  # noqa: ANN401 - YAML is any of seven things
    root, findings = read_yaml(text, file="")
    return None if root is None or findings else plain(root)


def _changed(tree: Any, changes: Mapping[Path, int | str]) -> Any:  # noqa: ANN401 - the same
    """Return plain values with some of them exchanged."""
    for path, value in changes.items():
        inner = tree
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = value
    return tree
