"""A file as tables of rows, whatever its format."""

from collections.abc import Iterable
from dataclasses import dataclass

from points.flows.import_.model import Row
from points.kernel.errors import PointsError

FILE_MEGABYTES_MAX = 50
ROWS_MAX = 200_000


class Unreadable(PointsError):
    """A file that cannot or may not be opened.

    Attributes:
        code: A code of ``codes.CODES``.
        known: What fills its text.
    """

    code: str = "sheet.unreadable"  # type: ignore[misc]  # one class, many stable codes

    def __init__(self, code: str, **known: object) -> None:
        super().__init__(code)
        self.code, self.known = code, known


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLine:
    """A line that is no row at all; stands as the row's only cell."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One worksheet, or the whole of a text file.

    Attributes:
        sheet: The worksheet's name, if there is one.
        rows: Its rows from the top, title rows included; blank cells are ``None`` or ``""``.
    """

    sheet: str | None
    rows: Iterable[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file that was opened.

    Attributes:
        tables: Its tables, in order.
        hidden: The names of worksheets that nobody sees and that are not read.
        failed_cells: How many cells hold a failed formula; they read as blank.
    """

    tables: tuple[Table, ...]
    hidden: tuple[str, ...] = ()
    failed_cells: int = 0
