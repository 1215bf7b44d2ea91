"""SQL over stored activities: the local moment, and whether values are as their types say."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from points.rules.activity_types import ActivityType, FieldSpec
from points.rules.scope import MEMBER_FIELDS
from points.rules.sql import limits, named, quoted

_STEP = timedelta(hours=6)
"""No zone changes its offset twice within this time."""
_SECOND = timedelta(seconds=1)


def local_moment(column: str, zone: ZoneInfo, first: datetime, last: datetime) -> str:
    """Return SQL of the local moment of an instant between two.

    The offsets are written out, so that the database's own time zones have no say in it.
    """
    found = list(_offsets(zone, first, last))
    seconds = [int(offset.total_seconds()) for _, offset in found]
    ends = [until.replace(tzinfo=None).isoformat(sep=" ") for until, _ in found]
    tests = "".join(
        f"WHEN {column} < TIMESTAMP '{end}' THEN {second} "
        for end, second in zip(ends[:-1], seconds[:-1], strict=True)
    )
    chosen = f"CASE {tests}ELSE {seconds[-1]} END" if tests else str(seconds[-1])
    return f"({column} + to_seconds({chosen}))"


def _offsets(
    zone: ZoneInfo, first: datetime, last: datetime
) -> Iterator[tuple[datetime, timedelta]]:
    """Yield each offset in turn with the instant at which it ends."""
    at = first.astimezone(UTC).replace(microsecond=0)
    while at < last:
        following = at + _STEP
        if _offset(zone, following) != _offset(zone, at):
            before, after = at, following
            while after - before > _SECOND:
                middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
                if _offset(zone, middle) == _offset(zone, at):
                    before = middle
                else:
                    after = middle
            yield after, _offset(zone, at)
        at = following
    yield at, _offset(zone, at)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def unfit(kind: ActivityType) -> str:
    """Return SQL of whether an activity of a type has values that the type does not allow.

    Whatever is computed in SQL counts on the bounds that a type gives; what was written down under
    an earlier type may lie beyond them.
    """
    event = list(_faults(named(kind.name), kind.scored))
    tests = [*event, *_faults("member", MEMBER_FIELDS), "len(closed) > 0"]
    return f"(type = {quoted(kind.name)} AND ({' OR '.join(tests)}))"


def _faults(struct: str, fields: Mapping[str, FieldSpec]) -> Iterator[str]:
    for name, spec in fields.items():
        column = f"{struct}.{named(name)}"
        if spec.required:
            yield f"{column} IS NULL"
        if spec.kind in ("number", "integer"):
            low, high = limits(spec)
            yield f"coalesce({column} NOT BETWEEN {low:f} AND {high:f}, FALSE)"
