"""Cuts an expression into tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from points.rules.syntax import Fault

NUMBER_MAX = 30

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?![0-9A-Za-z_.]))
    |(?P<string>"(?:[^"\\\n]|\\["\\'])*"|'(?:[^'\\\n]|\\["\\'])*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    |(?P<op>\|\||&&|==|!=|<=|>=|[-+*/%<>!?:()\[\],])
    """,
    re.VERBOSE,
)
_HINTS = {
    "=": ("比较是否相等请写“==”", "write '==' to compare"),
    "&": ("“并且”请写“&&”", "write '&&' for and"),
    "|": ("“或者”请写“||”", "write '||' for or"),
    '"': ("引号没有成对", "the quotation mark is not closed"),
    "'": ("引号没有成对", "the quotation mark is not closed"),
}
_WIDE = set("，（）“”‘’：；＞＜＝＋－？！、。【】")


class BadExpression(Exception):
    """An expression cannot be read; carries the one fault."""

    def __init__(self, fault: Fault) -> None:
        """Keep the fault."""
        super().__init__(f"{fault.code}: {fault.en}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text with its kind (number, string, name, op or end) and place."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Return the offset behind the token."""
        return self.start + len(self.text)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text and then an empty one of kind ``end``.

    Raises:
        BadExpression: A character begins no token.
    """
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadExpression(_bad_character(text, at))
        kind = str(match.lastgroup)
        if kind == "number" and len(match.group()) > NUMBER_MAX:
            zh, en = "数字过长", f"a number has at most {NUMBER_MAX} digits"
            raise BadExpression(Fault("expression.syntax", at, match.end(), zh, en))
        if kind != "space":
            yield Token(kind, match.group(), at)
        at = match.end()
    yield Token("end", "", len(text))


def _bad_character(text: str, at: int) -> Fault:
    character = text[at]
    if character in _WIDE:
        zh, en = "请使用半角（英文）标点", "use half-width (English) punctuation"
    elif character.isdigit():
        zh, en = "数字写法不正确", "this is not a number"
    else:
        zh, en = _HINTS.get(character, ("此处有不认识的字符", "unexpected character"))
    return Fault("expression.syntax", at, at + 1, zh, en)
