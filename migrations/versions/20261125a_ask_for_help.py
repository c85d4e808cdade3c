"""Ask for help

A need is sent to offers that somebody chose; what their givers answer, what was used and who was
thanked is kept with each.

Revision ID: 20261125a
Revises: 20261124b
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125a"
down_revision = "20261124b"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
ROLES = (
    "'', 'lead', 'facilitator', 'note_taker', 'greeter', 'logistics', 'media', 'safeguarding',"
    " 'interpreter', 'evaluator'"
)
WAYS = "'email', 'phone', 'sms', 'post', 'in_person'"
ANSWERS = "'accepted', 'tentative', 'declined'"


def upgrade() -> None:
    table = "help_request"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("need_id", KEY, nullable=True),
        sa.Column("action_id", KEY, nullable=True),
        sa.Column("role", sa.String(14), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("words", sa.String(2000), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("needed_on", sa.Date(), nullable=True),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("ask_who", sa.String(80), nullable=False),
        sa.Column("ask_how", sa.String(120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("closed_at", AT, nullable=True),
        sa.Column("removed_at", AT, nullable=True),
        _check(table, "role", f"role IN ({ROLES})"),
        _check(table, "title", "length(title) > 0"),
        _check(table, "wanted", "wanted BETWEEN 1 AND 100"),
        _check(table, "answer_by", "needed_on IS NULL OR answer_by <= needed_on"),
        _check(table, "version", "version >= 1"),
        *_points(
            table,
            {
                "team_id": "team",
                "need_id": "entry",
                "action_id": "action",
                "created_by_id": "app_user",
            },
        ),
        *_keys(table),
    )
    table = "help_ask"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=True),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("asked_by_id", KEY, nullable=True),
        sa.Column("taken_back_at", AT, nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("answered_by", sa.String(10), nullable=False),
        sa.Column("answer_kept_by_id", KEY, nullable=True),
        sa.Column("token_hash", sa.String(64), nullable=True),
        sa.Column("mail", sa.String(10), nullable=False),
        sa.Column("is_thanks", sa.Boolean(), nullable=False),
        sa.Column("mail_why", sa.String(20), nullable=False),
        sa.Column("queued_at", AT, nullable=True),
        sa.Column("queued_by_id", KEY, nullable=True),
        sa.Column("tried_at", AT, nullable=True),
        sa.Column("sent_at", AT, nullable=True),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Numeric(10, 2), nullable=True),
        sa.Column("used_words", sa.String(500), nullable=False),
        sa.Column("thanked_on", sa.Date(), nullable=True),
        sa.Column("thanked_by", sa.String(10), nullable=False),
        sa.Column("thanks", sa.String(1000), nullable=False),
        _check(table, "channel", f"channel IN ({WAYS})"),
        _check(table, "state", f"state IN ('asked', {ANSWERS})"),
        _check(table, "answered_by", f"answered_by IN ('', 'link', {WAYS})"),
        _check(table, "mail", "mail IN ('', 'waiting', 'sent', 'stopped', 'bounced')"),
        _check(table, "thanked_by", f"thanked_by IN ('', {WAYS})"),
        _check(table, "quantity", "quantity IS NULL OR quantity BETWEEN 0 AND 1000000"),
        *_points(
            table,
            {
                "request_id": "help_request",
                "offer_id": "entry",
                "person_id": "person",
                "asked_by_id": "app_user",
                "answer_kept_by_id": "app_user",
                "queued_by_id": "app_user",
            },
        ),
        *_keys(table),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{table}_token_hash")),
    )
    for table, columns in (
        ("help_request", ("team_id", "need_id", "action_id")),
        ("help_ask", ("request_id", "offer_id", "person_id", "mail")),
    ):
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    op.drop_table("help_ask")
    op.drop_table("help_request")


def _check(table: str, name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_{table}_{name}"))


def _points(table: str, columns: dict[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in columns.items()
    ]


def _keys(table: str) -> tuple[sa.PrimaryKeyConstraint, sa.UniqueConstraint]:
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("uid", name=op.f(f"uq_{table}_uid")),
    )
