"""Ask people before and after an event

What is asked, and answer sheets that say nothing of who answered.

Revision ID: 20261122d
Revises: 20261122c
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122d"
down_revision = "20261122c"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "survey",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("open_for", sa.String(length=6), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("open_for IN ('', 'before', 'after')", name=op.f("ck_survey_open_for")),
        sa.CheckConstraint("length(code) >= 8", name=op.f("ck_survey_code")),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagement.id"], name=op.f("fk_survey_engagement_id_engagement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        sa.UniqueConstraint("engagement_id", name=op.f("uq_survey_engagement_id")),
        sa.UniqueConstraint("code", name=op.f("uq_survey_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_survey_uid")),
    )
    op.create_table(
        "survey_answer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("survey_id", KEY, nullable=False),
        sa.Column("phase", sa.String(length=6), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("pair", sa.String(length=64), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint("phase IN ('before', 'after')", name=op.f("ck_survey_answer_phase")),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["survey.id"], name=op.f("fk_survey_answer_survey_id_survey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer")),
        sa.UniqueConstraint(
            "survey_id", "phase", "pair", name=op.f("uq_survey_answer_survey_id_phase_pair")
        ),
        sa.UniqueConstraint("uid", name=op.f("uq_survey_answer_uid")),
    )


def downgrade() -> None:
    op.drop_table("survey_answer")
    op.drop_table("survey")
