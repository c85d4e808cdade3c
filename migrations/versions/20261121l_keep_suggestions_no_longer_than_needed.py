"""Keep suggestions no longer than needed

What somebody wrote to a team about an entry is needed until it has been answered, and a while
after for who asks why. Then a rule lets the words go, as rules do for the rest.

Revision ID: 20261121l
Revises: 20261121k
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121l"
down_revision = "20261121k"

RULE = {
    "entity": "proposal",
    "trigger": "answered",
    "months": 12,
    "action": "anonymise",
    "is_active": True,
}


def upgrade() -> None:
    op.bulk_insert(sa.table("retention_rule", *(sa.column(name) for name in RULE)), [RULE])


def downgrade() -> None:
    op.execute("DELETE FROM retention_rule WHERE entity = 'proposal'")
