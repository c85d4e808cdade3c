"""Whether the register can answer: its database is there and has the shape this version needs."""

from functools import cache

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assetmap import layers


def is_well(session: Session) -> bool:
    """True when the database answers and its migrations are those of this version."""
    try:
        found = session.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    except SQLAlchemyError:
        session.rollback()
        return False
    return set(found) == set(newest())


@cache
def newest() -> tuple[str, ...]:
    """The migrations that a database of this version ends with."""
    return tuple(ScriptDirectory(str(layers.shipped("migrations"))).get_heads())
