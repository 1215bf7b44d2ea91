"""Reads an expression into its tree, by precedence climbing, within fixed bounds."""

import re
from decimal import Decimal

from points.rules.lexer import BadExpression, Token, tokens
from points.rules.syntax import (
    DEPTH_MAX,
    LENGTH_MAX,
    NODES_MAX,
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

PRECEDENCE = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
RELATION = 3
ROOTS = ("event", "member")
FUNCTIONS = (
    "min", "max", "abs", "floor", "ceil", "round", "has", "size", "date",
    "history.count", "history.streak", "history.awarded",
)  # fmt: skip
_WORDS = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "AND": "&&",
    "OR": "||",
    "NOT": "!",
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
}
_QUALIFIED_PARTS = 2


def parse(text: str) -> Tree:
    """Return the tree of an expression.

    Raises:
        BadExpression: It is too long, too complex, or not well formed.
    """
    if len(text) > LENGTH_MAX:
        zh, en = f"表达式超过 {LENGTH_MAX} 字", f"longer than {LENGTH_MAX} characters"
        raise BadExpression(Fault("expression.too_long", 0, LENGTH_MAX, zh, en))
    return _Parser(text).whole()


class _Parser:
    """Recursive descent over a list of tokens."""

    def __init__(self, text: str) -> None:
        self._tokens = list(tokens(text))
        self._at = 0
        self._nodes = 0
        self._depth = 0

    def whole(self) -> Tree:
        """Return the tree of all the tokens."""
        tree = self._expression()
        if self._now.kind != "end":
            raise self._unexpected()
        return tree

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._now
        self._at += 1
        return token

    def _sees(self, text: str) -> bool:
        return self._now.kind in ("op", "name") and self._now.text == text

    def _accept(self, text: str) -> bool:
        seen = self._sees(text)
        self._at += seen
        return seen

    def _expect(self, text: str) -> Token:
        if not self._sees(text):
            raise self._unexpected(f"，此处应为“{text}”", f", expected '{text}'")
        return self._next()

    def _unexpected(self, zh: str = "", en: str = "") -> BadExpression:
        token = self._now
        fix = _WORDS.get(token.text)
        if token.kind == "end":
            zh, en = f"表达式不完整{zh}", f"the expression ends too early{en}"
        elif fix is not None:
            zh, en = f"请写“{fix}”，不是“{token.text}”", f"write '{fix}', not '{token.text}'"
        elif self._continues("<", ">"):
            zh, en = "“不等于”请写“!=”", "write '!=' for not equal"
            return self._bad(token.start - 1, token.end, zh, en, fix="!=")
        else:
            zh, en = f"此处不应出现“{token.text}”{zh}", f"unexpected '{token.text}'{en}"
        return self._bad(token.start, max(token.end, token.start + 1), zh, en, fix=fix)

    def _continues(self, before: str, now: str) -> bool:
        """Return whether the token in hand follows another without a gap."""
        if self._at == 0 or self._now.text != now:
            return False
        last = self._tokens[self._at - 1]
        return last.text == before and last.end == self._now.start

    def _bad(
        self,
        start: int,
        end: int,
        zh: str,
        en: str,
        code: str = "expression.syntax",
        *,
        fix: str | None = None,
    ) -> BadExpression:
        return BadExpression(Fault(code, start, end, zh, en, fix=fix))

    def _made(self, tree: Tree) -> Tree:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            zh, en = "表达式过于复杂", f"more than {NODES_MAX} parts"
            raise self._bad(tree.start, tree.end, zh, en, "expression.too_complex")
        return tree

    def _expression(self) -> Tree:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            start = self._now.start
            zh, en = f"括号嵌套超过 {DEPTH_MAX} 层", f"nested deeper than {DEPTH_MAX}"
            raise self._bad(start, start + 1, zh, en, "expression.too_complex")
        tree = self._binary(1)
        if self._accept("?"):
            yes = self._expression()
            self._expect(":")
            no = self._expression()
            tree = self._made(Conditional(tree.start, no.end, tree, yes, no))
        self._depth -= 1
        return tree

    def _binary(self, lowest: int) -> Tree:
        left = self._unary()
        while (level := PRECEDENCE.get(self._now.text, 0)) >= lowest:
            op = self._next().text
            right = self._binary(level + 1)
            left = self._made(Binary(left.start, right.end, op, left, right))
            if level == RELATION and PRECEDENCE.get(self._now.text) == RELATION:
                zh, en = (
                    "比较不能连写，请用“&&”连接",
                    "comparisons do not chain: join them with '&&'",
                )
                raise self._bad(self._now.start, self._now.end, zh, en)
        return left

    def _unary(self) -> Tree:
        signs: list[Token] = []
        while self._sees("!") or self._sees("-"):
            signs.append(self._next())
            if len(signs) > DEPTH_MAX:
                zh, en = "表达式过于复杂", f"nested deeper than {DEPTH_MAX}"
                raise self._bad(signs[0].start, signs[-1].end, zh, en, "expression.too_complex")
        tree = self._primary()
        for sign in reversed(signs):
            tree = self._made(Unary(sign.start, tree.end, sign.text, tree))
        return tree

    def _primary(self) -> Tree:
        token = self._now
        if token.kind == "number":
            value = Decimal(token.text) if "." in token.text else int(token.text)
            return self._made(Literal(token.start, self._next().end, value))
        if token.kind == "string":
            return self._made(Literal(token.start, self._next().end, _unquoted(token.text)))
        if token.kind == "name" and token.text not in _WORDS and token.text != "in":
            return self._named(self._next())
        if self._accept("("):
            tree = self._expression()
            self._expect(")")
            return tree
        if self._accept("["):
            items, end = self._list("]")
            return self._made(Listing(token.start, end, items))
        raise self._unexpected()

    def _list(self, close: str) -> tuple[tuple[Tree, ...], int]:
        items: list[Tree] = []
        if not self._sees(close):
            items.append(self._expression())
            while self._accept(","):
                items.append(self._expression())
        return tuple(items), self._expect(close).end

    def _named(self, token: Token) -> Tree:
        if self._sees("("):
            return self._call(token)
        if token.text in ("true", "false"):
            return self._made(Literal(token.start, token.end, token.text == "true"))
        parts = token.text.split(".")
        if len(parts) == _QUALIFIED_PARTS and parts[0] in ROOTS:
            return self._made(Field(token.start, token.end, *parts))
        if len(parts) == _QUALIFIED_PARTS and parts[0] == "let":
            return self._made(Let(token.start, token.end, parts[1]))
        hint = did_you_mean(parts[0], (*ROOTS, "let", "true", "false"))
        zh = f"不认识的名称“{token.text}”{hint.zh}；文字须加引号"
        en = f"unknown name '{token.text}'{hint.en}; text must stand in quotes"
        raise self._bad(token.start, token.end, zh, en, "expression.unknown_name")

    def _call(self, token: Token) -> Tree:
        if token.text not in FUNCTIONS:
            hint = did_you_mean(token.text, FUNCTIONS)
            zh = f"不认识的函数“{token.text}”{hint.zh}"
            en = f"unknown function '{token.text}'{hint.en}"
            raise self._bad(
                token.start, token.end, zh, en, "expression.unknown_function", fix=hint.nearest
            )
        self._expect("(")
        arguments, end = self._list(")")
        return self._made(Call(token.start, end, token.text, arguments))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
