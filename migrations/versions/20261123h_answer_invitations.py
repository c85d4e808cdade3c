"""Answer invitations

What became of each: the message that carried it, the answer by link or by whoever took it, and
whether they came. Somebody is asked once for a list, which the database sees to from now on.

Revision ID: 20261123h
Revises: 20261123g
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123h"
down_revision = "20261123g"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
REPLY, ONCE = "invite_reply", "uq_invitation_asked_once"


def upgrade() -> None:
    there = sa.text("taken_back_at IS NULL")
    columns = ["list_id", "person_id"]
    _take_back_what_was_kept_twice()
    op.create_index(
        ONCE, "invitation", columns, unique=True, sqlite_where=there, postgresql_where=there
    )
    op.add_column(
        "invite_list", sa.Column("words", sa.String(2000), nullable=False, server_default="")
    )
    op.create_table(
        REPLY,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", KEY, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("answered_by", sa.String(10), nullable=False),
        sa.Column("answer_kept_by_id", KEY, nullable=True),
        sa.Column("needs_sealed", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.String(64), nullable=True),
        sa.Column("mail", sa.String(10), nullable=False),
        sa.Column("mail_kind", sa.String(10), nullable=False),
        sa.Column("mail_why", sa.String(20), nullable=False),
        sa.Column("queued_at", AT, nullable=True),
        sa.Column("queued_by_id", KEY, nullable=True),
        sa.Column("tried_at", AT, nullable=True),
        sa.Column("sent_at", AT, nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("arrived_at", AT, nullable=True),
        sa.Column("arrival_kept_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'accepted', 'tentative', 'declined', 'waiting')",
            name=op.f("ck_invite_reply_state"),
        ),
        sa.CheckConstraint(
            "answered_by IN ('', 'link', 'email', 'phone', 'sms', 'post', 'in_person')",
            name=op.f("ck_invite_reply_answered_by"),
        ),
        sa.CheckConstraint(
            "mail IN ('', 'waiting', 'sent', 'stopped', 'bounced')",
            name=op.f("ck_invite_reply_mail"),
        ),
        sa.CheckConstraint(
            "mail_kind IN ('', 'invitation', 'reminder', 'place')",
            name=op.f("ck_invite_reply_mail_kind"),
        ),
        sa.CheckConstraint("party BETWEEN 0 AND 5", name=op.f("ck_invite_reply_party")),
        _key("invitation_id", "invitation"),
        _key("answer_kept_by_id", "app_user"),
        _key("queued_by_id", "app_user"),
        _key("arrival_kept_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite_reply")),
        sa.UniqueConstraint("uid", name=op.f("uq_invite_reply_uid")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_invite_reply_invitation_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invite_reply_token_hash")),
    )
    op.create_index(op.f("ix_invite_reply_mail"), REPLY, ["mail"])


def downgrade() -> None:
    op.drop_table(REPLY)
    op.drop_column("invite_list", "words")
    op.drop_index(ONCE, "invitation")


def _take_back_what_was_kept_twice() -> None:
    """Of two for one person on one list the first counts."""
    asked = sa.table(
        "invitation", *map(sa.column, ("id", "list_id", "person_id", "taken_back_at", "asked_at"))
    )
    open_ = asked.c.taken_back_at.is_(None)
    first = sa.select(sa.func.min(asked.c.id)).where(open_)
    first = first.group_by(asked.c.list_id, asked.c.person_id)
    again = open_ & asked.c.id.not_in(first)
    op.execute(asked.update().where(again).values(taken_back_at=asked.c.asked_at))


def _key(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=op.f(f"fk_invite_reply_{column}_{to}")
    )
