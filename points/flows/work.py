"""What has to be done without anybody asking: score, mature, reverse, expire.

Each job reads what is due by exact ids, a bounded page at a time, and submits one command each; a
command that is no longer due refuses and changes nothing, so any number of workers may run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from points.activities import reads as activities
from points.activities.model import Activity, Claim, State
from points.activities.outcome_store import due_deferrals
from points.engine import Engine
from points.flows import resume
from points.flows.expire import Expire
from points.flows.expire_voucher import expire_vouchers
from points.flows.handing_out import hand_out_due
from points.flows.mature import Mature
from points.flows.posting_corrections import post_due
from points.flows.remind import remind_due
from points.flows.rescoring import rescore_marked
from points.flows.reverse import Reverse
from points.flows.score import Score
from points.flows.settling import draw_up_due, hear_silence
from points.kernel.ids import AccountId, Actor, AssociationId, OperationId
from points.ledger.reads import expired_accounts

PAGE = 1000
WORKER = Actor("system:worker")

Tell = Callable[[int], None]


def _silent(_: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Done:
    """How much was done."""

    resumed: int = 0
    scored: int = 0
    quarantined: int = 0
    matured: int = 0
    reversed: int = 0
    rescored: int = 0
    corrected: int = 0
    accounts_expired: int = 0
    vouchers_expired: int = 0
    statements_drawn_up: int = 0
    statements_confirmed: int = 0
    cared: int = 0
    vouchers_told: int = 0
    handed_out: int = 0

    @property
    def anything(self) -> bool:
        """Whether there was anything to do."""
        return any(getattr(self, field.name) for field in fields(self))


def work(engine: Engine, association: AssociationId) -> Done:
    """Do everything that is due now, once."""
    done = Done()
    # First what no longer counts: who comes after it is scored on what it left.
    done.reversed = reverse_upheld(engine, association)
    done.rescored = rescore_marked(engine, association)
    done.corrected = post_due(engine, association)
    # Then what was put off until now, so that what came in later does not take its window's room.
    done.resumed = resume_due(engine, association)
    done.scored, done.quarantined = score_ready(engine, association)
    done.matured = mature_due(engine, association)
    done.vouchers_expired = expire_vouchers_due(engine, association)
    done.handed_out = hand_out_due(engine, association)
    done.vouchers_told = remind_due(engine, association)
    done.accounts_expired = expire_points_due(engine, association)
    done.statements_drawn_up = draw_up_due(engine, association, WORKER)
    done.statements_confirmed = hear_silence(engine, association, WORKER)
    return done


def resume_due(engine: Engine, association: AssociationId, tell: Tell = _silent) -> int:
    """Grant what caps put off until windows that are open now; return of how many awards.

    What waits for something else first, as for an objection's answer, is tried again next time.
    """
    resumed, after = 0, None
    while waiting := _put_off(engine, association, after):
        outcomes = engine.submit_many(waiting)
        resumed += sum(outcome.refusal is None for outcome in outcomes)
        tell(len(waiting))
        after = waiting[-1].deferral.due_at, waiting[-1].deferral.deferral_id
    return resumed


def score_ready(
    engine: Engine, association: AssociationId, tell: Tell = _silent
) -> tuple[int, int]:
    """Score every approved activity; return how many were scored and how many set aside."""
    scored = quarantined = 0
    for page in _pages(lambda after: _approved(engine, association, after)):
        for outcome in engine.submit_many([_score(association, each) for each in page]):
            failed = outcome.result.get("state") == State.QUARANTINED
            quarantined += failed
            scored += outcome.refusal is None and not failed
        tell(len(page))
    return scored, quarantined


def mature_due(engine: Engine, association: AssociationId, tell: Tell = _silent) -> int:
    """End every publicity that is over; return how many."""
    matured = 0
    while claims := _due(engine, association):
        outcomes = engine.submit_many([_mature(association, claim) for claim in claims])
        accepted = sum(outcome.refusal is None for outcome in outcomes)
        if not accepted:
            break
        matured += accepted
        tell(len(claims))
    return matured


def reverse_upheld(engine: Engine, association: AssociationId) -> int:
    """Take back what objections were upheld against; return how many."""
    reversed_ = 0
    for page in _pages(lambda after: _upheld(engine, association, after)):
        outcomes = engine.submit_many([_reverse(association, claim) for claim in page])
        reversed_ += sum(outcome.refusal is None for outcome in outcomes)
    return reversed_


def expire_points_due(engine: Engine, association: AssociationId, tell: Tell = _silent) -> int:
    """Take expired points out of every account; return of how many accounts."""
    expired = 0
    while accounts := _stale(engine, association):
        now = engine.clock.now().isoformat()
        outcomes = engine.submit_many([_expire(association, each, now) for each in accounts])
        accepted = sum(outcome.refusal is None for outcome in outcomes)
        if not accepted:
            break
        expired += accepted
        tell(len(accounts))
    return expired


def expire_vouchers_due(engine: Engine, association: AssociationId) -> int:
    """Expire every voucher that is past its time; return how many."""
    expired = 0
    while outcomes := expire_vouchers(engine, association, most=PAGE):
        accepted = sum(outcome.refusal is None for outcome in outcomes)
        if not accepted:
            break
        expired += accepted
    return expired


def _pages(read: Callable[[str], Sequence[Any]]) -> Iterator[Sequence[Any]]:
    after = ""
    while page := read(after):
        yield page
        after = page[-1].activity_id


def _approved(engine: Engine, association: AssociationId, after: str) -> list[Activity]:
    with engine.reading(association) as connection:
        return activities.ready_to_score(connection, association, after=after, limit=PAGE)


def _put_off(
    engine: Engine, association: AssociationId, after: tuple[datetime, str] | None
) -> list[resume.Resume]:
    now = engine.clock.now()
    with engine.reading(association) as connection:
        found = due_deferrals(connection, association, now, after=after, limit=PAGE)
        ids = {each.activity_id for each in found}
        facts = activities.facts(connection, association, ids)
    return [resume.of(association, WORKER, facts[each.activity_id], each) for each in found]


def _due(engine: Engine, association: AssociationId) -> list[Claim]:
    with engine.reading(association) as connection:
        return activities.due(connection, association, engine.clock.now(), limit=PAGE)


def _upheld(engine: Engine, association: AssociationId, after: str) -> list[Claim]:
    with engine.reading(association) as connection:
        return activities.in_state(connection, association, [State.UPHELD], after=after, limit=PAGE)


def _stale(engine: Engine, association: AssociationId) -> list[AccountId]:
    with engine.reading(association) as connection:
        return expired_accounts(connection, association, engine.clock.now(), PAGE)


def _score(association: AssociationId, activity: Activity) -> Score:
    return Score(
        association_id=association,
        operation_id=OperationId(f"system:score:{activity.activity_id}"),
        actor=WORKER,
        activity=activity,
    )


def _mature(association: AssociationId, claim: Claim) -> Mature:
    return Mature(
        association_id=association,
        # An objection that was dismissed starts the clock again, so the version is in the name.
        operation_id=OperationId(f"system:mature:{claim.activity_id}:{claim.version}"),
        actor=WORKER,
        activity_id=claim.activity_id,
        member_id=claim.member_id,
        peers=claim.peers,
    )


def _reverse(association: AssociationId, claim: Claim) -> Reverse:
    return Reverse(
        association_id=association,
        operation_id=OperationId(f"system:reverse:{claim.activity_id}:{claim.version}"),
        actor=WORKER,
        activity_id=claim.activity_id,
        member_id=claim.member_id,
        transactions=claim.transactions,
        reason="objection_upheld",
        peers=claim.peers,
    )


def _expire(association: AssociationId, account: AccountId, now: str) -> Expire:
    return Expire(
        association_id=association,
        operation_id=OperationId(f"system:expire:{account}:{now}"),
        actor=WORKER,
        account_id=account,
    )
