"""Agree who sees what

A body shares what it keeps with another only under an agreement: which kinds, areas, categories
and fields, for what, until when. A person's role may be limited to areas and categories. Contact
details may be open to fewer people than the entry itself, and a team keeps notes of its own.

Revision ID: 20261121b
Revises: 20261121a
"""

import sqlalchemy as sa
from alembic import op

revision = "20261121b"
down_revision = "20261121a"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
BASES = (
    "public_task",
    "consent",
    "legitimate_interests",
    "recognised_legitimate_interest",
    "contract",
    "legal_obligation",
    "vital_interests",
)


def upgrade() -> None:
    op.create_table(
        "sharing_agreement",
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("giver_id", KEY, nullable=True),
        sa.Column("receiver_id", KEY, nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("lawful_basis", sa.String(length=32), nullable=False),
        sa.Column("gateway", sa.String(length=200), nullable=False),
        sa.Column("terms", sa.String(length=4000), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_why", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("warned_days", sa.Integer(), nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "lawful_basis IN ({})".format(", ".join(f"'{one}'" for one in BASES)),
            name=op.f("ck_sharing_agreement_lawful_basis"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_sharing_agreement_days")),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_sharing_agreement_title")),
        sa.CheckConstraint("length(purpose) > 0", name=op.f("ck_sharing_agreement_purpose")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_sharing_agreement_version")),
        sa.CheckConstraint(
            "giver_id IS NULL OR giver_id <> receiver_id",
            name=op.f("ck_sharing_agreement_two_bodies"),
        ),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["partner.id"], name=op.f("fk_sharing_agreement_giver_id_partner")
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["partner.id"], name=op.f("fk_sharing_agreement_receiver_id_partner")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["app_user.id"],
            name=op.f("fk_sharing_agreement_created_by_id_app_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_agreement")),
        sa.UniqueConstraint("uid", name=op.f("uq_sharing_agreement_uid")),
    )
    for column in ("giver_id", "receiver_id"):
        op.create_index(op.f(f"ix_sharing_agreement_{column}"), "sharing_agreement", [column])
    op.add_column(
        "entry",
        sa.Column(
            "contact_visibility", sa.String(length=12), nullable=False, server_default="public"
        ),
    )
    op.add_column(
        "entry", sa.Column("notes", sa.String(length=2000), nullable=False, server_default="")
    )
    for column in ("areas", "categories"):
        op.add_column(
            "membership", sa.Column(column, sa.JSON(), nullable=False, server_default="[]")
        )


def downgrade() -> None:
    for column in ("areas", "categories"):
        op.drop_column("membership", column)
    for column in ("contact_visibility", "notes"):
        op.drop_column("entry", column)
    op.drop_table("sharing_agreement")
