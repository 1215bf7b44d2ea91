"""Correction batches: previewed line by line, decided by another person, posted by the worker."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from points.api.caller import Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import (
    IN_QUERY,
    Answer,
    Asked,
    Body,
    Code,
    Id,
    Instant,
    Page,
    PageQuery,
    Text,
    page_of,
)
from points.corrections.errors import CorrectionOutdated
from points.corrections.model import Line, Result, State
from points.corrections.reads import Filed, list_corrections, page_of_lines, postings_of
from points.flows.correcting import (
    Preview,
    Wish,
    preview_now,
    sound,
    to_catch_up,
    to_replace,
    to_undo,
)
from points.flows.correction_desk import (
    correction_shown,
    find,
    line_shown,
    lines_in,
    only_member,
    owners_of,
    preview_shown,
)
from points.flows.correction_export import lines_as_csv, lines_as_xlsx
from points.flows.decide_correction import DecideCorrection, Verdict
from points.flows.propose_correction import proposing
from points.flows.withdraw_correction import WithdrawCorrection
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import CorrectionId, DraftId

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIRST_LINES = 100
CURSOR = "|"


class CorrectionWish(Body):
    """A draft that reaches back, or a period in which to catch up with the rules in force."""

    draft_id: Id | None = Field(default=None, description="a submitted draft that reaches back")
    programme: Code | None = Field(default=None, description="to catch up with, in a period")
    starts: Instant | None = None
    ends: Instant | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        period = [each is not None for each in (self.programme, self.starts, self.ends)]
        if period != [self.draft_id is None] * 3:
            raise ValueError("draft_id")
        return self


class NewCorrection(CorrectionWish):
    """What is proposed, and why."""

    note: Text = Field(description="why, in words; kept for ever, nothing personal")
    lines_sha256: str | None = Field(
        default=None, max_length=64, description="of the preview that was looked at"
    )


class NewReversal(Body):
    """Why a correction is to be taken back."""

    note: Text = Field(description="why, in words; kept for ever, nothing personal")


class CorrectionReason(Body):
    """Why; a rejection needs it."""

    reason: str = Field(default="", max_length=500)


class NoMore(Body):
    """Nothing is to be said."""


class CorrectionLineOut(Answer):
    """What changes for one member, by one rule, in one measure, and why."""

    member_id: str
    activity_id: str
    rule_id: str
    measure: str
    occurred_at: datetime
    old: int
    new: int
    change: int
    zh: str
    en: str


class FailureOut(Answer):
    """An activity that the version cannot score."""

    activity_id: str
    rule_id: str
    code: str
    zh: str
    en: str


class MeasureTotalsOut(Answer):
    """What a correction comes to in one measure."""

    members_up: int
    members_down: int
    up: int
    down: int


class PreviewOut(Answer):
    """What a correction would do; nothing was written."""

    kind: str
    programme: str
    starts: datetime
    ends: datetime
    version: int | None
    sha256: str | None
    members_looked_at: int
    members: int
    lines: int
    lines_sha256: str
    totals: dict[str, MeasureTotalsOut]
    fen: int = Field(description="what spendable points are reckoned at; below zero, saved")
    failed: list[FailureOut]
    first_lines: list[CorrectionLineOut]


class CorrectionProposed(Answer):
    """A correction that waits for another person."""

    correction_id: str
    state: str
    until: datetime
    members: int
    lines: int
    lines_sha256: str


class ProgressOut(Answer):
    """How far a correction has been posted."""

    members: int
    posted: int
    stale: int = Field(description="left out: something has changed since the preview")
    failed: int
    up: int
    down: int


class CorrectionStep(Answer):
    """One step of a correction."""

    step: str
    actor: str
    reason: str
    recorded_at: datetime


class CorrectionOut(Answer):
    """A correction and what became of it, without its lines."""

    correction_id: str
    kind: str
    state: str
    programme: str
    note: str
    proposed_by: str
    proposed_at: datetime
    until: datetime
    starts: datetime
    ends: datetime
    version: int | None
    sha256: str | None
    draft_id: str | None
    undoes: str | None
    members: int
    lines: int
    lines_sha256: str
    totals: dict[str, MeasureTotalsOut]
    fen: int
    progress: ProgressOut
    steps: list[CorrectionStep]


class CorrectionEnded(Answer):
    """Where a correction stands after a step."""

    correction_id: str
    state: str


class PostingOut(Answer):
    """What came of one member's part."""

    member_id: str
    result: str
    up: int
    down: int
    recorded_at: datetime


class CorrectionQuery(PageQuery):
    """Which corrections."""

    state: Literal["proposed", "approved", "rejected", "withdrawn", "done"] | None = None


class PostingQuery(PageQuery):
    """Which parts."""

    result: Result | None = None


class LinesQuery(Asked):
    """Which lines: after which one."""

    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


def preview_correction(caller: Asking, body: CorrectionWish) -> PreviewOut:
    """Say who would get how much more or less, and why; nothing is written."""
    found = _previewed(caller, _wish(caller, body))
    lines = [line_shown(line) for line in found.lines[:FIRST_LINES]]
    return PreviewOut.model_validate({**preview_shown(found), "first_lines": lines})


async def propose_correction(caller: Asking, body: NewCorrection) -> CorrectionProposed:
    """Preview a correction, and put it with all its lines before another person."""

    def looked_at() -> Preview:
        return _previewed(caller, _wish(caller, body))

    return await _propose(caller, looked_at, body.note, body.lines_sha256)


async def reverse_correction(
    caller: Asking, correction_id: str, body: NewReversal
) -> CorrectionProposed:
    """Propose to take a finished correction back, the same way."""

    def looked_at() -> Preview:
        wish = to_undo(caller.engine, caller.association, CorrectionId(correction_id))
        return _previewed(caller, wish)

    return await _propose(caller, looked_at, body.note, None)


async def _propose(
    caller: Caller, looked_at: Callable[[], Preview], note: str, seen: str | None
) -> CorrectionProposed:
    found = await run_in_threadpool(looked_at)
    if (refusal := sound(found)) is not None:
        raise Problem.of(refusal)
    if seen is not None and seen != found.lines_sha256:
        raise Problem.of(CorrectionOutdated())
    command = proposing(caller.association, caller.operation, caller.actor, found, note)
    return CorrectionProposed.model_validate(await caller.carry_out(command))


def list_corrections_in(
    caller: Asking, query: Annotated[CorrectionQuery, IN_QUERY]
) -> Page[CorrectionOut]:
    """List corrections, newest first."""
    state = None if query.state is None else State(query.state)
    with caller.engine.reading(caller.association) as connection:
        rows = list_corrections(
            connection, caller.association, state, before=query.key, limit=query.limit + 1
        )
    return page_of(
        rows,
        query.limit,
        lambda each: each.correction.correction_id,
        lambda each: _shown(caller, Filed(standing=each)),
    )


def get_correction(caller: Asking, correction_id: str) -> CorrectionOut:
    """Return a correction, who decided, and how far it has been posted."""
    return _shown(caller, _found(caller, correction_id))


def get_correction_lines(
    caller: Asking, correction_id: str, query: Annotated[LinesQuery, IN_QUERY]
) -> Page[CorrectionLineOut]:
    """Return a page of a correction's lines, in their order."""
    fact = _found(caller, correction_id).standing.correction
    paged = PageQuery(cursor=query.cursor, limit=query.limit)
    parts = tuple(paged.key.split(CURSOR)) if paged.key else ("", "", "", "")
    if len(parts) != 4:  # noqa: PLR2004 - member, activity, rule, measure
        raise Problem.of(CorrectionOutdated())
    with caller.engine.reading(caller.association) as connection:
        rows = page_of_lines(
            connection,
            caller.association,
            fact.correction_id,
            after=(parts[0], parts[1], parts[2], parts[3]),
            limit=query.limit + 1,
        )
    return page_of(rows, query.limit, _line_key, _line)


def get_correction_postings(
    caller: Asking, correction_id: str, query: Annotated[PostingQuery, IN_QUERY]
) -> Page[PostingOut]:
    """Return what came of members' parts, by member."""
    fact = _found(caller, correction_id).standing.correction
    with caller.engine.reading(caller.association) as connection:
        rows = postings_of(
            connection,
            caller.association,
            fact.correction_id,
            query.result,
            after=query.key,
            limit=query.limit + 1,
        )
    return page_of(rows, query.limit, lambda each: each.member_id, PostingOut.model_validate)


def get_lines_csv(caller: Asking, correction_id: str) -> Response:
    """Return every line of a correction as CSV."""
    return _file(caller, correction_id, lines_as_csv, CSV, "csv")


def get_lines_xlsx(caller: Asking, correction_id: str) -> Response:
    """Return every line of a correction as a workbook."""
    return _file(caller, correction_id, lines_as_xlsx, XLSX, "xlsx")


async def approve_correction(
    caller: Asking, correction_id: str, body: CorrectionReason
) -> CorrectionEnded:
    """Approve somebody else's correction; the worker posts it member by member."""
    return await _decide(caller, correction_id, Verdict.APPROVE, body.reason)


async def reject_correction(
    caller: Asking, correction_id: str, body: CorrectionReason
) -> CorrectionEnded:
    """Reject somebody else's correction, with a reason."""
    return await _decide(caller, correction_id, Verdict.REJECT, body.reason)


async def withdraw_correction(caller: Asking, correction_id: str, body: NoMore) -> CorrectionEnded:  # noqa: ARG001 - the route takes one
    """Withdraw one's own correction before somebody decides it."""
    done = await caller.carry_out(
        WithdrawCorrection(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            correction_id=CorrectionId(correction_id),
        )
    )
    return CorrectionEnded.model_validate(done)


async def _decide(
    caller: Caller, correction_id: str, verdict: Verdict, reason: str
) -> CorrectionEnded:
    command = await run_in_threadpool(_deciding, caller, correction_id, verdict, reason)
    return CorrectionEnded.model_validate(await caller.carry_out(command))


def _deciding(
    caller: Caller, correction_id: str, verdict: Verdict, reason: str
) -> DecideCorrection:
    fact = _found(caller, correction_id).standing.correction
    return DecideCorrection(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        correction=fact,
        owners=owners_of(caller.engine, caller.association, fact),
        only=only_member(caller.engine, caller.association, fact),
        verdict=verdict,
        reason=reason,
        person=caller.principal.person,
    )


def _wish(caller: Caller, body: CorrectionWish) -> Wish | Refusal:
    if body.draft_id is not None:
        return to_replace(caller.engine, caller.association, DraftId(body.draft_id))
    starts, ends = body.starts, body.ends
    if starts is None or ends is None:
        raise Problem.of(CorrectionOutdated())  # the body's own check has refused it already
    return to_catch_up(caller.engine, caller.association, body.programme or "", starts, ends)


def _previewed(caller: Caller, wish: Wish | Refusal) -> Preview:
    if isinstance(wish, Refusal):
        raise Problem.of(wish)
    found = preview_now(caller.engine, caller.association, wish)
    if isinstance(found, Refusal):
        raise Problem.of(found)
    return found


def _found(caller: Caller, correction_id: str) -> Filed:
    filed = find(caller.engine, caller.association, CorrectionId(correction_id))
    if isinstance(filed, Refusal):
        raise Problem.of(filed)
    return filed


def _shown(caller: Caller, filed: Filed) -> CorrectionOut:
    return CorrectionOut.model_validate(correction_shown(filed, caller.installation.clock.now()))


def _line(line: Line) -> CorrectionLineOut:
    return CorrectionLineOut.model_validate(line_shown(line))


def _line_key(line: Line) -> str:
    return CURSOR.join((line.member_id, line.activity_id, line.rule_id, line.measure))


def _file(
    caller: Caller,
    correction_id: str,
    write: Callable[[list[Line], str], bytes],
    media_type: str,
    ending: str,
) -> Response:
    fact = _found(caller, correction_id).standing.correction
    lines = lines_in(caller.engine, caller.association, fact)
    zone = caller.context.rules.of(fact.programme).zone.key
    disposition = f'attachment; filename="correction-{fact.correction_id}.{ending}"'
    headers: dict[str, Any] = {"Content-Disposition": disposition}
    return Response(write(lines, zone), 200, headers, media_type)


_ALL, _ONE = "/v1/corrections", "/v1/corrections/{correction_id}"
_ASK, _DECIDE, _READ = Action.CORRECT, Action.DECIDE_CORRECTION, Action.READ_CORRECTIONS
ROUTES = (
    post(f"{_ALL}:preview", preview_correction, allows=_ASK, zh="预览更正批次"),
    post(_ALL, propose_correction, allows=_ASK, zh="提出更正批次", status=201),
    get(_ALL, list_corrections_in, allows=_READ, zh="更正批次清单"),
    get(_ONE, get_correction, allows=_READ, zh="更正批次详情与进度"),
    get(f"{_ONE}/lines", get_correction_lines, allows=_READ, zh="更正批次逐行"),
    get(f"{_ONE}/postings", get_correction_postings, allows=_READ, zh="更正批次逐人结果"),
    get(f"{_ONE}/lines.csv", get_lines_csv, allows=_READ, zh="更正批次逐行 CSV", media_type=CSV),
    get(
        f"{_ONE}/lines.xlsx",
        get_lines_xlsx,
        allows=_READ,
        zh="更正批次逐行 Excel",
        media_type=XLSX,
    ),
    post(f"{_ONE}:approve", approve_correction, allows=_DECIDE, zh="批准更正批次"),
    post(f"{_ONE}:reject", reject_correction, allows=_DECIDE, zh="驳回更正批次"),
    post(f"{_ONE}:withdraw", withdraw_correction, allows=_ASK, zh="撤回更正批次"),
    post(f"{_ONE}:reverse", reverse_correction, allows=_ASK, zh="提出撤销更正批次", status=201),
)
