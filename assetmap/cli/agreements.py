"""`assetmap agreements`: what bodies share with one another, and which of it ends soon."""

import click
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.db import db, local_day, now
from assetmap.register import agreement_letters
from assetmap.register import agreements as register

agreements = AppGroup("agreements", help="What bodies agreed to share, and which of it ends soon.")


@agreements.command("list")
@reads
def show() -> None:
    """Print every agreement, with its state and its last day."""
    today = local_day(now())
    for one in register.every(db.session, viewer=OPERATOR):
        agreed = one.agreement
        giver = agreed.giver.name if agreed.giver else register.KEEPER
        said = f"{agreed.title}  {giver} → {agreed.receiver.name}"
        click.echo(f"{agreed.state_on(today):<7}  until {agreed.ends_on}  {said}")


@agreements.command("warn")
@writes
def warn() -> None:
    """Write to the data officers of both bodies 60, 30 and 7 days before an agreement ends.

    It is done daily by itself; each threshold is told once.
    """
    for line in agreement_letters.warn(db.session, local_day(now())):
        click.echo(line)
    db.session.commit()
