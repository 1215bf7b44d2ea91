"""Findings as workflow commands, which GitHub shows beside the lines of a change."""

from collections.abc import Iterable, Iterator

from points.kernel.findings import Finding, Severity

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def workflow_commands(findings: Iterable[Finding], path: str, language: str) -> Iterator[str]:
    """Yield one command for each finding of a file."""
    for finding in findings:
        said = finding.en if language == "en" else finding.zh
        properties = {
            "file": path,
            "line": finding.line,
            "col": finding.column,
            "endLine": finding.end_line,
            "endColumn": finding.end_column,
            "title": finding.code,
        }
        named = ",".join(
            f"{name}={_escaped(str(value), ':,')}"
            for name, value in properties.items()
            if value is not None
        )
        yield f"::{LEVELS[finding.severity]} {named}::{_escaped(said)}"


def _escaped(text: str, more: str = "") -> str:
    for each in ("%", "\r", "\n", *more):
        text = text.replace(each, f"%{ord(each):02X}")
    return text
