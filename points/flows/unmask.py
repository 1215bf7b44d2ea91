"""Look at what is masked: the reason is written before anything is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from points.activities.evidence import evidence_of, find_evidence
from points.activities.model import Evidence
from points.engine import Decision, Engine, Flow
from points.flows.casework import NO_MEMBER
from points.flows.context import Context
from points.flows.wording import refuse_wording
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.members.model import Personal
from points.members.reads import persons
from points.members.store import wrapped_keys
from points.privacy.dossier import Counter
from points.privacy.errors import FieldUnknown, MemberErased, UnmaskingsExceeded
from points.privacy.model import UNMASKINGS_A_DAY_MAX, ZONE, Disclosure, Look
from points.unit_of_work import Keys, WorkingSet
from points.vault.keychain import Keychain

FIELDS = ("name", "phone", "identity_number", "evidence")
EVIDENCE_MAX = 200
"""So much evidence is shown at once; the export of a person has all of it."""


class Reason(StrEnum):
    """Why somebody looks, as a stable code."""

    CONTACT = "contact"
    IDENTITY_CHECK = "identity_check"
    REVIEW = "review"
    OBJECTION = "objection"
    CORRECTION = "correction"
    AUDIT = "audit"
    LEGAL = "legal"
    ACCESS = "access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmask:
    """Say who looks at whom, at what, and why; opening follows only if this is written.

    Attributes:
        fields: Some of ``FIELDS``.
        reason: The code.
        words: Why, in words; kept for ever.
        day: Today, in the association's zone, as ``today`` returns it.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    fields: tuple[str, ...]
    reason: Reason
    words: str
    kind: Look = Look.UNMASK
    day: str


def today(engine: Engine) -> str:
    """Return the day whose looks are counted together."""
    return engine.clock.now().astimezone(ZONE).date().isoformat()


def _counter(command: Unmask) -> Counter:
    return (command.actor, command.kind, command.day)


def needs(command: Unmask, keys: Keys) -> None:
    """Load the member, and count the looks of the day."""
    keys.members.seen.add(command.member_id)
    keys.privacy.looked.add(_counter(command))


def decide(command: Unmask, on: WorkingSet) -> Decision:
    """Write down who looks, unless they looked too often today."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if member.erased_at is not None and command.kind is Look.UNMASK:
        return MemberErased()
    if not command.fields or not set(command.fields) <= set(FIELDS):
        return FieldUnknown(known=", ".join(FIELDS))
    if refusal := refuse_wording(command.words):
        return refusal
    looked = on.dossier.looked.get(_counter(command), 0)
    if command.kind is Look.UNMASK and looked >= UNMASKINGS_A_DAY_MAX:
        return UnmaskingsExceeded(a_day=UNMASKINGS_A_DAY_MAX)
    on.dossier.disclose(
        Disclosure(
            actor=command.actor,
            kind=command.kind,
            day=command.day,
            number=looked + 1,
            member_id=member.member_id,
            fields=command.fields,
            reason=command.reason.value,
            words=command.words.strip(),
            recorded_at=on.now,
        )
    )
    on.trail.note(
        command.kind.value,
        member.member_id,
        reason=command.words.strip(),
        detail={"reason": command.reason.value, "fields": list(command.fields)},
    )
    return {"member_id": member.member_id, "fields": list(command.fields), "number": looked + 1}


FLOW = Flow("unmask", needs, decide, audited=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasked:
    """What was asked for; the rest is None."""

    member_id: MemberId
    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    identity_number: str | None = field(default=None, repr=False)
    evidence: tuple[Evidence, ...] | None = None


def unmasked(
    engine: Engine,
    known: Context,
    association: AssociationId,
    member: MemberId,
    fields: Sequence[str],
) -> Unmasked:
    """Return what is masked elsewhere. Call it only after :class:`Unmask` was carried out."""
    with engine.reading(association) as connection:
        person = persons(connection, association, [member], known).get(member)
        found: tuple[Evidence, ...] | None = None
        if "evidence" in fields:
            wanted = evidence_of(connection, association, member, limit=EVIDENCE_MAX)
            keys = wrapped_keys(connection, association, [member])
            keychain = Keychain(known, association, keys)
            opened = find_evidence(connection, association, wanted, keychain)
            found = tuple(opened[each] for each in sorted(opened))
    shown = _shown(person, fields)
    return Unmasked(member_id=member, evidence=found, **shown)


def _shown(person: Personal | None, fields: Sequence[str]) -> dict[str, str | None]:
    if person is None:
        return {}
    return {name: getattr(person, name) for name in FIELDS[:3] if name in fields}
