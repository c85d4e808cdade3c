"""`assetmap agreements`: what bodies share with one another, and which of it ends soon."""

import click
from flask import current_app
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.db import db, local_day, now
from assetmap.outside.mail import Mail
from assetmap.register import agreements as register

agreements = AppGroup("agreements", help="What bodies agreed to share, and which of it ends soon.")
SUBJECT = "A sharing agreement ends {when}"
MESSAGE = """{title}

{giver} lets {receiver} see what this agreement says until {day}. After that day it opens nothing
any more. If it is still needed, make another from it under Sharing agreements.
"""


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
    """Mail the data officers of both bodies 60, 30 and 7 days before an agreement ends.

    Run it once a day; each threshold is told once.
    """
    mail: Mail = current_app.extensions["mail"]
    letters: list[tuple[str, str, str]] = []
    for agreed, days in register.to_warn_of(db.session, local_day(now())):
        when = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
        giver = agreed.giver.name if agreed.giver else register.KEEPER
        text = MESSAGE.format(
            title=agreed.title, giver=giver, receiver=agreed.receiver.name, day=agreed.ends_on
        )
        to = register.officers_of(db.session, agreed)
        letters += [(one, SUBJECT.format(when=when), text) for one in to]
        click.echo(f"{agreed.title} ends {when}: {len(to)} told.")
    db.session.commit()
    for letter in letters:
        mail.send(*letter)
