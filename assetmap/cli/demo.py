"""`assetmap demo`: the fictional town of Alderbrook, to try things out on."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from assetmap.cli.group import writes
from assetmap.db import db
from assetmap.demo import load as register
from assetmap.demo.basemap import write_basemap
from assetmap.demo.town import NAME
from assetmap.settings import Settings

BASEMAP = "basemap.pmtiles"

demo = AppGroup("demo", help="Alderbrook, a fictional town to try things out on.")


@demo.command("load")
@writes
def load() -> None:
    """Put the demo town into an empty register; do nothing when it is there."""
    settings: Settings = current_app.extensions["settings"]
    basemap = settings.instance / BASEMAP
    if register.is_there(db.session):
        if not basemap.exists():
            _drawn(basemap).replace(basemap)
            click.echo("The base map was missing and has been drawn again.")
        click.echo(f"{NAME} is here already; nothing to do.")
        return
    done = register.load(db.session, register.today_here())
    drawn = _drawn(basemap)  # before the commit, so that a full disk leaves neither behind
    try:
        db.session.commit()
    except BaseException:
        drawn.unlink(missing_ok=True)
        raise
    drawn.replace(basemap)
    counts = ", ".join(f"{count} {kind}s" for kind, count in sorted(done.entries.items()))
    click.echo(
        f"{NAME} is loaded: {counts}, {done.links} links between them,"
        f" {done.areas} areas and {done.postcodes} postcodes."
    )


def _drawn(basemap: Path) -> Path:
    """The base map, written beside where it will be."""
    beside = basemap.with_suffix(".part")
    try:
        write_basemap(beside)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside
