"""What people write that YAML takes for something else, and how to mend it.

Everything here looks at single lines of bounded length with patterns that never go back, so that no
file can make it slow.
"""

import re
from dataclasses import dataclass

LINE_MAX = 2_100
"""Longer lines are no expression that could be mended here."""

_VALUE = re.compile(r"[ ]*(?:- +)*[A-Za-z_][\w.]*: +(?=\S)")
_ITEM = re.compile(r"[ ]*(?:- +)+(?=\S)")
_FLOW_KEY = re.compile(r"[{,] *[A-Za-z_][\w.]*: +(?=[^ ])")
_FLOW_END = re.compile(r"[,}]")
_WIDE_COLON = re.compile(r"[ ]*(?:- +)*[A-Za-z_][\w.]*(：)")
_BLOCK = ("'", "|", ">", "#")
_SPECIAL = "!&*%@`"
_SIGNS = "?&|=<>!+*/%"


@dataclass(frozen=True, slots=True)
class Trap:
    """What went wrong on a line: a code, from where to before where, sentences, and a fix."""

    code: str
    line: int
    start: int
    end: int
    zh: str
    en: str
    fix: str | None = None


def trap(lines: list[str], problem: str, line: int, column: int) -> Trap:
    """Return what a mistake in YAML most likely is.

    Args:
        lines: Of the file.
        problem: What the parser said.
        line: Where it gave up, from one.
        column: The same, from one.
    """
    here = _line(lines, line)
    return (
        _tabs(here, line, column)
        or _wide_colon(lines, line)
        or unquoted(here, line)
        or _unquoted_in_braces(here, line)
        or (unquoted(_line(lines, line - 1), line - 1) if not here.strip() else None)
        or Trap(
            "yaml.syntax",
            line,
            column,
            column + 1,
            f"YAML 语法错误（{problem}）；请检查缩进、冒号、括号和引号是否成对",
            f"{problem} — look for indentation, colons, brackets and quotation marks in pairs",
        )
    )


def unclosed(line: int, column: int) -> Trap:
    """Return what is wrong where a quotation mark is opened and never closed."""
    zh, en = "引号没有成对", "the quotation mark is not closed"
    return Trap("yaml.quote", line, column, column + 1, zh, en)


def _line(lines: list[str], line: int) -> str:
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    return written if len(written) <= LINE_MAX else ""


def _tabs(here: str, line: int, column: int) -> Trap | None:
    at = column - 1
    if "\t" not in here[at : at + 1] and not here.lstrip(" ").startswith("\t"):
        return None
    start = here.index("\t", at if "\t" in here[at : at + 1] else 0)
    end = start
    while here[end : end + 1] == "\t":
        end += 1
    zh, en = "缩进请用空格，不要用制表符（Tab）", "indent with spaces, not with tabs"
    return Trap("yaml.tab", line, start + 1, end + 1, zh, en, "  " * (end - start))


def _wide_colon(lines: list[str], line: int) -> Trap | None:
    for number in (line, line - 1):
        match = _WIDE_COLON.match(_line(lines, number))
        if match:
            zh = "键后面请用半角冒号加空格“: ”"
            en = "after a key stands a half-width colon and a space ': '"
            start = match.start(1) + 1
            return Trap("yaml.wide_colon", number, start, start + 1, zh, en, ": ")
    return None


def unquoted(here: str, line: int) -> Trap | None:
    """Return the value of a line that needs quotation marks, if it has one."""
    match = _VALUE.match(here) or _ITEM.match(here)
    if match is None or len(here) > LINE_MAX:
        return None
    start = match.end()
    value = here[start:].rstrip()
    return _quotes_missing(value, line, start) if _needs_quotes(value) else None


def _unquoted_in_braces(here: str, line: int) -> Trap | None:
    """Return the value of ``{key: value, …}`` that needs quotation marks, if one does."""
    for match in _FLOW_KEY.finditer(here):
        start = match.end()
        end = _FLOW_END.search(here, start)
        value = here[start : end.start() if end else len(here)].rstrip()
        if _needs_quotes(value):
            return _quotes_missing(value, line, start)
    return None


def _quotes_missing(value: str, line: int, start: int) -> Trap:
    zh = "这个表达式须加引号（或另起一行写在“|”之后），否则 YAML 会读错"
    en = "put this expression in quotes, or after '|' on a line of its own: YAML misreads it"
    fix = None if " #" in value else "'" + value.replace("'", "''") + "'"
    return Trap("yaml.unquoted", line, start + 1, start + 1 + len(value), zh, en, fix)


def _needs_quotes(value: str) -> bool:
    first = value[:1]
    if first in _BLOCK or first in ("{", ""):
        return False
    if first == '"':
        # A text that ends and goes on: "x" in member.roles.
        closing = value.find('"', 1)
        return 0 < closing < len(value) - 1 and not value[closing + 1 :].lstrip().startswith("#")
    if first in _SPECIAL:
        return True
    signs = [at for sign in _SIGNS if (at := value.find(sign)) >= 0]
    return bool(signs) and ": " in value[min(signs) :]
