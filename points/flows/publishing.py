"""Publishing a draft that was submitted: read again, compared by its hashes, numbered, dated."""

from points.flows.context import context
from points.flows.drafting import NO_DRAFT, refuse_start, step_of
from points.kernel.canonical import digest
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, OperationId
from points.rulebook.errors import DraftStateWrong, GateOutdated, VersionNotHigher
from points.rulebook.model import Draft, DraftState, Standing, Step, Version
from points.rulebook.press import Printing
from points.rules import RuleSet, load_ruleset
from points.unit_of_work import WorkingSet


def read_draft(draft: Draft, on: WorkingSet) -> RuleSet | None:
    """Return a draft as rules of its programme, or None where it is none any more."""
    name = f"{draft.programme}.yaml"
    ruleset, _ = load_ruleset(draft.text, file=name, types=context(on).types)
    mine = ruleset is not None and ruleset.programme == draft.programme
    return ruleset if mine else None


def least_version(on: WorkingSet, programme: str) -> int:
    """Return the least number that the next version may have; the folder's count as well."""
    folder = max(
        (each.version for each in context(on).rules.rulesets if each.programme == programme),
        default=0,
    )
    return max(folder, on.press.highest(programme)) + 1


def publishable(
    standing: Standing, on: WorkingSet, *, correction_id: str | None = None
) -> RuleSet | Refusal:
    """Return a submitted draft as the rules to publish, or why it cannot be published as it stands.

    Args:
        standing: Under its lock; the book has to be locked as well.
        on: Of this batch.
        correction_id: Of the approved correction batch that takes it back in time, if one does.
    """
    if standing.state is not DraftState.SUBMITTED:
        # Rejected or withdrawn after a correction batch was proposed with it.
        return DraftStateWrong(state=standing.state.value)
    ruleset = read_draft(standing.draft, on)
    seen = {} if standing.submission is None else standing.submission.detail
    same = (
        seen.get("digest") == standing.draft.digest
        and seen.get("types_sha256") == digest(context(on).types)
        and ruleset is not None
        and seen.get("sha256") == ruleset.sha256
    )
    if not same or ruleset is None:
        return GateOutdated()
    least = least_version(on, ruleset.programme)
    if ruleset.version < least:
        return VersionNotHigher(least=least)
    late = refuse_start(ruleset, on.now) if correction_id is None else None
    return late or ruleset


def publish(
    standing: Standing,
    actor: Actor,
    operation_id: OperationId,
    on: WorkingSet,
    *,
    reason: str = "",
    correction_id: str | None = None,
) -> Version | Refusal:
    """Approve a submitted draft and publish it as a version, or say why not.

    The one way in: an approval comes here, and so does a correction batch that brings a version
    in for the past, with its own id. Whether somebody may, is decided before.

    Args:
        standing: Under its lock; the book has to be locked as well.
        actor: Who approves.
        operation_id: Of the request that approves.
        on: Of this batch.
        reason: In words.
        correction_id: Of the approved correction batch that takes it back in time, if one does.
    """
    ruleset = publishable(standing, on, correction_id=correction_id)
    submission = standing.submission
    if isinstance(ruleset, Refusal) or submission is None:
        return ruleset if isinstance(ruleset, Refusal) else NO_DRAFT
    draft = standing.draft
    version = Version(
        programme=ruleset.programme,
        version=ruleset.version,
        sha256=ruleset.sha256,
        digest=draft.digest,
        starts_at=ruleset.starts_at,
        ends_at=ruleset.ends_at,
        draft_id=draft.draft_id,
        revision=draft.revision,
        submitted_by=submission.actor,
        approved_by=actor,
        published_at=on.now,
        operation_id=operation_id,
        correction_id=correction_id,
    )
    on.press.publish(Printing(version=version, text=draft.text, cases=draft.cases))
    end_draft(standing, Step.APPROVED, actor, operation_id, on, reason=reason)
    on.trail.note(
        "version_published",
        f"{version.programme}/{version.version}",
        after={
            "sha256": version.sha256,
            "starts_at": version.starts_at.isoformat(),
            "ends_at": version.ends_at.isoformat(),
            "submitted_by": version.submitted_by,
            "correction_id": correction_id,
        },
        reason=reason,
    )
    return version


def end_draft(
    standing: Standing,
    step: Step,
    actor: Actor,
    operation_id: OperationId,
    on: WorkingSet,
    *,
    reason: str = "",
) -> None:
    """Approve or reject a draft, and put it on the trail."""
    on.press.take(step_of(standing, step, actor, operation_id, on.now, reason=reason))
    on.trail.note(
        f"draft_{step.value}",
        standing.draft.draft_id,
        before={"state": standing.state.value},
        after={
            "state": step.value,
            "revision": standing.draft.revision,
            "digest": standing.draft.digest,
        },
        reason=reason,
    )
