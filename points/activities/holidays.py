"""The public holidays that the product knows; an association's own entries come first.

2025 and 2026 are the State Council's arrangements, make-up working days included. For 2027 only
the statutory days are known: the arrangement is entered once it is published.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

_OFF = (
    # 2025 (国办发明电〔2024〕12号)
    ("2025-01-01", 1),
    ("2025-01-28", 8),
    ("2025-04-04", 3),
    ("2025-05-01", 5),
    ("2025-05-31", 3),
    ("2025-10-01", 8),
    # 2026 (国办发明电〔2025〕7号)
    ("2026-01-01", 3),
    ("2026-02-15", 9),
    ("2026-04-04", 3),
    ("2026-05-01", 5),
    ("2026-06-19", 3),
    ("2026-09-25", 3),
    ("2026-10-01", 7),
    # 2027, statutory days only
    ("2027-01-01", 1),
    ("2027-02-05", 4),
    ("2027-04-05", 1),
    ("2027-05-01", 2),
    ("2027-06-09", 1),
    ("2027-09-15", 1),
    ("2027-10-01", 3),
)
_WORK = (
    *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
    *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
)


def _days() -> Iterator[tuple[date, str]]:
    for first, count in _OFF:
        for n in range(count):
            yield date.fromisoformat(first) + timedelta(days=n), "off"
    for day in _WORK:
        yield date.fromisoformat(day), "work"


DEFAULTS: Mapping[date, str] = dict(_days())
