"""Who asks, what for, and how the answer goes back."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from points.api.problems import Problem, refused
from points.audit.model import Origin
from points.db.redis import Swift
from points.engine import Command, Engine, Outcome
from points.flows.access import NOBODY, Access, Installation
from points.flows.neutral import told
from points.flows.ports import Messenger
from points.identity.errors import Forbidden
from points.kernel.ensure import ensure
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import OperationId


def _nothing() -> None:
    """Forget nothing, because nothing is remembered."""


@dataclass(slots=True, kw_only=True)
class Caller(Access):
    """A caller that presented a valid key and may ask for such a thing at all.

    Attributes:
        language: ``zh`` or ``en``.
        swift: Keeps ranked lists, where there is a Redis.
        key: The caller's own name for this request, where the route takes one.
        headers: What the answer says besides its body.
        forget_keys: To be called when a key ceases to count.
        signed: The digest of what it sent, where the source that it stands for signed it.
    """

    language: str = "zh"
    swift: Swift
    key: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    forget_keys: Callable[[], None] = _nothing
    signed: str = ""

    @property
    def operation(self) -> OperationId:
        """The operation's id: the caller's key with the caller in it, so that no two meet."""
        ensure(self.key is not None, "a route that writes takes a key")
        return self.named(self.key or "")

    def owns(self, owner: str | None, unknown: Refusal) -> None:
        """Let the caller at a thing of an owner.

        Args:
            owner: The subject to whom it belongs.
            unknown: What is said where there is no such thing, and where it is another's: the
                same, so that nobody learns what others have.

        Raises:
            Problem: The thing is not the caller's.
        """
        if not self.may(owner):
            raise Problem.of(unknown)

    def needs_all(self) -> None:
        """Let the caller at everybody's things at once.

        Raises:
            Problem: The caller may only have its own.
        """
        if not self.may(NOBODY):
            raise Problem.of(Forbidden())

    async def carry_out(self, command: Command) -> dict[str, Any]:
        """Carry out a command and return its result.

        Raises:
            Problem: It was refused.
        """
        [outcome] = await self.answers([command])
        return self.accept(outcome)

    async def answers(self, commands: Iterable[Command]) -> list[Outcome]:
        """Carry out commands, in order, and return their outcomes.

        Shielded: a caller that goes away takes back neither its own command nor, through a
        cancelled future, the answers of those that were committed with it.
        """
        enqueued = self.engine.enqueue_many(commands, self.origin)
        futures = [asyncio.wrap_future(each) for each in enqueued]
        return await asyncio.shield(asyncio.gather(*futures))

    def accept(self, outcome: Outcome) -> dict[str, Any]:
        """Return an outcome's result, and tell the caller where it is an earlier one.

        Raises:
            Problem: It was refused.
        """
        if outcome.replayed:
            self.headers["Idempotent-Replayed"] = "true"
        if outcome.refusal is not None:
            said = told(self.principal.kind, outcome.refusal)
            raise refused(said, self.installation.clock)
        return outcome.result


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Somebody who is not known yet.

    Attributes:
        installation: A running one.
        language: ``zh`` or ``en``.
        headers: What the answer says besides its body.
        forget_keys: To be called when a key or a token ceases to count.
        origin: From where the request comes.
        request: As it came, for what its headers prove.
        messenger: Sends codes to members who log in.
        later: Does something behind the back of the request.
    """

    installation: Installation
    language: str = "zh"
    headers: dict[str, str] = field(default_factory=dict)
    forget_keys: Callable[[], None] = _nothing
    origin: Origin = field(default_factory=Origin)
    request: Request
    messenger: Messenger
    later: Callable[[Callable[[], None]], None]

    @property
    def engine(self) -> Engine:
        """Where commands go."""
        return self.installation.engine


def _described() -> None:
    """Stand where the route puts the caller; never called, for routes bind arguments themselves."""


Asking = Annotated[Caller, Depends(_described)]
"""The parameter of every endpoint that takes the caller."""

Visiting = Annotated[Visitor, Depends(_described)]
"""The parameter of every endpoint that takes somebody who is not known yet."""

NO_MEMBER = NotFound(noun="member", noun_zh="会员")
NO_ACTIVITY = NotFound(noun="activity", noun_zh="活动")
NO_CLAIM = NotFound(noun="claim", noun_zh="申报")
NO_VOUCHER = NotFound(noun="voucher", noun_zh="券")
NO_STATEMENT = NotFound(noun="statement", noun_zh="对账单")
NO_TRANSACTION = NotFound(noun="transaction", noun_zh="积分记录")
NO_PROPOSAL = NotFound(noun="proposal", noun_zh="调整申请")
NO_BATCH = NotFound(noun="batch", noun_zh="批次")
NO_KEY = NotFound(noun="key", noun_zh="密钥")
