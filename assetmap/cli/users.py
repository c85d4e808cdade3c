"""`assetmap users`: who signs in, with what role in which team, and their tokens."""

import click
from flask import current_app
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.db import db
from assetmap.models import ApiToken
from assetmap.register import people, role_limits, sign_in, tokens
from assetmap.schemas.people import (
    LONGEST_TOKEN_DAYS,
    HeldRole,
    NewPerson,
    NewToken,
    RoleLimits,
)
from assetmap.schemas.reading import checked
from assetmap.settings import Settings
from assetmap.vocabulary import Role, TokenScope

users = AppGroup("users", help="Who signs in, and with what role in which team.")
ROLES = ", ".join(role.value for role in Role)
SCOPES = " or ".join(scope.value for scope in TokenScope)


@users.command("add")
@click.argument("email")
@click.option("--team", required=True, help="Team they log for; made when there is none.")
@click.option("--role", required=True, help=f"One of {ROLES}.")
@click.option("--name", default="", help="What they are called; made from the address if missing.")
@click.option("--partner", default="", help="Partner that the team belongs to, if any.")
@writes
def add(email: str, team: str, role: str, name: str, partner: str) -> None:
    """Let EMAIL sign in, with a role in a team. Doing it again changes nothing."""
    given = {"email": email, "team": team, "role": role, "name": name, "partner": partner}
    new = checked(NewPerson, given)
    user, changed = people.add(db.session, new, viewer=OPERATOR)
    said = f"{user.email} ({user.name}) is {new.role.value} in {new.team}."
    db.session.commit()
    click.echo(said if changed else f"Nothing to change: {said}")


@users.command("remove")
@click.argument("email")
@click.option("--team", default="", help="Take them out of this team only.")
@click.option("--role", default="", help=f"Take this role in the team only: {ROLES}.")
@writes
def remove(email: str, team: str, role: str) -> None:
    """Shut EMAIL out: every session, token and link of theirs ends at once."""
    if role and not team:
        raise click.UsageError("Say in which --team.")
    user = people.by_email(db.session, email)
    known = user.email
    if team:
        held = checked(HeldRole, {"team": team, "role": role or None})
        gone = people.remove(db.session, user, held, viewer=OPERATOR)
    else:
        gone = people.shut_out(db.session, user, viewer=OPERATOR)
    db.session.commit()
    said = [f"{gone.roles} role{'' if gone.roles == 1 else 's'} taken"]
    if gone.shut_out:
        said += [f"{gone.sessions} sessions and {gone.tokens} tokens ended"]
    click.echo(f"{known} is {'shut out' if gone.shut_out else 'out'}: {', '.join(said)}.")


@users.command("limit")
@click.argument("email")
@click.option("--team", required=True, help="The team they have the role in.")
@click.option("--role", required=True, help=f"One of {ROLES}.")
@click.option("--area", "areas", multiple=True, help="Only here: type:code. May be repeated.")
@click.option(
    "--category", "categories", multiple=True, help="Only for this code. May be repeated."
)
@writes
def limit(
    email: str, team: str, role: str, areas: tuple[str, ...], categories: tuple[str, ...]
) -> None:
    """Let a role of EMAIL hold in these areas and categories only; with none, everywhere."""
    given = {"team": team, "role": role, "areas": list(areas), "categories": list(categories)}
    wanted = checked(RoleLimits, given)
    user = people.by_email(db.session, email)
    changed = role_limits.limit(db.session, user, wanted, viewer=OPERATOR)
    where = ", ".join((*wanted.areas, *wanted.categories)) or "everywhere"
    said = f"{user.email} is {wanted.role.value} in {team}: {where}."
    db.session.commit()
    click.echo(said if changed else f"Nothing to change: {said}")


@users.command("reset")
@click.argument("email")
@writes
def reset(email: str) -> None:
    """Take the authenticator and the work account of EMAIL away; sign them out everywhere."""
    user = people.by_email(db.session, email)
    had_any = people.reset(db.session, user, viewer=OPERATOR)
    known = user.email
    db.session.commit()
    what = "It is taken away" if had_any else "There was no authenticator and no work account"
    click.echo(f"{what}; {known} is signed out everywhere.")


@users.command("token")
@click.argument("email")
@click.option("--name", default="", help="What the token is for, to tell it from others.")
@click.option("--scope", default="write", help=f"What it may do: {SCOPES}.")
@click.option("--team", default="", help="The one team it acts in; all of theirs if missing.")
@click.option("--days", default=LONGEST_TOKEN_DAYS, help="Days that it works, a year at most.")
@writes
def token(email: str, name: str, scope: str, team: str, days: int) -> None:
    """Print a new token for the JSON door that acts as EMAIL. It is shown this once."""
    new = checked(NewToken, {"name": name, "scope": scope, "team": team, "days": days})
    user = sign_in.known_user(db.session, email)
    secret = tokens.make(db.session, user, new, viewer=OPERATOR)
    db.session.commit()
    click.echo(secret)


@users.command("tokens")
@click.argument("email")
@reads
def list_tokens(email: str) -> None:
    """Print the tokens of EMAIL that work: number, name, what it may do, until when, last used."""
    user = people.by_email(db.session, email)
    for one in tokens.of(db.session, user.id, viewer=OPERATOR):
        click.echo(_told(one))


@users.command("revoke")
@click.argument("email")
@click.option("--token", "token_id", type=int, help="Number of the token; all of them if missing.")
@writes
def revoke(email: str, token_id: int | None) -> None:
    """End a token of EMAIL, or all of them, at once."""
    user = people.by_email(db.session, email)
    if token_id is None:
        count = tokens.revoke_all(db.session, user, viewer=OPERATOR)
    else:
        tokens.revoke(db.session, token_id, user, viewer=OPERATOR)
        count = 1
    db.session.commit()
    click.echo(f"{count} token{'' if count == 1 else 's'} revoked.")


@users.command("link")
@click.argument("email")
@writes
def link(email: str) -> None:
    """Print an address that signs EMAIL in once."""
    settings: Settings = current_app.extensions["settings"]
    user = sign_in.known_user(db.session, email)
    secret = sign_in.make_link(db.session, user, minutes=settings.sign_in_minutes, viewer=OPERATOR)
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


def _told(one: ApiToken) -> str:
    used = f"used {one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never used"
    where = one.team.name if one.team else "all teams"
    name = one.name or "(no name)"
    return f"{one.id}  {name}  {one.scope}  {where}  until {one.expires_at:%Y-%m-%d}  {used}"
