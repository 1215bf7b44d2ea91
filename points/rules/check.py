"""Checks an expression before it runs: names, types, enum values, fields that may be missing."""

from collections.abc import Callable, Iterable
from typing import Any

from points.rules.analysis import NOTHING, literal_day, literal_text, proven, size
from points.rules.durations import parse_duration
from points.rules.history import STREAK_WINDOWS
from points.rules.scope import Scope
from points.rules.syntax import (
    EXPANDED_DEPTH_MAX,
    EXPANDED_NODES_MAX,
    Binary,
    Call,
    Conditional,
    Fault,
    Field,
    Let,
    Listing,
    Literal,
    Tree,
    Unary,
)
from points.rules.texts import did_you_mean
from points.rules.types import BOOLEAN, DATE, NUMBER, TEXT, Type

ORDERED = ("number", "date")


def check(
    tree: Tree, scope: Scope, *, known: frozenset[str] = NOTHING, expected: Type | None = None
) -> tuple[Type | None, list[Fault]]:
    """Return an expression's type, and everything that is wrong with it.

    Args:
        tree: The expression.
        scope: The names that it may use.
        known: Paths of optional fields that are certain to be there.
        expected: The type that its place asks for.
    """
    checker = _Checker(scope)
    if checker.too_large(tree):
        return None, checker.faults
    found = checker.infer(tree, known)
    if found and expected and found.kind != expected.kind:
        zh = f"此处应为{expected.named('zh')}，而不是{found.named('zh')}"
        en = f"expected {expected.named('en')}, not {found.named('en')}"
        checker.fault("type", tree, zh, en)
    return found, checker.faults


def unknown_let(tree: Let, known: Iterable[str]) -> Fault:
    """Return the fault of a ``let`` that is not bound, or only further down."""
    hint = did_you_mean(tree.name, known)
    zh = f"此处之前没有名为“{tree.name}”的 let{hint.zh}"
    en = f"no let '{tree.name}' above{hint.en}"
    fix = f"let.{hint.nearest}" if hint.nearest else None
    return Fault("expression.unknown_name", tree.start, tree.end, zh, en, fix=fix)


class _Checker:
    """Walks one tree, lets included, and collects faults."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.faults: list[Fault] = []
        self._let: str | None = None

    def fault(self, code: str, tree: Tree, zh: str, en: str, fix: str | None = None) -> None:
        """Record a fault at a part of the expression."""
        self.faults.append(
            Fault(f"expression.{code}", tree.start, tree.end, zh, en, let=self._let, fix=fix)
        )

    def too_large(self, tree: Tree) -> bool:
        """Return whether the expression with its lets written out is beyond the bounds."""
        sizes: dict[str, tuple[int, int]] = {}
        for name, body in self.scope.lets.items():
            sizes[name] = size(body, sizes)
        nodes, depth = size(tree, sizes)
        if nodes <= EXPANDED_NODES_MAX and depth <= EXPANDED_DEPTH_MAX:
            return False
        self.fault(
            "too_complex", tree, "展开后的表达式过于复杂", "too complex with its lets written out"
        )
        return True

    def infer(self, tree: Tree, known: frozenset[str]) -> Type | None:
        """Return a part's type, or nothing when a fault below it leaves the type open."""
        return _INFER[type(tree)](self, tree, known)

    def _literal(self, tree: Literal, _known: frozenset[str]) -> Type:
        if isinstance(tree.value, bool):
            return BOOLEAN
        return TEXT if isinstance(tree.value, str) else NUMBER

    def _field(self, tree: Field, known: frozenset[str]) -> Type | None:
        spec = self.scope.spec(tree.root, tree.name)
        if spec is None:
            self._unknown_field(tree)
            return None
        if not spec.required and tree.path not in known:
            # In a condition one asks first; in a sum something has to stand in its place.
            zh = f"“{tree.path}”可能缺失，请先写 has({tree.path}) && …"
            en = f"'{tree.path}' may be missing — write has({tree.path}) && … first"
            if spec.type == NUMBER:
                zh += f"；用于计算时写 (has({tree.path}) ? {tree.path} : 0)"
                en += f"; to reckon with it, (has({tree.path}) ? {tree.path} : 0)"
            self.fault("may_be_missing", tree, zh, en)
        return spec.type

    def _unknown_field(self, tree: Field) -> None:
        fix = None
        if tree.root not in self.scope.roots:
            zh, en = f"此处不能使用“{tree.root}”", f"'{tree.root}' cannot be used here"
        else:
            hint = did_you_mean(tree.name, self.scope.roots[tree.root])
            zh = f"“{tree.root}”没有字段“{tree.name}”{hint.zh}"
            en = f"'{tree.root}' has no field '{tree.name}'{hint.en}"
            fix = f"{tree.root}.{hint.nearest}" if hint.nearest else None
        self.fault("unknown_name", tree, zh, en, fix)

    def _bound(self, tree: Let, known: frozenset[str]) -> Type | None:
        body = self.scope.lets.get(tree.name)
        if body is None:
            self.faults.append(unknown_let(tree, self.scope.lets))
            return None
        outer, self._let = self._let, tree.name
        found = self.infer(body, known)
        self._let = outer
        return found

    def _wants(self, tree: Tree, wanted: Type, known: frozenset[str]) -> None:
        found = self.infer(tree, known)
        if found and found.kind != wanted.kind:
            zh = f"此处应为{wanted.named('zh')}，而不是{found.named('zh')}"
            en = f"expected {wanted.named('en')}, not {found.named('en')}"
            self.fault("type", tree, zh, en)

    def _unary(self, tree: Unary, known: frozenset[str]) -> Type:
        wanted = BOOLEAN if tree.op == "!" else NUMBER
        self._wants(tree.operand, wanted, known)
        return wanted

    def _binary(self, tree: Binary, known: frozenset[str]) -> Type:
        if tree.op in ("&&", "||"):
            self._wants(tree.left, BOOLEAN, known)
            learnt = proven(tree.left, self.scope, truth=tree.op == "&&")
            self._wants(tree.right, BOOLEAN, known | learnt)
            return BOOLEAN
        if tree.op in ("+", "-", "*", "/", "%"):
            self._wants(tree.left, NUMBER, known)
            self._wants(tree.right, NUMBER, known)
            if tree.op in "/%" and isinstance(tree.right, Literal) and tree.right.value == 0:
                self.fault("division_by_zero", tree.right, "除数为零", "division by zero")
            return NUMBER
        left, right = self.infer(tree.left, known), self.infer(tree.right, known)
        if left and right:
            self._compared(tree, left, right)
        return BOOLEAN

    def _compared(self, tree: Binary, left: Type, right: Type) -> None:
        if tree.op == "in":
            self._membership(tree, left, right)
        elif not left.comparable(right) or left.kind == "list":
            self._incomparable(tree, left, right)
        elif tree.op in ("==", "!="):
            self._values(left, tree.right, right)
            self._values(right, tree.left, left)
        elif left.kind not in ORDERED:
            zh = f"{left.named('zh')}不能比较大小"
            self.fault("type", tree, zh, f"{left.named('en')} has no order")

    def _incomparable(self, tree: Tree, left: Type, right: Type) -> None:
        zh = f"不能比较{left.named('zh')}与{right.named('zh')}"
        self.fault("type", tree, zh, f"cannot compare {left.named('en')} with {right.named('en')}")

    def _values(self, enum: Type, tree: Tree, other: Type) -> None:
        if enum.kind not in ("enum", "list"):
            return
        if isinstance(tree, Listing):
            for item in tree.items:
                self._values(enum, item, TEXT)
        elif isinstance(tree, Literal) and tree.value not in enum.values:
            hint = did_you_mean(str(tree.value), enum.values)
            zh, en = f"没有选项“{tree.value}”{hint.zh}", f"'{tree.value}' is never a value{hint.en}"
            self.fault("enum_value", tree, zh, en, f'"{hint.nearest}"' if hint.nearest else None)
        elif other.kind == "enum" and not enum.values & other.values:
            self.fault("enum_value", tree, "两者没有共同的选项", "the two have no value in common")

    def _membership(self, tree: Binary, left: Type, right: Type) -> None:
        if right.kind != "list" or left.kind == "list":
            self.fault("type", tree, "“in”右侧应为列表", "'in' needs a list on its right")
        elif isinstance(tree.right, Listing):
            for item in tree.right.items:
                found = self.infer(item, NOTHING)
                if found and not left.comparable(found):
                    self._incomparable(item, left, found)
            self._values(left, tree.right, right)
        elif not left.comparable(TEXT):
            self._incomparable(tree, left, TEXT)
        else:
            self._values(right, tree.left, left)

    def _conditional(self, tree: Conditional, known: frozenset[str]) -> Type | None:
        self._wants(tree.test, BOOLEAN, known)
        yes = self.infer(tree.yes, known | proven(tree.test, self.scope))
        no = self.infer(tree.no, known | proven(tree.test, self.scope, truth=False))
        if yes and no and not yes.comparable(no):
            zh = f"“?”的两支类型不同：{yes.named('zh')}与{no.named('zh')}"
            en = f"the branches of '?' differ: {yes.named('en')} and {no.named('en')}"
            self.fault("type", tree, zh, en)
        if yes and no and yes.kind == no.kind == "enum":
            return Type("enum", yes.values | no.values)
        return yes if yes == no else (TEXT if yes and no and yes.comparable(no) else yes or no)

    def _listing(self, tree: Listing, known: frozenset[str]) -> Type:
        for item in tree.items:
            if not isinstance(item, Literal):
                self.infer(item, known)
                self.fault("type", item, "列表中只能写固定值", "a list holds fixed values only")
        texts = frozenset(
            str(item.value)
            for item in tree.items
            if isinstance(item, Literal) and isinstance(item.value, str)
        )
        return Type("list", texts)

    def _call(self, tree: Call, known: frozenset[str]) -> Type:
        return _CALLS[tree.function](self, tree, known)

    def _numbers(self, tree: Call, known: frozenset[str]) -> Type:
        single = tree.function in ("abs", "floor", "ceil", "round")
        self._arity(tree, 1, 1 if single else len(tree.arguments))
        for argument in tree.arguments:
            self._wants(argument, NUMBER, known)
        return NUMBER

    def _arity(self, tree: Call, least: int, most: int) -> bool:
        if least <= len(tree.arguments) <= most:
            return True
        zh = f"{tree.function} 的参数个数不对"
        self.fault("arguments", tree, zh, f"wrong number of arguments for {tree.function}")
        return False

    def _has(self, tree: Call, _known: frozenset[str]) -> Type:
        if self._arity(tree, 1, 1):
            argument = tree.arguments[0]
            if not isinstance(argument, Field):
                zh, en = "has 里应写字段名", "has takes the name of a field"
                self.fault("arguments", argument, zh, en)
            else:
                self._field(argument, frozenset((argument.path,)))
        return BOOLEAN

    def _sized(self, tree: Call, known: frozenset[str]) -> Type:
        if self._arity(tree, 1, 1):
            found = self.infer(tree.arguments[0], known)
            if found and found.kind not in ("list", "text"):
                self.fault("type", tree, "size 用于列表或文字", "size takes a list or text")
        return NUMBER

    def _dated(self, tree: Call, _known: frozenset[str]) -> Type:
        if self._arity(tree, 1, 1) and literal_day(tree.arguments[0]) is None:
            zh, en = '应写 date("YYYY-MM-DD")', 'write date("YYYY-MM-DD")'
            self.fault("arguments", tree, zh, en)
        return DATE

    def _counted(self, tree: Call, _known: frozenset[str]) -> Type:
        if self._arity(tree, 2, 2):
            self._past_type(tree.arguments[0])
            duration = parse_duration(literal_text(tree.arguments[1]) or "")
            if duration is None or duration.months:
                zh, en = (
                    "应写 P30D 之类的时长（周、日、时）",
                    "write a duration in weeks, days or hours",
                )
                self.fault("arguments", tree.arguments[1], zh, en)
        return NUMBER

    def _past_type(self, argument: Tree) -> None:
        name = literal_text(argument)
        if name not in self.scope.histories:
            hint = did_you_mean(name or "", self.scope.histories)
            zh, en = f"没有这种活动类型{hint.zh}", f"no such activity type{hint.en}"
            self.fault("unknown_name", argument, zh, en)

    def _streak(self, tree: Call, _known: frozenset[str]) -> Type:
        if self._arity(tree, 2, 2):
            self._past_type(tree.arguments[0])
            if literal_text(tree.arguments[1]) not in STREAK_WINDOWS:
                zh, en = "应写 day、week 或 month，并加引号", "write 'day', 'week' or 'month'"
                self.fault("arguments", tree.arguments[1], zh, en)
        return NUMBER

    def _awarded(self, tree: Call, known: frozenset[str]) -> Type:
        if self._arity(tree, 2, 2):
            rule, reference = tree.arguments
            if literal_text(rule) not in self.scope.rules:
                hint = did_you_mean(literal_text(rule) or "", self.scope.rules)
                zh, en = f"没有这条规则{hint.zh}", f"no such rule{hint.en}"
                self.fault("unknown_name", rule, zh, en)
            if not isinstance(reference, Field) or reference.root != "event":
                zh, en = (
                    "应写存有编号的活动字段",
                    "write the activity's field that holds the number",
                )
                self.fault("arguments", reference, zh, en)
            else:
                self._wants(reference, TEXT, known)
        return NUMBER


_INFER: dict[type, Callable[[_Checker, Any, frozenset[str]], Type | None]] = {
    Literal: _Checker._literal,  # noqa: SLF001
    Field: _Checker._field,  # noqa: SLF001
    Let: _Checker._bound,  # noqa: SLF001
    Unary: _Checker._unary,  # noqa: SLF001
    Binary: _Checker._binary,  # noqa: SLF001
    Conditional: _Checker._conditional,  # noqa: SLF001
    Listing: _Checker._listing,  # noqa: SLF001
    Call: _Checker._call,  # noqa: SLF001
}
_CALLS: dict[str, Callable[[_Checker, Call, frozenset[str]], Type]] = {
    **dict.fromkeys(("min", "max", "abs", "floor", "ceil", "round"), _Checker._numbers),  # noqa: SLF001
    "has": _Checker._has,  # noqa: SLF001
    "size": _Checker._sized,  # noqa: SLF001
    "date": _Checker._dated,  # noqa: SLF001
    "history.count": _Checker._counted,  # noqa: SLF001
    "history.streak": _Checker._streak,  # noqa: SLF001
    "history.awarded": _Checker._awarded,  # noqa: SLF001
}
