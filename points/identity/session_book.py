"""The sessions' part of a batch."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from points.identity.roles import Kind
from points.identity.sessions import Ended, Session
from points.kernel.ensure import ensure


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """All sessions of somebody end, but for one perhaps.

    Attributes:
        outlet: Only those at this outlet of a partner.
        operator: Only those of this operator.
        besides: The one that goes on.
    """

    kind: Kind
    subject: str
    because: Ended
    outlet: str | None = None
    operator: str | None = None
    besides: str = ""


@dataclass(slots=True)
class SessionBook:
    """Sessions that were loaded under their locks, and what is to be written.

    Attributes:
        sessions: Those that the batch named, ended ones too.
    """

    sessions: dict[str, Session] = field(default_factory=dict)
    opened: list[Session] = field(default_factory=list)
    changed: dict[str, Session] = field(default_factory=dict)
    endings: list[Ending] = field(default_factory=list)
    _changes: int = 0

    def changes(self) -> int:
        """Return how much waits to be written; a refusal must not raise it."""
        return self._changes

    def open(self, session: Session) -> None:
        """Let somebody in."""
        ensure(session.session_id not in self.sessions, "a session has an id of its own")
        self.sessions[session.session_id] = session
        self.opened.append(session)
        self._changes += 1

    def end(self, session: Session, because: Ended, now: datetime) -> None:
        """End one session; one that has ended stays as it is."""
        if session.ended_at is None:
            self._change(replace(session, ended_at=now, ended_because=because.value))

    def end_all(
        self,
        kind: Kind,
        subject: str,
        because: Ended,
        *,
        outlet: str | None = None,
        operator: str | None = None,
        besides: str = "",
    ) -> None:
        """End all sessions of somebody; they need not have been loaded.

        Whoever opens sessions of somebody holds the same lock as whoever ends them all: the row of
        the account, of the member or of the operator.

        Args:
            kind: What kind of caller.
            subject: Whose.
            because: Why.
            outlet: At one of a partner's outlets only.
            operator: Of one operator of it only.
            besides: The session that goes on, of whoever ended the others.
        """
        ending = Ending(
            kind=kind,
            subject=subject,
            because=because,
            outlet=outlet,
            operator=operator,
            besides=besides,
        )
        self.endings.append(ending)
        self._changes += 1

    def prove(self, session: Session, now: datetime) -> None:
        """Note that the person proved the second factor just now."""
        self._change(replace(session, verified_at=now, seen_at=now))

    def renew(self, session: Session, token_hash: str, expires_at: datetime, now: datetime) -> None:
        """Give a session another token; the one before opens nothing any more."""
        self._change(replace(session, token_hash=token_hash, expires_at=expires_at, seen_at=now))

    def _change(self, session: Session) -> None:
        ensure(session.session_id in self.sessions, "a session is loaded before it changes")
        self.sessions[session.session_id] = session
        self.changed[session.session_id] = session
        self._changes += 1
