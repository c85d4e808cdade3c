"""Tell what is new in saved searches

By e-mail, daily or weekly, and in a feed with a secret address. A letter may say by which address
whoever receives it ends such letters, for the mail programs that offer that.

Revision ID: 20261124a2
Revises: 20261124a
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124a2"
down_revision = "20261124a"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("letter", sa.Column("stop_at", sa.String(300), nullable=False, server_default=""))
    op.create_table(
        "search_alert",
        *_whose("search_alert"),
        sa.Column("every", sa.String(8), nullable=False),
        sa.Column("heard_at", AT, nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.CheckConstraint("every IN ('daily', 'weekly')", name=op.f("ck_search_alert_every")),
        sa.UniqueConstraint(
            "saved_search_id", "user_id", name=op.f("uq_search_alert_saved_search_id_user_id")
        ),
    )
    op.create_table(
        "search_feed",
        *_whose("search_feed"),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("last_used_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_search_feed_secret_hash")),
    )
    for table in ("search_alert", "search_feed"):
        for column in ("saved_search_id", "user_id"):
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _whose(table: str) -> tuple[sa.Column | sa.Constraint, ...]:
    return (
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("saved_search_id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_search_id"],
            ["saved_search.id"],
            name=op.f(f"fk_{table}_saved_search_id_saved_search"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f(f"fk_{table}_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("uid", name=op.f(f"uq_{table}_uid")),
    )


def downgrade() -> None:
    op.drop_table("search_feed")
    op.drop_table("search_alert")
    op.drop_column("letter", "stop_at")
