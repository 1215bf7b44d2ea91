"""Import a sheet: read it whole, look its people up, then take each good row exactly once.

A file is taken twice without harm: members and outlets are named by what their row says, activities
by their source's own number, and whatever was taken before counts as a duplicate.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from points.engine import Command, Engine
from points.flows.add_partner import AddOutlet
from points.flows.context import Context
from points.flows.enrol import Enrol
from points.flows.filing import Filing
from points.flows.import_.codes import refused_by_engine
from points.flows.import_.model import Place, ReadResult, Record
from points.flows.import_.overlaps import overlaps
from points.flows.import_.profiles.model import Profile
from points.flows.import_.reading import read_file
from points.flows.import_.recognise import KnownMember, Recognised, recognise
from points.flows.record_row import RecordRow
from points.kernel.errors import Misused, Refusal
from points.kernel.findings import Finding
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, OutletId, PartnerId
from points.members.identifiers import blind_index
from points.members.model import MemberKind
from points.members.model import Profile as MemberProfile
from points.members.reads import by_phones

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it came in.

    Attributes:
        name: The file's own name, never a path.
        programmes: In which programmes a roster's members take part.
        partner_id: The chain that a list of outlets belongs to.
    """

    association_id: AssociationId
    actor: Actor
    name: str
    content: bytes
    programmes: tuple[str, ...] = ("party", "health")
    partner_id: PartnerId | None = None


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
    members = {id(each.record): each.member for each in recognised}
    findings: list[Finding] = []
    again = 0
    for some in _chunks(_rows(read.records)):
        commands = [_command(engine, upload, row, members, batch_id) for row in some]
        for row, outcome in zip(some, engine.submit_many(commands), strict=True):
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


def _command(
    engine: Engine,
    upload: Upload,
    row: Sequence[Record],
    members: Mapping[int, MemberId],
    batch_id: str,
) -> Command:
    first = row[0]
    if first.kind != "activity":
        if len(row) > 1:
            raise Misused(
                "profile.mixed",
                "表格模板的一行只能产出一名会员或一家门店",
                "a row that says a member or an outlet says nothing else",
            )
        return (_enrol if first.kind == "member" else _add_outlet)(engine, upload, first)
    return RecordRow(
        association_id=upload.association_id,
        operation_id=OperationId(
            f"import:{batch_id}:{first.row.place.sheet or ''}:{first.row.place.row}"
        ),
        actor=upload.actor,
        parts=tuple(_filing(upload, record, members[id(record)], batch_id) for record in row),
    )


def _filing(upload: Upload, record: Record, member: MemberId, batch_id: str) -> Filing:
    return Filing(
        actor=upload.actor,
        source=record.source,
        external_id=record.external_id,
        type=record.type,
        member_id=member,
        occurred_at=cast("datetime", record.occurred_at),
        ended_at=record.ended_at,
        received_at=record.received_at,
        fields=record.data,
        trusted=record.trusted,
        batch_id=batch_id,
    )


def _enrol(engine: Engine, upload: Upload, record: Record) -> Enrol:
    data = cast("Mapping[str, Any]", record.data)
    return Enrol(
        association_id=upload.association_id,
        operation_id=_content_id(engine, "member", record),
        actor=upload.actor,
        name=data["name"],
        phone=data["phone"],
        identity_number=data.get("identity_number"),
        profile=MemberProfile(
            kind=MemberKind(data["kind"]),
            branch=data.get("branch"),
            grid=data.get("grid"),
            party_member=bool(data.get("party_member")),
            mobile_party_member=bool(data.get("mobile_party_member")),
            probationary=bool(data.get("probationary")),
        ),
        programmes=upload.programmes,
        joined_on=data.get("joined_on"),
    )


def _add_outlet(engine: Engine, upload: Upload, record: Record) -> AddOutlet:
    data = cast("Mapping[str, Any]", record.data)
    return AddOutlet(
        association_id=upload.association_id,
        operation_id=_content_id(engine, "outlet", record),
        actor=upload.actor,
        outlet_id=OutletId(data["code"]),
        partner_id=upload.partner_id or PartnerId(data["category"]),
        name=data["name"],
        address=data.get("address", ""),
        phone=data.get("phone", ""),
        opening_hours=data.get("hours", ""),
        services=tuple(data.get("services", ())),
    )


def _content_id(engine: Engine, kind: str, record: Record) -> OperationId:
    """Name a row by what it says: the same row again replays, a changed one is looked at anew.

    Keyed, because a plain hash of a person's numbers would give them away to whoever tries all.
    """
    known: Context = engine.context
    return OperationId(f"import:{kind}:{blind_index(known.index_key, kind, record.body_hash)}")


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
        with self.engine.reading() as connection:
            found = by_phones(connection, self.association, phones, known)
        return {
            phone: KnownMember(member=person.member_id, name=person.name)
            for phone, person in found.items()
        }
