"""Look at the rule book: every version of every programme, the folder's included, and drafts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from points.engine import Engine
from points.flows.confirm_backtest import confirm
from points.flows.context import Context, RuleBook
from points.flows.drafting import NO_DRAFT
from points.flows.gate import Gate, pass_gate
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, DraftId
from points.rulebook.model import Phase, Shelved, Standing, phase_of
from points.rulebook.reads import find_draft
from points.rulebook.store import shelved
from points.rules import RuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class OnShelf:
    """A version and where it stands now.

    Attributes:
        sha256: As it stands on awards.
        published: Who published it and how; None for one of the installation's folder.
    """

    programme: str
    version: int
    sha256: str
    starts_at: datetime
    ends_at: datetime
    phase: Phase
    published: Shelved | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values; times as instants."""
        said: dict[str, Any] = {
            "programme": self.programme,
            "version": self.version,
            "sha256": self.sha256,
            "phase": self.phase.value,
            "origin": "folder" if self.published is None else "published",
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
        }
        if self.published is None:
            return said
        head, ended = self.published.version, self.published.retirement
        return said | {
            "draft_id": head.draft_id,
            "revision": head.revision,
            "submitted_by": head.submitted_by,
            "approved_by": head.approved_by,
            "published_at": head.published_at,
            "correction_id": head.correction_id,
            "retired_by": ended.actor if ended else None,
            "retired_reason": ended.reason if ended else None,
        }


def versions(engine: Engine, association: AssociationId, now: datetime) -> list[OnShelf]:
    """Return every version by programme, the newest first; read from the database itself."""
    known: Context = engine.context_of(association)
    with engine.reading(association) as connection:
        found = list(shelved(connection, association).values())
    shelf = [*(_published(each, found, now) for each in found), *_folder(known.rules, found, now)]
    return sorted(shelf, key=lambda each: (each.programme, -each.version))


def _published(one: Shelved, found: list[Shelved], now: datetime) -> OnShelf:
    head = one.version
    mine = [each for each in found if each.version.programme == head.programme]
    return OnShelf(
        programme=head.programme,
        version=head.version,
        sha256=head.sha256,
        starts_at=head.starts_at,
        ends_at=one.ends_at,
        phase=phase_of(one, mine, now),
        published=one,
    )


def _folder(book: RuleBook, found: list[Shelved], now: datetime) -> list[OnShelf]:
    return [
        OnShelf(
            programme=each.programme,
            version=each.version,
            sha256=each.sha256,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            phase=_phase(each, found, now),
        )
        for each in book.rulesets
    ]


def _phase(ruleset: RuleSet, found: list[Shelved], now: datetime) -> Phase:
    if now < ruleset.starts_at:
        return Phase.SCHEDULED
    ours = (each for each in found if each.version.programme == ruleset.programme)
    over = ruleset.ends_at <= now or any(each.covers(now) for each in ours)
    return Phase.RETIRED if over else Phase.IN_FORCE


def looked_up(engine: Engine, association: AssociationId, draft_id: DraftId) -> Standing | Refusal:
    """Return a draft as it stands, or that there is none."""
    with engine.reading(association) as connection:
        return find_draft(connection, association, draft_id) or NO_DRAFT


def gate_of(
    engine: Engine,
    association: AssociationId,
    draft_id: DraftId,
    backtest: Any = None,  # noqa: ANN401 - JSON
) -> tuple[Standing, Gate] | Refusal:
    """Return a draft and what the gate finds about its newest revision, or that there is none."""
    standing = looked_up(engine, association, draft_id)
    if isinstance(standing, Refusal):
        return standing
    known: Context = engine.context_of(association)
    confirmed = confirm(engine, association, standing.draft, backtest)
    return standing, pass_gate(standing.draft, known, backtest, confirmed)
