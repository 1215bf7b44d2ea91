"""What decisions about drafts begin with: find it, and who may not decide on it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from points.duties.model import STAFF, RelationKind
from points.flows.casework import need_relations
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import Actor, MemberId, OperationId
from points.rulebook.errors import DraftOutdated, OwnDraft, StartsTooSoon
from points.rulebook.model import DraftEvent, Standing, Step
from points.rules import RuleSet
from points.unit_of_work import Keys, WorkingSet

NO_DRAFT = NotFound(noun="draft", noun_zh="规则草稿")
NO_VERSION = NotFound(noun="version", noun_zh="规则版本")
LEAD = timedelta(minutes=10)
"""Ahead of its first midnight at least: longer than any batch takes and clocks differ, so that no
activity can happen under a version that is not known everywhere yet."""


def need_people(keys: Keys, people: Iterable[Actor]) -> None:
    """Load who the acting people of staff also are."""
    for each in people:
        need_relations(keys, each)
        if each.startswith(STAFF):
            keys.staff.accounts.add(each.removeprefix(STAFF))


def refuse_revision(standing: Standing | None, revision: int) -> Refusal | None:
    """Return why a step cannot be about this revision of a draft, or None."""
    if standing is None:
        return NO_DRAFT
    if standing.draft.revision != revision:
        return DraftOutdated(revision=standing.draft.revision)
    return None


def refuse_own(
    on: WorkingSet, actor: Actor, person: MemberId | None, owners: Iterable[Actor]
) -> Refusal | None:
    """Return why somebody may not decide on a draft: it is theirs, under whichever account."""
    mine = _members_of(on, actor) | ({person} - {None})
    for owner in owners:
        if owner == actor or not mine.isdisjoint(_members_of(on, owner)):
            return OwnDraft()
    return None


def _members_of(on: WorkingSet, actor: Actor) -> set[MemberId | None]:
    """Return the members that somebody of staff also is, as linked or declared."""
    related = on.roster.related(actor)
    declared = {member for member, kind in related.items() if kind is RelationKind.SELF}
    account = on.staff.accounts.get(actor.removeprefix(STAFF))
    return {*declared, *([account.person] if account is not None and account.person else [])}


def refuse_start(ruleset: RuleSet, now: datetime) -> Refusal | None:
    """Return why a version may not begin when it says, or None."""
    if ruleset.starts_at - now >= LEAD:
        return None
    return StartsTooSoon(earliest=first_day(ruleset, now).isoformat())


def first_day(ruleset: RuleSet, now: datetime) -> date:
    """Return the first local day that has not begun yet, and does not within moments."""
    return (now + LEAD).astimezone(ruleset.zone).date() + timedelta(days=1)


def step_of(
    standing: Standing,
    step: Step,
    actor: Actor,
    operation_id: OperationId,
    now: datetime,
    *,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> DraftEvent:
    """Return a draft's next event; a decision names who submitted."""
    decides = step in (Step.APPROVED, Step.REJECTED)
    submission = standing.submission
    return DraftEvent(
        draft_id=standing.draft.draft_id,
        sequence=standing.sequence + 1,
        step=step,
        revision=standing.draft.revision,
        actor=actor,
        operation_id=operation_id,
        recorded_at=now,
        submitted_by=submission.actor if decides and submission is not None else None,
        reason=reason,
        detail={} if detail is None else detail,
    )
