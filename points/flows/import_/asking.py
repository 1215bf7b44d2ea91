"""What each row of a sheet asks the engine for, and under which name.

Activities are known again by their source's own number. A member or an outlet has none, so its row
is named by what it says: a row that was taken before is not asked for again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, cast

from points.audit.model import Origin
from points.engine import Command, Engine
from points.flows.add_partner import AddOutlet
from points.flows.context import Context
from points.flows.enrol import Enrol
from points.flows.filing import Filing
from points.flows.import_.model import Record
from points.flows.record_row import RecordRow
from points.kernel.errors import Misused
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, OutletId, PartnerId
from points.ledger.operations import find_operations
from points.members.identifiers import blind_index
from points.members.model import MemberKind, Profile

Asked = tuple[Sequence[Record], Command]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it came in.

    Attributes:
        name: The file's own name, never a path.
        programmes: In which programmes a roster's members take part.
        partner_id: The chain that a list of outlets belongs to.
        origin: From where it came, for the audit trail.
    """

    association_id: AssociationId
    actor: Actor
    name: str
    content: bytes
    programmes: tuple[str, ...] = ("party", "health")
    partner_id: PartnerId | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Turns the rows of one upload into commands.

    Attributes:
        members: Whom each record is about, by the record's identity.
    """

    engine: Engine
    upload: Upload
    batch_id: str
    members: Mapping[int, MemberId]

    def commands(self, rows: Iterable[Sequence[Record]]) -> list[Asked]:
        """Return the rows with their commands, without those that were taken before.

        Raises:
            Misused: The profile lets a row say more than a member or an outlet.
        """
        activities, others = [], []
        for row in rows:
            if row[0].kind == "activity":
                activities.append((row, self._record(row)))
            elif len(row) == 1:
                others.append(row)
            else:
                raise Misused(
                    "profile.mixed",
                    "表格模板的一行只能产出一名会员或一家门店",
                    "a row that says a member or an outlet says nothing else",
                )
        return [*activities, *self._registering(others)]

    def _record(self, row: Sequence[Record]) -> RecordRow:
        place = row[0].row.place
        return RecordRow(
            association_id=self.upload.association_id,
            operation_id=OperationId(f"import:{self.batch_id}:{place.sheet or ''}:{place.row}"),
            actor=self.upload.actor,
            parts=tuple(self._filing(record) for record in row),
        )

    def _filing(self, record: Record) -> Filing:
        return Filing(
            actor=self.upload.actor,
            source=record.source,
            external_id=self._number(record),
            type=record.type,
            member_id=self.members[id(record)],
            occurred_at=cast("datetime", record.occurred_at),
            ended_at=record.ended_at,
            received_at=record.received_at,
            fields=record.data,
            trusted=record.trusted,
            batch_id=self.batch_id,
        )

    def _number(self, record: Record) -> str:
        """Return the source's own number, or the row's digest under a key.

        A fact keeps it for ever, also of people who were erased since.
        """
        if not record.derived:
            return record.external_id
        known: Context = self.engine.context
        return blind_index(known.index_key, "row", record.external_id)

    def _registering(self, rows: Sequence[Sequence[Record]]) -> Iterator[Asked]:
        names = {self._content_name(row[0]): row for row in rows}
        for name, operation in self._open(list(names)).items():
            row = names[name]
            enrols = row[0].kind == "member"
            yield row, (self._enrol if enrols else self._add_outlet)(row[0], operation)

    def _content_name(self, record: Record) -> str:
        """Name a row by what it says.

        Keyed, because a plain hash of a person's numbers would give them away to whoever tries all.
        """
        known: Context = self.engine.context
        kind, said = record.kind, record.body_hash
        return f"import:{kind}:{blind_index(known.index_key, kind, said)}"

    def _open(self, names: Sequence[str]) -> dict[str, OperationId]:
        """Return the id under which each row may be asked for now; none for those taken before.

        An id is answered once and for ever. What was refused may be right by now, as when the
        partner of an outlet has been taken up since, so it is asked again under the next number.
        """
        free: dict[str, OperationId] = {}
        unclear = list(names)
        for attempt in count(1):
            ids = {name: OperationId(f"{name}:{attempt}") for name in unclear}
            with self.engine.reading(self.upload.association_id) as connection:
                found = find_operations(connection, self.upload.association_id, ids.values())
            unclear = []
            for name, operation in ids.items():
                if operation not in found:
                    free[name] = operation
                elif "refused" in found[operation].outcome:
                    unclear.append(name)
            if not unclear:
                break
        return free

    def _enrol(self, record: Record, operation: OperationId) -> Command:
        data = cast("Mapping[str, Any]", record.data)
        return Enrol(
            association_id=self.upload.association_id,
            operation_id=operation,
            actor=self.upload.actor,
            name=data["name"],
            phone=data["phone"],
            identity_number=data.get("identity_number"),
            profile=Profile(
                kind=MemberKind(data["kind"]),
                branch=data.get("branch"),
                grid=data.get("grid"),
                party_member=bool(data.get("party_member")),
                mobile_party_member=bool(data.get("mobile_party_member")),
                probationary=bool(data.get("probationary")),
            ),
            programmes=self.upload.programmes,
            joined_on=data.get("joined_on"),
        )

    def _add_outlet(self, record: Record, operation: OperationId) -> Command:
        data = cast("Mapping[str, Any]", record.data)
        return AddOutlet(
            association_id=self.upload.association_id,
            operation_id=operation,
            actor=self.upload.actor,
            outlet_id=OutletId(data["code"]),
            partner_id=self.upload.partner_id or PartnerId(data["category"]),
            name=data["name"],
            address=data.get("address", ""),
            phone=data.get("phone", ""),
            opening_hours=data.get("hours", ""),
            services=tuple(data.get("services", ())),
            district=data.get("district", ""),
            latitude=data.get("latitude"),
            longitude=data.get("longitude"),
        )
