"""Load populations

How many people of each age, sex, ethnic group, religion and disability live where, as published,
so that an invite list can be compared with them.

Revision ID: 20261123e
Revises: 20261123d
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123e"
down_revision = "20261123d"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PROFILE, PEOPLE = "population_profile", "population"


def upgrade() -> None:
    op.create_table(
        PROFILE,
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("dimension", sa.String(20), nullable=False),
        sa.Column("year", sa.String(4), nullable=False),
        sa.Column("area_type", sa.String(20), nullable=False),
        sa.Column("area_vintage", sa.String(8), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "area_type IN ('oa', 'lsoa', 'msoa', 'ward', 'parish', 'lad', 'csp', 'pfa', 'bcu',"
            " 'neighbourhood', 'custom')",
            name=op.f("ck_population_profile_area_type"),
        ),
        sa.CheckConstraint("length(year) = 4", name=op.f("ck_population_profile_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_population_profile")),
        sa.UniqueConstraint("uid", name=op.f("uq_population_profile_uid")),
        sa.UniqueConstraint(
            *("dimension", "year", "area_type", "area_vintage"),
            name=op.f("uq_population_profile_dimension_year_area_type_area_vintage"),
        ),
    )
    op.create_table(
        PEOPLE,
        sa.Column("profile_id", KEY, nullable=False),
        sa.Column("area_code", sa.String(40), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["population_profile.id"],
            name=op.f("fk_population_profile_id_population_profile"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("profile_id", "area_code", name=op.f("pk_population")),
    )


def downgrade() -> None:
    op.drop_table(PEOPLE)
    op.drop_table(PROFILE)
