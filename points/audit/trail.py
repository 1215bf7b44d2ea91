"""The audit trail's part of a batch: flows note what they did, the engine says who and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from points.audit.model import (
    DOCUMENT_CHARACTERS_MAX,
    SUBJECT_LENGTH_MAX,
    Act,
    Event,
    Head,
    Note,
    Result,
    asked_for,
    refuse_personal,
)
from points.kernel.canonical import plain, spell_plain
from points.kernel.ensure import ensure
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import AssociationId

SUBJECTS = (
    "correction_id",
    "proposal_id",
    "draft_id",
    "activity_id",
    "member_id",
    "voucher_id",
    "key_id",
    "staff_id",
    "session_id",
    "reward_id",
    "statement_id",
    "outlet_id",
    "partner_id",
    "programme",
)
"""Fields of commands that say what they are about, the most particular first."""


@dataclass(slots=True)
class Trail:
    """What is to be put on the chain; without a head this batch puts nothing on it.

    Attributes:
        head: Where the chain ends; moves with every event of the batch.
        events: What waits to be appended.
    """

    head: Head | None = None
    events: list[Event] = field(default_factory=list)
    _notes: list[Note] = field(default_factory=list)

    def note(  # noqa: PLR0913 - what there is to say of an event
        self,
        action: str,
        subject: str = "",
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str = "",
        detail: Mapping[str, Any] | None = None,
        outcome: Result = Result.DONE,
        code: str = "",
    ) -> None:
        """Say what the command did, once it is sure that it is done; a refusal says nothing.

        Call it whoever acts: what members and machines do stands in the ledger and is not chained.

        Args:
            action: Stable, as ``freeze``.
            subject: The id of what it was done to.
            before: Plain values that it replaced; never what identifies a person.
            after: Plain values that hold from now on; never what identifies a person.
            reason: In the words of whoever acted.
            detail: Anything else, plain.
            outcome: Refused only where what is noted is itself a refusal.
            code: The refusal's.
        """
        if self.head is None:
            return  # nobody in this batch is put on the trail
        self._notes.append(
            Note(
                action=action,
                subject=subject,
                before=before,
                after=after,
                reason=reason,
                detail=detail,
                outcome=outcome,
                code=code,
            )
        )

    @property
    def noted(self) -> int:
        """How much the command that is being decided has said."""
        return len(self._notes)

    def forget(self) -> None:
        """Leave out what a command said whose doings are not put on the trail."""
        self._notes.clear()

    def keep(self, association: AssociationId, act: Act, refusal: str, now: datetime) -> None:
        """Chain what a command said, or that it was carried out or refused.

        Args:
            association: Whose trail.
            act: Who asked for what.
            refusal: The code of the refusal, or nothing.
            now: The moment of the batch.
        """
        notes = self._notes or [_silent(act, refusal)]
        for note in notes:
            self._chain(association, act, note, now)
        self._notes = []

    def _chain(self, association: AssociationId, act: Act, note: Note, now: datetime) -> None:
        head = self.head
        if head is None:
            raise BrokenInvariant("a batch that puts events on the trail holds its head")
        event = Event.chained(
            association_id=association,
            sequence=head.sequence + 1,
            # Two machines' clocks differ: along the chain time never runs backwards.
            recorded_at=now if head.recorded_at is None else max(now, head.recorded_at),
            actor=act.actor,
            action=note.action,
            subject=_subject(note),
            outcome=note.outcome,
            code=note.code,
            flow=act.flow,
            operation_id=act.operation_id,
            origin=act.origin,
            document=_document(note),
            previous_hash=head.hash,
        )
        self.events.append(event)
        self.head = Head(sequence=event.sequence, hash=event.hash, recorded_at=event.recorded_at)


def _silent(act: Act, refusal: str) -> Note:
    outcome = Result.REFUSED if refusal else Result.DONE
    return Note(action=act.flow, subject=act.subject, outcome=outcome, code=refusal)


def _subject(note: Note) -> str:
    kept = asked_for(note.subject) if note.outcome is Result.REFUSED else note.subject
    return kept[:SUBJECT_LENGTH_MAX]


def _document(note: Note) -> dict[str, Any]:
    spelled: dict[str, Any] = plain(note.document())
    refuse_personal(spelled)
    ensure(
        len(spell_plain(spelled)) <= DOCUMENT_CHARACTERS_MAX, "an event says what was done in short"
    )
    return spelled


def subject_of(command: object) -> str:
    """Return the id of what a command is about, where one of its fields says so."""
    for name in SUBJECTS:
        if found := getattr(command, name, None):
            return str(found)
    # A command about a voucher names it among its links.
    return str(getattr(getattr(command, "links", None), "voucher_id", ""))
