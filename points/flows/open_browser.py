"""Let a member in with a browser, which holds its token in a cookie and has no key of its own."""

from dataclasses import dataclass
from datetime import timedelta

from points.engine import Decision, Flow
from points.identity.errors import CodeWrong
from points.identity.roles import Kind
from points.identity.sessions import Binding, Session
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet

BROWSER_IDLE, BROWSER_LONGEST = timedelta(days=7), timedelta(days=30)
"""After how long without a visit, and after how long in any case, a member logs in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBrowser:
    """Open a session for a member whose code was right just now.

    Attributes:
        session_id: Fresh.
        token_hash: Of the token's secret part.
        device: What the browser calls itself.
        address: From where the member logged in.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    session_id: str
    token_hash: str
    device: str = ""
    address: str = ""


def needs(command: OpenBrowser, keys: Keys) -> None:
    """Lock the member: whoever ends all their sessions holds the same lock."""
    keys.members.members.add(command.member_id)


def decide(command: OpenBrowser, on: WorkingSet) -> Decision:
    """Open the session; whoever was erased is nobody any more."""
    member = on.register.member(command.member_id)
    if member is None or member.erased_at is not None:
        return CodeWrong()
    on.sessions.open(
        Session(
            session_id=command.session_id,
            token_hash=command.token_hash,
            kind=Kind.MEMBER,
            subject=command.member_id,
            device=command.device,
            address=command.address,
            binding=Binding.COOKIE,
            created_at=on.now,
            seen_at=on.now,
            idle_seconds=int(BROWSER_IDLE.total_seconds()),
            expires_at=on.now + BROWSER_LONGEST,
            verified_at=on.now,
        )
    )
    return {"session_id": command.session_id}


FLOW = Flow("open_browser", needs, decide)
