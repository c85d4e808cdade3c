"""`assetmap users`: who signs in, and with what role in which team."""

import click
from flask import current_app
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.register import people, sign_in
from assetmap.schemas.people import NewPerson
from assetmap.schemas.reading import checked
from assetmap.settings import Settings
from assetmap.vocabulary import AuditAction, Role

users = AppGroup("users", help="Who signs in, and with what role in which team.")


@users.command("add")
@click.argument("email")
@click.option("--team", required=True, help="Team they log for; made when there is none.")
@click.option("--role", required=True, help=f"One of {', '.join(role.value for role in Role)}.")
@click.option("--name", default="", help="What they are called; made from the address if missing.")
@writes
def add(email: str, team: str, role: str, name: str) -> None:
    """Let EMAIL sign in, with a role in a team. Doing it again changes nothing."""
    given = {"email": email, "team": team, "role": role, "name": name}
    new = checked(NewPerson, given)
    user, changed = people.add(db.session, new, viewer=OPERATOR)
    said = f"{user.email} ({user.name}) is {new.role.value} in {new.team}."
    db.session.commit()
    click.echo(said if changed else f"Nothing to change: {said}")


@users.command("token")
@click.argument("email")
@click.option("--name", default="", help="What the token is for, to tell it from others.")
@writes
def token(email: str, name: str) -> None:
    """Print a new token for the JSON door that acts as EMAIL. It is shown this once."""
    if len(name) > 80:
        raise Invalid.field("name", "Use 80 characters or fewer.")
    secret = sign_in.make_token(db.session, email, name)
    user = sign_in.find_user(db.session, email)
    assert user is not None
    people.note(db.session, AuditAction.TOKEN_MADE, user, viewer=OPERATOR)
    db.session.commit()
    click.echo(secret)


@users.command("link")
@click.argument("email")
@writes
def link(email: str) -> None:
    """Print an address that signs EMAIL in once."""
    settings: Settings = current_app.extensions["settings"]
    user = sign_in.find_user(db.session, email)
    if user is None:
        raise Invalid.field("email", f"Nobody signs in as {email}.")
    secret = sign_in.make_link(db.session, user, minutes=settings.sign_in_minutes)
    people.note(db.session, AuditAction.LINK_SENT, user, viewer=OPERATOR)
    db.session.commit()
    root = settings.public_url or f"http://{settings.host}:{settings.port}"
    click.echo(f"{root.rstrip('/')}/sign-in/{secret}")


@users.command("list")
@reads
def show() -> None:
    """Print everybody who signs in, with their teams and roles."""
    for user in people.everyone(db.session, viewer=OPERATOR):
        held = sorted(f"{one.team.name}: {one.role}" for one in user.memberships)
        state = "" if user.is_active else "  (shut out)"
        click.echo(f"{user.email}  {user.name}{state}  {'; '.join(held)}".rstrip())
