"""`assetmap partners`: the bodies that work with one another through the register."""

import click
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.db import db
from assetmap.register import partners as register
from assetmap.schemas.people import NewPartner, NewTeam
from assetmap.schemas.reading import checked
from assetmap.vocabulary import PARTNER_KINDS

partners = AppGroup("partners", help="Bodies that findings are assigned to and teams belong to.")
KINDS = ", ".join(PARTNER_KINDS)


@partners.command("add")
@click.argument("name")
@click.option("--kind", required=True, help=f"One of {KINDS}.")
@writes
def add(name: str, kind: str) -> None:
    """Make the body called NAME known. Doing it again changes nothing."""
    new = checked(NewPartner, {"name": name, "kind": kind})
    partner, is_new = register.add(db.session, new, viewer=OPERATOR)
    said = f"{partner.name} ({partner.kind}) is a partner."
    db.session.commit()
    click.echo(said if is_new else f"Nothing to change: {said}")


@partners.command("team")
@click.argument("name")
@click.option("--partner", default="", help="Partner it belongs to; the register's own if missing.")
@writes
def team(name: str, partner: str) -> None:
    """Make the team called NAME, or move it to another body."""
    new = checked(NewTeam, {"name": name, "partner": partner})
    changed = register.set_team(db.session, new, viewer=OPERATOR)
    db.session.commit()
    whose = new.partner or "the body that keeps the register"
    click.echo(f"{'' if changed else 'Nothing to change: '}{new.name} belongs to {whose}.")


@partners.command("list")
@reads
def show() -> None:
    """Print every body, its kind, and its teams with how many people are in them."""
    for body in register.bodies(db.session, viewer=OPERATOR):
        if body.partner is None:
            name = "The body that keeps the register"
        else:
            name = f"{body.partner.name}  {body.partner.kind}"
        held = ", ".join(f"{line.team.name} ({line.people})" for line in body.teams)
        click.echo(f"{name}  {held or 'no teams'}")
