"""`assetmap db`: bring the database to the shape this version needs."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from flask import current_app
from flask.cli import AppGroup

from assetmap import connections, spatial
from assetmap.access import OPERATOR
from assetmap.cli.group import reads
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.layers import shipped
from assetmap.loading import keeps_as_told
from assetmap.register import arranging, categories, clearing
from assetmap.settings import Settings

database = AppGroup("db", help="Bring the database to the shape this version needs.")


def alembic_config(database_url: str) -> Config:
    """Alembic's settings for a database, wherever the package is installed."""
    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    config.attributes["database_url"] = database_url
    return config


@contextmanager
def _going_to(revision: str) -> Iterator[None]:
    """Raises Invalid where there is no way to the revision that was typed."""
    try:
        yield
    except CommandError as error:
        problem = f"There is no revision “{revision}” that the database can go to."
        raise Invalid.field("to", problem) from error


@database.command("upgrade")
@click.option("--to", "revision", default="head", help="Revision to go to.")
@reads
def upgrade(revision: str) -> None:
    """Create the tables, or change them to what this version needs."""
    settings: Settings = current_app.extensions["settings"]
    settings.instance.mkdir(parents=True, exist_ok=True)
    with _going_to(revision):
        command.upgrade(alembic_config(settings.database_url), revision)
    if revision == "head":  # an earlier shape may not hold what today's classification needs
        spatial.writing(db.session)
        categories.load_default(db.session)
        db.session.commit()
    click.echo("The database is up to date.")


@database.command("downgrade")
@click.option("--to", "revision", required=True, help="Revision to go back to, or 'base'.")
@reads
def downgrade(revision: str) -> None:
    """Go back to an earlier shape. Tables that did not exist then are lost."""
    settings: Settings = current_app.extensions["settings"]
    with _going_to(revision):
        command.downgrade(alembic_config(settings.database_url), revision)
    click.echo(f"The database is at {revision}.")


@database.command("tidy")
@click.option("--dry-run", is_flag=True, help="Say what would go, remove nothing.")
@reads
def tidy(*, dry_run: bool) -> None:
    """Clear away what nobody has needed for 30 days: uploads of imports that are over, and files of
    removed photos; and words that no public entry has any more. Done once a day by itself."""
    found = clearing.find(db.session, viewer=OPERATOR)
    if not dry_run:
        connections.read_enough(db.session)
        clearing.clear(db.session, found, viewer=OPERATOR)
        db.session.commit()
    click.echo(f"{'Would clear' if dry_run else 'Cleared'} {found}.")


@database.command("arrange")
@reads
def arrange() -> None:
    """Put entries that lie near each other side by side, so that searches of one place are faster.

    On PostgreSQL, for 50,000 entries and more: after the register was filled, and every few months.
    A million take about a minute, in which nobody can use the register.
    """
    if not keeps_as_told(db.session):
        click.echo("SQLite keeps entries by their keys: there is nothing to arrange.")
        return
    click.echo("Putting entries in the order of their places. Nobody can use the register now.")
    connections.read_enough(db.session)
    count = arranging.arrange(db.session, viewer=OPERATOR)
    db.session.commit()
    click.echo(f"{count:,} entries lie in the order of their places.")
