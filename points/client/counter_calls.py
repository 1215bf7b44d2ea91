"""Calls of partners at the counter.

``request_no`` and ``void_no`` are the partner's own numbers; the same number again is answered as
the first time, so after an unknown outcome the same call is sent again.
"""

from datetime import date

from points.client import counter_answers
from points.client.calls import Call, get, path_of, post


def authorise(
    code: str, *, key: str | None = None, **till: str
) -> Call[counter_answers.Authorised]:
    """Ask what a code is good for; ``till`` is outlet_id, operator_id, device_id."""
    return post(
        "/v1/counter/authorisations", counter_answers.Authorised, {"code": code, **till}, key
    )


def release(authorisation_id: str, **till: str) -> Call[counter_answers.Released]:
    """Give an authorisation up; others may use the voucher at once."""
    path = path_of("/v1/counter/authorisations/{}:release", authorisation_id)
    return post(path, counter_answers.Released, till, None, keyed=False)


def capture(
    code: str | None,
    request_no: str,
    *,
    amount_fen: int | None = None,
    authorisation_id: str | None = None,
    **till: str,
) -> Call[counter_answers.Captured]:
    """Use a code, or what was authorised; with ``amount_fen`` a part of an amount voucher."""
    body = {
        "code": code,
        "request_no": request_no,
        "amount_fen": amount_fen,
        "authorisation_id": authorisation_id,
        **till,
    }
    return post("/v1/counter/captures", counter_answers.Captured, body, None, keyed=False)


def void(request_no: str, void_no: str, **till: str) -> Call[counter_answers.Voided]:
    """Take a capture back, on its day."""
    body = {"request_no": request_no, "void_no": void_no, **till}
    return post("/v1/counter/voids", counter_answers.Voided, body, None, keyed=False)


def find_capture(request_no: str) -> Call[counter_answers.FoundCapture]:
    """Ask what became of a request number; NotFound means that nothing was captured so far."""
    path = path_of("/v1/counter/captures/by-request/{}", request_no)
    return get(path, counter_answers.FoundCapture)


def find_void(void_no: str) -> Call[counter_answers.FoundVoid]:
    """Ask what became of a void's number."""
    return get(path_of("/v1/counter/voids/by-request/{}", void_no), counter_answers.FoundVoid)


def find_authorisation(key: str) -> Call[counter_answers.Authorised]:
    """Ask again what an authorisation was answered, by its idempotency key."""
    path = path_of("/v1/counter/authorisations/by-request/{}", key)
    return get(path, counter_answers.Authorised)


def day_captures(
    *,
    day: date | None = None,
    outlet_id: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[counter_answers.CaptureDay]:
    """Ask for a day's captures and what they come to; today's where no day is given."""
    return get(
        "/v1/counter/captures",
        counter_answers.CaptureDay,
        day=day,
        outlet_id=outlet_id,
        cursor=cursor,
        limit=limit,
    )
