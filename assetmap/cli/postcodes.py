"""`assetmap postcodes`: where every postcode is."""

from itertools import chain
from pathlib import Path

import click
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import writes
from assetmap.cli.progress import Progress
from assetmap.db import db
from assetmap.formats import postcode_archives
from assetmap.register import postcodes as register

postcodes = AppGroup("postcodes", help="Where every postcode is.")


@postcodes.command("load")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--release", default="", help="What to call this publication, such as 'Nov 2021'.")
@click.option(
    "--northern-ireland",
    is_flag=True,
    help="Load BT postcodes too. They come under a narrower licence than the rest.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
@writes
def load(paths: tuple[Path, ...], *, release: str, northern_ireland: bool, dry_run: bool) -> None:
    """Add or update postcodes from Code-Point Open or NSPL/ONSPD, as CSV files or zips."""
    rows = chain.from_iterable(
        postcode_archives.read(path, northern_ireland=northern_ireland) for path in paths
    )
    with Progress("Postcodes") as progress:
        loaded = register.load(
            db.session, rows, release=release, viewer=OPERATOR, progress=progress
        )
    for reason in loaded.reasons:
        click.echo(reason)
    click.echo(
        f"{loaded.added} added, {loaded.updated} updated, {loaded.unchanged} unchanged,"
        f" {loaded.refused} refused{' (dry run: nothing was changed)' if dry_run else ''}"
    )
    if dry_run:
        db.session.rollback()
    else:
        db.session.commit()
