"""Activities in a Parquet file: what a back-test reads without the database.

A row has what rules may ask and nothing else: member ids, never names, and of free texts only those
that a rule reads. The order of rows is the order in which the activities were scored.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from points.flows.backtest.minimal import Kept
from points.kernel.canonical import decimal_text, digest, plain
from points.kernel.errors import Misused
from points.rules import ActivityTypes, Entry, Facts, FieldSpec
from points.rules.scope import MEMBER_FIELDS
from points.rules.sql import column_type, named, quoted

ROWS_AHEAD = 10_000
"""Rows that are read at once."""
_FIXED: Mapping[str, str] = {
    "seq": "BIGINT",
    "activity_id": "VARCHAR",
    "member_id": "VARCHAR",
    "type": "VARCHAR",
    "occurred_at": "TIMESTAMP",
    "received_at": "TIMESTAMP",
    "scored_at": "TIMESTAMP",
    "source": "VARCHAR",
    "external_id": "VARCHAR",
    "proved": "BOOLEAN",
    "day_kind": "VARCHAR",
    "programmes": "VARCHAR[]",
    "enrolled": "VARCHAR[]",
    "closed": "VARCHAR[]",
    "peers": "VARCHAR",
}


def columns(types: ActivityTypes) -> dict[str, str]:
    """Return the columns of a file: one struct for the member, and one for each activity type."""
    structs = {name: _struct(kind.scored) for name, kind in types.types.items()}
    return {**_FIXED, "member": _struct(MEMBER_FIELDS), **structs}


def _struct(fields: Mapping[str, FieldSpec]) -> str:
    # A type without fields still has a column, and a struct has at least one.
    kinds = {name: column_type(spec) for name, spec in fields.items()} or {"_": "BOOLEAN"}
    return f"STRUCT({', '.join(f'{named(name)} {kind}' for name, kind in kinds.items())})"


def write_parquet(
    entries: Iterable[Entry],
    path: Path,
    types: ActivityTypes,
    *,
    kept: Kept | None = None,
) -> int:
    """Write activities, in the order in which they come, and return how many they were.

    They are streamed: memory does not grow with their number.

    Args:
        entries: In scored order.
        path: Where to write.
        types: Their types.
        kept: What is written of what people wrote; all when not said.
    """
    with TemporaryDirectory(dir=path.parent, prefix=".points-") as folder:
        lines = Path(folder) / "activities.json"
        count = 0
        with lines.open("w", encoding="utf-8") as file:
            for count, entry in enumerate(entries, 1):
                file.write(json.dumps(_row(count, entry, types, kept), ensure_ascii=False) + "\n")
        known = columns(types)
        spelled = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in known.items())
        with duckdb.connect(config={"temp_directory": folder}) as connection:
            connection.execute(
                f"COPY (SELECT * FROM read_json({quoted(str(lines))}, columns = {{{spelled}}}, "  # noqa: S608
                "format = 'newline_delimited', auto_detect = false)) "
                f"TO {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd, "
                f"KV_METADATA {{points: {quoted(digest(known))}}})"
            )
    # Who did what is nobody else's business, without names as well.
    path.chmod(0o600)
    return count


def _row(seq: int, entry: Entry, types: ActivityTypes, kept: Kept | None) -> dict[str, Any]:
    facts = entry.facts
    kind = types.types[facts.type]
    fields = {
        name: _value(value)
        for name, value in facts.fields.items()
        if name in kind.scored
        and (
            kept is None or kind.fields[name].kind != "text" or f"{facts.type}.{name}" in kept.texts
        )
    }
    return {
        "seq": seq,
        "activity_id": facts.activity_id,
        "member_id": entry.member_id,
        "type": facts.type,
        "occurred_at": _instant(facts.occurred_at),
        "received_at": _instant(facts.received_at),
        "scored_at": _instant(entry.scored_at),
        "source": facts.source,
        "external_id": facts.external_id if kept is None or kept.numbers else "",
        "proved": facts.proved,
        "day_kind": facts.day_kind,
        "programmes": entry.programmes,
        "enrolled": _enrolled(entry),
        "closed": _closed(entry),
        "peers": None if entry.peers is None else json.dumps(plain(entry.peers)),
        "member": {name: _value(value) for name, value in facts.member.items()},
        facts.type: fields or {"_": None},
    }


def _value(value: object) -> Any:  # noqa: ANN401 - any of JSON's
    """Return a field as JSON has it; a number as text, which no reader takes for a float."""
    return value if isinstance(value, (bool, int)) else plain(value)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None).isoformat()


def _enrolled(entry: Entry) -> list[str] | None:
    if entry.measures is None:
        return None
    return sorted(f"{name}.{each}" for name, found in entry.measures.items() for each in found)


def _closed(entry: Entry) -> list[str]:
    """Return closed measures: by programme where that is known, else of whichever it is."""
    by_programme = (entry.closed or {}).items()
    named_ones = (f"{name}.{each}" for name, found in by_programme for each in found)
    return sorted((*entry.facts.closed, *named_ones))


def open_parquet(connection: duckdb.DuckDBPyConnection, path: Path, types: ActivityTypes) -> None:
    """Make a file known to a connection as the view ``activities``.

    Raises:
        Misused: It is not there, or it was written under other activity types.
    """
    try:
        connection.execute(
            f"CREATE VIEW activities AS SELECT * FROM read_parquet({quoted(str(path))})"  # noqa: S608
        )
        found = connection.execute(
            f"SELECT decode(value) FROM parquet_kv_metadata({quoted(str(path))}) "  # noqa: S608
            "WHERE decode(key) = 'points'"
        ).fetchone()
    except duckdb.Error:
        raise Misused(
            "backtest.file", "读不出这个 Parquet 文件", "this is not a Parquet file of activities"
        ) from None
    if found is None or found[0] != digest(columns(types)):
        raise Misused(
            "backtest.types",
            "文件是按另一套活动类型写的，请重新导出",
            "the file was written under other activity types: export it again",
        )


def read_entries(
    connection: duckdb.DuckDBPyConnection,
    types: ActivityTypes,
    only: Collection[str],
    *,
    where: str = "TRUE",
) -> Iterator[tuple[int, Entry]]:
    """Yield activities of some types with their place, in the order in which they were scored.

    Args:
        connection: One that knows the view ``activities``.
        types: The activity types.
        only: Which types.
        where: SQL that says which of them.
    """
    names = sorted(only)
    if not names:
        return
    structs = ", ".join(named(name) for name in names)
    fixed = ", ".join(_FIXED)
    cursor = connection.cursor()
    cursor.execute(
        f"SELECT {fixed}, member, {structs} FROM activities "  # noqa: S608
        f"WHERE type IN ({', '.join(map(quoted, names))}) AND {where} ORDER BY seq"
    )
    described = [each[0] for each in cursor.description or ()]
    while rows := cursor.fetchmany(ROWS_AHEAD):
        for row in rows:
            found = dict(zip(described, row, strict=True))
            yield found["seq"], _entry(found, types)


def _entry(row: Mapping[str, Any], types: ActivityTypes) -> Entry:
    peers = None if row["peers"] is None else json.loads(row["peers"])
    enrolled = None if row["enrolled"] is None else _by_programme(row["enrolled"])
    specs = types.types[row["type"]].scored
    return Entry(
        member_id=row["member_id"],
        facts=Facts(
            activity_id=row["activity_id"],
            type=row["type"],
            occurred_at=row["occurred_at"].replace(tzinfo=UTC),
            received_at=row["received_at"].replace(tzinfo=UTC),
            source=row["source"],
            fields=_fields(row[row["type"]], specs),
            member=_fields(row["member"], MEMBER_FIELDS),
            external_id=row["external_id"],
            day_kind=row["day_kind"],
            proved=row["proved"],
            closed=frozenset(name for name in row["closed"] if "." not in name),
        ),
        programmes=tuple(row["programmes"]),
        measures=enrolled,
        scored_at=None if row["scored_at"] is None else row["scored_at"].replace(tzinfo=UTC),
        peers=None
        if peers is None
        else {
            programme: {member: frozenset(each) for member, each in found.items()}
            for programme, found in peers.items()
        },
        closed=_by_programme([name for name in row["closed"] if "." in name]) or None,
    )


def _fields(struct: Mapping[str, Any] | None, specs: Mapping[str, FieldSpec]) -> dict[str, Any]:
    return {
        name: _read(value)
        for name, value in (struct or {}).items()
        if value is not None and name in specs
    }


def _read(value: object) -> Any:  # noqa: ANN401 - of one of the types' kinds
    if isinstance(value, Decimal):
        # As it was stored: a column pads it with zeros.
        return Decimal(decimal_text(value))
    return tuple(value) if isinstance(value, list) else value


def _by_programme(enrolled: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name in enrolled:
        programme, _, measure = name.partition(".")
        found.setdefault(programme, set()).add(measure)
    return {programme: frozenset(each) for programme, each in found.items()}
