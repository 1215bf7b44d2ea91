"""The keys' part of a batch."""

from dataclasses import dataclass, field

from points.identity.keys import ApiKey
from points.kernel.ids import Actor


@dataclass(slots=True)
class Keyring:
    """Keys that were loaded, and what is to be appended."""

    keys: dict[str, ApiKey] = field(default_factory=dict)
    issued: list[tuple[ApiKey, Actor]] = field(default_factory=list)
    revoked: list[tuple[str, Actor]] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended."""
        return len(self.issued) + len(self.revoked)
