"""Mistakes in files, sheets and set-ups, as data: all of them at once, each with its place."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another place that a finding speaks of, and what stands there."""

    zh: str
    en: str
    line: int
    column: int
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake and where it is.

    Attributes:
        code: Stable, dotted, for programs: ``sheet.bad_date``, ``rule.unknown_name``.
        zh: What is wrong and how to mend it, for people.
        en: The same in English.
        file: The name of the file, never its whole path.
        line: One-based line of a text file.
        column: One-based column of a text file, or the letter(s) and name of a sheet's column.
        end_line: The line on which what is meant ends, where that is known.
        end_column: The one-based column just behind it.
        fix: What to write instead of what lies between the two ends, where that is certain.
        related: Other places in the same file that explain it.
        sheet: The name of the worksheet.
        row: One-based row as a spreadsheet program numbers it.
        pointer: JSON pointer into a structured file.
        subject: What it is about where that is no file: a setting, a role, a table.
        severity: Errors stop what they stand in; warnings and remarks do not.
    """

    code: str
    zh: str
    en: str
    file: str = ""
    line: int | None = None
    column: int | str | None = None
    end_line: int | None = None
    end_column: int | None = None
    sheet: str | None = None
    row: int | None = None
    pointer: str | None = None
    subject: str = ""
    severity: Severity = Severity.ERROR
    fix: str | None = None
    related: tuple[Related, ...] = ()

    def place(self) -> str:
        """Return the place in the spelling that editors and people know."""
        if self.line is not None:
            return ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        parts = [self.file or self.subject, self.sheet or ""]
        if self.row is not None:
            parts.append(f"第{self.row}行")
        if self.column is not None:
            parts.append(f"{self.column}列")
        return " ".join(part for part in parts if part)

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON values, without what is not known."""
        said = {name: value for name, value in asdict(self).items() if value not in (None, "", ())}
        # An empty fix says something: take it away.
        return said if self.fix is None else said | {"fix": self.fix}
