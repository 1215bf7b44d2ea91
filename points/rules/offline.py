"""How far a till without network may be trusted; by default not at all."""

from dataclasses import dataclass

from points.kernel.ensure import ensure

HOURS_MOST = 24
"""No token lasts longer, whatever a file says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflinePolicy:
    """The bounds of offline tokens; the defaults are those of the shipped file.

    Attributes:
        enabled: Whether any are issued.
        outlets: For which outlets; none is meant by itself.
        value_fen_max: The most that one may be worth.
        hours_max: How long one may last.
        upload_hours: How long after its end a till may bring it back and be paid.
        per_voucher: How many one voucher may be given.
        per_till_a_day: How many one registered till is paid for a day; an outlet that registered
            none counts as one.
        signing_key: Number of the key that signs new ones; raise it to change keys.
        revoked_keys: Numbers of keys that no till may believe any more.
    """

    enabled: bool = False
    outlets: tuple[str, ...] = ()
    value_fen_max: int = 5_000
    hours_max: int = 12
    upload_hours: int = 72
    per_voucher: int = 2
    per_till_a_day: int = 20
    signing_key: int = 1
    revoked_keys: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        ensure(0 < self.hours_max <= HOURS_MOST, "a token lasts a day at most")
        ensure(self.signing_key not in self.revoked_keys, "nothing is signed with a revoked key")

    def allows(self, outlet: str) -> bool:
        """Return whether tokens are issued for an outlet."""
        return self.enabled and outlet in self.outlets

    @property
    def trusted_keys(self) -> tuple[int, ...]:
        """The keys that tills believe: the one in use, and the one before while its tokens last."""
        pair = (self.signing_key, self.signing_key - 1)
        return tuple(each for each in pair if each > 0 and each not in self.revoked_keys)
