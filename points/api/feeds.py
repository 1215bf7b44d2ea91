"""Signed feeds at the door: a source proves over the very bytes that it sent them, and when."""

import hashlib
from collections.abc import Mapping

from points.api.caller import Caller
from points.api.problems import Problem
from points.flows.take_delivery import TakeDelivery
from points.identity.errors import SignatureNeeded
from points.identity.feeds import refuse
from points.kernel.errors import Refusal


def require_signature(caller: Caller, headers: Mapping[str, str], body: bytes) -> None:
    """Let a feed in only with its source's signature.

    Raises:
        Problem: 401, it is not signed, or not by this source, or not now.
    """
    principal = caller.principal
    sealed = principal.conditions.feed_secret
    if sealed is None:  # a key of before signatures; it has to be rotated
        raise _unproved(SignatureNeeded())
    owner = f"{principal.association_id}|{principal.subject}"
    secret = caller.installation.context.feed_seal.open(sealed, owner)
    refusal = refuse(secret, headers, body, caller.installation.clock.now())
    if refusal is not None:
        raise _unproved(refusal)
    caller.signed = hashlib.sha256(body).hexdigest()


def _unproved(refusal: Refusal) -> Problem:
    problem = Problem.of(refusal)
    problem.headers["WWW-Authenticate"] = "Bearer"
    return problem


def delivery(caller: Caller) -> TakeDelivery:
    """Return the command that stands for all that came together."""
    return TakeDelivery(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        digest=caller.signed,
    )
