"""Sign people in for good

Who is signed in where is kept here, so that it can be ended here. Tokens say what they may do, in
which team and until when; those there were may go on for a year. An authenticator's codes are
asked of those who have one.

Revision ID: 20261121c
Revises: 20261121b
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261121c"
down_revision = "20261121b"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("shared_device", sa.Boolean(), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("awaits_code", sa.Boolean(), nullable=False),
        sa.Column("proved_at", INSTANT, nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_user_session_ends")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_user_session_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_user_session_secret_hash")),
    )
    for column in ("user_id", "expires_at"):
        op.create_index(op.f(f"ix_user_session_{column}"), "user_session", [column])
    op.create_table(
        "authenticator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("sealed_key", sa.String(length=300), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("last_step", KEY, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_authenticator_failures")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_authenticator_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator")),
        sa.UniqueConstraint("user_id", name=op.f("uq_authenticator_user_id")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_recovery_code_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint(
            "user_id", "code_hash", name=op.f("uq_recovery_code_user_id_code_hash")
        ),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])
    _replace_tokens(new=True)


def downgrade() -> None:
    _replace_tokens(new=False)
    for table in ("recovery_code", "authenticator", "user_session"):
        op.drop_table(table)


def _replace_tokens(*, new: bool) -> None:
    """Lay the table of tokens out anew: SQLite adds no constraint to one that is there."""
    kept = op.get_bind().execute(
        sa.text(
            "SELECT id, user_id, token_hash, name, created_at, revoked_at, last_used_at"
            " FROM api_token ORDER BY id"
        ).columns(created_at=INSTANT, revoked_at=INSTANT, last_used_at=INSTANT)
    )
    rows = [dict(row) for row in kept.mappings()]
    op.drop_table("api_token")
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
    ]
    rules: list[sa.Constraint] = []
    if new:
        columns += [
            sa.Column("scope", sa.String(length=5), nullable=False, server_default="write"),
            sa.Column("team_id", KEY, nullable=True),
        ]
        rules += [
            sa.CheckConstraint("scope IN ('read', 'write')", name=op.f("ck_api_token_scope")),
            sa.ForeignKeyConstraint(
                ["team_id"], ["team.id"], name=op.f("fk_api_token_team_id_team")
            ),
        ]
    columns.append(sa.Column("created_at", INSTANT, nullable=False))
    if new:
        columns.append(sa.Column("expires_at", INSTANT, nullable=False))
    table = op.create_table(
        "api_token",
        *columns,
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        *rules,
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    for column in ("user_id", "team_id", "expires_at") if new else ("user_id",):
        op.create_index(op.f(f"ix_api_token_{column}"), "api_token", [column])
    if rows and new:
        until = datetime.now(UTC) + timedelta(days=365)
        rows = [{**row, "scope": "write", "expires_at": until} for row in rows]
    if rows:
        op.bulk_insert(table, rows)
        _go_on_counting()


def _go_on_counting() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('api_token', 'id'), max(id)) FROM api_token"
        )
