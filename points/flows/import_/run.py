"""Import a sheet: read it whole, look its people up, then take each good row exactly once.

A file is taken twice without harm: members and outlets are named by what their row says, activities
by their source's own number, and whatever was taken before counts as a duplicate.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from points.engine import Command, Engine, Outcome
from points.flows.add_partner import AddOutlet
from points.flows.context import Context
from points.flows.enrol import Enrol
from points.flows.import_.codes import refused_by_engine
from points.flows.import_.model import Place, ReadResult, Record
from points.flows.import_.overlaps import overlaps
from points.flows.import_.profiles.model import Profile
from points.flows.import_.reading import read_file
from points.flows.import_.recognise import KnownMember, Recognised, recognise
from points.flows.record import Record as RecordActivity
from points.kernel.canonical import digest, plain
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
    before: set[Place] = set()
    for some in _chunks(read.records):
        commands = [_command(engine, upload, record, members, batch_id) for record in some]
        for record, outcome in zip(some, engine.submit_many(commands), strict=True):
            if outcome.refusal is not None:
                findings.append(_finding(read.file, record, outcome))
            elif outcome.replayed or outcome.result.get("duplicate"):
                before.add(record.row.place)
        tell(len(some))
    read = read.refusing(findings)
    again = before & {record.row.place for record in read.records}
    return Imported(
        read=read,
        batch_id=batch_id,
        duplicates=read.duplicates + len(again),
        accepted=read.accepted - len(again),
    )


def _chunks(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    for start in range(0, len(records), CHUNK):
        yield records[start : start + CHUNK]


def _command(
    engine: Engine, upload: Upload, record: Record, members: Mapping[int, MemberId], batch_id: str
) -> Command:
    if record.kind == "member":
        return _enrol(engine, upload, record)
    if record.kind == "outlet":
        return _add_outlet(engine, upload, record)
    return RecordActivity(
        association_id=upload.association_id,
        operation_id=OperationId(f"import:{batch_id}:{digest(record.external_id)[:32]}"),
        actor=upload.actor,
        source=record.source,
        external_id=record.external_id,
        type=record.type,
        member_id=members[id(record)],
        occurred_at=cast("Any", record.occurred_at),
        ended_at=record.ended_at,
        received_at=record.received_at,
        fields=plain(record.data),
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


def _finding(file: str, record: Record, outcome: Outcome) -> Finding:
    place = record.row.place
    refusal = cast("Any", outcome.refusal)
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
