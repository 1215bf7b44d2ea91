"""Webhooks: where messages go, how each went, and sending one again."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from points.api.caller import Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import (
    IN_QUERY,
    Answer,
    Body,
    Id,
    Instant,
    Page,
    PageQuery,
    bad_cursor,
    page_of,
)
from points.flows.webhook_endpoints import (
    NO_ENDPOINT,
    ChangeWebhook,
    RegisterWebhook,
    RotateWebhookSecret,
    drawn,
)
from points.flows.webhook_replays import (
    NO_DELIVERY,
    ReplayMessages,
    SendTestMessage,
    failed_messages,
)
from points.identity.policy import Action
from points.identity.roles import Kind as CallerKind
from points.kernel.ids import PartnerId
from points.webhooks.model import SUBSCRIBED, Endpoint, Standing, State
from points.webhooks.outbox import Key
from points.webhooks.reads import (
    Sending,
    attempts_of,
    find_endpoint,
    list_deliveries,
    list_endpoints,
    sendings,
)

Url = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Description = Annotated[str, StringConstraints(max_length=120)]
KindName = Annotated[str, StringConstraints(pattern=r"^[a-z_.]{1,40}$")]
Chosen = Literal["enabled", "disabled", "ended"]
MESSAGES_MAX = 99


class NewWebhook(Body):
    """Where messages are to go; a partner registers its own."""

    url: Url
    kinds: list[KindName] = Field(
        min_length=1, max_length=len(SUBSCRIBED), description=f"of {', '.join(SUBSCRIBED)}"
    )
    description: Description = ""
    partner_id: Id | None = Field(
        default=None, description="for which partner; staff only, the association's own otherwise"
    )


class WebhookChange(Body):
    """What is to be otherwise; what is missing stays as it is."""

    url: Url | None = None
    kinds: list[KindName] | None = Field(default=None, min_length=1, max_length=len(SUBSCRIBED))
    description: Description | None = None
    standing: Chosen | None = None


class NewReplay(Body):
    """Which messages go out again: these, or all that failed since an instant."""

    messages: list[Id] | None = Field(default=None, min_length=1, max_length=500)
    since: Instant | None = None


class WebhookOut(Answer):
    """An endpoint."""

    endpoint_id: str
    partner_id: str | None = None
    url: str
    description: str
    kinds: list[str]
    standing: str
    version: int


class Webhooks(Answer):
    """The newest endpoints."""

    items: list[WebhookOut]


class IssuedWebhook(Answer):
    """An endpoint with its secret; only this request's own repetition shows it again."""

    endpoint_id: str
    secret: str


class RotatedWebhook(IssuedWebhook):
    """Another secret; the former one signs beside it for a day."""

    former_until: datetime


class ChangedWebhook(Answer):
    """An endpoint that was changed."""

    endpoint_id: str
    version: int


class SentTest(Answer):
    """A test that was queued."""

    endpoint_id: str
    message_id: str


class Replayed(Answer):
    """How many messages go out again."""

    replayed: int


class DeliveryOut(Answer):
    """A message and how it stands with an endpoint."""

    endpoint_id: str
    message_id: str
    kind: str
    about: str
    happened_at: datetime
    state: str
    attempts: int
    due_at: datetime | None = Field(default=None, description="when it is tried next")


class AttemptOut(Answer):
    """One try."""

    number: int
    status: int | None = None
    error: str | None = None
    milliseconds: int
    ended_at: datetime


class FullDelivery(DeliveryOut):
    """The same with what is told, and the newest tries."""

    data: dict[str, Any]
    tries: list[AttemptOut]


class DeliveriesQuery(PageQuery):
    """Which messages."""

    endpoint_id: Id | None = None
    state: State | None = None


async def register_webhook(caller: Asking, body: NewWebhook) -> IssuedWebhook:
    """Register where messages go."""
    partner = _owner(caller) or body.partner_id
    fresh = drawn(caller.installation.context, caller.association, caller.operation)
    await caller.carry_out(
        RegisterWebhook(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            endpoint_id=fresh.endpoint_id,
            partner_id=PartnerId(partner) if partner else None,
            url=body.url,
            description=body.description,
            kinds=tuple(body.kinds),
            sealed=fresh.sealed,
        )
    )
    return IssuedWebhook(endpoint_id=fresh.endpoint_id, secret=fresh.spelled)


def list_webhooks(caller: Asking) -> Webhooks:
    """List endpoints, the newest first; a partner its own."""
    with caller.engine.reading(caller.association) as connection:
        found = list_endpoints(connection, caller.association, _owner(caller))
    return Webhooks(items=[_shown(each) for each in found])


def get_webhook(caller: Asking, endpoint_id: str) -> WebhookOut:
    """Return an endpoint."""
    return _shown(_find(caller, endpoint_id))


async def change_webhook(caller: Asking, endpoint_id: str, body: WebhookChange) -> ChangedWebhook:
    """Change an endpoint, stop it for a while, or end it."""
    done = await caller.carry_out(
        ChangeWebhook(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            endpoint_id=endpoint_id,
            owner=_owner(caller),
            url=body.url,
            description=body.description,
            kinds=None if body.kinds is None else tuple(body.kinds),
            standing=None if body.standing is None else Standing(body.standing),
        )
    )
    return ChangedWebhook.model_validate(done)


async def rotate_webhook(caller: Asking, endpoint_id: str) -> RotatedWebhook:
    """Give an endpoint another secret; both sign for a day."""
    fresh = drawn(caller.installation.context, caller.association, caller.operation, endpoint_id)
    done = await caller.carry_out(
        RotateWebhookSecret(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            endpoint_id=endpoint_id,
            owner=_owner(caller),
            sealed=fresh.sealed,
        )
    )
    return RotatedWebhook(
        endpoint_id=endpoint_id, secret=fresh.spelled, former_until=done["former_until"]
    )


async def send_test_message(caller: Asking, endpoint_id: str) -> SentTest:
    """Send a message that says nothing, to see whether it arrives."""
    done = await caller.carry_out(
        SendTestMessage(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            endpoint_id=endpoint_id,
            owner=_owner(caller),
        )
    )
    return SentTest.model_validate(done)


async def replay_webhook(caller: Asking, endpoint_id: str, body: NewReplay) -> Replayed:
    """Send messages again: those named, or all that failed since an instant."""
    if (body.messages is None) == (body.since is None):
        faults = [("/since", "messages_or_since")]
        raise Problem(
            422, "content_invalid", "请指明消息或起始时间", "name messages or since", faults=faults
        )
    messages = tuple(dict.fromkeys(body.messages or ()))
    if body.since is not None:
        messages = await run_in_threadpool(
            failed_messages, caller.engine, caller.association, endpoint_id, body.since
        )
    done = await caller.carry_out(
        ReplayMessages(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            endpoint_id=endpoint_id,
            owner=_owner(caller),
            messages=messages,
        )
    )
    return Replayed.model_validate(done)


def list_messages(caller: Asking, query: Annotated[DeliveriesQuery, IN_QUERY]) -> Page[DeliveryOut]:
    """List messages and how each went, the newest first."""
    limit = min(query.limit, MESSAGES_MAX)
    with caller.engine.reading(caller.association) as connection:
        rows = list_deliveries(
            connection,
            caller.association,
            partner_id=_owner(caller),
            endpoint_id=query.endpoint_id,
            state=query.state,
            before=_before(query.key),
            most=limit + 1,
        )
    return page_of(rows, limit, lambda row: "/".join(reversed(row.delivery.key)), _told)


def get_message(caller: Asking, endpoint_id: str, message_id: str) -> FullDelivery:
    """Return a message with every try to deliver it."""
    _find(caller, endpoint_id)
    key = (endpoint_id, message_id)
    with caller.engine.reading(caller.association) as connection:
        found = sendings(connection, caller.association, [key])
        tries = attempts_of(connection, caller.association, key)
    if not found:
        raise Problem.of(NO_DELIVERY)
    return FullDelivery(
        **_told(found[0]).model_dump(),
        data=dict(found[0].message.data),
        tries=[
            AttemptOut(
                number=each.number,
                status=each.status,
                error=each.error or None,
                milliseconds=each.milliseconds,
                ended_at=each.ended_at,
            )
            for each in tries
        ],
    )


def _owner(caller: Caller) -> PartnerId | None:
    """Return whose endpoints these have to be: a partner's own; None for staff, who see all."""
    is_partner = caller.principal.kind is CallerKind.PARTNER
    return PartnerId(caller.principal.subject) if is_partner else None


def _find(caller: Caller, endpoint_id: str) -> Endpoint:
    with caller.engine.reading(caller.association) as connection:
        found = find_endpoint(connection, caller.association, endpoint_id)
    owner = _owner(caller)
    if found is None or (owner is not None and found.partner_id != owner):
        raise Problem.of(NO_ENDPOINT)
    return found


def _before(key: str) -> Key | None:
    if not key:
        return None
    message, slash, endpoint = key.partition("/")
    if not slash:
        raise bad_cursor()
    return message, endpoint


def _shown(endpoint: Endpoint) -> WebhookOut:
    return WebhookOut(
        endpoint_id=endpoint.endpoint_id,
        partner_id=endpoint.partner_id,
        url=endpoint.url,
        description=endpoint.description,
        kinds=[kind.value for kind in endpoint.kinds],
        standing=endpoint.standing.value,
        version=endpoint.version,
    )


def _told(row: Sending) -> DeliveryOut:
    delivery, message = row.delivery, row.message
    return DeliveryOut(
        endpoint_id=delivery.endpoint_id,
        message_id=delivery.message_id,
        kind=message.kind.value,
        about=message.about,
        happened_at=message.happened_at,
        state=delivery.state.value,
        attempts=delivery.attempts,
        due_at=delivery.due_at if delivery.state is State.PENDING else None,
    )


ONE = "/v1/webhooks/{endpoint_id}"
MANAGE = Action.MANAGE_WEBHOOKS
ROUTES = (
    post("/v1/webhooks", register_webhook, allows=MANAGE, zh="登记消息接收地址", status=201),
    get("/v1/webhooks", list_webhooks, allows=MANAGE, zh="消息接收地址"),
    get("/v1/webhooks:messages", list_messages, allows=MANAGE, zh="消息投递情况"),
    get(ONE, get_webhook, allows=MANAGE, zh="消息接收地址详情"),
    post(f"{ONE}:change", change_webhook, allows=MANAGE, zh="修改、停用接收地址"),
    post(f"{ONE}:rotate", rotate_webhook, allows=MANAGE, zh="轮换签名密钥", status=201),
    post(f"{ONE}:test", send_test_message, allows=MANAGE, zh="发送测试消息", status=201),
    post(f"{ONE}:replay", replay_webhook, allows=MANAGE, zh="重新投递", status=201),
    get(f"{ONE}/messages/{{message_id}}", get_message, allows=MANAGE, zh="消息及投递记录"),
)
