"""YAML 1.2 with the place of every key and value, and without its traps.

Source: PyYAML's event stream over libyaml. Anchors, aliases, tags, merge keys, repeated keys and
several documents are findings; ``on``, ``no``, ``12:30`` and ``010`` mean what they say. The tree
is built from events on a stack of our own, so no nesting can exhaust the machine's stack.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import yaml

from points.kernel.findings import Finding
from points.rules.yaml_traps import LINE_MAX, Trap, trap, unclosed, unquoted

BYTES_MAX = 1_000_000
DEPTH_MAX = 20
NODES_MAX = 50_000
LINES_MAX = 20_000
COMMAS_MAX = 30_000
DIGITS_MAX = 30
FINDINGS_MAX = 200

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value: its resolved form, its text, and its place (line and column from one)."""

    line: int
    column: int
    index: int
    text: str
    style: str
    value: str | int | bool | Decimal | None
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A list of nodes."""

    line: int
    column: int
    items: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Keys, which are always text, each with the place of the key, and their values."""

    line: int
    column: int
    keys: dict[str, Scalar] = field(default_factory=dict)
    values: dict[str, "Node"] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, line and column from one; the end is known of single values."""

    line: int
    column: int
    end_line: int | None = None
    end_column: int | None = None


def place_of(node: Node) -> Place:
    """Return where a node stands; of a block of text, only where it begins."""
    if isinstance(node, Scalar) and node.end_line and node.style not in ("|", ">"):
        return Place(node.line, node.column, node.end_line, node.end_column)
    return Place(node.line, node.column)


def resolve(text: str) -> str | int | bool | Decimal | None:
    """Return what a plain scalar means in YAML 1.2's core schema; numbers are exact."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= DIGITS_MAX:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return Decimal(text)
    return text


def plain(node: Node) -> Any:  # noqa: ANN401 - YAML is any of seven things
    """Return the tree as plain Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.values.items()}


def read_yaml(text: str, *, file: str) -> tuple[Node | None, list[Finding]]:
    """Return the document's tree, or nothing, and everything that is wrong with it."""
    builder = _Builder(file, text)
    if refusal := _too_big(text):
        builder.find("yaml.too_big", 1, 1, *refusal)
        return None, builder.findings
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            builder.take(event)
            if builder.stopped:
                return None, builder.findings
    except yaml.YAMLError as error:
        problem = str(getattr(error, "problem", None) or "not readable as YAML")
        opened = _opened(error)
        lines = text.split("\n")
        found = unclosed(*opened) if opened else trap(lines, problem, *_place(error))
        builder.find_trap(found)
        return None, builder.findings
    if builder.root is None:
        builder.find("yaml.empty", 1, 1, "文件为空", "the file is empty")
    return builder.root, builder.findings


def _too_big(text: str) -> tuple[str, str] | None:
    # What costs little to count is counted first: nothing is parsed of a file that is too long.
    if len(text) > BYTES_MAX:
        return f"文件超过 {BYTES_MAX} 字节", f"the file is larger than {BYTES_MAX} bytes"
    if text.count("\n") > LINES_MAX:
        return f"文件超过 {LINES_MAX} 行", f"the file has more than {LINES_MAX} lines"
    if text.count(",") > COMMAS_MAX:
        return f"文件超过 {COMMAS_MAX} 个逗号", f"the file has more than {COMMAS_MAX} commas"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "文件不是有效的 UTF-8 文本", "the file is not valid UTF-8 text"
    if size <= BYTES_MAX:
        return None
    return f"文件超过 {BYTES_MAX} 字节", f"the file is larger than {BYTES_MAX} bytes"


def _place(error: yaml.YAMLError) -> tuple[int, int]:
    mark = getattr(error, "problem_mark", None)
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _opened(error: yaml.YAMLError) -> tuple[int, int] | None:
    """Return where the quotation mark stands that was never closed, if that is what is wrong."""
    mark = getattr(error, "context_mark", None)
    scanning = "quoted scalar" in str(getattr(error, "context", ""))
    ended = "unexpected end of stream" in str(getattr(error, "problem", ""))
    return (mark.line + 1, mark.column + 1) if mark and scanning and ended else None


class _Builder:
    """Builds the tree from events and collects findings."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.findings: list[Finding] = []
        self.root: Node | None = None
        self.stopped = False
        self._open: list[Sequence | Mapping] = []
        self._key: list[Scalar | None] = []
        self._nodes = 0
        self._documents = 0

    def find(self, code: str, line: int, column: int, zh: str, en: str) -> None:
        """Record one finding; beyond a number of them nobody reads on."""
        self.stopped = self.stopped or len(self.findings) >= FINDINGS_MAX
        self.findings.append(
            Finding(code=code, zh=zh, en=en, file=self.file, line=line, column=column)
        )

    def find_trap(self, found: Trap) -> None:
        """Record what a mistake in YAML most likely is."""
        self.find(found.code, found.line, found.start, found.zh, found.en)
        self.findings[-1] = replace(
            self.findings[-1], end_line=found.line, end_column=found.end, fix=found.fix
        )

    def take(self, event: yaml.Event) -> None:
        """Take the next event of the stream."""
        if isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._key.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(
                    event,
                    "yaml.documents",
                    "一个文件只能有一份文档；请删去“---”或分成两个文件",
                    "one file, one document",
                )

    def _stop(self, event: yaml.Event, code: str, zh: str, en: str) -> None:
        self.find(code, *_start(event), zh, en)
        self.stopped = True

    def _node(self, event: yaml.NodeEvent) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            self._stop(event, "yaml.too_many_nodes", "文件内容过多", f"more than {NODES_MAX} nodes")
            return
        for code, zh, en in _forbidden(event):
            self._forbid(code, event, zh, en)
        if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            self._scalar(event)
            return
        kind = Mapping if isinstance(event, yaml.MappingStartEvent) else Sequence
        line, column = _start(event)
        opened = kind(line=line, column=column)
        self._attach(opened)
        self._open.append(opened)
        self._key.append(None)
        if len(self._open) > DEPTH_MAX:
            self._stop(event, "yaml.too_deep", "嵌套过深", f"nested deeper than {DEPTH_MAX}")

    def _forbid(self, code: str, event: yaml.NodeEvent, zh: str, en: str) -> None:
        line, column = _start(event)
        start = getattr(event.start_mark, "index", 0) - column + 1
        end = self.text.find("\n", start)
        written = self.text[start : end if end >= 0 else start + LINE_MAX]
        found = unquoted(written, line) if len(self.findings) < FINDINGS_MAX else None
        if found is None or found.start != column or code != "yaml.tag":
            self.find(code, line, column, zh, en)
        else:
            self.find_trap(replace(found, code=code, zh=zh, en=en))

    def _scalar(self, event: yaml.ScalarEvent | yaml.AliasEvent) -> None:
        text = event.value if isinstance(event, yaml.ScalarEvent) else ""
        style = (event.style or "") if isinstance(event, yaml.ScalarEvent) else ""
        style = "" if style == ":" else style
        line, column = _start(event)
        end = _end(event)
        scalar = Scalar(
            line=line,
            column=column,
            index=getattr(event.start_mark, "index", 0),
            text=text,
            style=style,
            value=text if style else resolve(text),
            end_line=end[0],
            end_column=end[1],
        )
        if self._open and isinstance(self._open[-1], Mapping) and self._key[-1] is None:
            self._take_key(self._open[-1], scalar)
        else:
            self._attach(scalar)

    def _take_key(self, mapping: Mapping, key: Scalar) -> None:
        if key.text == "<<" and not key.style:
            zh, en = (
                "不支持合并键“<<”；请把键逐一写出",
                "merge keys are not supported: write the keys out",
            )
            self.find("yaml.merge_key", key.line, key.column, zh, en)
        if first := mapping.keys.get(key.text):
            zh = f"键“{key.text}”重复，第 {first.line} 行已写过；请删去一处"
            en = f"'{key.text}' is written twice, first on line {first.line} — take one away"
            self.find("yaml.duplicate_key", key.line, key.column, zh, en)
        self._key[-1] = key

    def _attach(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self._key[-1]
        if key is None:
            self.find(
                "yaml.key",
                node.line,
                node.column,
                "键必须是文字，不能是列表或键值对",
                "a key must be text",
            )
            self._key[-1] = Scalar(
                line=node.line, column=node.column, index=0, text="", style='"', value=""
            )
            return
        parent.keys.setdefault(key.text, key)
        parent.values.setdefault(key.text, node)
        self._key[-1] = None


def _start(event: yaml.Event) -> tuple[int, int]:
    mark: Any = event.start_mark
    return mark.line + 1, mark.column + 1


def _end(event: yaml.Event) -> tuple[int, int]:
    mark: Any = event.end_mark
    return mark.line + 1, mark.column + 1


def _forbidden(event: yaml.NodeEvent) -> Iterator[tuple[str, str, str]]:
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        zh = "不支持锚点与别名（& 与 *）；以它们开头的表达式须加引号"
        en = "anchors and aliases are not supported — write it out; an expression goes in quotes"
        yield "yaml.anchor", zh, en
    if getattr(event, "tag", None):
        zh = "不支持标签；以“!”开头的表达式须加引号"
        yield (
            "yaml.tag",
            zh,
            "tags are not supported — put an expression that begins with '!' in quotes",
        )
