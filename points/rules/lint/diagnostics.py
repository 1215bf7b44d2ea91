"""Findings as an editor takes them: diagnostics of the Language Server Protocol.

Lines and characters count from zero, and characters are UTF-16 code units, as the protocol says.
"""

from collections.abc import Iterable
from typing import Any

from points.kernel.findings import Finding, Related, Severity
from points.rules.texts import lines_named

SEVERITIES = {Severity.ERROR: 1, Severity.WARNING: 2, Severity.INFO: 3}
SOURCE = "points"
_UNIT_BYTES = 2


def diagnostics(
    findings: Iterable[Finding], text: str, language: str = "zh", uri: str = ""
) -> list[dict[str, Any]]:
    """Return findings as diagnostics of the file whose text is given.

    Args:
        findings: The findings.
        text: The file; without it, characters could not be counted as editors do.
        language: Of the messages, ``zh`` or ``en``.
        uri: The file's address, for the related places.
    """
    found = list(findings)
    lines = lines_named(text, found)
    return [_one(finding, lines, language, uri) for finding in found]


def _one(finding: Finding, lines: list[str], language: str, uri: str) -> dict[str, Any]:
    where = _range(finding, lines)
    found: dict[str, Any] = {
        "range": where,
        "severity": SEVERITIES[finding.severity],
        "code": finding.code,
        "source": SOURCE,
        "message": finding.en if language == "en" else finding.zh,
    }
    if finding.related:
        found["relatedInformation"] = [
            {
                "location": {"uri": uri or finding.file, "range": _range(each, lines)},
                "message": each.en if language == "en" else each.zh,
            }
            for each in finding.related
        ]
    if finding.fix is not None:
        found["data"] = {"fix": {"range": where, "newText": finding.fix}}
    return found


def _range(place: Finding | Related, lines: list[str]) -> dict[str, dict[str, int]]:
    line = place.line or 1
    column = place.column if isinstance(place.column, int) else 1
    end_line = place.end_line or line
    end_column = place.end_column or column + 1
    return {
        "start": _position(line, column, lines),
        "end": _position(end_line, end_column, lines),
    }


def _position(line: int, column: int, lines: list[str]) -> dict[str, int]:
    before = lines[line - 1][: column - 1] if line <= len(lines) else ""
    # Counted by the encoder: a line may be long, and stand in hundreds of findings.
    units = len(before.encode("utf-16-le", "surrogatepass")) // _UNIT_BYTES
    return {"line": line - 1, "character": units}
