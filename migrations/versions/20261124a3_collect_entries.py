"""Collect entries

Entries that somebody picks by hand, kept under a name and shared with a team.

Revision ID: 20261124a3
Revises: 20261124f
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124a3"
down_revision = "20261124f"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "collection",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("removed_at", AT, nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_collection_name")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_collection_version")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["app_user.id"], name=op.f("fk_collection_owner_id_app_user")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_collection_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
        sa.UniqueConstraint("uid", name=op.f("uq_collection_uid")),
    )
    op.create_table(
        "collection_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("collection_id", KEY, nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("added_at", AT, nullable=False),
        sa.Column("added_by_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_collection_item_collection_id_collection"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["entry.id"], name=op.f("fk_collection_item_member_id_entry")
        ),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["app_user.id"], name=op.f("fk_collection_item_added_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_item")),
    )
    for table, columns in (
        ("collection", ("owner_id", "team_id")),
        ("collection_item", ("collection_id", "member_id")),
    ):
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    op.drop_table("collection_item")
    op.drop_table("collection")
