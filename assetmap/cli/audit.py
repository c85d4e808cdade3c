"""`assetmap audit`: reading the account that is kept, and making sure that it is whole."""

import uuid
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from assetmap.access import OPERATOR
from assetmap.cli.group import reads
from assetmap.cli.progress import Progress
from assetmap.db import db
from assetmap.errors import Invalid, RegisterError
from assetmap.models import User
from assetmap.register import audit as register
from assetmap.register import audit_reading, audit_verifying, audit_words
from assetmap.schemas.audit import AuditSearch
from assetmap.schemas.reading import checked
from assetmap.schemas.text import small_address
from assetmap.vocabulary import AuditAction

MOST = 1_000_000

audit = AppGroup("audit", help="Who did, read and took away what, and whether that is all there.")


class Tampered(RegisterError):
    """The audit is not as it was written."""


@audit.command("verify")
@click.option("--head", "kept", default="", metavar="HASH", help="A head that was kept elsewhere.")
@reads
def verify(kept: str) -> None:
    """Walk the whole audit and name the first row that is not as it was written.

    Whoever may write to the database could write the whole chain anew: keep what `audit head`
    prints somewhere else, and give it here.
    """
    with Progress("Rows") as told:
        found = audit_verifying.verify(
            db.session, kept_elsewhere=kept.strip().rpartition(":")[2].lower(), told=told
        )
    if found.first_broken is not None:
        raise Tampered(f"The audit is broken at row {found.first_broken}: {found.why}.")
    click.echo(f"{found.count:,} rows, all as they were written. Head: {found.seq}:{found.hash}")


@audit.command("head")
@reads
def head() -> None:
    """Print the number and hash of the latest row, to be kept elsewhere."""
    seq, last = register.head(db.session)
    click.echo(f"{seq}:{last}")


@audit.command("list")
@click.option("--about", metavar="REF", help="Reference or uid: who did, saw or took it.")
@click.option("--person", metavar="EMAIL", help="What somebody did.")
@click.option("--action", metavar="WORD", help=f"One of {', '.join(AuditAction)}.")
@click.option("--since", metavar="DAY", help="First day, as 2026-05-01.")
@click.option("--until", metavar="DAY", help="Last day.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True)
@reads
def show(limit: int, person: str | None, **asked: Any) -> None:
    """Print who did what, the latest first."""
    given = {name: value for name, value in asked.items() if value}
    if person:
        given["person"] = _uid_of(person)
    wanted = checked(AuditSearch, given)
    for line in audit_reading.every(db.session, wanted, viewer=OPERATOR, most=limit):
        said = "".join(c for c in audit_words.sentence(line) if c.isprintable())
        click.echo(f"{line.row.seq:>7}  {line.row.at:%Y-%m-%d %H:%M:%S}  {said}")


def _uid_of(email: str) -> uuid.UUID:
    found = db.session.scalar(select(User.uid).where(User.email == small_address(email)))
    if found is None:
        raise Invalid.field("person", f"Nobody signs in as {email}.")
    return found
