"""The webhooks' part of a batch: endpoints and deliveries under their locks, and what is told."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from points.kernel.ensure import ensure
from points.kernel.ids import Actor
from points.webhooks.model import (
    Attempt,
    Delivery,
    Endpoint,
    Message,
    Replay,
    Secret,
    Standing,
)

Key = tuple[str, str]
"""Endpoint and message."""


@dataclass(slots=True)
class Outbox:
    """What is to be told, and to whom. Nothing here touches a database or a network.

    Attributes:
        endpoints: Under their locks.
        kept: How many endpoints that have not ended each owner keeps; empty is the association.
        deliveries: Under their locks.
        messages: What happened in this batch, for whoever subscribed.
        tests: Messages for one endpoint alone.
    """

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    deliveries: dict[Key, Delivery] = field(default_factory=dict)
    events: list[tuple[Endpoint, Actor, datetime]] = field(default_factory=list)
    new_secrets: list[Secret] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    tests: list[tuple[str, Message]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    replays: list[Replay] = field(default_factory=list)
    touched: set[Key] = field(default_factory=set)

    def changes(self) -> int:
        """Return how much waits to be written; a refusal must not raise it."""
        told = len(self.messages) + len(self.tests)
        tried = len(self.attempts) + len(self.replays) + len(self.touched)
        return len(self.events) + len(self.new_secrets) + told + tried

    def put(self, endpoint: Endpoint, actor: Actor, now: datetime) -> None:
        """Let an endpoint stand as given from now on."""
        before = self.endpoints.get(endpoint.endpoint_id)
        version = 1 if before is None else before.version + 1
        ensure(endpoint.version == version, "an endpoint's changes follow without a gap")
        owner = endpoint.partner_id or ""
        alive = endpoint.standing is not Standing.ENDED
        was = before is not None and before.standing is not Standing.ENDED
        self.kept[owner] = self.kept.get(owner, 0) + alive - was
        self.endpoints[endpoint.endpoint_id] = endpoint
        self.events.append((endpoint, actor, now))

    def take(self, delivery: Delivery, until: datetime) -> None:
        """Let one worker have a delivery to itself for a while."""
        self._touch(replace(delivery, leased_until=until))

    def tried(self, attempt: Attempt) -> Delivery:
        """Append an attempt and follow it."""
        before = self.deliveries[attempt.endpoint_id, attempt.message_id]
        ensure(attempt.number == before.attempts + 1, "attempts are numbered without a gap")
        self.attempts.append(attempt)
        after = before.tried(attempt)
        self._touch(after)
        return after

    def ask_again(self, replay: Replay) -> None:
        """Let a message go out again."""
        before = self.deliveries[replay.endpoint_id, replay.message_id]
        self.replays.append(replay)
        self._touch(before.asked_again(replay.asked_at))

    def _touch(self, delivery: Delivery) -> None:
        self.deliveries[delivery.key] = delivery
        self.touched.add(delivery.key)
