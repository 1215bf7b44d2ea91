"""The members' part of a batch: loaded members, and what the batch will append about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, MemberId
from points.members.model import Change, Enrolment, Member, MemberEvent, Personal, Profile
from points.vault.keychain import Keychain


@dataclass(slots=True)
class Register:
    """Members, and who has which number. Nothing here touches a database.

    Attributes:
        members: Those that the batch asked for.
        phones: Whose the asked-for telephone numbers are, where they are anybody's.
        identities: Whose the asked-for identity numbers are.
        keychain: The keys of those whose texts the batch seals.
        erased: Whose names and keys are to be destroyed.
        enrolled: Since when members have had accounts in which programme, where it was asked.
    """

    keychain: Keychain
    members: dict[MemberId, Member] = field(default_factory=dict)
    phones: dict[str, MemberId] = field(default_factory=dict)
    identities: dict[str, MemberId] = field(default_factory=dict)
    events: list[MemberEvent] = field(default_factory=list)
    joined: list[Member] = field(default_factory=list)
    new_personal: list[Personal] = field(default_factory=list)
    touched: dict[MemberId, Member] = field(default_factory=dict)
    erased: list[MemberId] = field(default_factory=list)
    enrolled: dict[MemberId, dict[str, datetime]] = field(default_factory=dict)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.events)

    def member(self, member: MemberId) -> Member | None:
        """Return a member, or None where nobody has this id."""
        return self.members.get(member)

    def join(
        self,
        personal: Personal,
        profile: Profile,
        joined_on: date | None,
        actor: Actor,
        now: datetime,
    ) -> Member:
        """Take a new member into the register."""
        ensure(personal.phone not in self.phones, "a number belongs to one member")
        member = Member(member_id=personal.member_id, profile=profile, joined_on=joined_on)
        self.members[member.member_id] = member
        self.joined.append(member)
        self.new_personal.append(personal)
        self.phones[personal.phone] = member.member_id
        if personal.identity_number is not None:
            self.identities[personal.identity_number] = member.member_id
        self._happened(member, Change.JOINED, actor, now, detail=profile.facts())
        return member

    def amend(
        self, member: Member, profile: Profile, actor: Actor, now: datetime, reason: str
    ) -> None:
        """Change what rules may ask about a member, from now on."""
        member.profile = profile
        self._happened(member, Change.AMENDED, actor, now, reason=reason, detail=profile.facts())

    def enrol(self, member: Member, programme: str, actor: Actor, now: datetime) -> None:
        """Let a member take part in a programme, for the first time or again."""
        ensure(not member.enrolled(programme), "a member enrols where they do not take part")
        before = member.enrolments.get(programme)
        if before is None:
            member.enrolments[programme] = Enrolment(programme=programme, enrolled_at=now)
        else:
            # Whoever comes back finds the year's base points and a freeze as they were left.
            before.enrolled_at, before.left_at = now, None
        self._happened(member, Change.ENROLLED, actor, now, programme=programme)

    def leave(
        self, member: Member, programme: str, actor: Actor, now: datetime, reason: str
    ) -> None:
        """End a member's part in a programme; points and history stay."""
        member.enrolments[programme].left_at = now
        self._happened(member, Change.LEFT, actor, now, programme=programme, reason=reason)

    def freeze(
        self, member: Member, programme: str, actor: Actor, now: datetime, reason: str, notice: str
    ) -> None:
        """Stop spending in a programme."""
        member.enrolments[programme].frozen_because = reason
        self._happened(
            member,
            Change.FROZEN,
            actor,
            now,
            programme=programme,
            reason=reason,
            detail={"notice": notice},
        )

    def thaw(
        self, member: Member, programme: str, actor: Actor, now: datetime, reason: str, notice: str
    ) -> None:
        """Allow spending again."""
        member.enrolments[programme].frozen_because = None
        self._happened(
            member,
            Change.THAWED,
            actor,
            now,
            programme=programme,
            reason=reason,
            detail={"notice": notice},
        )

    def open_year(
        self, member: Member, programme: str, year: int, actor: Actor, now: datetime
    ) -> None:
        """Note that a year's base points were granted."""
        member.enrolments[programme].opened_year = year
        self._happened(
            member, Change.YEAR_OPENED, actor, now, programme=programme, detail={"year": year}
        )

    def list_publicly(self, member: Member, actor: Actor, now: datetime, *, listed: bool) -> None:
        """Note whether a member wants to be on leaderboards; the last word counts."""
        self._happened(member, Change.LISTED if listed else Change.UNLISTED, actor, now)

    def erase(self, member: Member, actor: Actor, now: datetime, reason: str) -> None:
        """Destroy what says who a member is, and end their part in everything."""
        ensure(member.erased_at is None, "nobody is erased twice")
        for programme in sorted(member.programmes):
            self.leave(member, programme, actor, now, reason)
        member.erased_at = now
        self.erased.append(member.member_id)
        self._happened(member, Change.ERASED, actor, now, reason=reason)

    def _happened(
        self,
        member: Member,
        change: Change,
        actor: Actor,
        now: datetime,
        *,
        programme: str | None = None,
        reason: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        member.version += 1
        self.touched[member.member_id] = member
        self.events.append(
            MemberEvent(
                member_id=member.member_id,
                version=member.version,
                change=change,
                actor=actor,
                recorded_at=now,
                programme=programme,
                reason=reason,
                detail=detail or {},
            )
        )
