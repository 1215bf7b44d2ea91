"""A pause between what a batch reads and what it writes: two that nothing keeps apart do meet."""

import time
from typing import Any

import pytest

from points import unit_of_work

PAUSE_SECONDS = 0.02


def hesitate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every batch wait after it has read; only for controls, whose races must be lost."""
    load = unit_of_work.load

    def slowly(*read: Any, **named: Any) -> unit_of_work.WorkingSet:
        on = load(*read, **named)
        time.sleep(PAUSE_SECONDS)
        return on

    monkeypatch.setattr(unit_of_work, "load", slowly)
