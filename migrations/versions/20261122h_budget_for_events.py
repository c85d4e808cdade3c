"""Budget for events

What an event may cost and did, and the papers that must hold on its day, with their last day.

Revision ID: 20261122h
Revises: 20261122g
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122h"
down_revision = "20261122g"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
EVENT = ["engagement_id"], ["engagement.id"]


def upgrade() -> None:
    op.create_table(
        "event_cost",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("what", sa.String(length=120), nullable=False),
        sa.Column("planned_pence", sa.Integer(), nullable=False),
        sa.Column("spent_pence", sa.Integer(), nullable=True),
        sa.Column("given", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('venue', 'catering', 'vouchers', 'travel', 'interpreting', 'childcare',"
            " 'materials', 'staff', 'other')",
            name=op.f("ck_event_cost_kind"),
        ),
        sa.CheckConstraint("length(what) > 0", name=op.f("ck_event_cost_what")),
        sa.CheckConstraint(
            "planned_pence BETWEEN 0 AND 100000000", name=op.f("ck_event_cost_planned_pence")
        ),
        sa.CheckConstraint(
            "spent_pence IS NULL OR spent_pence BETWEEN 0 AND 100000000",
            name=op.f("ck_event_cost_spent_pence"),
        ),
        sa.CheckConstraint(
            "given IS NULL OR (kind = 'vouchers' AND given BETWEEN 0 AND 100000)",
            name=op.f("ck_event_cost_given"),
        ),
        sa.ForeignKeyConstraint(*EVENT, name=op.f("fk_event_cost_engagement_id_engagement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_cost")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_cost_uid")),
    )
    op.create_index(op.f("ix_event_cost_engagement_id"), "event_cost", ["engagement_id"])
    op.create_table(
        "event_paper",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=120), nullable=False),
        sa.Column("kept_at", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('insurance', 'risk_assessment', 'safeguarding', 'permission', 'other')",
            name=op.f("ck_event_paper_kind"),
        ),
        sa.CheckConstraint("length(what) > 0", name=op.f("ck_event_paper_what")),
        sa.ForeignKeyConstraint(*EVENT, name=op.f("fk_event_paper_engagement_id_engagement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_paper")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_paper_uid")),
    )
    op.create_index(op.f("ix_event_paper_engagement_id"), "event_paper", ["engagement_id"])


def downgrade() -> None:
    op.drop_table("event_paper")
    op.drop_table("event_cost")
