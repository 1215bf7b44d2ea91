"""What may become of a voucher after its issue: new codes, new owners, reminders, bulk issue."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.ensure import ensure

MEMBER, STAFF = "member", "staff"
WHO = (MEMBER, STAFF)
KINDS = ("item", "amount", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class PassingRule:
    """Which vouchers may be passed on, and by whom.

    Attributes:
        rewards: Codes of rewards; empty for all of the kinds.
        kinds: Kinds of vouchers; empty for all of the rewards.
        by: ``member``: its owner, if the other accepts; ``staff``: an officer, with a reason.
        most: How often one voucher may be passed on.
        days_left: So many whole days it still has to be good for.
    """

    rewards: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    by: frozenset[str] = frozenset()
    most: int = 1
    days_left: int = 0

    def covers(self, reward: str, kind: str) -> bool:
        """Return whether the rule is about a voucher."""
        return (not self.rewards or reward in self.rewards) and (
            not self.kinds or kind in self.kinds
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherPolicy:
    """The policy of one installation; where a folder says nothing, nothing is passed on.

    Attributes:
        reissues: How often a member may have the code replaced and shown, for one voucher.
        staff_reissues: How often more staff may replace it, for who lost the phone.
        reminders: How many days before a voucher's last day its owner is told.
        offer_days: For how long an offer can be accepted.
        received_a_month: How many vouchers one member may get from others in a month.
        passing: What may be passed on; the first rule that covers a voucher and who acts counts.
        bulk_members: How many members one bulk issue may be for.
    """

    BULK_MOST: ClassVar[int] = 100_000

    reissues: int = 10
    staff_reissues: int = 5
    reminders: tuple[int, ...] = (7, 1)
    offer_days: int = 3
    received_a_month: int = 3
    passing: tuple[PassingRule, ...] = ()
    bulk_members: int = 20_000

    def __post_init__(self) -> None:
        ensure(list(self.reminders) == sorted(set(self.reminders), reverse=True), "days go down")
        ensure(0 < self.bulk_members <= self.BULK_MOST, "a bulk issue is for some, not for all")

    def rule_for(self, reward: str, kind: str, who: str) -> PassingRule | None:
        """Return the rule by which somebody may pass a voucher on, or None."""
        for rule in self.passing:
            if who in rule.by and rule.covers(reward, kind):
                return rule
        return None
