"""Reads expressions out of a positioned file: parse, check, compile, and place every fault."""

from collections.abc import Mapping
from dataclasses import dataclass

from points.rules.activity_types import FieldSpec
from points.rules.analysis import NOTHING, proven
from points.rules.check import check, unknown_let
from points.rules.compile import Compiled, compile_expression
from points.rules.lexer import BadExpression
from points.rules.parser import parse
from points.rules.reading import Reader
from points.rules.scope import Scope
from points.rules.syntax import Fault, Let, Tree, unparse, walk
from points.rules.types import Type
from points.rules.yaml_positions import Node, Place, Scalar


@dataclass(frozen=True, slots=True)
class LetBinding:
    """A named expression and where it stands."""

    tree: Tree
    scalar: Scalar


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression that passed, with its type."""

    compiled: Compiled
    type: Type


class Expressions:
    """Reads the expressions of one file."""

    def __init__(
        self,
        reader: Reader,
        source: str,
        histories: frozenset[str],
        rules: frozenset[str] = NOTHING,
    ) -> None:
        """Read with the file's reader and its whole text."""
        self.reader = reader
        self.source = source
        self.histories = histories
        self.rules = rules
        self.lets: dict[str, LetBinding] = {}
        self.used: set[str] = set()

    def bind(self, name: str, node: Node) -> None:
        """Read one ``let``; it may use those above it."""
        scalar = self.reader.scalar(node)
        tree = self.tree(scalar)
        if scalar is None or tree is None:
            return
        # Only those above: so no binding can lead back to itself.
        for used in walk(tree):
            if isinstance(used, Let) and used.name not in self.lets:
                self._place(unknown_let(used, self.lets), scalar)
                return
        self.lets[name] = LetBinding(tree, scalar)

    def scope(self, roots: Mapping[str, Mapping[str, FieldSpec]]) -> Scope:
        """Return the scope of the lets and some roots."""
        lets = {name: binding.tree for name, binding in self.lets.items()}
        return Scope(roots=roots, lets=lets, histories=self.histories, rules=self.rules)

    def tree(self, scalar: Scalar | None) -> Tree | None:
        """Return the tree of a value, or record why there is none."""
        if scalar is None:
            return None
        try:
            return parse(scalar.text)
        except BadExpression as bad:
            self._place(bad.fault, scalar, *self._comment_hint(bad.fault, scalar))
            return None

    def read(
        self,
        node: Node | None,
        scope: Scope,
        *,
        known: frozenset[str] = NOTHING,
        expected: Type | None = None,
    ) -> Typed | None:
        """Return the expression of a value, or record everything that is wrong with it."""
        scalar = self.reader.scalar(node)
        tree = self.tree(scalar)
        if scalar is None or tree is None:
            return None
        return self.typed(scalar, tree, scope, known=known, expected=expected)

    def typed(
        self,
        scalar: Scalar,
        tree: Tree,
        scope: Scope,
        *,
        known: frozenset[str] = NOTHING,
        expected: Type | None = None,
    ) -> Typed | None:
        """Return a parsed expression checked and compiled."""
        found, faults = check(tree, scope, known=known, expected=expected)
        for fault in faults:
            self._place(fault, self.lets[fault.let].scalar if fault.let else scalar)
        self._use(tree)
        if faults or found is None:
            return None
        return Typed(compile_expression(scalar.text, tree, scope.lets), found)

    def _use(self, tree: Tree) -> None:
        for node in walk(tree):
            if isinstance(node, Let) and node.name not in self.used and node.name in self.lets:
                self.used.add(node.name)
                self._use(self.lets[node.name].tree)

    def part(self, tree: Tree, scope: Scope, whole: str | None = None) -> Compiled:
        """Return a part of an expression that passed, on its own; ``whole`` is what it stood in."""
        text = unparse(tree) if whole is None else whole[tree.start : tree.end]
        return compile_expression(text, tree, scope.lets)

    def proven(self, typed: Typed | None, scope: Scope) -> frozenset[str]:
        """Return the optional fields that are there once a condition holds."""
        return proven(typed.compiled.tree, scope) if typed else NOTHING

    def _place(self, fault: Fault, scalar: Scalar, zh: str = "", en: str = "") -> None:
        place = spanned(self.source, scalar, fault.start, fault.end)
        fix = _written(fault, scalar)
        self.reader.at(fault.code, place, fault.zh + zh, fault.en + en, fix=fix)

    def _comment_hint(self, fault: Fault, scalar: Scalar) -> tuple[str, str]:
        rest = self.source[scalar.index + len(scalar.text) :].split("\n", 1)[0]
        if scalar.style or fault.start < len(scalar.text) or not rest.lstrip().startswith("#"):
            return "", ""
        zh = "；“ #”之后被当作注释，含“#”的表达式须加引号"
        return zh, "; what follows ' #' is a comment: put an expression with '#' in quotes"


def _written(fault: Fault, scalar: Scalar) -> str | None:
    """Return a fix as it is written in the file, whose own quotation marks stay whole."""
    if fault.fix == "!" and not scalar.style and fault.start == 0:
        return None  # A plain value that begins so would be a tag.
    if fault.fix is None or not scalar.style or scalar.style in ("|", ">"):
        return fault.fix
    quoted = scalar.style in fault.fix or "\\" in fault.fix
    return None if quoted else fault.fix


def spanned(source: str, scalar: Scalar, start: int, end: int) -> Place:
    """Return where the characters of a value from ``start`` to before ``end`` stand in its file."""
    first = _at(source, scalar, start)
    last = _at(source, scalar, end - 1) + 1 if end > start and scalar.text else first + 1
    return Place(*_line_column(source, first), *_line_column(source, max(last, first + 1)))


def locate(source: str, scalar: Scalar, offset: int) -> tuple[int, int]:
    """Return line and column, from one, of a character of a value within its file."""
    return _line_column(source, _at(source, scalar, offset))


def _line_column(source: str, at: int) -> tuple[int, int]:
    start = source.rfind("\n", 0, at) + 1
    return source.count("\n", 0, at) + 1, at - start + 1


def _at(source: str, scalar: Scalar, offset: int) -> int:
    """Return where a character of a value stands in the source.

    Plain, quoted, folded and block values differ from their source only in white space and
    escapes, so the characters are found again in order.
    """
    at = scalar.index
    if scalar.style in ("|", ">"):
        at = source.find("\n", at) + 1
    elif scalar.style:
        at += 1
    for character in scalar.text[:offset]:
        if not character.isspace():
            found = source.find(character, at)
            at = found + 1 if found >= 0 else at
    if offset < len(scalar.text) and not scalar.text[offset].isspace():
        at = max(source.find(scalar.text[offset], at), at)
    return at
