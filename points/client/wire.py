"""What both clients do with a request and its answer, without sending anything."""

import json
from typing import TypeVar

import httpx2
from pydantic import BaseModel

from points.client.calls import Call
from points.client.devices import MemberLogin
from points.client.errors import Unreachable, error_of
from points.client.signing import FeedSigner

UNAUTHENTICATED = 401
T = TypeVar("T", bound=BaseModel)


def headers_of(language: str, key: str | MemberLogin) -> dict[str, str]:
    """Return the headers of every request."""
    said = {
        "Accept": "application/json",
        "Accept-Language": language,
        "User-Agent": "points-client/1",
    }
    bearer = isinstance(key, str) and bool(key)  # nothing is presented by whoever logs in
    return said | ({"Authorization": f"Bearer {key}"} if bearer else {})


def login_of(key: str | MemberLogin) -> MemberLogin | None:
    """Return a member's log-in, where the client was given one."""
    return None if isinstance(key, str) else key


def needed(login: MemberLogin | None) -> MemberLogin:
    """Return the log-in of a client that has one."""
    if login is None:
        raise ValueError("only a client that was given a MemberLogin logs in")
    return login


def prove(request: httpx2.Request, call: Call[T], login: MemberLogin | None) -> None:
    """Sign a request with the device's key; each attempt anew, for a proof is good once."""
    if login is not None:
        url = str(request.url.copy_with(query=None, fragment=None))
        request.headers.update(login.headers(call.method, url, opens=call.opens))


def outlived(
    call: Call[T], answer: httpx2.Response | httpx2.TransportError, login: MemberLogin
) -> bool:
    """Return whether a token was over before its time, and trying with the next one may help."""
    if call.opens or isinstance(answer, Exception) or answer.status_code != UNAUTHENTICATED:
        return False
    sent = answer.request.headers.get("Authorization", "").removeprefix("DPoP ")
    login.hurry(sent)
    return login.state is not None


def signer_of(secret: str | FeedSigner | None) -> FeedSigner | None:
    """Return what signs deliveries, if anything does."""
    return FeedSigner(secret) if isinstance(secret, str) else secret


def body_of(call: Call[T]) -> bytes | None:
    """Return the very bytes that are sent, for what is signed is signed over bytes."""
    if call.body is None:
        return None
    return json.dumps(call.body, ensure_ascii=False, separators=(",", ":")).encode()


def said_with(call: Call[T], body: bytes | None, signer: FeedSigner | None) -> dict[str, str]:
    """Return the headers of one attempt; a signature is of the moment and made anew each time."""
    said = {} if body is None else {"Content-Type": "application/json"}
    if call.key is not None:
        said["Idempotency-Key"] = call.key
    if call.signed and signer is not None:
        said |= signer.headers(call.key or "", body or b"")
    return said


def asked_by(answer: httpx2.Response | httpx2.TransportError) -> dict[str, str]:
    """Return the headers of an answer, where one came."""
    return {} if isinstance(answer, Exception) else dict(answer.headers)


def answer_of(call: Call[T], answer: httpx2.Response | httpx2.TransportError) -> T:
    """Return what an answer says, or raise what it means."""
    if isinstance(answer, Exception):
        raise Unreachable(f"{call.method} {call.path}: {type(answer).__name__}") from answer
    if answer.is_success:
        return call.reads.model_validate_json(answer.content)
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    raise error_of(answer.status_code, problem)
