"""Who wants to be let in: codes that were sent, allowances, members' devices; a batch's part."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from points.identity.allowances import Allowance
from points.identity.devices import Device
from points.identity.login_codes import LoginCode
from points.identity.sessions import Ended
from points.kernel.ensure import ensure
from points.kernel.ids import MemberId


@dataclass(slots=True)
class Reception:
    """What was loaded under locks, and what is to be written. None of it is a fact of the ledger.

    Attributes:
        allowances: By name; every one that was asked for, begun or not.
        codes: The newest of each telephone, by blind index.
        devices: By id.
        endings: Members all of whose devices end, and why.
    """

    allowances: dict[str, Allowance] = field(default_factory=dict)
    codes: dict[str, LoginCode] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    endings: dict[MemberId, Ended] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    coded: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    _changes: int = 0

    def changes(self) -> int:
        """Return how much waits to be written; a refusal must not raise it."""
        return self._changes

    def closed_until(
        self, names: Iterable[str], now: datetime, most: int | None = None
    ) -> datetime | None:
        """Return until when one of the allowances is used up, if one is.

        Args:
            names: Of the allowances.
            now: The present moment.
            most: Another limit than the usual one.
        """
        waits = (self._allowance(name).closed_until(now, most) for name in names)
        return max((wait for wait in waits if wait is not None), default=None)

    def take(self, names: Iterable[str], now: datetime) -> None:
        """Count one more for each of the allowances."""
        for name in names:
            self.allowances[name] = self._allowance(name).taken(now)
            self.counted.add(name)
            self._changes += 1

    def _allowance(self, name: str) -> Allowance:
        return self.allowances.get(name) or Allowance(name=name)

    def keep(self, code: LoginCode) -> None:
        """Keep a code; one that the same telephone had before is forgotten."""
        self.codes[code.phone_index] = code
        self.coded.add(code.phone_index)
        self._changes += 1

    def put(self, device: Device) -> None:
        """Take a device up, or keep what became of it."""
        self.devices[device.device_id] = device
        self.moved.add(device.device_id)
        self._changes += 1

    def end(self, device: Device, because: Ended, now: datetime) -> None:
        """Let a device renew nothing any more."""
        ensure(device.ended_at is None, "a device ends once")
        # What the member called it may say who they are, and nobody needs it any more.
        self.put(replace(device, name="", ended_at=now, ended_because=because.value))

    def end_all(self, member: MemberId, because: Ended) -> None:
        """Let none of a member's devices renew anything; they need not have been loaded."""
        self.endings[member] = because
        self._changes += 1
