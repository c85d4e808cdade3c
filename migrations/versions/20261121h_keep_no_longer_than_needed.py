"""Keep no longer than needed

Rules say how long; a person approves; what was cleared is proved. People may ask what is held.

Revision ID: 20261121h
Revises: 20261121g
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121h"
down_revision = "20261121g"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

RULES = (  # what, after which event, how many months, what then
    ("finding", "closed", 24, "anonymise"),
    ("contact", "last_interaction_or_consent_expiry", 24, "anonymise"),
    ("consent", "ended", 72, "delete"),
    ("audit", "written", 72, "delete"),
    ("subject_request", "closed", 24, "delete"),
    ("user_session", "expired", 1, "delete"),
    ("sign_in_link", "expired", 1, "delete"),
)


def upgrade() -> None:
    _retention()
    _requests()
    rule = sa.table(
        "retention_rule",
        *(sa.column(name) for name in ("entity", "trigger", "months", "action", "is_active")),
    )
    names = ("entity", "trigger", "months", "action")
    op.bulk_insert(
        rule, [dict(zip(names, one, strict=True)) | {"is_active": True} for one in RULES]
    )


def downgrade() -> None:
    for table in (
        "subject_hit",
        "retention_item",
        "subject_request",
        "retention_run",
        "retention_rule",
        "retention_decision",
    ):
        op.drop_table(table)


def _retention() -> None:
    op.create_table(
        "retention_decision",
        sa.Column("id", KEY, nullable=False),
        sa.Column("entity", sa.String(length=24), nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("because", sa.String(length=500), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.CheckConstraint("length(because) > 0", name=op.f("ck_retention_decision_because")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["app_user.id"], name=op.f("fk_retention_decision_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_decision")),
    )
    op.create_index(op.f("ix_retention_decision_uid"), "retention_decision", ["uid"])
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=24), nullable=False),
        sa.Column("trigger", sa.String(length=40), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=True),
        sa.Column("changed_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "action IN ('anonymise', 'delete', 'archive')", name=op.f("ck_retention_rule_action")
        ),
        sa.CheckConstraint("months BETWEEN 1 AND 240", name=op.f("ck_retention_rule_months")),
        sa.ForeignKeyConstraint(
            ["changed_by_id"],
            ["app_user.id"],
            name=op.f("fk_retention_rule_changed_by_id_app_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
        sa.UniqueConstraint("entity", name=op.f("uq_retention_rule_entity")),
    )
    op.create_table(
        "retention_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=24), nullable=False),
        sa.Column("trigger", sa.String(length=40), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("before", INSTANT, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("due_count", sa.Integer(), nullable=False),
        sa.Column("done_count", sa.Integer(), nullable=False),
        sa.Column("kept_count", sa.Integer(), nullable=False),
        sa.Column("passed_count", sa.Integer(), nullable=False),
        sa.Column("has_more", sa.Boolean(), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("planned_by_id", KEY, nullable=True),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.Column("approved_by_id", KEY, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (reason = '')",
            name=op.f("ck_retention_run_approved_with_reason"),
        ),
        sa.CheckConstraint(
            "action IN ('anonymise', 'delete', 'archive')", name=op.f("ck_retention_run_action")
        ),
        sa.CheckConstraint(
            "status <> 'done' OR length(proof) = 64", name=op.f("ck_retention_run_done_is_proved")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'approved', 'done', 'cancelled')",
            name=op.f("ck_retention_run_status"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"],
            ["app_user.id"],
            name=op.f("fk_retention_run_approved_by_id_app_user"),
        ),
        sa.ForeignKeyConstraint(
            ["planned_by_id"], ["app_user.id"], name=op.f("fk_retention_run_planned_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
        sa.UniqueConstraint("uid", name=op.f("uq_retention_run_uid")),
    )
    op.create_index(op.f("ix_retention_run_entity"), "retention_run", ["entity"])
    op.create_table(
        "retention_item",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=True),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=6), nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "status IN ('due', 'done', 'kept', 'passed')", name=op.f("ck_retention_item_status")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["retention_run.id"], name=op.f("fk_retention_item_run_id_retention_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_item")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_retention_item_run_id_number")),
    )
    op.create_index(op.f("ix_retention_item_number"), "retention_item", ["number"])


def _requests() -> None:
    op.create_table(
        "subject_request",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("status", sa.String(length=14), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("came_by", sa.String(length=10), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("identity_on", sa.Date(), nullable=True),
        sa.Column("identity_how", sa.String(length=300), nullable=False),
        sa.Column("paused_on", sa.Date(), nullable=True),
        sa.Column("paused_for", sa.String(length=14), nullable=True),
        sa.Column("paused_days", sa.Integer(), nullable=False),
        sa.Column("extended_on", sa.Date(), nullable=True),
        sa.Column("extended_why", sa.String(length=500), nullable=False),
        sa.Column("searched_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=1000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(extended_on IS NULL) = (extended_why = '')", name=op.f("ck_subject_request_extended")
        ),
        sa.CheckConstraint(
            "came_by IN ('email', 'letter', 'phone', 'in_person', 'form')",
            name=op.f("ck_subject_request_came_by"),
        ),
        sa.CheckConstraint(
            "kind IN ('access', 'erasure', 'rectification', 'objection', 'restriction', 'complaint')",
            name=op.f("ck_subject_request_kind"),
        ),
        sa.CheckConstraint(
            "paused_for IS NULL OR paused_for IN ('identity', 'clarification')",
            name=op.f("ck_subject_request_paused_for"),
        ),
        sa.CheckConstraint(
            "status IN ('received', 'identity_check', 'searching', 'review', 'sent', 'closed')",
            name=op.f("ck_subject_request_status"),
        ),
        sa.CheckConstraint(
            "(paused_on IS NULL) = (paused_for IS NULL)", name=op.f("ck_subject_request_paused")
        ),
        sa.CheckConstraint("paused_days >= 0", name=op.f("ck_subject_request_paused_days")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_subject_request_version")),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["app_user.id"],
            name=op.f("fk_subject_request_created_by_id_app_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_request")),
        sa.UniqueConstraint("uid", name=op.f("uq_subject_request_uid")),
    )
    op.create_table(
        "subject_hit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=True),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("hidden", sa.JSON(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "decision IN ('open', 'include', 'leave_out')", name=op.f("ck_subject_hit_decision")
        ),
        sa.CheckConstraint("length(text) <= 20000", name=op.f("ck_subject_hit_text")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_subject_hit_decided_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["subject_request.id"],
            name=op.f("fk_subject_hit_request_id_subject_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_hit")),
    )
    op.create_index(op.f("ix_subject_hit_request_id"), "subject_hit", ["request_id"])
