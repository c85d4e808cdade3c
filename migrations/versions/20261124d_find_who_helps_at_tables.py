"""Find who helps at tables

Where whoever leads a table of an event, or takes its notes, was found: an offer or a contact.

Revision ID: 20261124d
Revises: 20261124a2
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124d"
down_revision = "20261124a2"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
POINTS = (
    ("table_id", "event_table", "CASCADE"),
    ("offer_id", "entry", None),
    ("role_id", "person_role", "CASCADE"),
)


def upgrade() -> None:
    op.create_table(
        "event_helper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table_id", KEY, nullable=False),
        sa.Column("job", sa.String(11), nullable=False),
        sa.Column("offer_id", KEY, nullable=True),
        sa.Column("role_id", KEY, nullable=True),
        sa.Column("has_tied", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "job IN ('facilitator', 'note_taker')", name=op.f("ck_event_helper_job")
        ),
        sa.CheckConstraint(
            "(offer_id IS NULL) <> (role_id IS NULL)", name=op.f("ck_event_helper_one_source")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_event_helper_{column}_{table}"),
                ondelete=goes,
            )
            for column, table, goes in POINTS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_helper")),
        sa.UniqueConstraint("table_id", "job", name=op.f("uq_event_helper_table_id_job")),
    )
    for column in ("offer_id", "role_id"):
        op.create_index(op.f(f"ix_event_helper_{column}"), "event_helper", [column])


def downgrade() -> None:
    op.drop_table("event_helper")
