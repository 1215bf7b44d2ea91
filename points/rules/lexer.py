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
    ";": ("只能写一个表达式，请用“&&”连接", "one expression only: join conditions with '&&'"),
    "`": ("文字请用引号", "text stands in quotation marks"),
}
_FIXES = {"=": "==", "&": "&&", "|": "||"}
_HALF_WIDTH = dict(
    zip("，（）＞＜＝＋－？！：＊／％【】［］＆｜．", ",()><=+-?!:*/%[][]&|.", strict=True)
)
_SIGNS = {"≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/", "−": "-", "–": "-"}
_QUOTES = set("“”‘’「」『』＂＇")
_OTHER_WIDE = set("；、。")


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
    fix = _FIXES.get(character)
    if character in _HALF_WIDTH or character in _OTHER_WIDE:
        zh, en = "请使用半角（英文）标点", "use half-width (English) punctuation"
        fix = _HALF_WIDTH.get(character)
    elif character in _SIGNS:
        fix = _SIGNS[character]
        zh, en = f"请写“{fix}”，不是“{character}”", f"write '{fix}', not '{character}'"
    elif character in _QUOTES:
        return _wide_quote(text, at)
    elif character.isdigit():
        zh, en = "数字写法不正确", "this is not a number"
    else:
        zh, en = _HINTS.get(character, ("此处有不认识的字符", "unexpected character"))
    return Fault("expression.syntax", at, at + 1, zh, en, fix=fix)


def _wide_quote(text: str, at: int) -> Fault:
    """Return the fault of Chinese quotation marks: of both, where the second is there."""
    zh, en = "请使用半角（英文）引号", "use straight (English) quotation marks"
    closing = next((n for n in range(at + 1, len(text)) if text[n] in _QUOTES), None)
    if closing is None:
        return Fault("expression.syntax", at, at + 1, zh, en)
    inside = text[at + 1 : closing]
    fix = None if set(inside) & set("\"'\\") else f'"{inside}"'
    return Fault("expression.syntax", at, closing + 1, zh, en, fix=fix)
