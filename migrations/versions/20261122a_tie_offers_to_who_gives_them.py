"""Tie offers to who gives them

Whatever is written since ties them by itself. Those that were there before would be missing from
the chains and pages of their groups and places until somebody changes who gives them.

Revision ID: 20261122a
Revises: 20261121x
"""

from alembic import op

revision = "20261122a"
down_revision = "20261121x"


def upgrade() -> None:
    op.execute("""
        INSERT INTO link (from_id, to_id, relation, created_at, created_by_id)
        SELECT offer.id, coalesce(group_id, asset_id), 'offered_by', created_at, created_by_id
        FROM offer JOIN entry ON entry.id = offer.id
        WHERE coalesce(group_id, asset_id) IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM link WHERE from_id = offer.id AND relation = 'offered_by'
            AND to_id = coalesce(group_id, asset_id))
    """)


def downgrade() -> None:
    """They stay: which of them somebody tied by hand is not known."""
