"""Finds a table's header and reads what the rows above it say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from points.flows.import_.cells import amounts, dates
from points.flows.import_.cells.text import BadCell, folded
from points.flows.import_.codes import found
from points.flows.import_.model import Cells, Row, SheetHead
from points.flows.import_.profiles.columns import Column
from points.flows.import_.profiles.model import Fact, Profile, same_header
from points.kernel.findings import Finding

TITLE_LENGTH_MAX = 500
LETTERS = 26
OWN_COLUMNS = ("错误原因", "错误代码")
"""What this program adds to a workbook of bad rows; not a column of anyone's sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a table's columns stand and what holds for all of its rows.

    Attributes:
        head: The rows above and the header itself.
        header_row: The header's row number.
        places: Each used column with its index, from zero.
        labels: Column name to what people call it: ``D 身份证号*``.
        facts: What the title rows say.
        width: How many cells the header has.
    """

    head: SheetHead
    header_row: int
    places: tuple[tuple[Column, int], ...]
    labels: Mapping[str, str]
    facts: Mapping[str, object]
    width: int


def locate(
    profile: Profile, file: str, sheet: str | None, rows: Iterator[Row]
) -> tuple[Layout | None, list[Finding]]:
    """Read a table down to its header.

    Args:
        profile: What to look for.
        file: The file's name.
        sheet: The worksheet's name, if there is one.
        rows: The table's rows; those down to the header are consumed.

    Returns:
        The layout, or nothing when the rows below cannot be understood; and the findings.
    """
    titles: list[Cells] = []
    for row in rows:
        if _is_header(profile, row.cells):
            return _layout(profile, file, sheet, titles, row)
        titles.append(row.cells)
        if len(titles) >= profile.within:
            break
    if not any(folded(cell) for cells in titles for cell in cells):
        return None, []
    return None, [
        found("sheet.no_header", file=file, sheet=sheet, known={"within": profile.within})
    ]


def _is_header(profile: Profile, cells: Cells) -> bool:
    """Return whether a row names at least half of the required columns."""
    written = {same_header(cell) for cell in cells}
    wanted = [column for column in profile.columns if column.required] or list(profile.columns)
    named = sum(any(same_header(h) in written for h in column.headers) for column in wanted)
    return named * 2 >= len(wanted)


def _layout(
    profile: Profile, file: str, sheet: str | None, titles: list[Cells], row: Row
) -> tuple[Layout | None, list[Finding]]:
    header = tuple(folded(cell) for cell in row.cells)
    labels = tuple(_label(index, text, row.place.row) for index, text in enumerate(header))
    places, findings = _places(profile, file, sheet, header, labels)
    facts, missing = _facts(profile, file, sheet, titles)
    if missing or any(finding.code != "sheet.unknown_column" for finding in findings):
        return None, [*findings, *missing]
    head = SheetHead(sheet=sheet, titles=tuple(titles), header=header)
    return (
        Layout(
            head=head,
            header_row=row.place.row,
            places=tuple(places),
            labels={column.name: labels[index] for column, index in places},
            facts=facts,
            width=max((n for n, text in enumerate(header, 1) if text), default=0),
        ),
        findings,
    )


def _places(
    profile: Profile,
    file: str,
    sheet: str | None,
    header: tuple[str, ...],
    labels: tuple[str, ...],
) -> tuple[list[tuple[Column, int]], list[Finding]]:
    places, findings = [], []
    compared = [same_header(text) for text in header]
    used: set[int] = set()
    for column in profile.columns:
        names = {same_header(name) for name in column.headers}
        standing = [index for index, text in enumerate(compared) if text in names]
        used.update(standing)
        if len(standing) == 1:
            places.append((column, standing[0]))
        elif standing or column.required:
            code = "sheet.ambiguous_column" if standing else "sheet.missing_column"
            findings.append(
                found(code, file=file, sheet=sheet, known={"header": column.headers[0]})
            )
    known = profile.ignored | {same_header(name) for name in OWN_COLUMNS} | {""}
    findings += [
        found("sheet.unknown_column", file=file, sheet=sheet, column=labels[index])
        for index, text in enumerate(compared)
        if index not in used and text not in known
    ]
    return places, findings


def _label(index: int, text: str, row: int) -> str:
    """Return a column's letter and header; the keys of JSON objects (row 0) have no letter."""
    return f"{letter(index)} {text[:40]}" if row else text[:40]


def letter(index: int) -> str:
    """Return the letters of a column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, LETTERS)
        letters = chr(65 + rest) + letters
    return letters


def _facts(
    profile: Profile, file: str, sheet: str | None, titles: list[Cells]
) -> tuple[dict[str, object], list[Finding]]:
    written = [folded(cell)[:TITLE_LENGTH_MAX] for cells in titles for cell in cells]
    texts = {"title": written, "sheet": [folded(sheet)], "file": [folded(file)]}
    facts: dict[str, object] = {}
    findings = []
    for fact in profile.facts:
        value = _fact(fact, [text for text in texts[fact.where] if text])
        facts[fact.name] = value
        if value is None and fact.required:
            findings.append(
                found("sheet.missing_fact", file=file, sheet=sheet, known={"title": fact.title})
            )
    return facts, findings


def _fact(fact: Fact, texts: list[str]) -> object:
    """Return the one value that the texts give; nothing when they give none, or two."""
    values: set[object] = set()
    for text in texts:
        if fact.pattern is not None and (match := fact.pattern.search(text)):
            values.add(_typed(fact, match[match.re.groups and 1] or ""))
        values |= {value for value, pattern in fact.choices.items() if pattern.search(text)}
    return values.pop() if len(values) == 1 else None


def _typed(fact: Fact, text: str) -> object:
    try:
        if fact.type == "date":
            return dates.day(text)
        return amounts.integer(text) if fact.type == "integer" else text.strip()
    except BadCell:
        return None
