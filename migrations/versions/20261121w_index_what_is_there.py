"""Index only what is there

Hardly an entry was merged into another, and most have no day to look again. An index that holds
those as well costs each new row, and SQLite took it for a way to find what was not merged, which
is nearly everything.

Revision ID: 20261121w
Revises: 20261121v
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121w"
down_revision = "20261121v"

COLUMNS = ("merged_into_id", "review_due")


def upgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_entry_{name}", "entry")
        there = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_entry_{name}", "entry", [name], sqlite_where=there, postgresql_where=there
        )


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_index(f"ix_entry_{name}", "entry")
        op.create_index(f"ix_entry_{name}", "entry", [name])
