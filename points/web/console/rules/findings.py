"""Findings as pages show them: the line that is meant, with the place marked in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from points.kernel.findings import Finding

AROUND_MAX = 160
"""Of a line, no more is shown than this on either side of what is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """One finding and its line, cut into what stands before, within and behind it."""

    finding: Finding
    before: str = ""
    meant: str = ""
    behind: str = ""


def marked(findings: Iterable[Finding], text: str) -> list[Marked]:
    """Return findings with their lines."""
    lines = text.splitlines()
    return [_one(each, lines) for each in findings]


def _one(finding: Finding, lines: list[str]) -> Marked:
    line, column = finding.line, finding.column
    if line is None or not isinstance(column, int) or line > len(lines):
        return Marked(finding=finding)
    said, start = lines[line - 1], column - 1
    known = finding.end_line == line and finding.end_column
    end = (finding.end_column or 0) - 1 if known else start + 1
    return Marked(
        finding=finding,
        before=said[max(start - AROUND_MAX, 0) : start],
        meant=said[start:end],
        behind=said[end : end + AROUND_MAX],
    )
