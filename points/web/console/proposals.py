"""Adjustments by hand: one person proposes, another decides."""

from datetime import date, datetime, time, timedelta

from starlette.responses import Response

from points.flows.decide_proposal import DecideProposal, Verdict
from points.flows.propose import ProposeGrant, ProposeReversal
from points.flows.withdraw_proposal import WithdrawProposal
from points.identity.policy import Action
from points.kernel.amounts import Points
from points.kernel.ids import ActivityId, MemberId, ProposalId
from points.ledger.model import Measure
from points.members.reads import masked_names
from points.privacy.model import ZONE
from points.proposals.model import REASONS, Kind, Proposal, State
from points.proposals.store import Filed, find_proposal, list_proposals
from points.rules import Title
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
PAGE = 30
MINE, TO_DECIDE = "/console/proposals", "/console/decisions"


def proposals_page(visit: Visit) -> Response:
    """List proposals, and how to make one."""
    return _listed(visit, MINE)


def decisions_page(visit: Visit) -> Response:
    """List what waits for a second person."""
    return _listed(visit, TO_DECIDE)


def _listed(visit: Visit, address: str) -> Response:
    asked = visit.query("state")
    state = State(asked) if asked in {each.value for each in State} else State.PROPOSED
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        rows = list_proposals(
            connection,
            visit.association,
            state,
            now,
            before=visit.query("before"),
            limit=PAGE + 1,
        )
        people = {each.standing.proposal.member_id for each in rows}
        names = masked_names(connection, visit.association, people, visit.context)
    more = rows[PAGE - 1].standing.proposal.proposal_id if len(rows) > PAGE else ""
    return visit.show(
        "console/proposals.html",
        rows=rows[:PAGE],
        more=more,
        state=state.value,
        states=[each.value for each in State],
        names=names,
        address=address,
    )


def grant_page(visit: Visit) -> Response:
    """Show the form of a grant."""
    return _grant_form(visit)


def _grant_form(visit: Visit) -> Response:
    measures = [
        f"{programme}.{measure}"
        for programme, known in visit.context.rules.programmes().items()
        for measure in known
    ]
    return visit.show(
        "console/propose_grant.html",
        measures=measures,
        reasons=REASONS[Kind.GRANT],
        member_id=visit.query("member"),
        most=visit.context.duties.proposal_points_max,
    )


def grant_sent(visit: Visit) -> Response:
    """Put a grant before another person."""
    form, known = visit.form, visit.context.rules.programmes()
    member = form.text("member_id", most=26)
    measure = form.choice("measure", [f"{p}.{m}" for p, each in known.items() for m in each])
    points = form.whole("points", least=1, most=visit.context.duties.proposal_points_max)
    reason = form.choice("code_of_reason", REASONS[Kind.GRANT])
    note, expires_at = form.text("reason"), _end_of(visit, "expires_on")
    if form.sound:
        visit.submit(
            ProposeGrant(
                **visit.acting(),
                member_id=MemberId(member),
                measure=Measure.parse(measure),
                points=Points(points),
                reason=reason,
                note=note,
                expires_at=expires_at,
                person=visit.principal.person,
            ),
            not_found="member_id",
        )
    return visit.go(MINE, "proposed") if form.sound else _grant_form(visit)


def _end_of(visit: Visit, name: str) -> datetime | None:
    """Return the end of a local day that somebody chose, or None for never."""
    typed = visit.form.text(name, most=10, needed=False)
    if not typed:
        return None
    try:
        chosen = date.fromisoformat(typed) + timedelta(days=1)
    except (ValueError, OverflowError):  # the last day of all has none after it
        visit.form.faults[name] = (
            "请填写日期，如 2026-12-31",
            "please enter a date, as 2026-12-31",
        )
        return None
    return datetime.combine(chosen, time(), tzinfo=ZONE)


def reversal_page(visit: Visit) -> Response:
    """Show the form of a reversal."""
    return _reversal_form(visit)


def _reversal_form(visit: Visit) -> Response:
    return visit.show(
        "console/propose_reversal.html",
        reasons=REASONS[Kind.REVERSE],
        activity_id=visit.query("claim"),
    )


def reversal_sent(visit: Visit) -> Response:
    """Put a reversal before another person."""
    form = visit.form
    activity = form.text("activity_id", most=26)
    reason, note = form.choice("code_of_reason", REASONS[Kind.REVERSE]), form.text("reason")
    if form.sound:
        visit.submit(
            ProposeReversal(
                **visit.acting(),
                activity_id=ActivityId(activity),
                reason=reason,
                note=note,
                person=visit.principal.person,
            ),
            not_found="activity_id",
            claim_state="activity_id",
        )
    return visit.go(MINE, "proposed") if form.sound else _reversal_form(visit)


def _find(visit: Visit, proposal_id: str) -> Filed:
    with visit.engine.reading(visit.association) as connection:
        found = find_proposal(connection, visit.association, ProposalId(proposal_id))
    if found is None:
        raise Missing
    return found


def decision_page(visit: Visit, proposal_id: str) -> Response:
    """Show one proposal to whoever decides."""
    return _show(visit, proposal_id, TO_DECIDE)


def proposal_page(visit: Visit, proposal_id: str) -> Response:
    """Show one proposal to whoever proposes."""
    return _show(visit, proposal_id, MINE)


def _show(visit: Visit, proposal_id: str, address: str) -> Response:
    found = _find(visit, proposal_id)
    proposal = found.standing.proposal
    with visit.engine.reading(visit.association) as connection:
        names = masked_names(connection, visit.association, [proposal.member_id], visit.context)
    now = visit.house.installation.clock.now()
    return visit.show(
        "console/proposal.html",
        proposal=proposal,
        right=right_of(proposal, visit),
        settled=found.settled,
        state=found.standing.state(now).value,
        name=names.get(proposal.member_id, ""),
        address=address,
    )


def right_of(proposal: Proposal, visit: Visit) -> list[tuple[Title | None, str, str]]:
    """Return what an activity should have said, as people read it: its kind, and each field."""
    right = proposal.replacement
    if right is None:
        return []
    kind = visit.context.types.types.get(right.type)
    specs = kind.fields if kind else {}
    called = kind.title.of(visit.language) if kind else right.type
    return [
        (Title("应为", "should be"), called, "type"),
        *(
            (specs[name].title if name in specs else None, shown(value, visit), name)
            for name, value in right.fields.items()
        ),
    ]


def shown(value: object, visit: Visit) -> str:
    """Return a field's value as people type it."""
    if isinstance(value, bool):
        return visit.t.yes if value else visit.t.no
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def decision_sent(visit: Visit, proposal_id: str) -> Response:
    """Approve or reject a proposal of somebody else."""
    found, form = _find(visit, proposal_id), visit.form
    verdict = form.choice("verdict", ("approve", "reject"))
    reason = form.text("reason", needed=verdict == "reject")
    if form.sound:
        visit.submit(
            DecideProposal(
                **visit.acting(),
                proposal=found.standing.proposal,
                verdict=Verdict(verdict),
                reason=reason,
                person=visit.principal.person,
            )
        )
    return (
        visit.go(TO_DECIDE, f"decided_{verdict}")
        if form.sound
        else _show(visit, proposal_id, TO_DECIDE)
    )


def withdrawal_sent(visit: Visit, proposal_id: str) -> Response:
    """Take one's own proposal back."""
    visit.submit(WithdrawProposal(**visit.acting(), proposal_id=ProposalId(proposal_id)))
    return visit.go(MINE, "withdrawn") if visit.form.sound else _show(visit, proposal_id, MINE)


_PROPOSE, _DECIDE = Action.PROPOSE, Action.DECIDE
PAGES = (
    get(MINE, proposals_page, allows=_PROPOSE),
    get(f"{MINE}/grant", grant_page, allows=_PROPOSE),
    post(f"{MINE}/grant", grant_sent, allows=_PROPOSE),
    get(f"{MINE}/reversal", reversal_page, allows=_PROPOSE),
    post(f"{MINE}/reversal", reversal_sent, allows=_PROPOSE),
    get(f"{MINE}/{{proposal_id}}", proposal_page, allows=_PROPOSE),
    post(f"{MINE}/{{proposal_id}}/withdraw", withdrawal_sent, allows=_PROPOSE),
    get(TO_DECIDE, decisions_page, allows=_DECIDE),
    get(f"{TO_DECIDE}/{{proposal_id}}", decision_page, allows=_DECIDE),
    post(f"{TO_DECIDE}/{{proposal_id}}", decision_sent, allows=_DECIDE),
)
