"""What partners are told: what to hand over, and nothing that says who somebody is to whom.

Whose points pay for a reward, who may draw it and why somebody may not would tell a clerk that the
person before them is in the Party, or takes part in the health programme. One table, asked for
every answer to a partner, by programs and on the pages.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from points.identity.roles import Kind
from points.kernel.errors import Refusal

PLAIN = frozenset(
    {
        "already_captured",
        "already_voided",
        "amount_exceeds",
        "amount_invalid",
        "capture_corrected",
        "capture_unknown",
        "claim_unchanged",
        "code_mistyped",
        "dispute_open",
        "dispute_settled",
        "disputes_too_many",
        "fee_never_paid",
        "forbidden",
        "line_unknown",
        "log_ins_closed",
        "not_found",
        "operation_conflict",
        "operator_differs",
        "operator_exists",
        "operator_invalid",
        "operator_refused",
        "operator_session_needed",
        "operator_set_up_refused",
        "operator_unchanged",
        "operator_unknown",
        "outlet_unknown",
        "partner_unknown",
        "period_closed",
        "qr_outdated",
        "online_code_needed",
        "period_open",
        "personal_in_text",
        "pin_weak",
        "reason_needed",
        "too_many_attempts",
        "void_limit_reached",
        "void_too_late",
        "voucher_expired",
        "voucher_in_use",
        "voucher_not_due",
        "voucher_not_yet",
        "voucher_unknown",
        "authorisation_ended",
        "authorisation_unknown",
        "outlet_closed",
        "sandbox_not_open",
        "sandbox_only",
        "statement_confirmed",
        "till_unknown",
        "till_differs",
        "till_exists",
        "till_invalid",
        "till_key_needed",
        "till_unchanged",
        "void_after_close",
        "void_unknown",
        "voids_of_day_reached",
        "wrong_outlet",
        "webhook_disabled",
        "webhook_ended",
        "webhook_kinds",
        "webhook_unchanged",
        "webhook_url",
        "webhooks_too_many",
        "wrong_partner",
    }
)
"""Codes that speak of voucher, counter, statement or partner alone; a test reads their texts."""

REWARD: dict[str, Any] = {
    "programmes": [],
    "gate": None,
    "limits": [],
    "tiers": [],
    "tier_prices": {},
    "note": "",
}
"""What stands in a reward for partners, instead of whom it is for."""

WORDS = ("party", "health", "党", "健康", "积分项目")
"""Stand in no answer to a partner, but for the title of what is to be handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNow(Refusal):
    """Stands for every reason that is not the counter's business."""

    code: ClassVar[str] = "not_now"
    zh: ClassVar[str] = "现在不能办理，请持券人联系协会"
    en: ClassVar[str] = "not possible now: the holder should ask the association"


def told(kind: Kind, refusal: Refusal) -> Refusal:
    """Return a refusal as a kind of caller may hear it."""
    if kind is not Kind.PARTNER or refusal.code in PLAIN:
        return refusal
    return NotNow()
