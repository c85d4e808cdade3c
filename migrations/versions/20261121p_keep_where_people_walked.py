"""Keep where people walked

Revision ID: 20261121p
Revises: 20261121o
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121p"
down_revision = "20261121o"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "track",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("walkabout_id", KEY, nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("length_m", sa.Double(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_track_ends")),
        sa.CheckConstraint("length_m BETWEEN 0 AND 200000", name=op.f("ck_track_length_m")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_track_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["walkabout_id"], ["walkabout.id"], name=op.f("fk_track_walkabout_id_walkabout")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track")),
        sa.UniqueConstraint("uid", name=op.f("uq_track_uid")),
    )
    op.create_index(op.f("ix_track_walkabout_id"), "track", ["walkabout_id"])


def downgrade() -> None:
    op.drop_table("track")
