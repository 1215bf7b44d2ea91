"""Shows findings to people: place, sentence, the line in question and a caret under the spot."""

import unicodedata
from collections.abc import Iterable

from points.kernel.findings import Finding, Severity
from points.rules.texts import lines_named

SHOWN_MAX = 240
"""Of a longer line only the part around the spot is shown."""
_WIDE = ("W", "F")
_WORDS = {
    Severity.ERROR: ("", ""),
    Severity.WARNING: ("警告：", "warning: "),
    Severity.INFO: ("提示：", "remark: "),
}


def render(findings: Iterable[Finding], source: str, language: str = "zh") -> str:
    """Return findings as text for a terminal, each with its line of the source and a caret."""
    found = list(findings)
    lines = lines_named(source, found)
    return "\n".join(_one(finding, lines, language) for finding in found)


def _one(finding: Finding, lines: list[str], language: str) -> str:
    text = finding.en if language == "en" else finding.zh
    word = _WORDS[finding.severity][language == "en"]
    head = f"{finding.place()}: {word}{text} [{finding.code}]"
    if finding.line is None or not isinstance(finding.column, int) or finding.line > len(lines):
        return head
    line = lines[finding.line - 1].replace("\t", " ")
    start, column = _window(line, finding.column)
    line = line[start : start + SHOWN_MAX]
    meant = _meant(finding, line, column - 1, start)
    before = " " * _width(line[: column - 1])
    return f"{head}\n  | {line}\n  | {before}{'^' * max(_width(meant), 1)}"


def _window(line: str, column: int) -> tuple[int, int]:
    """Return where to begin to show a line, and the column within what is shown."""
    if len(line) <= SHOWN_MAX:
        return 0, column
    start = max(0, column - 1 - SHOWN_MAX // 3)
    return start, column - start


def _meant(finding: Finding, line: str, at: int, start: int) -> str:
    """Return what a finding is about, as far as it stands on its first line."""
    if finding.end_column is None:
        return line[at : at + 1]
    ends = finding.end_column - 1 - start if finding.end_line == finding.line else len(line)
    return line[at:ends].rstrip()


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in _WIDE else 1 for each in text)
