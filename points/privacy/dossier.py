"""Privacy's part of a batch: what was loaded, and what the batch will append."""

from dataclasses import dataclass, field
from datetime import datetime

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, MemberId
from points.privacy.model import (
    Assessment,
    Consent,
    ConsentEvent,
    Disclosure,
    ErasureStep,
    How,
    Look,
    Notice,
    Purpose,
    Step,
)

Counter = tuple[Actor, Look, str]


@dataclass(slots=True)
class Dossier:
    """Consents under their members' locks, counts of disclosures, requests, assessments.

    Attributes:
        consents: What members last said, by member and purpose.
        looked: How often somebody looked on a day.
        requests: The last step of each member's request for erasure.
        assessments: How many assessments there are.
    """

    consents: dict[tuple[MemberId, Purpose], Consent] = field(default_factory=dict)
    looked: dict[Counter, int] = field(default_factory=dict)
    requests: dict[MemberId, ErasureStep] = field(default_factory=dict)
    assessments: int = 0
    consent_events: list[ConsentEvent] = field(default_factory=list)
    touched: set[tuple[MemberId, Purpose]] = field(default_factory=set)
    disclosures: list[Disclosure] = field(default_factory=list)
    steps: list[ErasureStep] = field(default_factory=list)
    assessed: list[Assessment] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return (
            len(self.consent_events) + len(self.disclosures) + len(self.steps) + len(self.assessed)
        )

    def agreed(self, member: MemberId, purpose: Purpose) -> Consent | None:
        """Return what a member last said about a purpose, or None where they never did."""
        return self.consents.get((member, purpose))

    def given(self, member: MemberId, purpose: Purpose) -> bool:
        """Return whether a member's agreement to a purpose stands."""
        said = self.agreed(member, purpose)
        return said is not None and said.given

    def say(
        self,
        member: MemberId,
        notice: Notice,
        how: How,
        actor: Actor,
        now: datetime,
    ) -> None:
        """Note that a member agreed to a notice."""
        self._say(member, notice.purpose, notice.version, how, actor, now, given=True)

    def take_back(
        self, member: MemberId, purpose: Purpose, how: How, actor: Actor, now: datetime
    ) -> None:
        """Note that a member took an agreement back, or objects before ever having agreed."""
        before = self.agreed(member, purpose)
        ensure(before is None or before.given, "nothing is taken back twice")
        notice = before.notice if before is not None else 0
        self._say(member, purpose, notice, how, actor, now, given=False)

    def _say(
        self,
        member: MemberId,
        purpose: Purpose,
        notice: int,
        how: How,
        actor: Actor,
        now: datetime,
        *,
        given: bool,
    ) -> None:
        before = self.agreed(member, purpose)
        version = 1 if before is None else before.version + 1
        self.consent_events.append(
            ConsentEvent(
                member_id=member,
                purpose=purpose,
                version=version,
                given=given,
                notice=notice,
                how=how,
                actor=actor,
                recorded_at=now,
            )
        )
        self.consents[member, purpose] = Consent(
            member_id=member,
            purpose=purpose,
            given=given,
            notice=notice,
            version=version,
            changed_at=now,
        )
        self.touched.add((member, purpose))

    def disclose(self, disclosure: Disclosure) -> None:
        """Note that somebody is about to look; the next number of their day."""
        name = (disclosure.actor, disclosure.kind, disclosure.day)
        ensure(disclosure.number == self.looked.get(name, 0) + 1, "looks are counted without a gap")
        self.looked[name] = disclosure.number
        self.disclosures.append(disclosure)

    def open_request(self, member: MemberId) -> ErasureStep | None:
        """Return a member's open request for erasure, if there is one."""
        last = self.requests.get(member)
        return last if last is not None and last.step is Step.REQUESTED else None

    def step(
        self,
        member: MemberId,
        step: Step,
        actor: Actor,
        reason: str,
        now: datetime,
        due_at: datetime | None = None,
    ) -> None:
        """Take a step with a member's request."""
        last = self.requests.get(member)
        taken = ErasureStep(
            member_id=member,
            version=1 if last is None else last.version + 1,
            step=step,
            actor=actor,
            reason=reason,
            recorded_at=now,
            due_at=due_at,
        )
        self.requests[member] = taken
        self.steps.append(taken)

    def assess(self, assessment: Assessment) -> None:
        """Add a record of an assessment."""
        ensure(assessment.version == self.assessments + 1, "assessments are numbered gaplessly")
        self.assessments += 1
        self.assessed.append(assessment)
