"""Reads a decision table and finds the rows that can never be reached or that overlap."""

from dataclasses import dataclass

from points.rules.compile import Compiled
from points.rules.expressions import Expressions, Typed
from points.rules.model import Row, Table
from points.rules.scope import Scope
from points.rules.tables import BadCell, Cell, overlapping, read_cell, shadowing
from points.rules.types import NUMBER
from points.rules.yaml_positions import Node

TABLE_KEYS = ("hit", "columns", "rows")
HITS = ("first", "unique", "sum")
ROWS_MAX = 500
_COLUMN_KINDS = ("number", "boolean", "enum", "text")


@dataclass(frozen=True, slots=True)
class _Surroundings:
    expressions: Expressions
    scope: Scope
    known: frozenset[str]
    seen: list[Compiled]


def read_table(
    expressions: Expressions,
    node: Node,
    scope: Scope,
    known: frozenset[str],
    seen: list[Compiled],
) -> Table:
    """Return the table; what is wrong with it is recorded, and the rows in question left out.

    Args:
        expressions: The file's expressions.
        node: The table.
        scope: What its expressions may use.
        known: Optional fields that are certain to be there.
        seen: Collects the compiled expressions.
    """
    around = _Surroundings(expressions, scope, known, seen)
    reader = expressions.reader
    fields = reader.fields(node, TABLE_KEYS, TABLE_KEYS)
    hit = reader.choice(fields.get("hit"), HITS) or "first"
    columns = [_column(around, item) for item in reader.items(fields.get("columns"))]
    nodes = reader.items(fields.get("rows"))
    if len(nodes) > ROWS_MAX:
        reader.error("table.too_long", nodes[-1], f"至多 {ROWS_MAX} 行", f"over {ROWS_MAX} rows")
    subjects = [column for column in columns if column is not None]
    if not columns or len(subjects) != len(columns):
        return Table(hit=hit, rows=())
    rows: list[Row] = []
    cells: list[list[Cell]] = []
    for number, item in enumerate(nodes[:ROWS_MAX], start=1):
        read = _row(around, item, subjects, number)
        if read is not None:
            rows.append(read[0])
            cells.append(read[1])
            _compare(around, item, (hit, subjects, rows), cells)
    return Table(hit=hit, rows=tuple(rows))


def _column(around: _Surroundings, node: Node) -> Typed | None:
    typed = around.expressions.read(node, around.scope, known=around.known)
    if typed and typed.type.kind not in _COLUMN_KINDS:
        zh, en = "这种字段不能作列", "this kind of field cannot be a column"
        around.expressions.reader.error("table.column", node, zh, en)
        return None
    if typed:
        around.seen.append(typed.compiled)
    return typed


def _row(
    around: _Surroundings, node: Node, subjects: list[Typed], number: int
) -> tuple[Row, list[Cell]] | None:
    reader = around.expressions.reader
    items = reader.items(node)
    if len(items) != len(subjects) + 1:
        zh = f"应有 {len(subjects) + 1} 格：每列一格，最后是分值"
        en = f"expected {len(subjects) + 1} cells: one per column, then the points"
        reader.error("table.width", node, zh, en)
        return None
    cells: list[Cell] = []
    for item, subject in zip(items, subjects, strict=False):
        try:
            cells.append(read_cell(item, subject.compiled.tree, subject.type))
        except BadCell as bad:
            reader.error("table.cell", bad.node, bad.zh, bad.en)
    points = around.expressions.read(items[-1], around.scope, known=around.known, expected=NUMBER)
    if points is None or len(cells) != len(subjects):
        return None
    around.seen.append(points.compiled)
    when = tuple(
        around.expressions.part(cell.condition, around.scope) for cell in cells if cell.condition
    )
    return Row(number=number, when=when, points=points.compiled), cells


def _compare(
    around: _Surroundings,
    node: Node,
    table: tuple[str, list[Typed], list[Row]],
    cells: list[list[Cell]],
) -> None:
    hit, subjects, rows = table
    reader = around.expressions.reader
    number = rows[-1].number
    shadow = shadowing(cells, [subject.type for subject in subjects], len(cells) - 1)
    if hit == "first" and shadow is not None:
        above = rows[shadow].number
        zh = f"第 {number} 行永远轮不到：第 {above} 行已包含它的全部情形"
        en = f"row {number} can never be reached: row {above} catches everything it does"
        reader.error("table.unreachable", node, zh, en)
    overlap = overlapping(cells, len(cells) - 1)
    if hit == "unique" and overlap is not None:
        above = rows[overlap].number
        zh, en = f"第 {number} 行与第 {above} 行重叠", f"row {number} overlaps row {above}"
        reader.error("table.overlap", node, zh, en)
