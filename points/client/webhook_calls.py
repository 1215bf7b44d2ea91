"""Calls about webhooks: where messages go, how each went, and sending one again."""

from collections.abc import Sequence
from datetime import datetime

from points.client import webhook_answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post

ROOT = "/v1/webhooks"


def register_webhook(
    url: str,
    kinds: Sequence[str],
    *,
    description: str = "",
    partner_id: str | None = None,
    key: str | None = None,
) -> Call[webhook_answers.IssuedWebhook]:
    """Register where messages go; the answer holds the secret, once."""
    body = {
        "url": url,
        "kinds": list(kinds),
        "description": description,
        "partner_id": partner_id,
    }
    return post(ROOT, webhook_answers.IssuedWebhook, body, key)


def webhooks() -> Call[webhook_answers.Webhooks]:
    """List endpoints, the newest first."""
    return get(ROOT, webhook_answers.Webhooks)


def webhook(endpoint_id: str) -> Call[webhook_answers.Webhook]:
    """Return an endpoint."""
    return get(path_of(f"{ROOT}/{{}}", endpoint_id), webhook_answers.Webhook)


def change_webhook(
    endpoint_id: str,
    *,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    description: str | None = None,
    standing: str | None = None,
    key: str | None = None,
) -> Call[webhook_answers.ChangedWebhook]:
    """Change an endpoint; ``standing`` is ``enabled``, ``disabled`` or ``ended``."""
    body = {
        "url": url,
        "kinds": None if kinds is None else list(kinds),
        "description": description,
        "standing": standing,
    }
    path = path_of(f"{ROOT}/{{}}:change", endpoint_id)
    return post(path, webhook_answers.ChangedWebhook, body, key)


def rotate_webhook(
    endpoint_id: str, *, key: str | None = None
) -> Call[webhook_answers.RotatedWebhook]:
    """Give an endpoint another secret; both sign for a day."""
    path = path_of(f"{ROOT}/{{}}:rotate", endpoint_id)
    return post(path, webhook_answers.RotatedWebhook, {}, key)


def send_test_message(
    endpoint_id: str, *, key: str | None = None
) -> Call[webhook_answers.SentTest]:
    """Send a message that says nothing."""
    return post(path_of(f"{ROOT}/{{}}:test", endpoint_id), webhook_answers.SentTest, {}, key)


def replay_webhook(
    endpoint_id: str,
    *,
    messages: Sequence[str] | None = None,
    since: datetime | None = None,
    key: str | None = None,
) -> Call[webhook_answers.Replayed]:
    """Send messages again: those named, or all that failed since an instant."""
    body = {"messages": None if messages is None else list(messages), "since": since}
    return post(path_of(f"{ROOT}/{{}}:replay", endpoint_id), webhook_answers.Replayed, body, key)


def webhook_messages(
    *,
    endpoint_id: str | None = None,
    state: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[Page[webhook_answers.Delivery]]:
    """List messages and how each went, the newest first."""
    return get(
        f"{ROOT}:messages",
        Page[webhook_answers.Delivery],
        endpoint_id=endpoint_id,
        state=state,
        cursor=cursor,
        limit=limit,
    )


def webhook_message(endpoint_id: str, message_id: str) -> Call[webhook_answers.FullDelivery]:
    """Return a message with every try to deliver it."""
    path = path_of(f"{ROOT}/{{}}/messages/{{}}", endpoint_id, message_id)
    return get(path, webhook_answers.FullDelivery)
