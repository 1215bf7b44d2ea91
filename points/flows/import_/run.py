"""Import a sheet: read it whole, look its people up, then take each good row exactly once.

A file is taken twice without harm: members and outlets are named by what their row says, activities
by their source's own number, and whatever was taken before counts as a duplicate.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from points.engine import Engine
from points.flows.context import Context
from points.flows.import_.asking import Asking, Upload
from points.flows.import_.codes import refused_by_engine
from points.flows.import_.model import Place, ReadResult, Record
from points.flows.import_.overlaps import overlaps
from points.flows.import_.profiles.model import Profile
from points.flows.import_.reading import read_file
from points.flows.import_.recognise import KnownMember, Recognised, recognise
from points.kernel.errors import Refusal
from points.kernel.findings import Finding
from points.kernel.ids import AssociationId
from points.members.reads import by_phones

__all__ = ["CHUNK", "Imported", "Upload", "check_file", "import_file"]

CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file.

    Attributes:
        read: The account of its rows, refusals of the engine included.
        batch_id: Under which its activities were filed.
        duplicates: Rows taken before, in this file or an earlier upload.
        accepted: Rows taken now.
    """

    read: ReadResult
    batch_id: str
    duplicates: int
    accepted: int

    def as_json(self) -> dict[str, Any]:
        """Return the account as plain JSON values; findings hold nothing personal."""
        return {
            "file": self.read.file,
            "profile": self.read.profile,
            "rows": self.read.rows,
            "accepted": self.accepted,
            "refused": len(self.read.refused),
            "duplicates": self.duplicates,
            "findings": [finding.as_json() for finding in self.read.findings],
        }


def check_file(
    engine: Engine, upload: Upload, profile: Profile
) -> tuple[ReadResult, list[Recognised]]:
    """Read a file and look its people up; write nothing."""
    read = read_file(upload.content, upload.name, profile)
    register = _Stored(engine, upload.association_id)
    recognised, unknown = recognise(read.records, register, file=read.file)
    read = read.refusing(unknown)
    read = read.refusing(overlaps(read.records, file=read.file))
    kept = {id(record) for record in read.records}
    return read, [each for each in recognised if id(each.record) in kept]


def import_file(
    engine: Engine, upload: Upload, profile: Profile, tell: Callable[[int], None] = lambda _: None
) -> Imported:
    """Take every good row of a file.

    Args:
        engine: Where to.
        upload: The file.
        profile: How to read it.
        tell: Called with the number of rows done since the last call.
    """
    read, recognised = check_file(engine, upload, profile)
    batch_id = engine.ids.next()
    if not read.readable:
        return Imported(read=read, batch_id=batch_id, duplicates=read.duplicates, accepted=0)
    asking = Asking(engine, upload, batch_id, {id(r.record): r.member for r in recognised})
    findings: list[Finding] = []
    again = 0
    for some in _chunks(_rows(read.records)):
        asked = asking.commands(some)
        again += len(some) - len(asked)
        outcomes = engine.submit_many((command for _, command in asked), upload.origin)
        for (row, _), outcome in zip(asked, outcomes, strict=True):
            if outcome.refusal is not None:
                findings.append(_finding(read.file, row[0].row.place, outcome.refusal))
            elif outcome.replayed or outcome.result.get("duplicate"):
                again += 1
        tell(len(some))
    read = read.refusing(findings)
    return Imported(
        read=read,
        batch_id=batch_id,
        duplicates=read.duplicates + again,
        accepted=read.accepted - again,
    )


def _rows(records: Sequence[Record]) -> list[list[Record]]:
    """Return the records of each row together: a row is taken whole or not at all."""
    rows: dict[Place, list[Record]] = {}
    for record in records:
        rows.setdefault(record.row.place, []).append(record)
    return list(rows.values())


def _chunks(rows: Sequence[list[Record]]) -> Iterator[Sequence[list[Record]]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _finding(file: str, place: Place, refusal: Refusal) -> Finding:
    return refused_by_engine(refusal, file=file, sheet=place.sheet, row=place.row)


@dataclass(frozen=True, slots=True)
class _Stored:
    """The register as the importer asks it."""

    engine: Engine
    association: AssociationId

    def members_by_phone(self, phones: Collection[str]) -> Mapping[str, KnownMember]:
        """Return the members who have one of the telephone numbers."""
        known: Context = self.engine.context
        with self.engine.reading(self.association) as connection:
            found = by_phones(connection, self.association, phones, known)
        return {
            phone: KnownMember(member=person.member_id, name=person.name)
            for phone, person in found.items()
        }
