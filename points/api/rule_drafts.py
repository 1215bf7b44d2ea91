"""Drafts of rules: saved, checked, submitted, and decided on by somebody else."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.api.caller import Asking, Caller
from points.api.gate import Keyed
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Code, Page, PageQuery, page_of
from points.flows.decide_draft import DecideDraft, Verdict
from points.flows.gate import Gate
from points.flows.rule_bundle import read_bundle, strange_types
from points.flows.rule_shelf import gate_of, looked_up
from points.flows.save_draft import SaveDraft
from points.flows.submit_draft import SubmitDraft
from points.flows.withdraw_draft import WithdrawDraft
from points.identity.policy import Action, judge
from points.kernel.errors import Refusal
from points.kernel.findings import Finding
from points.kernel.ids import DraftId
from points.rulebook.model import (
    CASES_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    DraftEvent,
    DraftState,
    Standing,
)
from points.rulebook.reads import Listed, list_drafts, steps_of

DRAFT_BYTES_MAX = 6 << 20
"""Characters of the longest text and cases as UTF-8, escaped, with room for the rest."""

RuleText = Annotated[str, Field(max_length=TEXT_CHARACTERS_MAX)]
CaseText = Annotated[str, Field(max_length=CASES_CHARACTERS_MAX)]


class NewDraft(Body):
    """Rules as they were written; they may have mistakes until somebody submits them."""

    programme: Code
    text: RuleText = Field(description="the rule file, word for word")
    cases: dict[str, CaseText] = Field(default_factory=dict, description="case files by name")
    note: str = Field(default="", max_length=500)


class NewRevision(NewDraft):
    """The next revision of a draft."""

    revision: int = Field(ge=1, description="the one that was seen")


class DraftSaved(Answer):
    """A revision that was saved."""

    draft_id: str
    revision: int
    digest: str = Field(description="SHA-256 of text and cases, byte for byte")
    state: str


class DraftBrief(Answer):
    """A draft in a list."""

    draft_id: str
    revision: int
    programme: str
    state: str
    author: str
    saved_at: datetime
    note: str
    digest: str


class DraftStepOut(Answer):
    """Something that happened to a draft."""

    step: str
    revision: int
    actor: str
    recorded_at: datetime
    reason: str
    detail: dict[str, Any]


class DraftOut(DraftBrief):
    """A draft as it stands, word for word, and everything that happened to it."""

    text: str
    cases: dict[str, str]
    owners: list[str] = Field(description="who may not decide on it")
    steps: list[DraftStepOut]


class RuleDraftQuery(PageQuery):
    """Which drafts."""

    state: DraftState | None = None


class NewCheck(Body):
    """What to check the draft with."""

    backtest: dict[str, Any] | None = Field(default=None, description="a back-test's summary")


class FindingOut(Answer):
    """One mistake and where it is."""

    code: str
    zh: str
    en: str
    file: str = ""
    line: int | None = None
    column: int | str | None = None
    subject: str = ""
    severity: str


class Checked(Answer):
    """What the gate finds about a draft; without reasons it may be submitted."""

    digest: str
    programme: str
    version: int
    sha256: str
    starts_at: datetime | None
    ends_at: datetime | None
    findings: list[FindingOut]
    cases_passed: int
    case_failures: list[FindingOut]
    never_hit: list[str]
    never_refused: list[str]
    backtest_sha256: str
    reasons: list[str]


class NewSubmission(NewCheck):
    """Put the revision that was seen before another person."""

    revision: int = Field(ge=1)
    note: str = Field(default="", max_length=500)
    reaches_back: bool = Field(
        default=False, description="it holds for the past too, and goes with a correction"
    )


class NewVerdict(Body):
    """What the second person says of the revision that was seen."""

    revision: int = Field(ge=1)
    reason: str = Field(default="", max_length=500, description="a rejection needs one")


class Nothing(Body):
    """Nothing is to be said."""


class DraftEnded(Answer):
    """Where a draft stands after a step; an approved one is a version."""

    draft_id: str
    state: str
    revision: int | None = None
    programme: str | None = None
    version: int | None = None
    sha256: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    warnings: int | None = None


class NewImport(Body):
    """A bundle that another association exported."""

    bundle: dict[str, Any]
    note: str = Field(default="", max_length=500)


class Imported(DraftSaved):
    """The draft that a bundle became, and what is missing or different here."""

    differences: list[FindingOut]


def finding_out(finding: Finding) -> FindingOut:
    """Return a finding as it is answered."""
    return FindingOut.model_validate(finding)


async def save_new(caller: Asking, body: NewDraft) -> DraftSaved:
    """Save a new draft of rules."""
    return await _save(caller, body)


async def save_revision(caller: Asking, draft_id: str, body: NewRevision) -> DraftSaved:
    """Save the next revision of a draft."""
    return await _save(caller, body, DraftId(draft_id), body.revision)


async def _save(
    caller: Caller, body: NewDraft, draft_id: DraftId | None = None, revision: int = 0
) -> DraftSaved:
    done = await caller.carry_out(
        SaveDraft(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            programme=body.programme,
            text=body.text,
            cases=body.cases,
            note=body.note,
            draft_id=draft_id,
            revision=revision,
        )
    )
    return DraftSaved.model_validate(done)


async def import_bundle(caller: Asking, body: NewImport) -> Imported:
    """Make a draft of a bundle that another association exported; nothing is published."""
    bundle = read_bundle(body.bundle)
    if isinstance(bundle, Refusal):
        raise Problem.of(bundle)
    done = await caller.carry_out(
        SaveDraft(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            programme=bundle.programme,
            text=bundle.text,
            cases=bundle.cases,
            note=body.note,
        )
    )
    differences = strange_types(bundle, caller.context.types)
    return Imported(**done, differences=[finding_out(each) for each in differences])


def list_rule_drafts(
    caller: Asking, query: Annotated[RuleDraftQuery, IN_QUERY]
) -> Page[DraftBrief]:
    """List drafts, newest first."""
    with caller.engine.reading(caller.association) as connection:
        rows = list_drafts(
            connection, caller.association, query.state, before=query.key, limit=query.limit + 1
        )
    return page_of(rows, query.limit, lambda each: each.draft.draft_id, _brief)


def get_rule_draft(caller: Asking, draft_id: str) -> DraftOut:
    """Return a draft, word for word, with everything that happened to it."""
    standing = _found(caller, draft_id)
    with caller.engine.reading(caller.association) as connection:
        steps = steps_of(connection, caller.association, DraftId(draft_id))
    draft = standing.draft
    sees = judge(caller.principal, Action.BACKTEST_RULES).allowed
    return DraftOut(
        **_brief(standing).model_dump(),
        text=draft.text,
        cases=dict(draft.cases),
        owners=sorted(standing.owners),
        steps=[_step(each, sees_backtests=sees) for each in steps],
    )


def check_draft(caller: Asking, draft_id: str, body: NewCheck) -> Checked:
    """Run lint and cases of a draft, and look at its back-test; nothing is written."""
    found = gate_of(caller.engine, caller.association, DraftId(draft_id), body.backtest)
    if isinstance(found, Refusal):
        raise Problem.of(found)
    return _checked(found[1])


async def submit_draft(caller: Asking, draft_id: str, body: NewSubmission) -> DraftEnded:
    """Put a draft before another person, if it passes the gate."""
    found = await run_in_threadpool(
        gate_of, caller.engine, caller.association, DraftId(draft_id), body.backtest
    )
    if isinstance(found, Refusal):
        raise Problem.of(found)
    done = await caller.carry_out(
        SubmitDraft(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            draft_id=DraftId(draft_id),
            revision=body.revision,
            gate=found[1],
            note=body.note,
            correction=body.reaches_back,
        )
    )
    return DraftEnded.model_validate(done)


async def approve_draft(caller: Asking, draft_id: str, body: NewVerdict) -> DraftEnded:
    """Approve somebody else's draft, which publishes it."""
    return await _decide(caller, draft_id, body, Verdict.APPROVE)


async def reject_draft(caller: Asking, draft_id: str, body: NewVerdict) -> DraftEnded:
    """Reject somebody else's draft, with a reason."""
    return await _decide(caller, draft_id, body, Verdict.REJECT)


async def withdraw_draft(caller: Asking, draft_id: str, body: Nothing) -> DraftEnded:  # noqa: ARG001 - the route takes one
    """Withdraw one's own draft."""
    done = await caller.carry_out(
        WithdrawDraft(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            draft_id=DraftId(draft_id),
        )
    )
    return DraftEnded.model_validate(done)


async def _decide(caller: Caller, draft_id: str, body: NewVerdict, verdict: Verdict) -> DraftEnded:
    standing = await run_in_threadpool(_found, caller, draft_id)
    done = await caller.carry_out(
        DecideDraft(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            draft_id=DraftId(draft_id),
            revision=body.revision,
            owners=tuple(sorted(standing.owners)),
            verdict=verdict,
            reason=body.reason,
            person=caller.principal.person,
        )
    )
    return DraftEnded.model_validate(done)


def _found(caller: Caller, draft_id: str) -> Standing:
    found = looked_up(caller.engine, caller.association, DraftId(draft_id))
    if isinstance(found, Refusal):
        raise Problem.of(found)
    return found


def _brief(standing: Standing | Listed) -> DraftBrief:
    draft = standing.draft
    return DraftBrief(
        draft_id=draft.draft_id,
        revision=draft.revision,
        programme=draft.programme,
        state=standing.state.value,
        author=draft.author,
        saved_at=draft.saved_at,
        note=draft.note,
        digest=draft.digest,
    )


def _step(event: DraftEvent, *, sees_backtests: bool) -> DraftStepOut:
    # A back-test names members and what they would gain, of every branch: whoever may not run one
    # does not read one either.
    hidden = () if sees_backtests else ("backtest",)
    return DraftStepOut(
        step=event.step.value,
        revision=event.revision,
        actor=event.actor,
        recorded_at=event.recorded_at,
        reason=event.reason,
        detail={name: said for name, said in event.detail.items() if name not in hidden},
    )


def _checked(gate: Gate) -> Checked:
    return Checked(
        digest=gate.digest,
        programme=gate.programme,
        version=gate.version,
        sha256=gate.sha256,
        starts_at=gate.starts_at,
        ends_at=gate.ends_at,
        findings=[finding_out(each) for each in gate.lint],
        cases_passed=gate.passed,
        case_failures=[finding_out(each) for each in gate.failures],
        never_hit=list(gate.never_hit),
        never_refused=list(gate.never_refused),
        backtest_sha256=gate.backtest_sha256,
        reasons=list(gate.reasons),
    )


_DRAFTS, _ONE = "/v1/rulesets/drafts", "/v1/rulesets/drafts/{draft_id}"
_WRITE, _APPROVE, _LOOK = Action.WRITE_RULES, Action.APPROVE_RULES, Action.EXAMINE_RULES
ROUTES = (
    get(_DRAFTS, list_rule_drafts, allows=_LOOK, zh="规则草稿清单"),
    post(
        _DRAFTS,
        save_new,
        allows=_WRITE,
        zh="保存新的规则草稿",
        status=201,
        body_bytes_max=DRAFT_BYTES_MAX,
    ),
    post(
        f"{_DRAFTS}:import",
        import_bundle,
        allows=_WRITE,
        zh="导入规则包为草稿",
        status=201,
        body_bytes_max=DRAFT_BYTES_MAX,
    ),
    get(_ONE, get_rule_draft, allows=_LOOK, zh="规则草稿详情"),
    post(
        f"{_ONE}/revisions",
        save_revision,
        allows=_WRITE,
        zh="保存草稿的新修订",
        status=201,
        body_bytes_max=DRAFT_BYTES_MAX,
    ),
    post(f"{_ONE}:check", check_draft, allows=_LOOK, zh="检查规则草稿（不写入）", keyed=Keyed.NOT),
    post(f"{_ONE}:submit", submit_draft, allows=_WRITE, zh="提交规则草稿审批"),
    post(f"{_ONE}:approve", approve_draft, allows=_APPROVE, zh="批准规则草稿并发布"),
    post(f"{_ONE}:reject", reject_draft, allows=_APPROVE, zh="驳回规则草稿"),
    post(f"{_ONE}:withdraw", withdraw_draft, allows=_WRITE, zh="撤回规则草稿"),
)
