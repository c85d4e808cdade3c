"""Build invite lists

Whom a team means to invite, worked out from the map, and who was asked already.

Revision ID: 20261123a
Revises: 20261122t
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123a"
down_revision = "20261122t"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
LIST, ASKED = "invite_list", "invitation"


def upgrade() -> None:
    op.create_table(
        LIST,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("engagement_id", KEY, nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("updated_at", AT, nullable=False),
        sa.Column("updated_by_id", KEY, nullable=True),
        sa.Column("removed_at", AT, nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_invite_list_name")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_invite_list_version")),
        _key(LIST, "team_id", "team"),
        _key(LIST, "engagement_id", "engagement"),
        _key(LIST, "created_by_id", "app_user"),
        _key(LIST, "updated_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite_list")),
        sa.UniqueConstraint("uid", name=op.f("uq_invite_list_uid")),
    )
    op.create_table(
        ASKED,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("engagement_id", KEY, nullable=True),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("through_id", KEY, nullable=True),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("asked_by_id", KEY, nullable=True),
        sa.Column("taken_back_at", AT, nullable=True),
        sa.CheckConstraint(
            "channel IN ('email', 'phone', 'sms', 'post', 'in_person')",
            name=op.f("ck_invitation_channel"),
        ),
        _key(ASKED, "list_id", LIST),
        _key(ASKED, "engagement_id", "engagement"),
        _key(ASKED, "person_id", "person"),
        _key(ASKED, "through_id", "entry"),
        _key(ASKED, "asked_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("uid", name=op.f("uq_invitation_uid")),
    )
    for table, columns in (
        (LIST, ("team_id", "engagement_id")),
        (ASKED, ("list_id", "engagement_id", "person_id", "through_id")),
    ):
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    op.drop_table(ASKED)
    op.drop_table(LIST)


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
