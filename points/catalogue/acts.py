"""What acts leave in the catalogue's tables."""

from points.db.acts import Act, Left

_REWARDS = """(SELECT COUNT(*) FROM reward r WHERE r.association_id = f.association_id
    AND r.version = f.version)"""

LEFT = (
    Left(
        table="catalogue_version",
        key=("version",),
        says=("sha256", "rewards"),
        columns={"rewards": _REWARDS},
        acts=(Act(kind="stock_catalogue"),),
    ),
    Left(
        table="photo",
        key=("sha256",),
        says=("media_type", "width", "height"),
        acts=(Act(kind="keep_photo"),),
    ),
    Left(
        table="gate_grant",
        key=("grant_id",),
        says=("operation_id", "reward_id", "gate"),
        acts=(Act(kind="open_gate"),),
    ),
    Left(
        table="gate_end",
        key=("grant_id",),
        acts=(Act(kind="close_gate"),),
        only="f.voucher_id IS NULL",
    ),
    Left(
        table="pool_entry",
        key=("operation_id",),
        acts=(Act(kind="fund"),),
        only="f.kind = 'fund' AND f.funded > 0",
    ),
    Left(
        table="pool_entry",
        key=("operation_id",),
        says=("programme", "funded", "source", "document", "note"),
        acts=(
            Act(
                kind="fund",
                says={
                    "programme": "e.subject",
                    "funded": "{detail.amount_fen}",
                    "source": "{detail.source}",
                    "document": "{detail.document}",
                    "note": "{reason}",
                },
            ),
        ),
        only="f.kind = 'fund' AND f.funded > 0",
        whole=False,
        trail=True,
    ),
)
