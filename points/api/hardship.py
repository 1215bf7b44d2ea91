"""The hardship fund: what members give to it, what it gave, and who may see that."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from points.api.caller import NO_MEMBER, Asking, Caller
from points.api.members import Programme
from points.api.problems import Problem
from points.api.proposals import Proposed
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Code, Page, PageQuery, Text, page_of
from points.benefits.model import HardshipEntry
from points.flows.donate import Donate
from points.flows.hardship_desk import (
    FundShown,
    fund_entries,
    funds_shown,
    given_by,
    giving_of,
    shown_member,
)
from points.flows.propose import ProposeDonationReturn
from points.identity.policy import Action
from points.kernel.amounts import Points
from points.kernel.ids import MemberId


class DonationRules(Answer):
    """How much may be given."""

    least: int
    most: int
    per_month: int
    named: bool = Field(description="whether a donor may ask to be named")


class HardshipRules(Answer):
    """Where hardship grants come from, and how much one member may get."""

    source: str
    per_member_month: int | None = None
    days: int | None = None


class FundOut(Answer):
    """A programme's fund, in points."""

    programme: str
    balance: int
    donated: int
    returned: int
    granted: int
    donation: DonationRules | None = Field(
        default=None, description="missing where nobody can give"
    )
    hardship: HardshipRules


class FundsOut(Answer):
    """Every programme's fund."""

    items: list[FundOut]


class EntryOut(Answer):
    """A line of a fund; donors stand in it only if they asked to be named."""

    entry_id: str
    kind: str
    points: int
    change: int
    member_id: str | None = None
    about: str | None = None
    recorded_at: datetime


class EntryQuery(PageQuery):
    """Of which fund."""

    programme: Programme


class NewDonation(Body):
    """How many points of which programme."""

    programme: Programme
    points: int = Field(ge=1, le=10**9)
    named: bool = Field(default=False, description="whether one wants to be named")


class Donated(Answer):
    """A donation that was made."""

    donation_id: str
    transaction_id: str
    programme: str
    points: int


class GivingOut(Answer):
    """What one could give to a programme's fund now."""

    programme: str
    available: int
    left: int = Field(description="of the month's limit")
    rules: DonationRules


class OwnDonation(Answer):
    """A donation of one's own."""

    donation_id: str
    programme: str
    points: int
    named: bool
    returned: bool
    recorded_at: datetime


class OwnDonations(Answer):
    """What one gave, the newest first, and what one could give."""

    giving: list[GivingOut]
    items: list[OwnDonation]


class NewDonationReturn(Body):
    """Why a donation is to be given back."""

    reason: Code = Field(description="donated_in_error or donor_in_need")
    note: Text = Field(description="why, in words; kept for ever, nothing personal")


def get_hardship_funds(caller: Asking) -> FundsOut:
    """Return every programme's hardship fund, and the rules that it goes by."""
    found = funds_shown(caller.engine, caller.association)
    return FundsOut(items=[_fund(each) for each in found])


def list_hardship_entries(caller: Asking, query: Annotated[EntryQuery, IN_QUERY]) -> Page[EntryOut]:
    """List what came into a fund and went out of it, the newest first."""
    rows = fund_entries(
        caller.engine,
        caller.association,
        query.programme,
        before=query.key,
        limit=query.limit + 1,
    )
    return page_of(rows, query.limit, lambda each: each.entry_id, _entry)


def list_my_donations(caller: Asking) -> OwnDonations:
    """Return what the member who asks gave, and what they could give now."""
    member = _member(caller)
    return OwnDonations(
        giving=[
            GivingOut(
                programme=each.programme,
                available=each.available,
                left=each.left,
                rules=DonationRules.model_validate(each.policy),
            )
            for each in giving_of(caller.engine, caller.association, member)
        ],
        items=[
            OwnDonation(
                donation_id=each.donation.entry_id,
                programme=each.donation.programme,
                points=each.donation.points,
                named=each.donation.named,
                returned=each.returned,
                recorded_at=each.donation.recorded_at,
            )
            for each in given_by(caller.engine, caller.association, member)
        ],
    )


async def donate(caller: Asking, body: NewDonation) -> Donated:
    """Give some of one's points to the hardship fund."""
    done = await caller.carry_out(
        Donate(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            member_id=_member(caller),
            programme=body.programme,
            points=Points(body.points),
            named=body.named,
        )
    )
    return Donated.model_validate(done)


async def propose_donation_return(
    caller: Asking, donation_id: str, body: NewDonationReturn
) -> Proposed:
    """Propose to give a donation back; another person has to approve it."""
    done = await caller.carry_out(
        ProposeDonationReturn(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            donation_id=donation_id,
            reason=body.reason,
            note=body.note,
            person=caller.principal.person,
        )
    )
    return Proposed.model_validate(done)


def _member(caller: Caller) -> MemberId:
    if caller.member is None:
        raise Problem.of(NO_MEMBER)
    return caller.member


def _fund(shown: FundShown) -> FundOut:
    fund, donation = shown.fund, shown.donation
    return FundOut(
        programme=fund.programme,
        balance=fund.balance,
        donated=fund.donated,
        returned=fund.returned,
        granted=fund.granted,
        donation=DonationRules.model_validate(donation) if donation else None,
        hardship=HardshipRules.model_validate(shown.hardship),
    )


def _entry(entry: HardshipEntry) -> EntryOut:
    return EntryOut(
        entry_id=entry.entry_id,
        kind=entry.kind.value,
        points=entry.points,
        change=entry.change,
        member_id=shown_member(entry),
        about=entry.about,
        recorded_at=entry.recorded_at,
    )


ROUTES = (
    get("/v1/hardship-fund", get_hardship_funds, allows=Action.READ_HARDSHIP, zh="帮扶基金"),
    get(
        "/v1/hardship-fund/entries",
        list_hardship_entries,
        allows=Action.READ_HARDSHIP,
        zh="帮扶基金收支明细",
    ),
    get("/v1/me/donations", list_my_donations, allows=Action.DONATE, zh="本人的捐赠"),
    post("/v1/me/donations", donate, allows=Action.DONATE, zh="捐赠积分", status=201),
    post(
        "/v1/hardship-fund/donations/{donation_id}:return",
        propose_donation_return,
        allows=Action.PROPOSE,
        zh="提出退回捐赠",
        status=201,
    ),
)
