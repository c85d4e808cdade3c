"""Freeze invite lists

What a list came to on a day, and what somebody did to it: frozen, made live, changed by hand.

Revision ID: 20261123b
Revises: 20261123a
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123b"
down_revision = "20261123a"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
SHOT, ACT = "invite_snapshot", "invite_act"


def upgrade() -> None:
    op.add_column("invite_list", sa.Column("frozen_at", AT, nullable=True))
    op.create_table(
        SHOT,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("taken_at", AT, nullable=False),
        sa.Column("taken_by_id", KEY, nullable=True),
        sa.Column("is_frozen", sa.Boolean(), nullable=False),
        sa.Column("held", sa.JSON(), nullable=False),
        _key(SHOT, "list_id", "invite_list"),
        _key(SHOT, "taken_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite_snapshot")),
        sa.UniqueConstraint("uid", name=op.f("uq_invite_snapshot_uid")),
    )
    op.create_table(
        ACT,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("verb", sa.String(10), nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", KEY, nullable=True),
        sa.Column("undone_at", AT, nullable=True),
        sa.Column("undone_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "verb IN ('built', 'changed', 'frozen', 'live', 'copied', 'added', 'removed')",
            name=op.f("ck_invite_act_verb"),
        ),
        sa.CheckConstraint(
            "verb NOT IN ('added', 'removed') OR person_id IS NOT NULL",
            name=op.f("ck_invite_act_whom"),
        ),
        _key(ACT, "list_id", "invite_list"),
        _key(ACT, "person_id", "person"),
        _key(ACT, "by_id", "app_user"),
        _key(ACT, "undone_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite_act")),
        sa.UniqueConstraint("uid", name=op.f("uq_invite_act_uid")),
    )
    for table, column in ((SHOT, "list_id"), (ACT, "list_id"), (ACT, "person_id")):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    op.drop_table(ACT)
    op.drop_table(SHOT)
    op.drop_column("invite_list", "frozen_at")


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
