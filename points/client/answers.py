"""What is answered. Fields that a newer server adds are left alone."""

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound=BaseModel)


class Read(BaseModel):
    """An answer, frozen."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Page(Read, Generic[T]):
    """A page of a list; ``next`` is the cursor of the next one."""

    items: list[T]
    next: str | None = None


class CodeSent(Read):
    """A code was sent, if the number is a member's."""

    status: str
    expires_in: int


class Tokens(Read):
    """What a device goes on with."""

    member_id: str
    device_id: str
    access_token: str = Field(repr=False)
    expires_in: int
    refresh_token: str = Field(repr=False)


class Device(Read):
    """A device of a member; ended ones have no name any more."""

    device_id: str
    name: str | None = None
    created_at: datetime | None = None
    renewed_at: datetime | None = None
    current: bool = False


class Devices(Read):
    """On which devices a member is logged in."""

    items: list[Device]


class Enrolment(Read):
    """A member's part in a programme."""

    programme: str
    active: bool
    frozen: bool


class Member(Read):
    """A member; masked for everybody but themselves."""

    member_id: str
    name: str
    phone: str
    kind: str
    branch: str | None = None
    grid: str | None = None
    party_member: bool
    joined_on: date | None = None
    enrolments: list[Enrolment]


class Me(Read):
    """Who the key stands for."""

    association: str
    kind: str
    roles: list[str]
    subject: str
    outlet: str | None = None
    till: str | None = None
    member: Member | None = None


class Enrolled(Read):
    """A member who was enrolled."""

    member_id: str
    programmes: list[str]


class Balance(Read):
    """What a member holds in one measure."""

    measure: str
    version: int
    pending: int
    available: int
    held: int
    debt: int


class Balances(Read):
    """A member's balances."""

    member_id: str
    balances: list[Balance]


class Line(Read):
    """One line of an account's statement."""

    version: int
    transaction_id: str
    kind: str
    reason: str
    state: str
    points: int
    balance_after: int
    effective_at: datetime
    recorded_at: datetime
    reverses: str | None = None
    origin: dict[str, Any]


class Expiring(Read):
    """Points that expire at one instant."""

    expires_at: datetime
    points: int


class ExpiringList(Read):
    """What of an account expires when."""

    measure: str
    expiring: list[Expiring]


class Explained(Read):
    """Why points came or went."""

    transaction_id: str
    kind: str
    reason: str
    sentences: list[str]
    awards: list[dict[str, Any]] = Field(default_factory=list)


class Recorded(Read):
    """An activity or claim that was taken down."""

    activity_id: str
    duplicate: bool
    state: str | None = None
    ready_to_score: bool | None = None


class RefusedItem(Read):
    """Why one item of a batch was not taken."""

    code: str
    detail: str
    details: dict[str, Any]


class BatchItem(Read):
    """What became of one item of a batch."""

    index: int
    status: str
    activity_id: str | None = None
    refused: RefusedItem | None = None


class BatchDone(Read):
    """What became of a batch."""

    recorded: int
    duplicates: int
    refused: int
    items: list[BatchItem]


class Step(Read):
    """One step of a claim."""

    step: str
    recorded_at: datetime
    actor: str | None = None
    reason: str


class Claim(Read):
    """A claim; ``steps`` are there where one claim was asked for."""

    activity_id: str
    member_id: str
    type: str
    state: str
    occurred_at: datetime
    fields: dict[str, Any]
    flags: list[str]
    publicity_until: datetime | None = None
    transactions: list[str]
    peers: list[str] = Field(default_factory=list)
    steps: list[Step] = Field(default_factory=list)


class Reviewed(Read):
    """Where a claim stands after a review."""

    activity_id: str
    state: str
    ready_to_score: bool


class Reward(Read):
    """One item of the catalogue in force."""

    reward_id: str
    title: str
    kind: str
    programmes: list[str]
    price: int
    tier_prices: dict[str, int] = {}
    tiers: list[int] = []
    partners: list[str]
    valid_days: int
    left: int | None = None
    gate: str | None = None
    choose_outlet: bool = False
    photo: str | None = None


class Rewards(Read):
    """The catalogue in force."""

    version: int | None = None
    items: list[Reward]


class Why(Read):
    """Why a redemption would be refused."""

    code: str
    detail: str
    mend: str = ""
    mends_at: datetime | None = None


class Quote(Read):
    """What a redemption would come to."""

    allowed: bool
    points: int | None = None
    available: int | None = None
    missing: int
    valid_until: datetime | None = None
    refused: Why | None = None
    reasons: list[Why] = []


class Codes(Read):
    """Both spellings of a voucher's code."""

    code: str
    digits: str


class Redeemed(Read):
    """A voucher that was drawn."""

    voucher_id: str
    reward_id: str
    points: int
    valid_until: datetime
    codes: Codes


class Voucher(Read):
    """A voucher; of its code there is only the end."""

    voucher_id: str
    member_id: str
    reward_id: str
    title: str
    kind: str
    state: str
    points: int
    remaining_fen: int | None = None
    remaining_uses: int | None = None
    last4: str
    issue_no: int = 1
    passed_on: bool = False
    only_at: str | None = None
    valid_until: datetime


class AuditEvent(Read):
    """What somebody did, saw, or was refused."""

    sequence: int
    recorded_at: datetime
    actor: str
    action: str
    subject: str
    outcome: str
    code: str
    flow: str
    operation_id: str
    channel: str
    address: str
    session: str
    device: str
    document: dict[str, Any]
    previous_hash: str
    hash: str


class AuditDifference(Read):
    """The first thing that does not follow."""

    check: str
    place: str
    expected: str
    found: str


class AuditProof(Read):
    """Whether the chain is whole, and its head; keep the head, and it is an anchor for later."""

    ok: bool
    rows: int
    sequence: int
    hash: str
    first_difference: AuditDifference | None = None
