"""Keep whom an event met

People who come to an event and agree to hear from the team are contacts of it from then on; where
they were met is kept beside them, so that an event can say what it brought and a contact can say
where it came from.

Revision ID: 20261125b
Revises: 20261125a
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125b"
down_revision = "20261125a"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "event_contact"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{TABLE}_{column}_{to}"))
            for column, to in (
                ("engagement_id", "engagement"),
                ("person_id", "person"),
                ("created_by_id", "app_user"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("uid", name=op.f(f"uq_{TABLE}_uid")),
    )
    for column in ("engagement_id", "person_id"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])


def downgrade() -> None:
    op.drop_table(TABLE)
