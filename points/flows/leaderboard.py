"""Leaderboards: only of those who asked to be on them, masked, as of an instant; off by default."""

from dataclasses import dataclass
from typing import Protocol

from points.engine import Decision, Engine, Flow
from points.flows.casework import NO_MEMBER
from points.flows.consenting import how, notice_of
from points.flows.context import Context
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.ledger.ranking import ranking
from points.members.listing import listed
from points.members.reads import masked_names
from points.privacy.errors import MemberErased, NoticeMissing
from points.privacy.model import Purpose
from points.unit_of_work import Keys, WorkingSet

RANKS_MAX = 100
KEPT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMember:
    """Put oneself on the leaderboards, or take oneself off them."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    listed: bool


def needs(command: ListMember, keys: Keys) -> None:
    """Lock the member."""
    keys.members.members.add(command.member_id)
    keys.privacy.consents.add(command.member_id)


def decide(command: ListMember, on: WorkingSet) -> Decision:
    """Keep what the member said; the last word counts, and is a consent or takes it back."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if member.erased_at is not None:
        return MemberErased()
    notice, said = notice_of(Purpose.LEADERBOARD, on), how(command.actor)
    given = on.dossier.given(member.member_id, Purpose.LEADERBOARD)
    if command.listed and notice is None:
        return NoticeMissing(purpose=Purpose.LEADERBOARD.value)
    if command.listed and notice is not None and not given:
        on.dossier.say(member.member_id, notice, said, command.actor, on.now)
    elif not command.listed and given:
        purpose = Purpose.LEADERBOARD
        on.dossier.take_back(member.member_id, purpose, said, command.actor, on.now)
    on.register.list_publicly(member, command.actor, on.now, listed=command.listed)
    return {"member_id": member.member_id, "listed": command.listed}


FLOW = Flow("list_member", needs, decide)


class Ranked(Protocol):
    """A ranked list that was kept."""

    @property
    def as_of(self) -> str:
        """When it was read, ISO 8601."""
        ...

    @property
    def ranks(self) -> tuple[tuple[str, int], ...]:
        """Members with their points, best first."""
        ...


class Kept(Protocol):
    """Keeps ranked lists for a while, or never; nothing depends on it."""

    def top(self, board: str, most: int) -> Ranked | None:
        """Return a kept list, or None."""
        ...

    def fill(self, board: str, as_of: str, ranks: dict[str, int], ttl_seconds: int) -> None:
        """Keep a list."""
        ...

    def forget(self, board: str) -> None:
        """Drop a list."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One line of a leaderboard; equal points share a rank."""

    rank: int
    name: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """A leaderboard.

    Attributes:
        as_of: ISO 8601; it can be a minute old.
    """

    measure: str
    as_of: str
    places: tuple[Place, ...]


def leaderboard(
    engine: Engine, association: AssociationId, measure: str, kept: Kept, *, most: int = 20
) -> Leaderboard:
    """Return the top of a measure among those who let themselves be listed.

    A kept list is asked first. Whoever took themselves off is gone at once all the same, because
    the database is asked about everyone on it.
    """
    board = board_name(association, measure)
    known: Context = engine.context
    found = kept.top(board, RANKS_MAX)
    with engine.reading(association) as connection:
        if found is None:
            as_of = engine.clock.now().isoformat()
            everyone = listed(connection, association)
            rows = ranking(connection, association, measure, everyone, RANKS_MAX)
            ranks = tuple((str(member), points) for member, points in rows)
        else:
            as_of, ranks = found.as_of, found.ranks
        ids = [MemberId(name) for name, _ in ranks]
        still = listed(connection, association, ids)
        names = masked_names(connection, association, still, known)
    if found is None:
        kept.fill(board, as_of, dict(ranks), KEPT_SECONDS)
    shown = [
        (names[member], points) for name, points in ranks if (member := MemberId(name)) in names
    ]
    return Leaderboard(measure=measure, as_of=as_of, places=_places(shown[:most]))


def board_name(association: AssociationId, measure: str) -> str:
    """Return under which name a list is kept."""
    return f"{association}:{measure}"


def _places(shown: list[tuple[str, int]]) -> tuple[Place, ...]:
    first = {points: number for number, (_, points) in reversed(list(enumerate(shown, 1)))}
    return tuple(Place(rank=first[points], name=name, points=points) for name, points in shown)
