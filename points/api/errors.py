"""Which HTTP status each refusal has: one table, and a test that it is complete."""

from http import HTTPStatus

from points.kernel.errors import Refusal

_FORBIDDEN = ("forbidden", "person_needed", "not_yours", "own_claim", "same_person", "out_of_scope")
_MISSING = (
    "not_found",
    "voucher_unknown",
    "capture_unknown",
    "partner_unknown",
    "operator_unknown",
    "outlet_unknown",
    "pool_unknown",
    "reward_unavailable",
)
_SEGREGATED = (
    "roles_conflict",
    "own_roles",
    "last_admin",
    "not_at_console",
    "not_borrowable",
    "role_needs_person",
)
_STATE = (
    "activity_conflict",
    "already_captured",
    "already_enrolled",
    "already_frozen",
    "already_listed",
    "already_reversed",
    "already_voided",
    "amount_exceeds",
    "catalogue_version_outdated",
    "claim_state",
    "gate_closed",
    "identity_taken",
    "insufficient_points",
    "key_exists",
    "limit_reached",
    "member_frozen",
    "not_eligible",
    "not_enrolled",
    "not_frozen",
    "not_in_programme",
    "not_reversible",
    "nothing_changes",
    "nothing_to_do",
    "operator_exists",
    "out_of_stock",
    "outlet_exists",
    "partner_exists",
    "period_closed",
    "period_open",
    "phone_taken",
    "pool_exhausted",
    "publicity_over",
    "shift_overlaps",
    "void_limit_reached",
    "void_too_late",
    "voucher_expired",
    "voucher_in_use",
    "voucher_not_due",
    "voucher_not_yet",
    "wrong_partner",
    "glass_broken",
    "staff_exists",
    "staff_unchanged",
    "year_already_opened",
    "year_closed",
    "year_not_begun",
    "year_not_over",
)
_CONTENT = (
    "activity_in_future",
    "activity_invalid",
    "activity_type_unknown",
    "amount_invalid",
    "amount_not_positive",
    "code_mistyped",
    "correction_empty",
    "duration_impossible",
    "holiday_invalid",
    "identity_invalid",
    "list_length",
    "name_invalid",
    "no_base_points",
    "operation_conflict",
    "personal_in_text",
    "phone_invalid",
    "programme_unknown",
    "publicity_length",
    "minutes_invalid",
    "password_weak",
    "reason_needed",
    "role_invalid",
    "staff_name_invalid",
    "status_inconsistent",
)

STATUS: dict[str, HTTPStatus] = {
    **dict.fromkeys(_FORBIDDEN, HTTPStatus.FORBIDDEN),
    **dict.fromkeys(_MISSING, HTTPStatus.NOT_FOUND),
    **dict.fromkeys(_STATE, HTTPStatus.CONFLICT),
    **dict.fromkeys(_CONTENT, HTTPStatus.UNPROCESSABLE_ENTITY),
    "second_factor_needed": HTTPStatus.UNAUTHORIZED,
    "session_ended": HTTPStatus.UNAUTHORIZED,
    **dict.fromkeys(_SEGREGATED, HTTPStatus.FORBIDDEN),
    "factor_refused": HTTPStatus.FORBIDDEN,
    "password_refused": HTTPStatus.FORBIDDEN,
    "log_in_refused": HTTPStatus.UNAUTHORIZED,
    "set_up_refused": HTTPStatus.UNAUTHORIZED,
    "log_ins_closed": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_attempts": HTTPStatus.TOO_MANY_REQUESTS,
}
"""By a refusal's code: the answer that a program can act on without knowing the code."""


def status_of(refusal: Refusal) -> HTTPStatus:
    """Return a refusal's status; one that the table lacks is still the caller's to mend."""
    return STATUS.get(refusal.code, HTTPStatus.CONFLICT)
