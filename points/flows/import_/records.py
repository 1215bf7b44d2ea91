"""What a row's values yield."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from points.flows.import_.cells.text import BadCell
from points.flows.import_.model import Person, Record, Row
from points.flows.import_.profiles.columns import Values
from points.flows.import_.profiles.expressions import Expression
from points.flows.import_.profiles.model import Profile, Yield
from points.kernel.canonical import digest
from points.kernel.ensure import ensure

DIGEST_CHARACTERS = 32


def row_key(profile: Profile, values: Values) -> str:
    """Return what identifies a row for its source: its own number, or a digest of its key columns.

    The digest leaves out how things were spelt, so a row typed anew is the same row.
    """
    if profile.key_column is not None:
        return str(values[profile.key_column])
    named = [values.get(name) for name in profile.key_digest]
    return digest([profile.name, *named])[:DIGEST_CHARACTERS]


def records_of(profile: Profile, key: str, row: Row, values: Values) -> Iterator[Record]:
    """Yield the records of one row.

    Raises:
        BadCell: An activity of it does not say when it happened.
    """
    person = _person(profile, values)
    for one in profile.yields:
        if one.when is None or one.when(values):
            yield _record(profile, one, key, row, person, values)


def _person(profile: Profile, values: Values) -> Person | None:
    if profile.person_phone is None:
        return None
    phone, name = values.get(profile.person_phone), values.get(profile.person_name or "")
    ensure(isinstance(phone, str), "a row without its member's telephone number is refused")
    return Person(phone=str(phone), name=None if name is None else str(name))


def _record(
    profile: Profile, one: Yield, key: str, row: Row, person: Person | None, values: Values
) -> Record:
    data = {name: got for name, field in one.fields.items() if (got := field(values)) is not None}
    occurred_at = _moment(one.occurred_at, values)
    ended_at = _moment(one.ended_at, values)
    received_at = _moment(one.received_at, values)
    if one.kind == "activity" and occurred_at is None:
        raise BadCell("sheet.no_moment")
    body: Mapping[str, object] = {
        "type": one.type,
        "person": person,
        "occurred_at": occurred_at,
        "ended_at": ended_at,
        "received_at": received_at,
        "data": data,
    }
    return Record(
        kind=one.kind,
        type=one.type,
        source=profile.source,
        trusted=profile.trusted,
        external_id=f"{key}/{one.suffix}" if one.suffix else key,
        derived=profile.key_column is None,
        row=row,
        person=person,
        occurred_at=occurred_at,
        ended_at=ended_at,
        received_at=received_at,
        exclusive=one.exclusive,
        data=data,
        body_hash=digest(body),
    )


def _moment(expression: Expression | None, values: Values) -> datetime | None:
    found = expression(values) if expression is not None else None
    return found if isinstance(found, datetime) else None
