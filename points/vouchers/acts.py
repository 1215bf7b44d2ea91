"""What acts leave in the vouchers' tables."""

from points.db.acts import Act, Left

_NOTHING = {"points": "0", "cost_fen": "0"}


def _ended(kind: str, by: str, when: str = "") -> Act:
    """Return an act that leaves an event which moves neither points nor money."""
    return Act(kind=by, says={"kind": f"'{kind}'", **_NOTHING}, when=when)


LEFT = (
    Left(
        table="voucher",
        key=("voucher_id",),
        says=("operation_id",),
        acts=(
            Act(kind="redeem"),
            Act(kind="hand_out", when="{result} = 'issued'"),
            Act(
                kind="turn_in",
                says={"voucher_id": "SUBSTR({gift}, 9)"},
                when="{gift} LIKE 'voucher:%'",
            ),
            Act(kind="mint"),
        ),
    ),
    Left(
        table="voucher_event",
        key=("voucher_id", "operation_id"),
        says=("kind", "points", "cost_fen"),
        acts=(
            Act(kind="capture", says={"kind": "'captured'", "cost_fen": "{owed_fen}"}),
            Act(
                kind="upload_offline",
                says={
                    "voucher_id": "{capture.voucher_id}",
                    "kind": "'captured'",
                    "points": "{capture.points}",
                    "cost_fen": "{capture.owed_fen}",
                },
                when="{capture.voucher_id} IS NOT NULL",
            ),
            Act(
                kind="void",
                says={"kind": "'voided'", "cost_fen": "-CAST({owed_fen} AS BIGINT)"},
            ),
            _ended("authorised", "authorise"),
            _ended("released", "release"),
            _ended("expired", "expire_voucher"),
            _ended("expired", "end_minted"),
            _ended("reissued", "reissue"),
            _ended("reassigned", "reassign"),
            _ended("reassigned", "answer_offer", "{step} = 'accepted'"),
        ),
    ),
    Left(
        table="voucher_owner",
        key=("voucher_id", "operation_id"),
        says=("member_id",),
        acts=(Act(kind="reassign"), Act(kind="answer_offer", when="{step} = 'accepted'")),
    ),
    Left(
        table="voucher_owner",
        key=("voucher_id", "operation_id"),
        says=("member_id", "reason"),
        acts=(
            Act(
                kind="voucher_reassigned",
                says={"voucher_id": "e.subject", "reason": "{reason}"},
            ),
        ),
        whole=False,
        trail=True,
    ),
    Left(
        table="voucher_offer",
        key=("offer_id",),
        says=("operation_id", "voucher_id", "member_id"),
        acts=(Act(kind="offer_voucher"),),
    ),
    Left(
        table="voucher_offer_end",
        key=("offer_id",),
        says=("operation_id", "step"),
        acts=(Act(kind="answer_offer"),),
        # What staff pass on ends an offer that was open, of which their answer says nothing.
        only="""f.operation_id NOT IN (SELECT w.operation_id FROM voucher_owner w
          WHERE w.association_id = :a AND w.offer_id IS NULL)""",
    ),
    Left(
        table="voucher_reminder",
        key=("voucher_id", "days"),
        says=("operation_id", "told"),
        acts=(Act(kind="remind"),),
    ),
)
