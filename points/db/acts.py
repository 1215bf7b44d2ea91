"""What acts leave behind: operations and events of the trail, held against the rows they name.

An operation's answer, and what the trail says of an act of staff, are kept for ever, and say what
was written beside them. So a row that was taken away or changed is missed by its act, and a row
that nobody wrote has none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from points.db.checks import Checked, Difference, spelled

LOST = "acts_left_their_facts"
FORGED = "facts_have_their_acts"
CHECKS = (LOST, FORGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A kind of act that leaves a row.

    Attributes:
        kind: The flow's name; of an event of the trail, the action.
        says: SQL for what the act says, by name, where it is not the answer's field of that name,
            or the event's after. ``{capture.points}`` stands for a field of the answer,
            ``{after.version}`` for one of an event's document.
        when: Of which acts, as SQL; empty for all that were done.
    """

    kind: str
    says: Mapping[str, str] = field(default_factory=dict)
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What acts leave in a table: a row each, which they name and say something of.

    Attributes:
        table: Which.
        key: What names a row, in the words of both sides.
        says: What both sides say of it; ``operation_id`` is the act's own id.
        columns: SQL for what the row ``f`` says, by name, where it is not the column of that name.
        acts: The kinds that leave a row.
        only: Which rows are left by them, as SQL over ``f``; empty for all.
        whole: Whether each of those rows has such an act.
        trail: Whether the acts are events of the trail; what machines and members did has none.
    """

    table: str
    key: tuple[str, ...]
    says: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    acts: tuple[Act, ...]
    only: str = ""
    whole: bool = True
    trail: bool = False


@dataclass(frozen=True, slots=True)
class _Source:
    """Where acts stand, and how what they say is spelled there."""

    kind: str
    rows: str
    operation: str
    fields: str
    default: str


_ANSWERS = _Source(
    "o.kind", "operation o WHERE o.association_id = :a", "o.operation_id", "o.outcome:done.", ""
)
# An action that is not empty: see the index of actions.
_EVENTS = _Source(
    "e.action",
    "audit_event e WHERE e.association_id = :a AND e.outcome = 'done' AND e.action <> ''",
    "e.operation_id",
    "e.document:",
    "after.",
)
_DONE = {
    "postgresql": " AND o.outcome #> '{done}' IS NOT NULL",
    # Read as text: to look into every document of an association takes longer than all the rest.
    "sqlite": """ AND SUBSTR(o.outcome, 1, 8) = '{"done":'""",
}
_FIELD = re.compile(r"\{(\w+(?:\.\w+)*)\}")


def check_acts(connection: Connection, association: str, left: Sequence[Left]) -> Iterator[Checked]:
    """Yield both checks: acts miss no row, and rows miss no act.

    Args:
        connection: Of a snapshot.
        association: Whose acts.
        left: What is left where.
    """
    dialect, parameters = connection.dialect.name, {"a": association}
    acts, facts = connection.execute(text(_counts(dialect, left)), parameters).one()
    found = connection.execute(text(_differing(dialect, left)), parameters).all()
    first = {check: (place, acted, kept) for check, place, acted, kept in found}
    for check, rows in ((LOST, acts), (FORGED, facts)):
        difference = None
        if check in first:
            place, acted, kept = first[check]
            difference = Difference(
                check=check,
                place=place,
                expected="an act" if acted is None else acted or "a row",
                found="none" if kept is None else kept or "a row",
            )
        yield Checked(check=check, rows=int(rows), difference=difference)


def _counts(dialect: str, left: Sequence[Left]) -> str:
    acts = []
    for source, trail in ((_ANSWERS, False), (_EVENTS, True)):
        kinds = {act.kind for each in left if each.trail is trail for act in each.acts}
        acts.append(_of_kinds(source, kinds, "" if trail else _DONE[dialect]))
    facts = [_rows(each) for each in left if each.whole]
    return f"SELECT ({_counted(acts)}), ({_counted(facts)})"


def _counted(several: Iterable[str]) -> str:
    counts = " UNION ALL ".join(f"SELECT COUNT(*) AS rows FROM {each}" for each in several)
    return f"SELECT SUM(rows) FROM ({counts}) counts"


def _differing(dialect: str, left: Sequence[Left]) -> str:
    """Return SQL that yields the first row that its act misses, and the first without an act.

    Both sides are read and sorted into pairs: looking each other up would need an index on what
    stands inside documents.
    """
    acts = (
        f"SELECT number, place, said AS acted, NULL AS kept FROM ({each}) x"
        for each in _acted(dialect, left)
    )
    facts = (
        f"SELECT {number}, {_place(each.table, _kept(each, each.key))},"
        f" NULL, {_joined(_kept(each, each.says), '/')} FROM {_rows(each)}"
        for number, each in enumerate(left)
    )
    both = " UNION ALL ".join([*acts, *(spelled(dialect, each) for each in facts)])
    loose = ", ".join(str(number) for number, each in enumerate(left) if not each.whole) or "-1"
    return f"""
        SELECT which, place, acted, kept FROM (
          SELECT d.*, ROW_NUMBER() OVER (PARTITION BY which ORDER BY place) AS at FROM (
            SELECT CASE WHEN MAX(acted) IS NULL THEN '{FORGED}' ELSE '{LOST}' END AS which, place,
              MAX(acted) AS acted, MAX(kept) AS kept
            FROM ({both}) both_sides GROUP BY number, place
            HAVING MAX(kept) IS NULL OR MAX(acted) <> MAX(kept)
              OR (MAX(acted) IS NULL AND number NOT IN ({loose}))
          ) d
        ) numbered WHERE at = 1
    """


def _acted(dialect: str, left: Sequence[Left]) -> Iterator[str]:
    """Yield SQL for what acts say: ``number, place, said``.

    All kinds are read in one pass, and in another those that leave a second row, and so on.
    """
    for source, trail in ((_ANSWERS, False), (_EVENTS, True)):
        passes: list[dict[str, tuple[int, Left, Act]]] = []
        for number, each in enumerate(left):
            for act in each.acts if each.trail is trail else ():
                free = [named for named in passes if act.kind not in named]
                if not free:
                    free = [{}]
                    passes += free
                free[0][act.kind] = (number, each, act)
        for named in passes:
            yield spelled(dialect, _pass(source, named, "" if trail else _DONE[dialect]))


def _pass(source: _Source, named: Mapping[str, tuple[int, Left, Act]], done: str) -> str:
    cases: dict[str, list[str]] = {"number": [], "place": [], "said": []}
    for kind, (number, left, act) in named.items():
        place = _place(left.table, _said(source, left.key, act))
        if act.when:
            place = f"CASE WHEN {_fields(source, act.when)} THEN {place} END"
        cases["number"].append(f"WHEN '{kind}' THEN {number}")
        cases["place"].append(f"WHEN '{kind}' THEN {place}")
        cases["said"].append(f"WHEN '{kind}' THEN {_joined(_said(source, left.says, act), '/')}")
    columns = ", ".join(
        f"CASE {source.kind} {' '.join(each)} END AS {name}" for name, each in cases.items()
    )
    rows = _of_kinds(source, named, done)
    return f"SELECT number, place, said FROM (SELECT {columns} FROM {rows}) x WHERE place <> ''"


def _of_kinds(source: _Source, kinds: Iterable[str], done: str) -> str:
    named = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    return f"{source.rows} AND {source.kind} IN ({named}){done}"


def _said(source: _Source, names: Iterable[str], act: Act) -> Iterator[str]:
    for name in names:
        if name in act.says:
            yield _fields(source, act.says[name])
        elif name == "operation_id":
            yield source.operation
        else:
            yield _fields(source, f"{{{source.default}{name}}}")


def _fields(source: _Source, sql: str) -> str:
    return _FIELD.sub(lambda found: f"{{{source.fields}{found[1]}}}", sql)


def _kept(left: Left, names: Iterable[str]) -> Iterator[str]:
    return (left.columns.get(name, f"f.{name}") for name in names)


def _rows(left: Left) -> str:
    only = f" AND {left.only}" if left.only else ""
    return f"{left.table} f WHERE f.association_id = :a{only}"


def _place(table: str, parts: Iterable[str]) -> str:
    return f"'{table} ' || {_joined(parts, ' ')}"


def _joined(parts: Iterable[str], by: str) -> str:
    texts = [f"COALESCE(CAST({each} AS TEXT), '')" for each in parts]
    return f" || '{by}' || ".join(texts) or "''"
