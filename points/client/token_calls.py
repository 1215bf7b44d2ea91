"""Calls about what a member shows at a counter, and what tills without network bring back."""

from collections.abc import Mapping, Sequence

from points.client import answers, token_answers
from points.client.calls import Call, get, path_of, post


def voucher_qr(voucher_id: str, *, image: str | None = None) -> Call[token_answers.Qr]:
    """Ask for a voucher's QR of this moment; ``image="svg"`` draws it as well."""
    return get(path_of("/v1/vouchers/{}/qr", voucher_id), token_answers.Qr, image=image)


def issue_offline_token(
    voucher_id: str, outlet_id: str, *, hours: int | None = None, key: str | None = None
) -> Call[token_answers.OfflineTokenShown]:
    """Take a token for one outlet; until it ends no other can use the voucher."""
    path = path_of("/v1/vouchers/{}/offline-token", voucher_id)
    body = {"outlet_id": outlet_id, "hours": hours}
    return post(path, token_answers.OfflineTokenShown, body, key)


def offline_token(
    voucher_id: str, *, image: str | None = None
) -> Call[token_answers.OfflineTokenShown]:
    """Ask for a voucher's token that is out, to show it again."""
    path = path_of("/v1/vouchers/{}/offline-token", voucher_id)
    return get(path, token_answers.OfflineTokenShown, image=image)


def offline_keys() -> Call[token_answers.OfflineKeys]:
    """Ask for the keys and bounds that a till keeps for when it has no network."""
    return get("/v1/counter/offline-key", token_answers.OfflineKeys)


def bring_offline(
    items: Sequence[Mapping[str, object]],
    outlet_id: str | None = None,
    device_id: str | None = None,
) -> Call[token_answers.BroughtAll]:
    """Bring back what was handed over: token, request_no, handed_at and amount_fen of each."""
    body = {"items": list(items), "outlet_id": outlet_id, "device_id": device_id}
    path = "/v1/counter/offline-captures"
    return post(path, token_answers.BroughtAll, body, None, keyed=False)


def offline_conflicts(
    *,
    partner_id: str | None = None,
    waiting: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[answers.Page[token_answers.OfflineConflict]]:
    """Ask for conflicts, the oldest first."""
    return get(
        "/v1/offline-conflicts",
        answers.Page[token_answers.OfflineConflict],
        partner_id=partner_id,
        waiting="yes" if waiting else None,
        cursor=cursor,
        limit=limit,
    )


def rule_offline_conflict(
    use_id: str,
    decision: str,
    reason: str,
    *,
    programme: str | None = None,
    key: str | None = None,
) -> Call[token_answers.OfflineRuling]:
    """Decide a conflict that the association bears, ``paid`` or ``refused``."""
    path = path_of("/v1/offline-conflicts/{}:rule", use_id)
    body = {"decision": decision, "reason": reason, "programme": programme}
    return post(path, token_answers.OfflineRuling, body, key)
