"""Short ways to bring a version in for the past: draft, preview, batch, posting."""

from typing import Any

from points.corrections.reads import Filed, find_correction
from points.flows.correcting import Preview, Wish, preview, to_replace, to_undo
from points.flows.decide_correction import DecideCorrection, Verdict
from points.flows.propose_correction import proposing
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, CorrectionId, DraftId
from tests.flows.drafts import APPROVER, WRITER, saved, standing, submitting
from tests.flows.town import Town


def previewed(here: Town, wish: Wish | Refusal) -> Preview:
    assert isinstance(wish, Wish), wish
    found = preview(here.engine, here.association, wish)
    assert isinstance(found, Preview), found
    return found


def replacing(here: Town, text: str, **other: Any) -> DraftId:
    """Submit a draft that reaches back."""
    draft = saved(here, text, **other)
    here.done(submitting(here, draft, correction=True))
    return draft


def proposed(here: Town, found: Preview, actor: str = WRITER) -> CorrectionId:
    command = proposing(here.association, here.operation(), Actor(actor), found, "口径有误")
    return CorrectionId(here.done(command)["correction_id"])


def filed(here: Town, correction: CorrectionId) -> Filed:
    with here.engine.reading(here.association) as connection:
        found = find_correction(connection, here.association, correction)
    assert found is not None
    return found


def deciding(
    here: Town, correction: CorrectionId, actor: str = APPROVER, **other: Any
) -> DecideCorrection:
    fact = filed(here, correction).standing.correction
    owners: tuple[Actor, ...] = ()
    if fact.draft_id is not None:
        owners = tuple(sorted(standing(here, fact.draft_id).owners))
    everyday = {"correction": fact, "owners": owners, "verdict": Verdict.APPROVE}
    command: DecideCorrection = here.command(DecideCorrection, actor, **(everyday | other))
    return command


def approved(here: Town, text: str, **other: Any) -> CorrectionId:
    """Bring a version in for the past, up to its approval."""
    draft = replacing(here, text, **other)
    found = previewed(here, to_replace(here.engine, here.association, draft))
    correction = proposed(here, found)
    here.done(deciding(here, correction))
    return correction


def undone(here: Town, correction: CorrectionId) -> CorrectionId:
    """Take a batch back, up to its approval."""
    found = previewed(here, to_undo(here.engine, here.association, correction))
    opposite = proposed(here, found)
    here.done(deciding(here, opposite))
    return opposite
