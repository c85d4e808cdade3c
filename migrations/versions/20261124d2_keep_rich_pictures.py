"""Keep rich pictures

What groups drew at events, who agreed to its use, and what was read out of each part.

Revision ID: 20261124d2
Revises: 20261124a3
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124d2"
down_revision = "20261124a3"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
POINTS = (
    ("engagement_id", "engagement"),
    ("attachment_id", "attachment"),
    ("created_by_id", "app_user"),
)


def upgrade() -> None:
    op.create_table(
        "rich_picture",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("attachment_id", KEY, nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("made_by", sa.String(120), nullable=False),
        sa.Column("shows", sa.String(10), nullable=False),
        sa.Column("under_18", sa.Boolean(), nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("agreed_by", sa.String(10), nullable=False),
        sa.Column("agreed_as", sa.String(80), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("uses", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("withdrawn_at", AT, nullable=True),
        sa.CheckConstraint("shows IN ('problem', 'solution')", name=op.f("ck_rich_picture_shows")),
        sa.CheckConstraint(
            "scope IN ('internal', 'partners', 'public')", name=op.f("ck_rich_picture_scope")
        ),
        sa.CheckConstraint(
            "agreed_by IN ('', 'guardians', 'school')", name=op.f("ck_rich_picture_agreed_by")
        ),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_rich_picture_title")),
        sa.CheckConstraint(
            "agreed_by = '' OR agreed_on IS NOT NULL", name=op.f("ck_rich_picture_agreed_on")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_rich_picture_{column}_{table}")
            )
            for column, table in POINTS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rich_picture")),
        sa.UniqueConstraint("uid", name=op.f("uq_rich_picture_uid")),
        sa.UniqueConstraint("attachment_id", name=op.f("uq_rich_picture_attachment_id")),
    )
    op.create_index(op.f("ix_rich_picture_engagement_id"), "rich_picture", ["engagement_id"])
    op.create_table(
        "picture_region",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("picture_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("insight", sa.String(300), nullable=False),
        sa.Column("corners", sa.JSON(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("removed_at", AT, nullable=True),
        sa.CheckConstraint("length(insight) > 0", name=op.f("ck_picture_region_insight")),
        sa.ForeignKeyConstraint(
            ["picture_id"],
            ["rich_picture.id"],
            name=op.f("fk_picture_region_picture_id_rich_picture"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_region")),
        sa.UniqueConstraint("uid", name=op.f("uq_picture_region_uid")),
        sa.UniqueConstraint(
            "picture_id", "number", name=op.f("uq_picture_region_picture_id_number")
        ),
    )


def downgrade() -> None:
    op.drop_table("picture_region")
    op.drop_table("rich_picture")
