"""What acts leave in the partners' tables."""

from points.db.acts import Act, Left
from points.partners.standing import Step

_FEE = {
    # A fee's fields that stand at their default are left out of what the trail keeps.
    "fee_per_capture_fen": "COALESCE(CAST({after.fee.per_capture_fen} AS TEXT), '0')",
    "fee_basis_points": "COALESCE(CAST({after.fee.basis_points} AS TEXT), '0')",
    "fee_rounding": "COALESCE({after.fee.rounding}, 'half_up')",
    "fee_least_fen": "COALESCE(CAST({after.fee.least_fen} AS TEXT), '0')",
    "fee_most_fen": "{after.fee.most_fen}",
}
_TERMS = ("payment_days", "grace_days", "silence_days")
_STEPS = (
    *("dispute_line", "answer_dispute", "pay_statement"),
    *("confirm_statement", "countersign_statement", "confirm_by_silence"),
)
_OF_STAFF = (Step.ACCEPTED, Step.REJECTED, Step.COUNTERSIGNED, Step.PAID)
_WORDS = {"statement_id": "e.subject", "words": "{reason}"}

LEFT = (
    Left(table="partner", key=("partner_id",), acts=(Act(kind="add_partner"),)),
    Left(
        table="partner",
        key=("partner_id",),
        says=("category", "cycle", "zone"),
        acts=(Act(kind="add_partner", says={"partner_id": "e.subject"}),),
        whole=False,
        trail=True,
    ),
    Left(table="outlet", key=("outlet_id",), acts=(Act(kind="add_outlet"),)),
    Left(
        table="outlet",
        key=("outlet_id",),
        says=("partner_id", "services"),
        acts=(Act(kind="add_outlet", says={"outlet_id": "e.subject"}),),
        whole=False,
        trail=True,
    ),
    Left(table="operator", key=("outlet_id", "operator_id"), acts=(Act(kind="add_operator"),)),
    Left(
        table="counter_policy",
        key=("partner_id", "version"),
        says=("hours", "operator_voids_max", "outlet_voids_max"),
        acts=(Act(kind="agree_counters"),),
    ),
    Left(
        table="partner_contract",
        key=("partner_id", "version"),
        says=("operation_id",),
        acts=(Act(kind="make_contract"),),
    ),
    Left(
        table="partner_contract",
        key=("partner_id", "version"),
        says=("starts_on", "cycle", "tariff_fen", *_FEE, *_TERMS),
        acts=(Act(kind="make_contract", says={"partner_id": "e.subject", **_FEE}),),
        whole=False,
        trail=True,
    ),
    Left(
        table="statement",
        key=("statement_id",),
        says=("number", "period", "count", "total_fen", "sha256", "previous_sha256"),
        acts=(Act(kind="draw_up_statement"),),
    ),
    Left(
        table="statement_event",
        key=("statement_id", "version"),
        says=("operation_id",),
        acts=tuple(Act(kind=kind) for kind in _STEPS),
    ),
    Left(
        table="statement_event",
        key=("statement_id", "version"),
        says=("line", "amount_fen", "reason"),
        # Answers that were given before they said so tell nothing of it.
        acts=(
            Act(
                kind="dispute_line",
                says={"amount_fen": "{claims_fen}"},
                when="{claims_fen} IS NOT NULL",
            ),
        ),
        whole=False,
    ),
    Left(
        table="statement_event",
        key=("statement_id", "operation_id"),
        says=("line", "amount_fen", "reference", "correction_id", "words"),
        columns={"words": "CASE WHEN f.text = '' THEN f.reason ELSE f.text END"},
        acts=tuple(Act(kind=f"statement_{step.value}", says=_WORDS) for step in _OF_STAFF),
        whole=False,
        trail=True,
    ),
    Left(
        table="statement_event",
        key=("statement_id", "operation_id"),
        says=("paid_on", "reason"),
        # What was done before the trail kept both says nothing of them.
        acts=tuple(
            Act(kind=f"statement_{step.value}", says=_WORDS, when="{after.reason} IS NOT NULL")
            for step in _OF_STAFF
        ),
        whole=False,
        trail=True,
    ),
    Left(
        table="statement_correction",
        key=("correction_id",),
        acts=(
            Act(kind="correct_statement"),
            Act(kind="answer_dispute", when="{correction_id} IS NOT NULL"),
            Act(kind="rule_offline", when="{correction_id} IS NOT NULL"),
            Act(kind="decide_adjustment", when="{correction_id} IS NOT NULL"),
        ),
    ),
    Left(
        table="statement_correction",
        key=("correction_id",),
        says=("partner_id", "programme", "amount_fen", "outlet_id", "corrects", "reason"),
        acts=(
            Act(
                kind="correct_statement",
                says={"partner_id": "e.subject", "reason": "{reason}"},
            ),
        ),
        whole=False,
        trail=True,
    ),
)
