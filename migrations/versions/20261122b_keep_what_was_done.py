"""Keep what was done about what people said

What was said at an event has an owner and a day, and people are told what became of it.

Revision ID: 20261122b
Revises: 20261122a
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122b"
down_revision = "20261122a"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "action",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("theme", sa.String(length=80), nullable=False),
        sa.Column("you_said", sa.String(length=1000), nullable=False),
        sa.Column("decision", sa.String(length=1000), nullable=False),
        sa.Column("partner_id", KEY, nullable=True),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("we_did", sa.String(length=1000), nullable=False),
        sa.Column("why_not", sa.String(length=1000), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "status IN ('proposed', 'agreed', 'in_progress', 'done', 'partly_done', 'not_possible')",
            name=op.f("ck_action_status"),
        ),
        sa.CheckConstraint("number BETWEEN 1 AND 1000", name=op.f("ck_action_number")),
        sa.CheckConstraint("length(you_said) > 0", name=op.f("ck_action_you_said")),
        sa.CheckConstraint(
            "status NOT IN ('done', 'partly_done') OR length(we_did) > 0",
            name=op.f("ck_action_we_did"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('partly_done', 'not_possible') OR length(why_not) > 0",
            name=op.f("ck_action_why_not"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('agreed', 'in_progress') OR due_on IS NOT NULL",
            name=op.f("ck_action_due_on"),
        ),
        sa.CheckConstraint(
            "published_at IS NULL OR length(we_did) > 0 OR length(why_not) > 0",
            name=op.f("ck_action_published"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_action_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagement.id"], name=op.f("fk_action_engagement_id_engagement")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_action_partner_id_partner")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
        sa.UniqueConstraint("engagement_id", "number", name=op.f("uq_action_engagement_id_number")),
        sa.UniqueConstraint("uid", name=op.f("uq_action_uid")),
    )
    op.create_index(op.f("ix_action_due_on"), "action", ["due_on"])
    op.create_index(op.f("ix_action_partner_id"), "action", ["partner_id"])
    op.create_table(
        "telling",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("told_by", sa.JSON(), nullable=False),
        sa.Column("told_to", sa.String(length=10), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "told_to IN ('attendees', 'invitees', 'area', 'public')",
            name=op.f("ck_telling_told_to"),
        ),
        sa.CheckConstraint(
            "reach IS NULL OR reach BETWEEN 0 AND 10000000", name=op.f("ck_telling_reach")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_telling_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagement.id"], name=op.f("fk_telling_engagement_id_engagement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telling")),
        sa.UniqueConstraint("uid", name=op.f("uq_telling_uid")),
    )
    op.create_index(op.f("ix_telling_engagement_id"), "telling", ["engagement_id"])


def downgrade() -> None:
    op.drop_table("telling")
    op.drop_table("action")
