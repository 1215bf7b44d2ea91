"""The audit trail: search it, look at one event, prove the chain."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from points.api.caller import Asking
from points.api.gate import Keyed
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Instant, Page, PageQuery, bad_cursor, page_of
from points.audit.archive import Anchor
from points.audit.model import Channel, Event, Result
from points.audit.reads import Search
from points.flows import audit
from points.identity.policy import Action
from points.kernel.errors import NotFound

NO_EVENT = NotFound(noun="audit event", noun_zh="审计记录")
SEQUENCE_MAX = 2**63 - 1

Said = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,120}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class AuditEvent(Answer):
    """What somebody did, saw, or was refused.

    Attributes:
        document: ``before``, ``after``, ``reason`` and ``detail``, as far as there were any.
        hash: SHA-256 of everything in the event, ``previous_hash`` included.
    """

    sequence: int
    recorded_at: datetime
    actor: str
    action: str
    subject: str
    outcome: str
    code: str
    flow: str
    operation_id: str
    channel: str
    address: str
    session: str
    device: str
    document: dict[str, Any]
    previous_hash: str
    hash: str


class AuditQuery(PageQuery):
    """Which events; ``until`` is the first moment that is too late."""

    actor: Said | None = None
    action: Said | None = None
    subject: Said | None = None
    outcome: Result | None = None
    channel: Channel | None = None
    since: Instant | None = None
    until: Instant | None = None


class AnchorIn(Body):
    """An event that was noted outside."""

    sequence: int = Field(ge=1, le=SEQUENCE_MAX)
    hash: Hash


class VerifyAudit(Body):
    """What the chain must still hold."""

    anchor: AnchorIn | None = None


class AuditDifference(Answer):
    """The first thing that does not follow."""

    check: str
    place: str
    expected: str
    found: str


class AuditProof(Answer):
    """Whether the chain is whole; ``sequence`` and ``hash`` are its head, an anchor for later."""

    ok: bool
    rows: int
    sequence: int
    hash: str
    first_difference: AuditDifference | None = None


def list_audit(caller: Asking, query: Annotated[AuditQuery, IN_QUERY]) -> Page[AuditEvent]:
    """Search the audit trail, newest first."""
    caller.needs_all()
    if query.key and not query.key.isdecimal():
        raise bad_cursor()
    rows = audit.search(
        caller.engine,
        caller.association,
        Search(
            actor=query.actor,
            action=query.action,
            subject=query.subject,
            outcome=query.outcome,
            channel=query.channel,
            since=query.since,
            until=query.until,
        ),
        before=min(int(query.key), SEQUENCE_MAX) if query.key else None,
        limit=query.limit + 1,
    )
    return page_of(rows, query.limit, lambda row: row.sequence, _shown)


def get_audit_event(caller: Asking, sequence: str) -> AuditEvent:
    """Return one event of the audit trail."""
    caller.needs_all()
    number = int(sequence) if sequence.isdecimal() else 0
    within = 0 < number <= SEQUENCE_MAX
    found = audit.find(caller.engine, caller.association, number) if within else None
    if found is None:
        raise Problem.of(NO_EVENT)
    return _shown(found)


def verify_audit(caller: Asking, body: VerifyAudit) -> AuditProof:
    """Recompute the chain, and see whether it still holds an event that was noted outside."""
    caller.needs_all()
    anchor = None
    if (noted := body.anchor) is not None:
        anchor = Anchor(association_id=caller.association, sequence=noted.sequence, hash=noted.hash)
    proof = audit.prove(caller.engine, caller.association, anchor)
    return AuditProof.model_validate(proof.as_json())


def _shown(event: Event) -> AuditEvent:
    return AuditEvent.model_validate({**event.content(), "hash": event.hash})


ROUTES = (
    get("/v1/audit", list_audit, allows=Action.READ_AUDIT, zh="审计记录"),
    get("/v1/audit/{sequence}", get_audit_event, allows=Action.READ_AUDIT, zh="一条审计记录"),
    post(
        "/v1/audit:verify",
        verify_audit,
        allows=Action.READ_AUDIT,
        zh="验证审计链",
        keyed=Keyed.NOT,
    ),
)
