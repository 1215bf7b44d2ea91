"""Who the rows are about: looked up in the register of members, many at a time."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from points.flows.import_.cells.text import folded
from points.flows.import_.codes import found
from points.flows.import_.model import Place, Record
from points.kernel.findings import Finding
from points.kernel.ids import MemberId

CHUNK = 1_000
"""How many telephone numbers the register is asked about at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMember:
    """A member as the register knows them."""

    member: MemberId
    name: str


class Register(Protocol):
    """Knows the association's members."""

    def members_by_phone(self, phones: Collection[str]) -> Mapping[str, KnownMember]:
        """Return the members who have one of at most ``CHUNK`` telephone numbers, by number."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A record and the member it is about."""

    record: Record
    member: MemberId


def recognise(
    records: Sequence[Record], register: Register, *, file: str
) -> tuple[list[Recognised], list[Finding]]:
    """Return whom the records are about, and a finding for each row about nobody known.

    Args:
        records: Records that name a person; others are passed over.
        register: Asked once per ``CHUNK`` different numbers.
        file: The file's name, for the findings.
    """
    about = [record for record in records if record.person is not None]
    known: dict[str, KnownMember] = {}
    for phones in _chunks(record.person.phone for record in about if record.person):
        known.update(register.members_by_phone(phones))
    recognised: list[Recognised] = []
    findings: dict[Place, Finding] = {}
    for record in about:
        member, code = _member(record, known)
        if member is not None:
            recognised.append(Recognised(record=record, member=member.member))
        elif record.row.place not in findings:
            place = record.row.place
            findings[place] = found(code, file=file, sheet=place.sheet, row=place.row)
    return recognised, list(findings.values())


def _member(record: Record, known: Mapping[str, KnownMember]) -> tuple[KnownMember | None, str]:
    if record.person is None or (member := known.get(record.person.phone)) is None:
        return None, "sheet.unknown_member"
    if record.person.name is not None and _same(record.person.name) != _same(member.name):
        return None, "sheet.name_mismatch"
    return member, ""


def _same(name: str) -> str:
    return "".join(folded(name).casefold().split())


def _chunks(phones: Iterable[str]) -> Iterator[list[str]]:
    different = iter(dict.fromkeys(phones))
    while chunk := list(islice(different, CHUNK)):
        yield chunk
