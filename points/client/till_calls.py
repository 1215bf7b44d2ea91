"""Calls about tills, what holds at counters, and sandboxes."""

from points.client import counter_answers
from points.client.calls import Call, get, path_of, post


def register_till(
    outlet_id: str, device_id: str, *, key: str | None = None
) -> Call[counter_answers.RegisteredTill]:
    """Register a till; from the first one on an outlet works at registered ones only."""
    body = {"outlet_id": outlet_id, "device_id": device_id}
    return post("/v1/counter/tills", counter_answers.RegisteredTill, body, key)


def tills(
    *, partner_id: str | None = None, outlet_id: str | None = None
) -> Call[counter_answers.RegisteredTills]:
    """Ask which tills are registered."""
    reads = counter_answers.RegisteredTills
    return get("/v1/counter/tills", reads, partner_id=partner_id, outlet_id=outlet_id)


def disable_till(
    outlet_id: str, device_id: str, *, key: str | None = None
) -> Call[counter_answers.RegisteredTill]:
    """Switch a till off."""
    path = path_of("/v1/counter/tills/{}/{}:disable", outlet_id, device_id)
    return post(path, counter_answers.RegisteredTill, {}, key)


def enable_till(
    outlet_id: str, device_id: str, *, key: str | None = None
) -> Call[counter_answers.RegisteredTill]:
    """Switch a till on again."""
    path = path_of("/v1/counter/tills/{}/{}:enable", outlet_id, device_id)
    return post(path, counter_answers.RegisteredTill, {}, key)


def counter_policy(*, partner_id: str | None = None) -> Call[counter_answers.CounterPolicy]:
    """Ask what holds at a partner's counters."""
    return get("/v1/counter/policy", counter_answers.CounterPolicy, partner_id=partner_id)


def agree_counter_policy(
    partner_id: str,
    *,
    hours: str,
    operator_voids_max: int,
    outlet_voids_max: int,
    key: str | None = None,
) -> Call[counter_answers.CounterPolicy]:
    """Say what holds at a partner's counters from now on; ``hours`` is allow, flag or refuse."""
    body = {
        "partner_id": partner_id,
        "hours": hours,
        "operator_voids_max": operator_voids_max,
        "outlet_voids_max": outlet_voids_max,
    }
    return post("/v1/counter/policy", counter_answers.CounterPolicy, body, key)


def opening_hours(
    *, partner_id: str | None = None, after: str | None = None
) -> Call[counter_answers.Openings]:
    """Ask when outlets are open, and whose hours could not be read."""
    reads = counter_answers.Openings
    return get("/v1/counter/hours", reads, partner_id=partner_id, after=after)


def open_sandbox(partner_id: str) -> Call[counter_answers.Sandbox]:
    """Open a partner's sandbox and be shown keys for it, once."""
    body = {"partner_id": partner_id}
    return post("/v1/sandbox", counter_answers.Sandbox, body, None, keyed=False)


def mint_voucher(
    wanted: str = "good", *, key: str | None = None, **till: str
) -> Call[counter_answers.TestVoucher]:
    """Make a voucher to try with, in a sandbox: good, amount, used, expired, and the like."""
    return post(
        "/v1/sandbox/vouchers", counter_answers.TestVoucher, {"wanted": wanted, **till}, key
    )


def reset_sandbox(**till: str) -> Call[counter_answers.SandboxReset]:
    """Close the vouchers that were made to try with, and open closed tills."""
    return post("/v1/sandbox/reset", counter_answers.SandboxReset, till, None, keyed=False)
