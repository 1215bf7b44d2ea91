"""Single sign-on: begin it, come back from the issuer, and link somebody to an account."""

from typing import Annotated

from pydantic import Field, StringConstraints

from points.api.caller import Asking, Visiting
from points.api.problems import Problem, refused
from points.api.route import entrance, post
from points.api.sessions import AssociationName, OpenedSession, opened_out
from points.api.staff import StaffChanged
from points.api.wire import Answer, Body
from points.flows.issuer import Issuer
from points.flows.sign_on import LinkSignOn, begin_sign_on, finish_sign_on, sign_on_of
from points.identity.errors import SignOnUnavailable
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId

Opaque = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,2000}$")]


class SignOnBody(Body):
    """Whose staff wants to log in."""

    association: AssociationName


class TicketOut(Answer):
    """Where the browser goes, and what it keeps until it comes back."""

    url: str
    ticket: str = Field(repr=False, description="sealed; good for ten minutes and once")


class ReturnBody(Body):
    """What the browser kept, and what came back with it."""

    ticket: Opaque = Field(repr=False)
    state: Opaque
    code: Opaque = Field(repr=False)
    iss: Opaque | None = Field(default=None, description="the issuer, where it says so (RFC 9207)")


class LinkBody(Body):
    """Whom the issuer means by what."""

    subject: Opaque | None = Field(description="`sub` at the issuer; null ends the link")


def begin_single_sign_on(visitor: Visiting, body: SignOnBody) -> TicketOut:
    """Begin to log in through the issuer."""
    issuer = _issuer(visitor.installation.issuer)
    begun = begin_sign_on(visitor.engine, issuer, AssociationId(body.association))
    if isinstance(begun, Refusal):
        raise refused(begun, visitor.installation.clock)
    return TicketOut(url=begun.url, ticket=begun.ticket)


def finish_single_sign_on(visitor: Visiting, body: ReturnBody) -> OpenedSession:
    """Log in with what the issuer sent back."""
    issuer = _issuer(visitor.installation.issuer)
    state = body.state
    if body.iss is not None and body.iss != issuer.client.issuer:
        state = ""  # Another issuer's answer is none of this log-in's, whatever it says.
    opened = finish_sign_on(visitor.engine, issuer, body.ticket, state, body.code, visitor.origin)
    if isinstance(opened, Refusal):
        raise refused(opened, visitor.installation.clock)
    return opened_out(opened)


async def link_single_sign_on(caller: Asking, account: str, body: LinkBody) -> StaffChanged:
    """Say whom at the issuer an account belongs to."""
    issuer, factors = _issuer(caller.installation.issuer), caller.installation.context.factors
    sign_on = None if body.subject is None else sign_on_of(factors, issuer.client, body.subject)
    await caller.carry_out(
        LinkSignOn(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            staff_id=account,
            sign_on=sign_on,
        )
    )
    caller.forget_keys()
    return StaffChanged(account=account)


def _issuer(found: Issuer | None) -> Issuer:
    if found is None:
        raise Problem.of(SignOnUnavailable())
    return found


ENTRANCES = (
    entrance("/v1/sessions:oidc-begin", begin_single_sign_on, zh="统一认证登录：发起"),
    entrance("/v1/sessions:oidc", finish_single_sign_on, zh="统一认证登录：返回", status=201),
)
ROUTES = (
    post(
        "/v1/staff/{account}:link-sign-on",
        link_single_sign_on,
        allows=Action.MANAGE_STAFF,
        zh="关联统一认证身份",
    ),
)
