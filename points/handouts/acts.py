"""What acts leave in the handouts' tables."""

from points.db.acts import Act, Left

_DECIDED = {"step": "{state}", "freed_fen": "0"}
_WORDS = {"handout_id": "e.subject"}

LEFT = (
    Left(
        table="handout",
        key=("handout_id",),
        says=("members", "members_sha256", "reserved_fen"),
        columns={"reserved_fen": "f.members * f.cost_fen"},
        acts=(Act(kind="propose_handout"),),
    ),
    Left(
        table="handout_event",
        key=("handout_id", "operation_id"),
        says=("step", "freed_fen"),
        acts=(
            Act(kind="decide_handout", says=_DECIDED),
            Act(kind="withdraw_handout", says=_DECIDED),
            Act(kind="finish_handout", says={"step": "{state}"}),
        ),
    ),
    Left(
        table="handout_result",
        key=("member_id", "operation_id"),
        says=("result", "code", "voucher_id"),
        # A part that came to something before is answered, and leaves nothing more.
        acts=(Act(kind="hand_out", when="{result} <> 'nothing'"),),
    ),
    Left(
        table="handout_printing",
        key=("handout_id",),
        says=("operation_id",),
        acts=(Act(kind="print_handout"),),
    ),
    Left(
        table="handout",
        key=("handout_id",),
        says=("note",),
        acts=(Act(kind="handout_proposed", says=_WORDS | {"note": "{reason}"}),),
        whole=False,
        trail=True,
    ),
    Left(
        table="handout",
        key=("handout_id",),
        says=("source",),
        # What was proposed before the trail kept it says nothing of it.
        acts=(Act(kind="handout_proposed", says=_WORDS, when="{after.source} IS NOT NULL"),),
        whole=False,
        trail=True,
    ),
    Left(
        table="handout_event",
        key=("handout_id", "operation_id"),
        says=("reason",),
        acts=tuple(
            Act(kind=f"handout_{step}", says=_WORDS | {"reason": "{reason}"})
            for step in ("approved", "rejected", "withdrawn", "done")
        ),
        whole=False,
        trail=True,
    ),
)
