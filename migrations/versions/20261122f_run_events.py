"""Run events

The parts of an event in their order, its tables and what is noted there, and since when what was
said has an answer.

Revision ID: 20261122f
Revises: 20261122e
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122f"
down_revision = "20261122e"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "event_part",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=500), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("lead", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('opening', 'understand', 'solve', 'prioritise', 'report_back', 'break',"
            " 'close', 'other')",
            name=op.f("ck_event_part_kind"),
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_event_part_minutes")),
        sa.CheckConstraint("day BETWEEN 1 AND 366", name=op.f("ck_event_part_day")),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_event_part_title")),
        sa.ForeignKeyConstraint(
            ["engagement_id"],
            ["engagement.id"],
            name=op.f("fk_event_part_engagement_id_engagement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_part")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_part_uid")),
    )
    op.create_index(op.f("ix_event_part_engagement_id"), "event_part", ["engagement_id"])
    op.create_table(
        "event_table",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("theme", sa.String(length=80), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("facilitator", sa.String(length=80), nullable=False),
        sa.Column("note_taker", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 60", name=op.f("ck_event_table_number")),
        sa.CheckConstraint("seats BETWEEN 1 AND 30", name=op.f("ck_event_table_seats")),
        sa.ForeignKeyConstraint(
            ["engagement_id"],
            ["engagement.id"],
            name=op.f("fk_event_table_engagement_id_engagement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_table")),
        sa.UniqueConstraint(
            "engagement_id", "number", name=op.f("uq_event_table_engagement_id_number")
        ),
        sa.UniqueConstraint("uid", name=op.f("uq_event_table_uid")),
    )
    op.create_table(
        "event_note",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("part_id", KEY, nullable=True),
        sa.Column("table", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("realistic", sa.Integer(), nullable=True),
        sa.Column("difference", sa.Integer(), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("action_id", KEY, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('idea', 'knowledge', 'concern', 'decision', 'quote')",
            name=op.f("ck_event_note_kind"),
        ),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_event_note_text")),
        sa.CheckConstraint(
            '"table" IS NULL OR "table" BETWEEN 1 AND 60', name=op.f("ck_event_note_table")
        ),
        sa.CheckConstraint("votes BETWEEN 0 AND 100000", name=op.f("ck_event_note_votes")),
        sa.CheckConstraint(
            "realistic IS NULL OR realistic BETWEEN 1 AND 5", name=op.f("ck_event_note_realistic")
        ),
        sa.CheckConstraint(
            "difference IS NULL OR difference BETWEEN 1 AND 5",
            name=op.f("ck_event_note_difference"),
        ),
        sa.CheckConstraint(
            "kind = 'idea' OR (votes = 0 AND NOT chosen AND realistic IS NULL"
            " AND difference IS NULL)",
            name=op.f("ck_event_note_weighed"),
        ),
        sa.ForeignKeyConstraint(
            ["engagement_id"],
            ["engagement.id"],
            name=op.f("fk_event_note_engagement_id_engagement"),
        ),
        sa.ForeignKeyConstraint(
            ["part_id"], ["event_part.id"], name=op.f("fk_event_note_part_id_event_part")
        ),
        sa.ForeignKeyConstraint(
            ["action_id"], ["action.id"], name=op.f("fk_event_note_action_id_action")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_event_note_created_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_note")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_note_uid")),
    )
    op.create_index(op.f("ix_event_note_engagement_id"), "event_note", ["engagement_id"])
    op.add_column("action", sa.Column("answered_at", MOMENT, nullable=True))
    op.execute(
        "UPDATE action SET answered_at = COALESCE(published_at, created_at)"
        " WHERE status IN ('done', 'partly_done', 'not_possible')"
    )


def downgrade() -> None:
    op.drop_column("action", "answered_at")
    op.drop_table("event_note")
    op.drop_table("event_table")
    op.drop_table("event_part")
