"""Draw panels

Panels drawn by lot out of an invite list so that they meet quotas: what was asked for, by which
lot, and for everybody in the pool the chance of a seat and what came of it.

Revision ID: 20261123i
Revises: 20261123h
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123i"
down_revision = "20261123h"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
PANEL, PLACE = "invite_panel", "invite_place"


def upgrade() -> None:
    op.create_table(
        PANEL,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("reserves", sa.Integer(), nullable=False),
        sa.Column("each_group", sa.Integer(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("quotas", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("eased", sa.JSON(), nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("smallest", sa.Double(), nullable=True),
        sa.Column("at_best", sa.Double(), nullable=True),
        sa.Column("drawn_at", AT, nullable=False),
        sa.Column("drawn_by_id", KEY, nullable=True),
        sa.CheckConstraint(
            "state IN ('drawing', 'drawn', 'impossible', 'failed')",
            name=op.f("ck_invite_panel_state"),
        ),
        sa.CheckConstraint("seats >= 1", name=op.f("ck_invite_panel_seats")),
        sa.CheckConstraint("reserves >= 0", name=op.f("ck_invite_panel_reserves")),
        _key(PANEL, "list_id", "invite_list"),
        _key(PANEL, "drawn_by_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite_panel")),
        sa.UniqueConstraint("uid", name=op.f("uq_invite_panel_uid")),
    )
    op.create_table(
        PLACE,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("panel_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("counts_for", sa.JSON(), nullable=False),
        sa.Column("instead_of_id", KEY, nullable=True),
        sa.Column("declined_at", AT, nullable=True),
        sa.CheckConstraint(
            "state IN ('pool', 'seated', 'reserve', 'declined')",
            name=op.f("ck_invite_place_state"),
        ),
        sa.CheckConstraint("chance BETWEEN 0 AND 1", name=op.f("ck_invite_place_chance")),
        _key(PLACE, "panel_id", "invite_panel"),
        _key(PLACE, "person_id", "person"),
        _key(PLACE, "instead_of_id", "invite_place"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite_place")),
        sa.UniqueConstraint("uid", name=op.f("uq_invite_place_uid")),
        sa.UniqueConstraint(
            "panel_id", "person_id", name=op.f("uq_invite_place_panel_id_person_id")
        ),
    )
    for table, column in (
        (PANEL, "list_id"),
        (PLACE, "panel_id"),
        (PLACE, "person_id"),
        (PLACE, "instead_of_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    op.drop_table(PLACE)
    op.drop_table(PANEL)


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
