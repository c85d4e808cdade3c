"""Show answers once they stop

A figure that moves with one more answer sheet tells what is on it: results show the sheets that had
come when answers were stopped. What has come before today has been seen.

Revision ID: 20261122e
Revises: 20261122d
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122e"
down_revision = "20261122d"


def upgrade() -> None:
    op.add_column("survey", sa.Column("shown", sa.JSON(), nullable=False, server_default="{}"))
    survey = sa.table("survey", sa.column("id"), sa.column("shown", sa.JSON()))
    sheet = sa.table("survey_answer", sa.column("survey_id"), sa.column("phase"))
    came: dict[int, dict[str, list[int]]] = {}
    counted = sa.select(sheet.c.survey_id, sheet.c.phase, sa.func.count())
    for key, phase, count in op.get_bind().execute(
        counted.group_by(sheet.c.survey_id, sheet.c.phase)
    ):
        came.setdefault(key, {})[phase] = [count]
    for key, shown in came.items():
        op.execute(survey.update().where(survey.c.id == key).values(shown=shown))


def downgrade() -> None:
    op.drop_column("survey", "shown")
