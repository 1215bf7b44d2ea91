"""What a correction batch would do, line by line, before anybody asks for it: who, how much, why.

Pure of writing: it reads a page of members after the other, scores each of them again as the batch
would have it, and says what would differ. The same words are used when it is posted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from points.activities.awarded import scored_by
from points.corrections.errors import (
    CorrectionFails,
    CorrectionNotUndoable,
    CorrectionOutdated,
    CorrectionPeriod,
    CorrectionTooLarge,
    CorrectionTooLong,
    CorrectionUnsubmitted,
)
from points.corrections.model import (
    LINES_MAX,
    Correction,
    Kind,
    Line,
    State,
    lines_hash,
    totals_of,
)
from points.corrections.reads import find_correction
from points.engine import Engine
from points.flows.choosing import Override
from points.flows.context import Context, RuleBook
from points.flows.drafting import NO_DRAFT
from points.flows.replaying import member_pages
from points.flows.rescoring import foresee
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import ActivityId, AssociationId, CorrectionId, DraftId, MemberId
from points.members.errors import ProgrammeUnknown
from points.rulebook.errors import VersionRetired
from points.rulebook.model import DraftState
from points.rulebook.reads import find_draft
from points.rulebook.store import shelved
from points.rules import RuleSet, load_ruleset
from points.rules.recalculation import Failed, Recalculation

NO_CORRECTION = NotFound(noun="correction", noun_zh="更正批次")
MEMBERS_A_PAGE = 100
ACTIVITIES_MAX = 100_000
"""Some ten seconds of scoring. Whose activities are looked at does not hang on the period: what
counts under a cap may lie anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a batch is to do.

    Attributes:
        starts: Activities that happened from this instant on are scored anew.
        ends: Up to which instant.
        ruleset: The version that is to be brought in.
        version: Its number, or that of the version to be taken back.
        sha256: And its hash.
        draft_id: The submitted draft of a version that is to be brought in.
        revision: Which revision of it.
        undoes: The batch that is to be taken back.
    """

    kind: Kind
    programme: str
    starts: datetime
    ends: datetime
    ruleset: RuleSet | None = None
    version: int | None = None
    sha256: str | None = None
    draft_id: DraftId | None = None
    revision: int | None = None
    undoes: CorrectionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a batch would change.

    Attributes:
        members_looked_at: How many members were scored again.
    """

    wish: Wish
    lines: tuple[Line, ...]
    failed: tuple[Failed, ...]
    members_looked_at: int

    @property
    def members(self) -> int:
        """How many members' points, or what counts under their caps, would be others."""
        return len({line.member_id for line in self.lines})

    @property
    def lines_sha256(self) -> str:
        """The hash of all lines."""
        return lines_hash(self.lines)

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """What the lines come to, by measure."""
        return totals_of(self.lines)


def to_replace(engine: Engine, association: AssociationId, draft_id: DraftId) -> Wish | Refusal:
    """Return the wish to bring a submitted draft in for what happened from its first day on."""
    with engine.reading(association) as connection:
        standing = find_draft(connection, association, draft_id)
    if standing is None:
        return NO_DRAFT
    known: Context = engine.context_of(association)
    draft = standing.draft
    ruleset, _ = load_ruleset(draft.text, file=f"{draft.programme}.yaml", types=known.types)
    if standing.state is not DraftState.SUBMITTED:
        return CorrectionUnsubmitted()
    if ruleset is None:
        return CorrectionOutdated()
    if ruleset.starts_at > engine.clock.now():
        return CorrectionPeriod()
    return Wish(
        kind=Kind.REPLACE,
        programme=draft.programme,
        starts=ruleset.starts_at,
        ends=ruleset.ends_at,
        ruleset=ruleset,
        version=ruleset.version,
        sha256=ruleset.sha256,
        draft_id=draft.draft_id,
        revision=draft.revision,
    )


def to_undo(
    engine: Engine, association: AssociationId, correction_id: CorrectionId
) -> Wish | Refusal:
    """Return the wish to take a batch back that brought a version in."""
    with engine.reading(association) as connection:
        filed = find_correction(connection, association, correction_id)
        shelf = shelved(connection, association)
    if filed is None:
        return NO_CORRECTION
    done = filed.standing
    if done.correction.kind is not Kind.REPLACE or done.kept is not State.DONE:
        return CorrectionNotUndoable()
    found = shelf.get((done.correction.programme, done.correction.version or 0))
    ended = None if found is None else found.retirement
    if ended is not None and ended.correction_id is None:
        return VersionRetired()  # it is ended once: nobody waits for a decision that cannot be had
    return Wish(
        kind=Kind.UNDO,
        programme=done.correction.programme,
        starts=done.correction.starts,
        ends=done.correction.ends,
        version=done.correction.version,
        sha256=done.correction.sha256,
        undoes=correction_id,
    )


def to_catch_up(
    engine: Engine, association: AssociationId, programme: str, starts: datetime, ends: datetime
) -> Wish | Refusal:
    """Return the wish to score by the rules in force what an earlier batch left out."""
    known: Context = engine.context_of(association)
    if programme not in known.rules.programmes():
        return ProgrammeUnknown()
    if not starts < ends or starts > engine.clock.now():
        return CorrectionPeriod()
    return Wish(kind=Kind.CATCH_UP, programme=programme, starts=starts, ends=ends)


def preview(
    engine: Engine,
    association: AssociationId,
    wish: Wish,
    tell: Callable[[int], None] = lambda _: None,
) -> Preview | Refusal:
    """Return what a batch would change; touches nothing.

    Args:
        engine: Where to look.
        association: Whose members.
        wish: What is to be done.
        tell: Called with the number of members after each page.
    """
    known: Context = engine.context_of(association)
    override = override_of(wish, known.rules)
    lines: list[Line] = []
    failed: list[Failed] = []
    looked_at = 0
    for page in member_pages(engine, association, limit=MEMBERS_A_PAGE):
        for seen in foresee(engine, association, page, override, frozenset({wish.programme})):
            failed.extend(seen.recalculation.failed)
            lines.extend(lines_of(seen.member_id, seen.recalculation))
        if len(lines) > LINES_MAX:
            return CorrectionTooLarge(lines_max=LINES_MAX)
        looked_at += len(page)
        tell(len(page))
    return Preview(
        wish=wish,
        lines=tuple(sorted(lines, key=lambda line: line.key)),
        failed=tuple(failed),
        members_looked_at=looked_at,
    )


def preview_now(engine: Engine, association: AssociationId, wish: Wish) -> Preview | Refusal:
    """Return what a batch would change, while somebody waits; or that it would take too long."""
    with engine.reading(association) as connection:
        scored = scored_by(connection, association, engine.clock.now(), ACTIVITIES_MAX)
    if scored > ACTIVITIES_MAX:
        return CorrectionTooLong(limit=ACTIVITIES_MAX)
    return preview(engine, association, wish)


def sound(found: Preview) -> Refusal | None:
    """Return why a preview can be no batch, or None."""
    return CorrectionFails(count=len(found.failed)) if found.failed else None


def override_of(wish: Wish | Correction, book: RuleBook) -> Override:
    """Return which version a batch would have activities count by, of those that it covers."""
    after = _after(wish, book)

    def override(programme: str, at: datetime) -> RuleSet | None:
        if programme != wish.programme or not wish.starts <= at < wish.ends:
            return None
        if isinstance(wish, Wish) and wish.ruleset is not None:
            return wish.ruleset
        return after.in_force(programme, at)

    return override


def _after(wish: Wish | Correction, book: RuleBook) -> RuleBook:
    """Return the book as it would be; it is that already where the batch has been approved."""
    if wish.kind is not Kind.UNDO:
        return book
    left = tuple(each for each in book.published if each.ruleset.sha256 != wish.sha256)
    return replace(book, published=left)


def lines_of(member: MemberId, found: Recalculation) -> Iterator[Line]:
    """Yield what changes for a member, line by line."""
    for each in found.changed:
        for delta in each.deltas:
            yield Line(
                member,
                ActivityId(each.entry.facts.activity_id),
                delta.rule_id,
                f"{each.ruleset.programme}.{delta.measure}",
                each.entry.facts.occurred_at,
                delta.old,
                delta.anew.points,
                dict(delta.reason),
            )
