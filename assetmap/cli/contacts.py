"""`assetmap contacts`: the people whom teams know, on the server itself; it is on the audit too."""

import click
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import writes
from assetmap.db import db
from assetmap.register import person_reading
from assetmap.register.person_reading import Known
from assetmap.schemas.persons import PersonSearch
from assetmap.vocabulary import ContactPurpose

contacts = AppGroup("contacts", help="The people whom teams know, and what they agreed to.")


@contacts.command("list")
@click.option(
    "--agreed",
    type=click.Choice([one.value for one in ContactPurpose]),
    help="Only those with a current record for this.",
)
@click.option("--at", default="", help="Only those at a group or place, such as GRP-000012.")
@click.option("--untold", is_flag=True, help="Only those still to be told who gave their details.")
@writes
def show(agreed: str | None, at: str, *, untold: bool) -> None:
    """Print who is known, at what, and for what they may be contacted; no addresses.

    Whoever is printed has been read, which the audit says of the operator.
    """
    wanted = PersonSearch(
        agreed=ContactPurpose(agreed) if agreed else None,
        at=at.strip(),
        untold=untold or None,
        limit=200,
    )
    while True:
        found = person_reading.every(db.session, wanted, viewer=OPERATOR)
        for known in found.people:
            click.echo(_line(known))
        if not found.next_cursor:
            break
        wanted = wanted.model_copy(update={"cursor": found.next_cursor})
    db.session.commit()


def _line(known: Known) -> str:
    roles = ", ".join(f"{held.role.title} at {held.entry.ref}" for held in known.roles)
    ways = "; ".join(
        f"{purpose.value}: {', '.join(channel.value for channel in channels)}"
        for purpose, channels in known.agreed.items()
    )
    stopped = "do not contact" if known.person.do_not_contact else ways or "nothing agreed"
    parts = [known.person.name, known.person.team.name, roles or "no role", stopped]
    if known.person.to_tell_by:
        parts.append(f"to be told by {known.person.to_tell_by}")
    return "  ".join(parts)
