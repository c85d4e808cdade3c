"""Keep what happens to the terms of the classification

Entries have a history; the terms they carry had none. When a term is renamed, moved or merged,
people ask who did it, when and why.

Revision ID: 20261121a
Revises: 20261120a
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121a"
down_revision = "20261120a"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "category_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["app_user.id"], name=op.f("fk_category_change_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_category_change_category_id_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_change")),
    )
    op.create_index(
        op.f("ix_category_change_category_id"), "category_change", ["category_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_category_change_category_id"), table_name="category_change")
    op.drop_table("category_change")
