"""What is answered of webhooks. Fields that a newer server adds are left alone."""

from datetime import datetime
from typing import Any

from pydantic import Field

from points.client.answers import Read


class Webhook(Read):
    """Where messages go."""

    endpoint_id: str
    partner_id: str | None = None
    url: str
    description: str
    kinds: list[str]
    standing: str
    version: int


class Webhooks(Read):
    """The newest endpoints."""

    items: list[Webhook]


class IssuedWebhook(Read):
    """An endpoint with its secret, which is shown once."""

    endpoint_id: str
    secret: str = Field(repr=False)


class RotatedWebhook(IssuedWebhook):
    """Another secret; the former one signs beside it until then."""

    former_until: datetime


class ChangedWebhook(Read):
    """An endpoint that was changed."""

    endpoint_id: str
    version: int


class SentTest(Read):
    """A test that was queued."""

    endpoint_id: str
    message_id: str


class Replayed(Read):
    """How many messages go out again."""

    replayed: int


class Delivery(Read):
    """A message and how it stands with an endpoint."""

    endpoint_id: str
    message_id: str
    kind: str
    about: str
    happened_at: datetime
    state: str
    attempts: int
    due_at: datetime | None = None


class Try(Read):
    """One try to deliver."""

    number: int
    status: int | None = None
    error: str | None = None
    milliseconds: int
    ended_at: datetime


class FullDelivery(Delivery):
    """The same with what is told, and the newest tries."""

    data: dict[str, Any]
    tries: list[Try]
