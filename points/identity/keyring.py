"""The keys' part of a batch."""

from dataclasses import dataclass, field
from datetime import date, datetime

from points.identity.keys import ApiKey
from points.kernel.ids import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """One key takes the place of another, which ends later.

    Attributes:
        ends_at: When the old one ceases to count.
    """

    key_id: str
    successor_id: str
    ends_at: datetime
    actor: Actor


@dataclass(slots=True)
class Keyring:
    """Keys that were loaded, and what is to be appended.

    Attributes:
        used: The day on which a key last opened something; no fact, so it is only written over.
    """

    keys: dict[str, ApiKey] = field(default_factory=dict)
    issued: list[tuple[ApiKey, Actor]] = field(default_factory=list)
    revoked: list[tuple[str, Actor]] = field(default_factory=list)
    rotated: list[Rotation] = field(default_factory=list)
    used: dict[str, date] = field(default_factory=dict)

    def of_till(self, outlet: str, till: str) -> list[ApiKey]:
        """Return the keys of a till among those that were loaded, ended ones too."""
        owners = ((key, key.principal) for key in self.keys.values())
        return [key for key, who in owners if (who.outlet, who.till) == (outlet, till)]

    def changes(self) -> int:
        """Return how many facts wait to be appended."""
        return len(self.issued) + len(self.revoked) + len(self.rotated) + len(self.used)
