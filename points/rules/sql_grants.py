"""Writes groups and caps as SQL: what of each worth is finally granted, in the order of scoring.

The relation has a row for each worth with the columns ``seq`` (the order of scoring), ``rule``,
``measure``, ``who``, ``asked``, and for each limit the columns that tell its windows apart.

A first guess takes the limits from the inside out; it is right wherever windows nest. Then the guess
is put to the test: ``step`` computes each grant from all that the guess granted before it. Where
nothing changes the guess obeys, row by row, the very rule by which the exact engine grants, and only
one sequence of grants does; where something changes, the new one is right for one row more at least.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from points.rules.facts import split_path
from points.rules.model import Cap, Group, Rule
from points.rules.sql import Names, named, quoted
from points.rules.sql_numbers import NotInSql

_TRUNCATED = ("day", "week", "month", "quarter")
KEYS = ("seq", "rule", "measure", "who", "asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A cap, or a group that counts within a window, with the rules that it bears on.

    Attributes:
        place: Where it stands among the limits of its component, from the inside out.
        rules: Numbers of the rules.
    """

    place: int
    limit: Cap | Group
    rules: tuple[int, ...]

    @property
    def applies(self) -> str:
        """SQL: whether it bears on a row."""
        return f"rule IN ({', '.join(map(str, self.rules))})"

    def window(self) -> str | None:
        """Return SQL over the activity that tells its windows apart; None where there is but one."""
        window = self.limit.window
        if window == "activity":
            return "seq"
        if window in _TRUNCATED:
            return f"date_trunc('{window}', day)"
        if window == "year":
            return f"year(day) - year(day) % {self.limit.years}"
        return None

    def per(self, names: Names) -> str | None:
        """Return SQL that tells apart the counts of a window; None where there is but one.

        Raises:
            NotInSql: Equal numbers may be written in two ways, which the exact engine tells apart.
        """
        if self.limit.per is None or self.limit.window == "activity":
            return None
        root, _, name = self.limit.per.partition(".")
        if names.spec(root, name).kind == "number":
            raise NotInSql("per")
        return f"coalesce(CAST({root}.{named(name)} AS VARCHAR), '')"

    def partition(self) -> str:
        """Return the columns of rows that it counts together."""
        return f"who, measure, w{self.place}, v{self.place}"

    @property
    def before(self) -> str:
        """SQL: the window of rows that count before a row."""
        return (
            f"OVER (PARTITION BY {self.partition()} ORDER BY seq, rule "
            "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
        )
