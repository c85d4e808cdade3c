"""Count who came

What people said of themselves at the end of an event, as counts alone.

Revision ID: 20261122m
Revises: 20261122l
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122m"
down_revision = "20261122l"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "monitoring",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closes_at", MOMENT, nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(code) >= 8", name=op.f("ck_monitoring_code")),
        sa.CheckConstraint("closes_at >= opened_at", name=op.f("ck_monitoring_closes_at")),
        sa.CheckConstraint("sheets >= 0", name=op.f("ck_monitoring_sheets")),
        sa.ForeignKeyConstraint(
            ["engagement_id"],
            ["engagement.id"],
            name=op.f("fk_monitoring_engagement_id_engagement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitoring")),
        sa.UniqueConstraint("engagement_id", name=op.f("uq_monitoring_engagement_id")),
        sa.UniqueConstraint("code", name=op.f("uq_monitoring_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_monitoring_uid")),
    )
    op.create_table(
        "monitoring_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("monitoring_id", KEY, nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_monitoring_count_people")),
        sa.ForeignKeyConstraint(
            ["monitoring_id"],
            ["monitoring.id"],
            name=op.f("fk_monitoring_count_monitoring_id_monitoring"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitoring_count")),
        sa.UniqueConstraint(
            "monitoring_id",
            "dimension",
            "category",
            name=op.f("uq_monitoring_count_monitoring_id_dimension_category"),
        ),
    )
    op.create_table(
        "monitoring_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("monitoring_id", KEY, nullable=False),
        sa.Column("sheet", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["monitoring_id"],
            ["monitoring.id"],
            name=op.f("fk_monitoring_sheet_monitoring_id_monitoring"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitoring_sheet")),
        sa.UniqueConstraint(
            "monitoring_id", "sheet", name=op.f("uq_monitoring_sheet_monitoring_id_sheet")
        ),
    )


def downgrade() -> None:
    op.drop_table("monitoring_sheet")
    op.drop_table("monitoring_count")
    op.drop_table("monitoring")
