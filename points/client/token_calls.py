"""Calls about what a member shows at a counter."""

from points.client import token_answers
from points.client.calls import Call, get, path_of


def voucher_qr(voucher_id: str, *, image: str | None = None) -> Call[token_answers.Qr]:
    """Ask for a voucher's QR of this moment; ``image="svg"`` draws it as well."""
    return get(path_of("/v1/vouchers/{}/qr", voucher_id), token_answers.Qr, image=image)
