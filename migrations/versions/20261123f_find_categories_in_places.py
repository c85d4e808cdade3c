"""Find categories in places

To find what a category and a place have in common took most of the time of a search: each of them
has many entries. One token that tells both now stands beside the two.

Revision ID: 20261123f
Revises: 20261123e
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123f"
down_revision = "20261123e"

AT_ONCE = 1_000


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.execute(
            "UPDATE entry SET tokens = tokens || array_to_tsvector(ARRAY("
            "SELECT top || cell FROM unnest(tsvector_to_array(tokens)) AS top,"
            " unnest(tsvector_to_array(tokens)) AS cell"
            " WHERE top ~ '^t:[0-9]+$' AND cell ~ '^q[0-9]+:')) WHERE tokens IS NOT NULL"
        )
        return
    some = sa.text(
        "SELECT rowid, tokens FROM entry_search WHERE rowid > :last ORDER BY rowid LIMIT :most"
    )
    put = sa.text("UPDATE entry_search SET tokens = tokens || :both WHERE rowid = :id")
    last = -1
    while rows := connection.execute(some, {"last": last, "most": AT_ONCE}).all():
        given = [{"id": key, "both": both} for key, tokens in rows if (both := _both(tokens))]
        if given:
            connection.execute(put, given)
        last = rows[-1][0]


def downgrade() -> None:
    """Nothing: what was added is asked for by nobody."""


def _both(tokens: str) -> str:
    said = tokens.split()
    tops = [one for one in said if one.startswith("t:") and one[2:].isdigit()]
    cells = [one for one in said if one[0] == "q"]
    return "".join(f" {top}{cell}" for top in tops for cell in cells)
