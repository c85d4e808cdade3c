"""Let ownership of a listing lapse

Somebody who kept a listing years ago may not any more. Owners who are there already have a year
from the day they took it up, and two months at least, so that nobody lapses unwarned.

Revision ID: 20261121k
Revises: 20261121j
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "20261121k"
down_revision = "20261121j"

INSTANT = sa.DateTime(timezone=True)
A_YEAR, TWO_MONTHS = timedelta(days=365), timedelta(days=60)


def upgrade() -> None:
    op.add_column("claim", sa.Column("lapses_at", INSTANT, nullable=True))
    op.add_column("claim", sa.Column("reminded_at", INSTANT, nullable=True))
    claim = sa.table(
        "claim",
        sa.column("id", sa.Integer()),
        sa.column("used_at", INSTANT),
        sa.column("lapses_at", INSTANT),
    )
    soonest = datetime.now(UTC) + TWO_MONTHS
    taken = op.get_bind().execute(
        sa.select(claim.c.id, claim.c.used_at).where(claim.c.used_at.is_not(None))
    )
    for key, used_at in taken.all():
        lapses_at = max(used_at.replace(tzinfo=used_at.tzinfo or UTC) + A_YEAR, soonest)
        op.execute(claim.update().where(claim.c.id == key).values(lapses_at=lapses_at))


def downgrade() -> None:
    op.drop_column("claim", "reminded_at")
    op.drop_column("claim", "lapses_at")
