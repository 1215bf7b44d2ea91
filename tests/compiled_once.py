"""Lets the databases of one test run share compiled statements, as one of production does for months.

A test opens a database of its own and would compile anew what the one before it had compiled, which
takes longer than to run it. What is compiled depends on the kind of database alone.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

from points.db import engines

STATEMENTS_MAX = 20_000


class _Shared(LRUCache[Any, Any]):
    """SQLAlchemy's cache, whose keys begin with a dialect: one a database, and all of them alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), value)


def compile_once(create: Callable[..., Engine] = sqlalchemy.create_engine) -> None:
    """Let whatever the program opens from now on share what it compiles."""
    shared = _Shared(STATEMENTS_MAX)

    def create_sharing(*address: Any, **how: Any) -> Engine:
        engine = create(*address, **how)
        engine._compiled_cache = shared
        return engine

    engines.create_engine = create_sharing  # type: ignore[assignment]
