"""Calls of partners at the counter.

``request_no`` and ``void_no`` are the partner's own numbers; the same number again is answered as
the first time, so after an unknown outcome the same call is sent again.
"""

from points.client import counter_answers
from points.client.calls import Call, get, path_of, post


def authorise(
    code: str, *, key: str | None = None, **till: str
) -> Call[counter_answers.Authorised]:
    """Ask what a code is good for; ``till`` is outlet_id, operator_id, device_id."""
    return post(
        "/v1/counter/authorisations", counter_answers.Authorised, {"code": code, **till}, key
    )


def capture(
    code: str, request_no: str, *, amount_fen: int | None = None, **till: str
) -> Call[counter_answers.Captured]:
    """Use a code, or with ``amount_fen`` a part of an amount voucher."""
    body = {"code": code, "request_no": request_no, "amount_fen": amount_fen, **till}
    return post("/v1/counter/captures", counter_answers.Captured, body, None, keyed=False)


def void(request_no: str, void_no: str, **till: str) -> Call[counter_answers.Voided]:
    """Take a capture back, on its day."""
    body = {"request_no": request_no, "void_no": void_no, **till}
    return post("/v1/counter/voids", counter_answers.Voided, body, None, keyed=False)


def find_capture(request_no: str) -> Call[counter_answers.FoundCapture]:
    """Ask what became of a request number; NotFound means that nothing was captured so far."""
    path = path_of("/v1/counter/captures/by-request/{}", request_no)
    return get(path, counter_answers.FoundCapture)
