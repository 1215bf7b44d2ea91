"""What waits for this person."""

from datetime import datetime
from typing import Any

from starlette.responses import Response

from points.activities import reads as claims
from points.activities.model import State
from points.adjustments.store import waiting_adjustments
from points.catalogue.model import PROGRAMMES
from points.corrections.model import State as CorrectionState
from points.corrections.reads import list_corrections
from points.flows.list_staff import notices_of
from points.funds.store import list_returns
from points.handouts.model import State as HandoutState
from points.handouts.reads import list_handouts
from points.identity.policy import Action, areas
from points.kernel.two_people import State as ReturnState
from points.offline.reads import conflicts
from points.partners.standing import State as StatementState
from points.partners.statement_store import list_statements
from points.privacy.reads import open_requests
from points.proposals.model import State as ProposalState
from points.proposals.store import list_proposals
from points.rulebook.model import DraftState
from points.rulebook.reads import list_drafts
from points.watch.model import State as AlertState
from points.watch.store import list_alerts
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.visit import Visit

get, _post, _entrance = pages(CONSOLE)
SHOWN_MAX = 100
"""More than these are shown as "100+": what waits is not counted to its end."""


def home_page(visit: Visit) -> Response:
    """Show how much of each kind waits, and what is new."""
    notices = [each for each in notices_of(visit.engine, visit.principal) if each.read_at is None]
    return visit.show("console/home.html", waiting=_waiting(visit), notices=notices, most=SHOWN_MAX)


def _waiting(visit: Visit) -> list[tuple[str, str, int]]:
    """Return what waits: the text's name, the page, and how many."""
    found: list[tuple[str, str, int]] = []
    now = visit.house.installation.clock.now()
    who, association = visit.principal, visit.association
    with visit.engine.reading(association) as connection:
        if visit.can("review_claim"):
            seen = areas(who, Action.REVIEW_CLAIM)
            scope = claims.Scope(
                everything=seen.everything, branches=seen.branches, grids=seen.grids
            )
            for state, name in (
                (State.SUBMITTED, "waits_first"),
                (State.SECOND_REVIEW, "waits_second"),
            ):
                rows = claims.queue(connection, association, [state], scope, limit=SHOWN_MAX)
                found.append((name, f"/console/claims?state={state.value}", len(rows)))
        if visit.can("answer_objection"):
            rows = claims.queue(
                connection,
                association,
                [State.OBJECTED],
                claims.Scope(everything=True),
                limit=SHOWN_MAX,
            )
            found.append(("waits_objection", "/console/objections", len(rows)))
        if visit.can("decide"):
            proposed = list_proposals(
                connection, association, ProposalState.PROPOSED, now, limit=SHOWN_MAX
            )
            found.append(("waits_decision", "/console/decisions", len(proposed)))
        if visit.can("approve_rules"):
            drafts = list_drafts(connection, association, DraftState.SUBMITTED, limit=SHOWN_MAX)
            found.append(("waits_rules", "/console/rule-decisions", len(drafts)))
        if visit.can("decide_correction"):
            batches = list_corrections(
                connection, association, CorrectionState.PROPOSED, limit=SHOWN_MAX
            )
            open_ones = [each for each in batches if each.state(now) is CorrectionState.PROPOSED]
            found.append(("waits_correction", "/console/correction-decisions", len(open_ones)))
        if visit.can("answer_dispute"):
            disputed = list_statements(
                connection, association, state=StatementState.DISPUTED, most=SHOWN_MAX
            )
            waits = [each for each in disputed if each.standing.open]
            found.append(("waits_dispute", "/console/partners", len(waits)))
        found += _at_counters(visit, connection, now)
        if visit.can("erase_person"):
            found.append(
                ("waits_erasure", "/console/privacy", len(open_requests(connection, association)))
            )
    return found


def _at_counters(visit: Visit, connection: Any, now: datetime) -> list[tuple[str, str, int]]:  # noqa: ANN401 - a connection
    """Return what waits of alerts, conflicts, bulk issues, money that goes back, adjustments."""
    found: list[tuple[str, str, int]] = []
    if visit.can("answer_alert"):
        odd = list_alerts(connection, visit.association, AlertState.OPEN, limit=SHOWN_MAX)
        found.append(("waits_alert", "/console/alerts", len(odd)))
    if visit.can("rule_offline"):
        open_ones = conflicts(connection, visit.association, waiting=True, most=SHOWN_MAX)
        found.append(("waits_offline", "/console/offline", len(open_ones)))
    if visit.can("decide_handout"):
        asked = list_handouts(connection, visit.association, HandoutState.PROPOSED, limit=SHOWN_MAX)
        due = [each for each in asked if each.state(now) is HandoutState.PROPOSED]
        found.append(("waits_handout", "/console/handout-decisions", len(due)))
    if visit.can("decide_funds"):
        waiting = [
            each
            for programme in PROGRAMMES
            for each in list_returns(connection, visit.association, programme, limit=SHOWN_MAX)
            if each.state(now) is ReturnState.PROPOSED
        ]
        found.append(("waits_return", "/console/fund-decisions", len(waiting)))
    if visit.can("decide_adjustment"):
        adjusting = waiting_adjustments(connection, visit.association, now, limit=SHOWN_MAX)
        found.append(("waits_adjustment", "/console/adjustment-decisions", len(adjusting)))
    return found


PAGES = (get("/console", home_page, allows=Action.OWN_ACCOUNT),)
