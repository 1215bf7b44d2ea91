"""Keep a code that is sent to a telephone, if that is not asked for too often.

Whether the number is anybody's is not known here, so nothing here depends on it.
"""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.identity.allowances import WINDOWS, Watch
from points.identity.errors import TooManyCodes
from points.identity.login_codes import TTL, LoginCode
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

BUDGET = Watch.ASSOCIATION_DAY.value


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCode:
    """Let a telephone have a code.

    Attributes:
        phone_index: The number's blind index.
        code_hash: Of the code, as ``login_codes.code_hash`` returns it.
        allowances: What is counted besides the association's own day: number and address.
        day_max: How many messages an association may have in a day.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    phone_index: str
    code_hash: str
    allowances: tuple[str, ...]
    day_max: int = WINDOWS[Watch.ASSOCIATION_DAY][0]


def needs(command: SendCode, keys: Keys) -> None:
    """Lock what is counted, and the telephone's code."""
    keys.reception.codes.add(command.phone_index)
    keys.reception.allowances.update((*command.allowances, BUDGET))


def decide(command: SendCode, on: WorkingSet) -> Decision:
    """Keep the code in the place of an older one; say whether it was the day's last message."""
    there = on.reception
    waits = (
        there.closed_until(command.allowances, on.now),
        there.closed_until([BUDGET], on.now, command.day_max),
    )
    until = max((each for each in waits if each is not None), default=None)
    if until is not None:
        return TooManyCodes(until=until.isoformat(timespec="seconds"))
    there.take((*command.allowances, BUDGET), on.now)
    there.keep(
        LoginCode(
            phone_index=command.phone_index,
            code_hash=command.code_hash,
            expires_at=on.now + TTL,
        )
    )
    return {"last": there.allowances[BUDGET].count >= command.day_max}


FLOW = Flow("send_code", needs, decide)
