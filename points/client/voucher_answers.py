"""What is answered of vouchers after their issue. Fields of a newer server are left alone."""

from datetime import datetime

from points.client.answers import Codes, Read


class VoucherEvent(Read):
    """Something that happened to a voucher after its issue."""

    version: int
    kind: str
    recorded_at: datetime
    outlet_id: str | None = None
    parts: int
    points: int
    last4: str
    actor: str | None = None
    to_member: str | None = None
    reason: str = ""


class Reissued(Read):
    """A voucher with another code, which its owner sees this once."""

    voucher_id: str
    issue_no: int
    last4: str
    codes: Codes | None = None


class OfferMade(Read):
    """An offer that waits for an answer."""

    offer_id: str
    voucher_id: str
    member_id: str
    until: datetime


class Offer(Read):
    """A voucher that somebody offers."""

    offer_id: str
    voucher_id: str
    reward_id: str
    title: str
    made_at: datetime
    until: datetime
    valid_until: datetime


class Offers(Read):
    """What others offer."""

    items: list[Offer]


class OfferAnswered(Read):
    """How an offer ended."""

    offer_id: str
    voucher_id: str
    step: str


class Reassigned(Read):
    """A voucher with another owner."""

    voucher_id: str
    member_id: str
    issue_no: int
    last4: str


class HandoutProposed(Read):
    """A handout that waits for another person."""

    handout_id: str
    state: str
    until: datetime
    members: int
    members_sha256: str
    reserved_fen: int


class HandoutEnded(Read):
    """Where a handout stands after a step."""

    handout_id: str
    state: str


class HandoutSummary(Read):
    """A handout in a list."""

    handout_id: str
    state: str
    reward_id: str
    programme: str
    mode: str
    note: str
    members: int
    issued: int
    refused: int
    left: int
    held_fen: int
    proposed_by: str
    proposed_at: datetime


class Reconciliation(Read):
    """What was asked and what became of it: asked = issued + refused + left, and so the money."""

    asked: int
    issued: int
    refused: dict[str, int]
    left: int
    reserved_fen: int
    passed_fen: int
    freed_fen: int
    held_fen: int
    adds_up: bool


class HandoutStep(Read):
    """One step of a handout."""

    step: str
    actor: str
    reason: str
    recorded_at: datetime


class Handout(Read):
    """A handout, who decided, how far it is, and what adds up to what."""

    handout_id: str
    state: str
    reward_id: str
    programme: str
    outlet_id: str | None = None
    mode: str
    note: str
    source: str
    members: int
    members_sha256: str
    cost_fen: int
    proposed_by: str
    proposed_at: datetime
    until: datetime
    printed: bool
    steps: list[HandoutStep]
    reconciliation: Reconciliation


class Given(Read):
    """What one member's part came to."""

    member_id: str
    result: str
    code: str
    voucher_id: str | None = None
    recorded_at: datetime
