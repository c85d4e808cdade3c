"""Keep what a message says besides with the message

The words were read off the list when a message went, so that those of a later message, or of a
cancellation, went out with invitations that still waited. Whoever was mailed that they have a
place is kept as told of it, as those are whom somebody told.

Revision ID: 20261127b
Revises: 20261126a
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127b"
down_revision = "20261126a"


def upgrade() -> None:
    words = sa.Column("words", sa.String(2_000), nullable=False, server_default="")
    op.add_column("invite_reply", words)
    op.execute(
        "UPDATE invite_reply SET words = (SELECT invite_list.words FROM invite_list JOIN invitation"
        " ON invitation.list_id = invite_list.id WHERE invitation.id = invite_reply.invitation_id)"
        " WHERE mail = 'waiting'"
    )
    op.execute(
        "UPDATE invite_reply SET place_told_at = sent_at"
        " WHERE mail = 'sent' AND mail_kind = 'place' AND place_told_at IS NULL"
    )


def downgrade() -> None:
    op.drop_column("invite_reply", "words")
