"""Save searches

A search under a name, somebody's own or shared with a team, run anew for whoever opens it.

Revision ID: 20261124a
Revises: 20261123j
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124a"
down_revision = "20261123j"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "saved_search",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("removed_at", AT, nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_saved_search_name")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_saved_search_version")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["app_user.id"], name=op.f("fk_saved_search_owner_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_saved_search_team_id_team")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint("uid", name=op.f("uq_saved_search_uid")),
    )
    for column in ("owner_id", "team_id"):
        op.create_index(op.f(f"ix_saved_search_{column}"), "saved_search", [column])


def downgrade() -> None:
    op.drop_table("saved_search")
