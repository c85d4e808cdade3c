"""Keep voice notes

What somebody said on a walkabout is kept beside the photos, with what it says written down; what
is passed on knows which of the two it is.

Revision ID: 20261121t
Revises: 20261121s
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121t"
down_revision = "20261121s"


def upgrade() -> None:
    op.add_column(
        "attachment",
        sa.Column("transcript", sa.String(length=4000), nullable=False, server_default=""),
    )
    op.add_column(
        "referral_photo",
        sa.Column("mime", sa.String(length=40), nullable=False, server_default="image/jpeg"),
    )


def downgrade() -> None:
    op.drop_column("referral_photo", "mime")
    op.execute("DELETE FROM attachment WHERE mime LIKE 'audio/%'")  # no photos to what is older
    op.drop_column("attachment", "transcript")
