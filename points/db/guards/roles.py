"""Who may do what in PostgreSQL, derived from the marks of the tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Table

from points.db.base import APPEND_ONLY, DELETABLE, SECRET, metadata
from points.kernel.errors import Misused

PREFIX = "points"
_PREFIX_SPELLED = re.compile(r"[a-z][a-z0-9_]{0,39}")

VERSIONS_TABLE = "alembic_version"
"""Which migrations ran; nobody's data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The four roles of an installation. They belong to the whole server: prefixes differ.

    Attributes:
        owner: Owns the tables; nobody logs in as it.
        app: The server's and the worker's.
        sealer: Reads facts, to seal them elsewhere.
        auditor: Reads, but neither credentials nor who somebody is.
    """

    owner: str
    app: str
    sealer: str
    auditor: str

    @classmethod
    def named(cls, prefix: str = PREFIX) -> Self:
        """Return the roles with a prefix.

        Raises:
            Misused: The prefix is none.
        """
        if not _PREFIX_SPELLED.fullmatch(prefix):
            raise Misused(
                "bad_prefix",
                "角色前缀只能用小写字母、数字和下划线，以字母开头，最多 40 个字符",
                "a prefix is a letter, then letters, digits and underscores; small, at most 40",
            )
        parts = ("owner", "app", "sealer", "auditor")
        return cls(**{part: f"{prefix}_{part}" for part in parts})

    @property
    def logins(self) -> tuple[str, str, str]:
        """The roles that log in; none of them may become the owner."""
        return (self.app, self.sealer, self.auditor)

    def privileges(self, table: Table) -> dict[str, frozenset[str]]:
        """Return what each role may do to a table; whoever is not named may do nothing."""
        marks = table.info
        app = {"SELECT", "INSERT"}
        if not marks.get(APPEND_ONLY):
            app.add("UPDATE")
        if marks.get(DELETABLE):
            app.add("DELETE")
        wanted = {self.app: frozenset(app)}
        if not marks.get(SECRET):
            wanted[self.auditor] = frozenset({"SELECT"})
            if marks.get(APPEND_ONLY):
                wanted[self.sealer] = frozenset({"SELECT"})
        return wanted

    def all_privileges(self) -> Iterator[tuple[str, dict[str, frozenset[str]]]]:
        """Yield every table's name and who may do what to it."""
        for table in tenant_tables():
            yield table.name, self.privileges(table)
        yield VERSIONS_TABLE, dict.fromkeys((self.app, self.auditor), frozenset({"SELECT"}))


def tenant_tables() -> list[Table]:
    """Return every table of associations' data, by name."""
    return sorted(metadata.tables.values(), key=lambda table: table.name)
