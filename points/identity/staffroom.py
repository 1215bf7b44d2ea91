"""The staff's part of a batch: accounts, what they log in with, guards and notices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from points.identity.guards import Guard
from points.identity.roles import Role
from points.identity.staff import Account, Change, Credential, Notice, StaffEvent
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, IdSource


@dataclass(slots=True)
class Staffroom:
    """Accounts that were loaded, and what is to be written. Nothing here touches a database.

    Attributes:
        accounts: Those that the batch asked for, or all of the association.
        credentials: With what those log in.
        guards: Under their locks.
        notices: Under their locks.
        ready: Which of the association's accounts have been set up; known where all were asked for.
        forgotten: Before which moment guards without failures since are forgotten, if any are.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    credentials: dict[str, Credential] = field(default_factory=dict)
    guards: dict[str, Guard] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)
    forgotten: datetime | None = None
    joined: list[str] = field(default_factory=list)
    events: list[StaffEvent] = field(default_factory=list)
    new_notices: list[Notice] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    new_credentials: dict[str, Credential] = field(default_factory=dict)
    new_guards: dict[str, Guard] = field(default_factory=dict)
    read_notices: dict[str, Notice] = field(default_factory=dict)
    _changes: int = 0

    def changes(self) -> int:
        """Return how much waits to be written; a refusal must not raise it."""
        return self._changes

    def add(self, account: Account, credential: Credential, actor: Actor, now: datetime) -> None:
        """Take a new account in."""
        ensure(account.staff_id not in self.accounts, "an account is added once")
        self.joined.append(account.staff_id)
        self.happened(account, Change.ADDED, actor, now)
        self.secure(credential)

    def happened(
        self, account: Account, change: Change, actor: Actor, now: datetime, reason: str = ""
    ) -> Account:
        """Append what happened to an account, which stands as given from now on."""
        after = replace(account, version=account.version + 1)
        self.accounts[after.staff_id] = after
        self.touched.add(after.staff_id)
        event = StaffEvent(
            staff_id=after.staff_id,
            version=after.version,
            change=change,
            actor=actor,
            reason=reason,
            standing=after.standing(),
            recorded_at=now,
        )
        self.events.append(event)
        self._changes += 1
        return after

    def secure(self, credential: Credential) -> None:
        """Replace what somebody logs in with."""
        name = credential.staff_id
        self.credentials[name] = self.new_credentials[name] = credential
        (self.ready.add if credential.ready else self.ready.discard)(name)
        self._changes += 1

    def guard(self, name: str) -> Guard:
        """Return a guard; one that never failed starts at zero."""
        return self.guards.get(name) or Guard(name=name)

    def keep(self, guard: Guard) -> None:
        """Write how often a guard failed."""
        self.guards[guard.name] = self.new_guards[guard.name] = guard
        self._changes += 1

    def forgive(self, names: Iterator[str] | tuple[str, ...]) -> None:
        """Take back a try that was counted, because it was right."""
        for name in names:
            self.keep(self.guard(name).forgiven())

    def tell(
        self,
        recipients: Iterator[str] | tuple[str, ...],
        code: str,
        subject: str,
        *,
        ids: IdSource,
        now: datetime,
        said: Mapping[str, Any] | None = None,
    ) -> None:
        """Leave a notice for each of some people."""
        for recipient in recipients:
            self.new_notices.append(
                Notice(
                    notice_id=ids.next(),
                    recipient=recipient,
                    code=code,
                    subject=subject,
                    said=said or {},
                    created_at=now,
                )
            )
            self._changes += 1

    def read(self, notice: Notice, now: datetime) -> None:
        """Note that a notice was read."""
        read = replace(notice, read_at=now)
        self.notices[notice.notice_id] = self.read_notices[notice.notice_id] = read
        self._changes += 1

    def holders(self, roles: frozenset[Role], now: datetime) -> tuple[str, ...]:
        """Return the accounts that have one of some roles; all must have been loaded."""
        return tuple(
            each.staff_id
            for each in self.accounts.values()
            if any(each.has(role, now) for role in roles)
        )

    def admins(self, now: datetime) -> set[str]:
        """Return the accounts that manage staff and have been set up; all must have been loaded."""
        return set(self.holders(frozenset({Role.ADMIN}), now)) & self.ready
