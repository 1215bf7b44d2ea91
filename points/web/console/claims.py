"""The review queue: what waits, one claim with its evidence, verdicts, answers to objections."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from points.activities import reads
from points.activities.evidence import find_evidence
from points.activities.model import Evidence, State
from points.flows.answer import Answer
from points.flows.casework import decides_on
from points.flows.reconstruct import Reconstructed, reconstruct
from points.flows.review import Review, Verdict
from points.identity.model import Principal
from points.identity.policy import Action
from points.identity.roles import Level, Role
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId
from points.members.reads import masked_names
from points.members.store import wrapped_keys
from points.rules import EvaluationError, details, explain
from points.rules.activity_types import ActivityType
from points.vault.keychain import Keychain
from points.web.doors import CONSOLE
from points.web.route import pages
from points.web.stops import Missing
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
PAGE = 30
QUEUES = ("submitted", "second_review", "quarantined", "publicity", "objected", "upheld")


def claims_page(visit: Visit) -> Response:
    """List the claims that wait for this reviewer, the oldest first."""
    state = visit.query("state") or "submitted"
    return _queue(visit, state if state in QUEUES else "submitted", "/console/claims")


def objections_page(visit: Visit) -> Response:
    """List the claims that somebody objects to."""
    return _queue(visit, "objected", "/console/objections")


def _queue(visit: Visit, state: str, address: str) -> Response:
    seen = visit.here.areas
    scope = reads.Scope(everything=seen.everything, branches=seen.branches, grids=seen.grids)
    with visit.engine.reading(visit.association) as connection:
        rows = reads.queue(
            connection,
            visit.association,
            [State(state)],
            scope,
            after=visit.query("after"),
            limit=PAGE + 1,
        )
        people = {each.claim.member_id for each in rows}
        names = masked_names(connection, visit.association, people, visit.context)
    more = rows[PAGE - 1].claim.activity_id if len(rows) > PAGE else ""
    return visit.show(
        "console/claims.html",
        rows=rows[:PAGE],
        more=more,
        state=state,
        queues=QUEUES if address == "/console/claims" else (),
        address=address,
        names=names,
        types=visit.context.types.types,
    )


def claim_page(visit: Visit, activity_id: str) -> Response:
    """Show a claim with its evidence and everything that happened to it."""
    return _show(visit, activity_id)


def _show(visit: Visit, activity_id: str) -> Response:
    filed = _filed(visit, activity_id)
    claim, kind = filed.claim, visit.context.types.types.get(filed.claim.type)
    with visit.engine.reading(visit.association) as connection:
        steps = reads.history(connection, visit.association, claim.activity_id)
        names = masked_names(connection, visit.association, [claim.member_id], visit.context)
        evidence = _evidence(visit, connection, filed)
        after = reads.successor(connection, visit.association, claim.activity_id)
    return visit.show(
        "console/claim.html",
        filed=filed,
        after=after,
        kind=kind,
        fields=_fields(filed.activity.fields, kind),
        evidence=evidence,
        evidence_fields=_fields(evidence.fields, kind) if evidence else [],
        steps=steps,
        name=names.get(claim.member_id, ""),
        reviewable=visit.can("review_claim")
        and claim.state in {State.SUBMITTED, State.SECOND_REVIEW, State.QUARANTINED},
        answerable=visit.can("answer_objection") and claim.state is State.OBJECTED,
        levels=_levels(visit.principal),
    )


def _filed(visit: Visit, activity_id: str) -> reads.Filed:
    with visit.engine.reading(visit.association) as connection:
        filed = reads.one(connection, visit.association, ActivityId(activity_id))
    if filed is None or not visit.here.sees(filed.claim.branch, filed.claim.grid):
        raise Missing
    return filed


def _fields(said: Mapping[str, Any], kind: ActivityType | None) -> list[tuple[Any, Any, str]]:
    """Return each field with its title and unit; by its bare name where the type is gone."""
    specs = {} if kind is None else {each.name: each for each in kind.fields.values()}
    return [
        (specs[name].title if name in specs else None, value, name) for name, value in said.items()
    ]


def _evidence(visit: Visit, connection: Any, filed: reads.Filed) -> Evidence | None:  # noqa: ANN401 - a connection
    """Return what was written for the reviewer, for whoever decides; others unmask it."""
    claim = filed.claim
    if not decides_on(visit.principal, claim):
        return None
    wrapped = wrapped_keys(connection, visit.association, [claim.member_id])
    keychain = Keychain(visit.context, visit.association, wrapped)
    ids = [claim.activity_id]
    return find_evidence(connection, visit.association, ids, keychain).get(claim.activity_id)


def _levels(principal: Principal) -> list[str]:
    """Return as what the visitor may review, the highest first."""
    held = {each.level for each in principal.grants if each.role is Role.REVIEWER}
    return [level.value for level in Level if level in held]


def examination_page(visit: Visit, activity_id: str) -> Response:
    """Account for every point of an activity: each condition, each cap, what was recorded."""
    filed = _filed(visit, activity_id)
    found = reconstruct(visit.engine, visit.association, filed.claim.activity_id)
    if isinstance(found, Refusal):
        raise Missing
    kind = visit.context.types.types.get(filed.claim.type)
    return visit.show(
        "console/examination.html",
        found=found,
        kind=kind,
        programmes=[_examined(each, visit.language) for each in found.programmes],
    )


def _examined(each: Reconstructed, language: str) -> dict[str, Any]:
    error = each.result if isinstance(each.result, EvaluationError) else None
    told = zip(each.trace["steps"], explain(each.trace, language), strict=True)
    return {
        "part": each,
        "error": error,
        "rules": [
            (said, [line.of(language) for line in details(step)], step["matched"])
            for step, said in told
        ],
    }


def review_sent(visit: Visit, activity_id: str) -> Response:
    """Approve or reject a claim; a rejection needs its reason."""
    filed = _filed(visit, activity_id)
    form, held = visit.form, _levels(visit.principal)
    verdict = form.choice("verdict", ("approve", "reject"))
    level = form.choice("level", held) if len(held) > 1 else next(iter(held), "")
    reason = form.text("reason", needed=verdict == "reject")
    if not form.sound:
        return _show(visit, activity_id)
    seen = visit.here.areas
    outcome = visit.submit(
        Review(
            **visit.acting(),
            activity_id=filed.claim.activity_id,
            verdict=Verdict(verdict),
            level=level,
            branches=seen.branches,
            grids=seen.grids,
            person=visit.principal.person,
            reason=reason,
        )
    )
    if outcome.refusal is not None:
        return _show(visit, activity_id)
    return visit.go("/console/claims", f"review_{verdict}", state=str(filed.claim.state))


def answer_sent(visit: Visit, activity_id: str) -> Response:
    """Answer the open objection to a claim; the answer is kept for ever."""
    filed = _filed(visit, activity_id)
    upheld = visit.form.choice("upheld", ("yes", "no"))
    reason = visit.form.text("reason")
    if visit.form.sound:
        visit.submit(
            Answer(
                **visit.acting(),
                activity_id=filed.claim.activity_id,
                upheld=upheld == "yes",
                reason=reason,
                person=visit.principal.person,
            )
        )
    if not visit.form.sound:
        return _show(visit, activity_id)
    return visit.go("/console/objections", "answered")


PAGES = (
    get("/console/claims", claims_page, allows=Action.REVIEW_CLAIM),
    get("/console/objections", objections_page, allows=Action.ANSWER_OBJECTION),
    get("/console/claims/{activity_id}", claim_page, allows=Action.READ_MEMBER),
    get(
        "/console/claims/{activity_id}/examination",
        examination_page,
        allows=Action.EXAMINE_ACTIVITY,
    ),
    post("/console/claims/{activity_id}/review", review_sent, allows=Action.REVIEW_CLAIM),
    post("/console/claims/{activity_id}/answer", answer_sent, allows=Action.ANSWER_OBJECTION),
)
