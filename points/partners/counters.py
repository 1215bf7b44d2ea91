"""What was agreed about a partner's counters: registered tills, opening hours, limits of voids."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, OutletId, PartnerId

OPERATOR_VOIDS_MAX, OUTLET_VOIDS_MAX = 20, 50
"""How many captures an operator and an outlet take back in a day, where nothing else was agreed."""

VOIDS_MAX_MOST = 100_000
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,79}")


class OutsideHours(StrEnum):
    """What happens to a capture while the outlet is closed."""

    ALLOW = "allow"
    FLAG = "flag"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterPolicy:
    """What holds at a partner's counters; the newest version counts.

    Attributes:
        version: Gapless per partner, from one; zero where nothing was agreed.
        operator_voids_max: How many captures one operator takes back in a day at one outlet.
        outlet_voids_max: How many the whole outlet does.
    """

    partner_id: PartnerId
    version: int = 0
    hours: OutsideHours = OutsideHours.FLAG
    operator_voids_max: int = OPERATOR_VOIDS_MAX
    outlet_voids_max: int = OUTLET_VOIDS_MAX

    def __post_init__(self) -> None:
        ensure(self.version >= 0, "versions count up")
        for most in (self.operator_voids_max, self.outlet_voids_max):
            ensure(0 <= most <= VOIDS_MAX_MOST, "a limit of voids is a small number")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPolicy:
    """A version of a policy, and who agreed it."""

    policy: CounterPolicy
    actor: Actor

    def __post_init__(self) -> None:
        ensure(self.policy.version > 0, "what is written has a version")


@dataclass(frozen=True, slots=True, kw_only=True)
class TillEvent:
    """A till was registered, switched off or on again, or given a key of its own.

    Attributes:
        version: Gapless per till, from one.
        active: Whether it works from then on.
        own_key: Whether from then on only its own key speaks under its name.
    """

    outlet_id: OutletId
    device_id: str
    version: int
    active: bool
    actor: Actor
    recorded_at: datetime
    own_key: bool = False

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")
        ensure(device_ok(self.device_id), "a till has a short name")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredTill:
    """A till as it stands.

    Attributes:
        active: Whether it works.
        own_key: Whether it was given a key of its own: then nobody else speaks under its name,
            not even once that key has ended.
    """

    outlet_id: OutletId
    device_id: str
    version: int
    active: bool
    own_key: bool


def device_ok(device: str) -> bool:
    """Return whether a till may be called so: letters, digits and ``. _ ~ -``; never a person."""
    return _DEVICE.fullmatch(device) is not None
