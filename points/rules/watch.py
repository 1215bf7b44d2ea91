"""From where on something at a counter looks odd enough to be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Bound:
    """What a threshold may be.

    Attributes:
        default: Where the file does not say.
    """

    default: int
    least: int = 1
    most: int = 1_000_000


_PERCENT = 100
SIGNS: dict[str, dict[str, Bound]] = {
    "busy": {
        "captures_max": Bound(300),
        "times_median": Bound(4, 2, 100),
        "at_least": Bound(20),
        "days_known": Bound(10, 3, 60),
    },
    "busy_hour": {"captures_max": Bound(60)},
    "one_outlet": {"percent": Bound(90, 1, _PERCENT), "at_least": Bound(12)},
    "few_members": {
        "members": Bound(3, 1, 50),
        "percent": Bound(50, 1, _PERCENT),
        "at_least": Bound(30),
    },
    "one_pair": {"percent": Bound(40, 1, _PERCENT), "at_least": Bound(10)},
    "operator_voids": {"percent": Bound(20, 1, _PERCENT), "at_least": Bound(6)},
    "outlet_voids": {"percent": Bound(15, 1, _PERCENT), "at_least": Bound(15)},
    "loop": {"voids": Bound(2, 1, 100)},
    "outside_hours": {"captures": Bound(3)},
    "far_apart": {"km_an_hour": Bound(150, 5, 2000), "km": Bound(30, 1, 20_000)},
    "shared_phone": {"members": Bound(4, 2, 1000)},
    "moving_till": {"outlets": Bound(2, 2, 1000), "minutes": Bound(30, 1, 1440)},
    "to_the_cap": {"percent": Bound(95, 1, _PERCENT), "at_least": Bound(15)},
    "after_issue": {"minutes": Bound(10, 1, 1440), "captures": Bound(12)},
    "guesses": {"attempts": Bound(8)},
}
"""Every sign with its thresholds."""


def _defaults() -> dict[str, dict[str, int]]:
    return {
        name: {key: bound.default for key, bound in bounds.items()}
        for name, bounds in SIGNS.items()
    }


@dataclass(frozen=True, slots=True)
class WatchPolicy:
    """The thresholds of one installation.

    Attributes:
        zone: Where days and hours begin.
        window_days: How long the trailing window is that shares are counted over.
        signs: Thresholds by sign; what is not there is off.
        sha256: Of the file's content, as it stands on every alert.
    """

    zone: ZoneInfo = SHANGHAI
    window_days: int = 30
    signs: Mapping[str, Mapping[str, int]] = field(default_factory=_defaults)
    sha256: str = "0" * 64
