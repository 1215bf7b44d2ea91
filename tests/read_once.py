"""Lets an installation of the tests read each text of rules once: most of opening one is that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from points.wiring import authored


def _reading_once(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return a reader that reads each text once; what it makes of one is frozen, and so shared."""
    known: dict[tuple[object, ...], tuple[Any, dict[str, object]]] = {}

    def read_once(text: str, **around: object) -> Any:
        key = (text, *(each if isinstance(each, str) else id(each) for each in around.values()))
        if key not in known:
            # Kept with what stands around it: else another might one day have its identity.
            known[key] = read(text, **around), around
        return known[key][0]

    return read_once


_READERS = {
    name: _reading_once(getattr(authored, name))
    for name in (
        *("load_activity_types", "load_ruleset", "load_lint_policy", "load_duties", "load_watch"),
        *("load_vouchers", "load_offline", "load_budget", "load_benefits"),
        *("read_notices", "read_schedule"),
    )
}


@contextmanager
def rules_read_once() -> Iterator[None]:
    """Let whatever is opened in the block read rules that were read before from memory."""
    with pytest.MonkeyPatch.context() as patched:
        for name, read_once in _READERS.items():
            patched.setattr(authored, name, read_once)
        yield
