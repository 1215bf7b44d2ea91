"""Close a member's yearly rating: take down rating and stars, then let the year's points expire."""

from dataclasses import dataclass
from datetime import datetime

from points.engine import Decision, Flow
from points.flows.context import Context, context
from points.kernel.amounts import Points
from points.kernel.ids import AccountId, Actor, AssociationId, MemberId, OperationId
from points.ledger.books import Draft
from points.ledger.errors import NoAccount, YearClosed, YearNotOver
from points.ledger.model import Kind, Measure, RatingClose, account_id
from points.unit_of_work import Keys, WorkingSet

RATING = "rating"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseYear:
    """Close one member's rating of one year."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    programme: str
    year: int


def needs(command: CloseYear, keys: Keys) -> None:
    """Lock the rating account, sum its year, and read its lots."""
    account = _account(command)
    start, end = _span(command, keys.context)
    keys.ledger.accounts.add(account)
    keys.ledger.lots_of.add(account)
    keys.ledger.ratings.add((account, command.year, start, end))


def decide(command: CloseYear, on: WorkingSet) -> Decision:
    """Append the closing; what is left of the year's rating points goes to breakage."""
    account_key = _account(command)
    account = on.books.account(account_key)
    if account is None:
        return NoAccount()
    if (account_key, command.year) in on.books.closed:
        return YearClosed(year=command.year)
    start, end = _span(command, context(on))
    if on.now < end:
        return YearNotOver(year=command.year)
    ruleset = context(on).rules.in_force(command.programme, start) or context(on).rules.of(
        command.programme
    )
    rating = on.books.ratings.get((account_key, command.year), 0)
    close = RatingClose(
        account=account_key,
        year=command.year,
        rating=Points(rating),
        stars=ruleset.stars_of(rating),
        ruleset_sha256=ruleset.sha256,
        operation_id=command.operation_id,
        recorded_at=on.now,
    )
    on.books.closes.append(close)
    on.books.closed.add((account_key, command.year))
    lots = [lot for lot in account.open_lots().values() if lot.available and lot.expired(on.now)]
    if lots:
        draft = Draft(
            books=on.books,
            ids=on.ids,
            kind=Kind.EXPIRE,
            operation_id=command.operation_id,
            actor=command.actor,
            reason="year_closed",
            now=on.now,
        )
        draft.expire(account_key, lots)
        draft.post()
    done = {"rating": rating, "stars": close.stars, "year": command.year}
    on.trail.note("close_year", command.member_id, after={"programme": command.programme, **done})
    return done


def _account(command: CloseYear) -> AccountId:
    return account_id(command.member_id, Measure(command.programme, RATING))


def _span(command: CloseYear, known: Context) -> tuple[datetime, datetime]:
    """Return the first instant of the year and of the next, in the programme's zone."""
    zone = known.rules.of(command.programme).zone
    return (
        datetime(command.year, 1, 1, tzinfo=zone),
        datetime(command.year + 1, 1, 1, tzinfo=zone),
    )


FLOW = Flow("close_year", needs, decide)
