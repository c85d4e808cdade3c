"""Approve invitations before they go

A team may ask that somebody else looks at whom a list invites before anybody is mailed; each time
that is asked for, and what came of it, is kept.

Revision ID: 20261124b
Revises: 20261124d2
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124b"
down_revision = "20261124d2"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
TABLE = "invite_approval"


def upgrade() -> None:
    op.add_column(
        "team",
        sa.Column("asks_approval", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        TABLE,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("asked_by_id", KEY, nullable=True),
        sa.Column("words", sa.String(2000), nullable=False),
        sa.Column("told_hash", sa.String(64), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("decided_at", AT, nullable=True),
        sa.Column("decided_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'refused')", name=op.f(f"ck_{TABLE}_state")
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR length(reason) > 0", name=op.f(f"ck_{TABLE}_reason")
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{TABLE}_{column}_{to}"))
            for column, to in (
                ("list_id", "invite_list"),
                ("asked_by_id", "app_user"),
                ("decided_by_id", "app_user"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("uid", name=op.f(f"uq_{TABLE}_uid")),
    )
    op.create_index(op.f(f"ix_{TABLE}_list_id"), TABLE, ["list_id"])


def downgrade() -> None:
    op.drop_table(TABLE)
    op.drop_column("team", "asks_approval")
