"""Keep what the numbers on paper mean

A place has a number on a walkabout's paper pack. Whoever keys the sheets in, days later, must meet
the same place under it, whatever has come to the register since.

Revision ID: 20261121q
Revises: 20261121p
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121q"
down_revision = "20261121p"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "paper_pack",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("walkabout_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", KEY, nullable=True),
        sa.CheckConstraint("number BETWEEN 1 AND 10000", name=op.f("ck_paper_pack_number")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["app_user.id"], name=op.f("fk_paper_pack_made_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["walkabout_id"], ["walkabout.id"], name=op.f("fk_paper_pack_walkabout_id_walkabout")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_pack")),
        sa.UniqueConstraint("uid", name=op.f("uq_paper_pack_uid")),
        sa.UniqueConstraint(
            "walkabout_id", "number", name=op.f("uq_paper_pack_walkabout_id_number")
        ),
    )


def downgrade() -> None:
    op.drop_table("paper_pack")
