"""Alembic's environment: the same models and settings as the service, nothing else."""

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import create_engine

from assetmap import connections, models
from assetmap.db import Model
from assetmap.settings import Settings

assert models.Entry.__table__ is not None  # every table is loaded


def is_ours(thing, name, kind, reflected, compare_to) -> bool:
    """Leave alone what PostGIS, SpatiaLite and FTS5 keep for themselves."""
    if kind == "table" and reflected and compare_to is None:
        return False
    if kind == "index" and reflected and compare_to is None and str(name).startswith("idx_"):
        return False
    if kind == "index" and name == "ix_entry_tokens" and engine.dialect.name == "sqlite":
        return False  # FTS5 holds the words there
    return alembic_helpers.include_object(thing, name, kind, reflected, compare_to)


url = context.config.attributes.get("database_url") or Settings().database_url
engine = create_engine(connections.engine_url(url), plugins=["geoalchemy2"])
with engine.connect() as plain:
    connection = plain.execution_options(**{connections.WRITES: True})
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        include_object=is_ours,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        render_as_batch=False,  # a batch copy silently loses SpatiaLite's spatial index
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
