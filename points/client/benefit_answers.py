"""What is answered of messages, wishes, the hardship fund and cards. New fields are left alone."""

from datetime import datetime

from points.client.answers import Read


class Message(Read):
    """Something that a member was told."""

    notice_id: str
    kind: str
    about: str
    title: str
    text: str
    recorded_at: datetime
    read_at: datetime | None = None


class Inbox(Read):
    """A page of a member's inbox, the newest first."""

    unread: int
    items: list[Message]
    next: str | None = None


class MessagesRead(Read):
    """How many were not read before."""

    read: int


class Wish(Read):
    """A reward on the list, and what is missing for it."""

    reward_id: str
    title: str
    price: int
    programme: str
    available: int
    missing: int
    affordable: bool
    since: datetime


class Wishes(Read):
    """A member's list, the newest first."""

    most: int
    items: list[Wish]


class Wished(Read):
    """Whether a reward is on the list now."""

    reward_id: str
    listed: bool


class DonationRules(Read):
    """How much may be given."""

    least: int
    most: int
    per_month: int
    named: bool


class Giving(Read):
    """What one could give to a programme's fund now."""

    programme: str
    available: int
    left: int
    rules: DonationRules


class Donation(Read):
    """A donation of one's own."""

    donation_id: str
    programme: str
    points: int
    named: bool
    returned: bool
    recorded_at: datetime


class Donations(Read):
    """What one gave, the newest first, and what one could give."""

    giving: list[Giving]
    items: list[Donation]


class Donated(Read):
    """A donation that was made."""

    donation_id: str
    transaction_id: str
    programme: str
    points: int


class HardshipRules(Read):
    """Where hardship grants come from, and how much one member may get."""

    source: str
    per_member_month: int | None = None
    days: int | None = None


class HardshipFund(Read):
    """A programme's fund, in points."""

    programme: str
    balance: int
    donated: int
    returned: int
    granted: int
    donation: DonationRules | None = None
    hardship: HardshipRules


class HardshipFunds(Read):
    """Every programme's fund."""

    items: list[HardshipFund]


class HardshipEntry(Read):
    """A line of a fund; donors stand in it only if they asked to be named."""

    entry_id: str
    kind: str
    points: int
    change: int
    member_id: str | None = None
    about: str | None = None
    recorded_at: datetime


class Gift(Read):
    """What a full card gives: one of the two."""

    reward_id: str | None = None
    points: int | None = None


class StampCard(Read):
    """A member's card of one kind."""

    card: str
    title: str
    programme: str
    round: int
    stamps: int
    needed: int
    owed: int
    full: bool
    valid_until: datetime | None = None
    gives: Gift


class StampCards(Read):
    """A member's cards, one of each kind."""

    items: list[StampCard]


class StampCardFigure(Read):
    """How a kind of card fares."""

    card: str
    title: str
    programme: str
    needed: int
    holders: int
    stamps: int
    given: int


class StampCardFigures(Read):
    """Every kind of card."""

    items: list[StampCardFigure]
