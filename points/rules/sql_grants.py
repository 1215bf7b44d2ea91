"""Writes groups and caps as SQL: what of each worth is finally granted, in the order of scoring.

The relation has a row for each worth with the columns ``seq`` (the order of scoring), ``rule``,
``measure``, ``who``, ``asked``, and for each limit the columns that tell its windows apart.

A first guess takes the limits from the inside out; it is right wherever windows nest. Then the
guess is put to the test: ``step`` computes each grant from all that the guess granted before it.
Where nothing changes, the guess obeys row by row the very rule by which the exact engine grants,
and only one sequence of grants does that. Where something changes, the first row that was wrong is
right now, so that repeating it comes to an end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from points.rules.activity_types import FieldSpec
from points.rules.model import Cap, Group
from points.rules.sql import Names, named
from points.rules.sql_numbers import NotInSql

_TRUNCATED = ("day", "week", "month", "quarter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A cap, or a group that counts within a window, with the rules that it bears on.

    Attributes:
        place: Where it stands among the limits that are taken together, from the inside out.
        rules: Numbers of the rules.
        columns: Names and types of the columns that tell its counts apart.
    """

    place: int
    limit: Cap | Group
    rules: tuple[int, ...]
    columns: Mapping[str, str]

    @property
    def applies(self) -> str:
        """SQL: whether it bears on a row."""
        return f"rule IN ({', '.join(map(str, self.rules))})"

    @property
    def name(self) -> str:
        """The cap that a report names; empty for a group."""
        return self.limit.id if isinstance(self.limit, Cap) else ""

    def before(self, counted: str) -> str:
        """Return SQL that counts over the rows before a row, in the same window."""
        keys = ", ".join(("measure", *self.columns))
        return (
            f"CAST(coalesce({counted} OVER (PARTITION BY {keys} ORDER BY seq, rule "
            "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS BIGINT)"
        )

    def guess(self, offered: str) -> str:
        """Return SQL of what it lets through, were nothing cut further out."""
        mine = f"CASE WHEN {self.applies} THEN {offered} ELSE 0 END"
        if isinstance(self.limit, Group):
            if self.limit.mode == "first":
                return f"CASE WHEN {self.before(f'max({mine})')} > 0 THEN 0 ELSE {offered} END"
            return f"greatest(0, {offered} - {self.before(f'max({mine})')})"
        if self.limit.unit == "times":
            times = self.before(f"count_if({mine} > 0)")
            return f"CASE WHEN {times} < {self.limit.maximum} THEN {offered} ELSE 0 END"
        return self._left(self.before(f"sum({mine})"), offered)

    def spent(self) -> str:
        """Return SQL of what was granted under it before a row: points, or how often."""
        mine = f"CASE WHEN {self.applies} THEN granted ELSE 0 END"
        if isinstance(self.limit, Cap) and self.limit.unit == "times":
            return self.before(f"count_if({mine} > 0)")
        return self.before(f"sum({mine})")

    def left(self, spent: str, offered: str) -> str:
        """Return SQL of what it lets through, given what was granted before."""
        if isinstance(self.limit, Group):
            if self.limit.mode == "first":
                return f"CASE WHEN {spent} > 0 THEN 0 ELSE {offered} END"
            return f"greatest(0, {offered} - {spent})"
        if self.limit.unit == "times":
            return f"CASE WHEN {spent} < {self.limit.maximum} THEN {offered} ELSE 0 END"
        return self._left(spent, offered)

    def _left(self, spent: str, offered: str) -> str:
        room = f"greatest(0, {self.limit.maximum} - {spent})" if isinstance(self.limit, Cap) else ""
        if isinstance(self.limit, Cap) and self.limit.mode == "reject":
            return f"CASE WHEN {offered} <= {room} THEN {offered} ELSE 0 END"
        return f"least({offered}, {room})"


def keys(limit: Cap | Group, event: Mapping[str, FieldSpec]) -> dict[str, tuple[str, str]]:
    """Return what tells a limit's counts apart: SQL over an activity and its type, by a letter.

    ``h`` is whose count it is, ``w`` the window, ``v`` the value of the field that it counts by.

    Raises:
        NotInSql: Equal numbers may be written in two ways, which the exact engine tells apart.
    """
    found = {"h": _holder(limit), "w": _window(limit), "v": _per(limit, event)}
    return {letter: sql for letter, sql in found.items() if sql is not None}


def _holder(limit: Cap | Group) -> tuple[str, str] | None:
    scope = limit.scope if isinstance(limit, Cap) else "member"
    if scope == "programme":
        return None
    return ("coalesce(member.branch, '')", "VARCHAR") if scope == "branch" else ("who", "BIGINT")


def _window(limit: Cap | Group) -> tuple[str, str] | None:
    if limit.window == "activity":
        return "seq", "BIGINT"
    if limit.window in _TRUNCATED:
        return f"CAST(date_trunc('{limit.window}', day) AS DATE)", "DATE"
    years = f"year(day) - year(day) % {limit.years}"
    return (years, "BIGINT") if limit.window == "year" else None


def _per(limit: Cap | Group, event: Mapping[str, FieldSpec]) -> tuple[str, str] | None:
    if limit.per is None or limit.window == "activity":
        return None
    root, _, name = limit.per.partition(".")
    if Names(event, {}).spec(root, name).kind == "number":
        raise NotInSql("per")
    return f"coalesce(CAST({root}.{named(name)} AS VARCHAR), '')", "VARCHAR"


def closed_form(limits: Sequence[Limit]) -> bool:
    """Return whether the guess needs no test: one limit that cuts what is left of its room."""
    return len(limits) <= 1 and not any(
        isinstance(each.limit, Cap) and each.limit.mode == "reject" for each in limits
    )


def guess(relation: str, limits: Sequence[Limit]) -> str:
    """Return SQL of the relation with what is ``granted``, at a guess."""
    return _chain(relation, limits, guessing=True)


def step(relation: str, limits: Sequence[Limit]) -> str:
    """Return SQL of the relation with ``granted`` computed from all that was granted before."""
    spent = ", ".join(f"{each.spent()} AS s{each.place}" for each in limits)
    inner = f"(SELECT * EXCLUDE ({_computed(limits)}), granted AS was, {spent} FROM {relation})"  # noqa: S608
    return _chain(inner, limits, guessing=False)


def _computed(limits: Sequence[Limit]) -> str:
    return ", ".join(("granted", "was", *(f"a{each.place}" for each in limits)))


def _chain(relation: str, limits: Sequence[Limit], *, guessing: bool) -> str:
    sql, amount = relation, "asked"
    for each in limits:
        left = each.guess(amount) if guessing else each.left(f"s{each.place}", amount)
        name = f"a{each.place}"
        chosen = f"CASE WHEN {each.applies} THEN {left} ELSE {amount} END"
        sql = f"(SELECT *, {chosen} AS {name} FROM {sql})"  # noqa: S608
        amount = name
    rest = "*, 0 AS was" if guessing else f"* EXCLUDE ({_spents(limits)})"
    return f"SELECT {rest}, {amount} AS granted FROM {sql}"  # noqa: S608


def _spents(limits: Sequence[Limit]) -> str:
    return ", ".join(f"s{each.place}" for each in limits)


def cuts(limits: Sequence[Limit]) -> tuple[str, str]:
    """Return SQL of a list of the caps that cut, each with what it took, and of what all took."""
    amount, offered, cutting = "asked", "asked", []
    for each in limits:
        if each.name:
            took = f"{{'place': {each.place}, 'took': {amount} - a{each.place}}}"
            cutting.append(f"CASE WHEN a{each.place} < {amount} THEN {took} END")
        else:
            offered = f"CASE WHEN {each.applies} THEN a{each.place} ELSE {offered} END"
        amount = f"a{each.place}"
    listed = f"list_filter([{', '.join(cutting)}], lambda x: x IS NOT NULL)" if cutting else "[]"
    return listed, f"{offered} - {amount}"


def chosen(relation: str, groups: Sequence[tuple[Group, Sequence[int]]]) -> str:
    """Return SQL of the relation without the worths that give way to another of their group."""
    sql = relation
    for group, rules in groups:
        listed = f"rule IN ({', '.join(map(str, rules))})"
        order = "size DESC, rule" if group.mode == "best_one" else "rule"
        sized = f"(SELECT *, max(asked) OVER (PARTITION BY seq, rule) AS size FROM {sql})"  # noqa: S608
        first = f"first_value(rule) OVER (PARTITION BY seq, {listed} ORDER BY {order})"
        sql = (
            f"(SELECT * EXCLUDE (size, winner) FROM (SELECT *, {first} AS winner FROM {sized}) "  # noqa: S608
            f"WHERE NOT {listed} OR rule = winner)"
        )
    return sql
