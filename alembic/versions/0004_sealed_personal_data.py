"""expand: keys of persons, evidence beside claims, consents, disclosures, assessments.

The columns of ``personal`` keep their form: from now on they hold sealed tokens. Sealing needs a
master key, which lives outside the database and which a database administrator who runs migrations
need not have, so it is no step in here: ``points db upgrade``, ``init`` and ``serve`` seal what is
still plain right after the migrations, a page at a time. A member without a row in ``subject_key``
is one whose row is still plain.

Notes that went with claims leave the append-only history, where nothing can ever be destroyed: the
guard of ``claim_event`` is lifted for this one step.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from points.db import types as kept
from points.db.append_only import protect

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FACTS = ("consent_event", "disclosure", "erasure_step", "impact_assessment")
FORGETS = {"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 0}
OF_MEMBER = (["association_id", "member_id"], ["member.association_id", "member.member_id"])

MOVE_NOTES = {
    "postgresql": (
        "ALTER TABLE claim_event DISABLE TRIGGER zz_refuse_change",
        (
            "INSERT INTO evidence (association_id, activity_id, member_id, sealed, recorded_at) "
            "SELECT e.association_id, e.activity_id, a.member_id, "
            "CAST(jsonb_build_object('note', e.detail ->> 'note', 'fields', CAST('{}' AS jsonb)) AS text), "
            "e.recorded_at FROM claim_event e JOIN activity a ON a.association_id = e.association_id "
            "AND a.activity_id = e.activity_id WHERE e.version = 1 AND e.detail ->> 'note' <> ''"
        ),
        "UPDATE claim_event SET detail = detail - 'note' WHERE detail ? 'note'",
        "ALTER TABLE claim_event ENABLE ALWAYS TRIGGER zz_refuse_change",
    ),
    "sqlite": (
        "DROP TRIGGER claim_event_refuses_update",
        (
            "INSERT INTO evidence (association_id, activity_id, member_id, sealed, recorded_at) "
            "SELECT e.association_id, e.activity_id, a.member_id, "
            "json_object('note', json_extract(e.detail, '$.note'), 'fields', json('{}')), e.recorded_at "
            "FROM claim_event e JOIN activity a ON a.association_id = e.association_id "
            "AND a.activity_id = e.activity_id "
            "WHERE e.version = 1 AND json_extract(e.detail, '$.note') <> ''"
        ),
        (
            "UPDATE claim_event SET detail = json_remove(detail, '$.note') "
            "WHERE json_extract(detail, '$.note') IS NOT NULL"
        ),
    ),
}


def _tenant(name: str, *items: sa.schema.SchemaItem, key: Sequence[str], **options: object) -> None:
    op.create_table(
        name,
        sa.Column("association_id", sa.String(length=40), nullable=False),
        *items,
        sa.PrimaryKeyConstraint("association_id", *key, name=op.f(f"pk_{name}")),
        **options,
    )


def _index(name: str, table: str, *columns: str) -> None:
    said = sa.text(f"{columns[0]} != ''")
    op.create_index(
        name, table, ["association_id", *columns], postgresql_where=said, sqlite_where=said
    )


def upgrade() -> None:
    op.add_column("member_state", sa.Column("erased_at", kept.Instant(), nullable=True))
    _tenant(
        "subject_key",
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("wrapped", sa.Text(), nullable=False),
        sa.Column("master_key", sa.String(length=16), nullable=False),
        sa.Column("made_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(*OF_MEMBER, name=op.f("fk_subject_key_association_id_member_id")),
        key=("member_id",),
        postgresql_with=FORGETS,
    )
    _index("ix_subject_key_master", "subject_key", "master_key", "member_id")
    _tenant(
        "evidence",
        sa.Column("activity_id", sa.String(length=26), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id", "activity_id"],
            ["activity.association_id", "activity.activity_id"],
            name=op.f("fk_evidence_association_id_activity_id"),
        ),
        key=("activity_id",),
        postgresql_with=FORGETS,
    )
    _index("ix_evidence_member", "evidence", "member_id", "activity_id")
    _facts()
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(
            "ALTER TABLE personal SET "
            f"({', '.join(f'{name} = {value}' for name, value in FORGETS.items())})"
        )
    for statement in MOVE_NOTES[dialect]:
        op.get_bind().exec_driver_sql(statement)
    if dialect == "sqlite":
        op.execute(next(s for s in protect(dialect, ["claim_event"]) if "UPDATE ON" in s))
    for statement in protect(dialect, FACTS):
        op.execute(statement)


def _facts() -> None:
    above_zero = "version > 0"
    _tenant(
        "consent_event",
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.SmallInteger(), nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint(above_zero, name=op.f("ck_consent_event_versions_start_at_one")),
        key=("member_id", "purpose", "version"),
    )
    _tenant(
        "consent",
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", kept.Instant(), nullable=False),
        key=("member_id", "purpose"),
    )
    _index("ix_consent_purpose", "consent", "purpose", "notice", "member_id")
    _tenant(
        "disclosure",
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("fields", kept.Document(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_disclosure_numbers_start_at_one")),
        key=("actor", "kind", "day", "number"),
    )
    _index("ix_disclosure_member", "disclosure", "member_id", "recorded_at")
    _tenant(
        "erasure_step",
        sa.Column("member_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("due_at", kept.Instant(), nullable=True),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint(above_zero, name=op.f("ck_erasure_step_versions_start_at_one")),
        key=("member_id", "version"),
    )
    _tenant(
        "impact_assessment",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("made_on", sa.String(length=10), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("body", kept.Document(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", kept.Instant(), nullable=False),
        sa.CheckConstraint(above_zero, name=op.f("ck_impact_assessment_versions_start_at_one")),
        key=("version",),
    )


def downgrade() -> None:
    sealed = op.get_bind().execute(sa.text("SELECT count(*) FROM subject_key")).scalar_one()
    if sealed:
        raise RuntimeError("personal data is sealed: going back would lose every name for good")
    for name in ("impact_assessment", "erasure_step", "disclosure", "consent", "consent_event"):
        op.drop_table(name)
    op.drop_table("evidence")
    op.drop_table("subject_key")
    op.drop_column("member_state", "erased_at")
