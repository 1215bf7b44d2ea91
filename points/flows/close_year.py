"""Close a member's yearly rating: take down rating and stars, then let the year's points expire."""

from dataclasses import dataclass
from datetime import datetime

from points.activities.outcomes import EffectKind, RuleEffect
from points.engine import Decision, Flow, Result
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
    # The member's lock makes what stands of vetoes the newest.
    keys.members.members.add(command.member_id)
    keys.activities.effects_of.add(command.member_id)


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
    veto = _veto(command, start, end, on)
    close = RatingClose(
        account=account_key,
        year=command.year,
        rating=Points(rating),
        stars=0 if veto else ruleset.stars_of(rating),
        ruleset_sha256=ruleset.sha256,
        operation_id=command.operation_id,
        recorded_at=on.now,
        vetoed_by=veto.rule_id if veto else None,
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
    done: Result = {"rating": rating, "stars": close.stars, "year": command.year}
    if veto is not None:
        done["vetoed_by"], done["because"] = veto.rule_id, veto.reason
    on.trail.note("close_year", command.member_id, after={"programme": command.programme, **done})
    return done


def _veto(command: CloseYear, start: datetime, end: datetime, on: WorkingSet) -> RuleEffect | None:
    """Return what takes the year's stars away, if anything does; the points stay."""
    measure = f"{command.programme}.{RATING}"
    for effect in on.docket.effects.get(command.member_id, ()):
        same = effect.kind is EffectKind.VETO and effect.measure == measure
        if same and start <= effect.occurred_at < end:
            return effect
    return None


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
