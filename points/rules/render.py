"""Shows findings to people: place, sentence, the line in question and a caret under the spot."""

import unicodedata
from collections.abc import Iterable

from points.kernel.findings import Finding, Severity

_WIDE = ("W", "F")


def render(findings: Iterable[Finding], source: str, language: str = "zh") -> str:
    """Return findings as text for a terminal, each with its line of the source and a caret."""
    lines = source.splitlines()
    return "\n".join(_one(finding, lines, language) for finding in findings)


def _one(finding: Finding, lines: list[str], language: str) -> str:
    text = finding.en if language == "en" else finding.zh
    mild = finding.severity is Severity.WARNING
    word = {"zh": "警告：", "en": "warning: "}[language] if mild else ""
    head = f"{finding.place()}: {word}{text} [{finding.code}]"
    if finding.line is None or not isinstance(finding.column, int) or finding.line > len(lines):
        return head
    line = lines[finding.line - 1].replace("\t", " ")
    before = line[: finding.column - 1]
    return f"{head}\n  | {line}\n  | {' ' * _width(before)}^"


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in _WIDE else 1 for each in text)
