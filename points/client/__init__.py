"""The Python SDK of the HTTP interface: ``Client`` and ``AsyncClient``. Knows the wire only.

with Client("https://points.example.org", key="pk_live_…") as points:
    points.balances("01J…").balances
"""

from points.client.calls import Call
from points.client.clients import AsyncClient, Client
from points.client.counter import Counter
from points.client.devices import FileStore, MemberLogin, MemoryStore, TokenStore
from points.client.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    ServerError,
    Unauthenticated,
    Unreachable,
)
from points.client.logging_in import log_in, log_in_async
from points.client.offline import NotTaken, OfflineTill, Taken
from points.client.retry import Retry
from points.client.signing import FeedSigner
from points.client.tills import (
    choose_pin,
    choose_pin_async,
    log_in_operator,
    log_in_operator_async,
)
from points.client.webhooks import NotAuthentic, Webhook, verify

__all__ = [
    "ApiError",
    "AsyncClient",
    "Call",
    "Client",
    "Conflict",
    "Counter",
    "FeedSigner",
    "FileStore",
    "Forbidden",
    "Invalid",
    "MemberLogin",
    "MemoryStore",
    "NotAuthentic",
    "NotFound",
    "NotTaken",
    "OfflineTill",
    "RateLimited",
    "Retry",
    "ServerError",
    "Taken",
    "TokenStore",
    "Unauthenticated",
    "Unreachable",
    "Webhook",
    "choose_pin",
    "choose_pin_async",
    "log_in",
    "log_in_async",
    "log_in_operator",
    "log_in_operator_async",
    "verify",
]
