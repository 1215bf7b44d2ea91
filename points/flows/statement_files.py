"""The files of a statement, by the ending of their names, as they are sent or written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO

from points.engine import Engine
from points.flows.statement_export import canonical_chunks, csv_chunks, write_xlsx
from points.flows.statement_pdf import Parties, write_pdf
from points.flows.statement_steps import read_lines
from points.kernel.ids import AssociationId
from points.partners.model import Line, Partner, Statement

CHUNK = 1 << 16
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFiles:
    """Makes the files of one statement; lines are read as they are written."""

    engine: Engine
    association: AssociationId
    partner: Partner
    statement: Statement

    def name(self, ending: str) -> str:
        """Return what a file is called."""
        return f"{self.statement.partner_id}-{self.statement.period}.{ending}"

    def chunks(self, ending: str) -> Iterator[bytes]:
        """Return a file piece by piece; what must be made as a whole lies on the disk meanwhile."""
        makers: dict[str, Callable[[], Iterator[bytes]]] = {
            "csv": lambda: csv_chunks(self.statement, self._lines(), self.partner.zone),
            "jsonl": lambda: canonical_chunks(self.statement, self._lines()),
            "xlsx": lambda: _whole(self._xlsx),
            "pdf": lambda: _whole(self._pdf),
        }
        return makers[ending]()

    def _xlsx(self, file: BinaryIO) -> None:
        write_xlsx(self.statement, self._lines(), self.partner.zone, file)

    def _pdf(self, file: BinaryIO) -> None:
        parties = Parties(
            association=self.association, partner=self.partner.name, zone=self.partner.zone
        )
        write_pdf(self.statement, self._lines(), parties, file)

    def _lines(self) -> Iterator[Line]:
        if self.statement.statement_id is None:
            return iter(self.statement.lines)
        return read_lines(self.engine, self.association, self.statement.statement_id)


def _whole(write: Callable[[BinaryIO], None]) -> Iterator[bytes]:
    with TemporaryFile() as file:
        write(file)
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk
