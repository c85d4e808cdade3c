"""`assetmap referrals`: letting go of what was handed over, and changing the key it is sealed with.

What a referral says is read on its page alone; no command prints it.
"""

import click
from flask.cli import AppGroup

from assetmap import connections
from assetmap.access import OPERATOR
from assetmap.cli.group import writes
from assetmap.db import db
from assetmap.register import referral_keeping, replies

referrals = AppGroup("referrals", help="Letting go of what was passed on, once an office has it.")


@referrals.command("purge")
@click.option("--dry-run", is_flag=True, help="Say what would go, let go of nothing.")
@writes
def purge(*, dry_run: bool) -> None:
    """Purge the content of referrals whose days are over, and what is left of them after a year.
    Done once a day by itself."""
    found = referral_keeping.due(db.session, viewer=OPERATOR)
    if not dry_run:
        referral_keeping.purge_due(db.session, found, viewer=OPERATOR)
        db.session.commit()
        connections.empty_log(db.session)
    click.echo(f"{'Would purge' if dry_run else 'Purged'} {found}.")


@referrals.command("rotate")
@writes
def rotate() -> None:
    """Seal every referral, and what people need at events, anew with the first key of
    ASSETMAP_REFERRAL_KEYS. Then the others may go."""
    count = referral_keeping.rotate(db.session, viewer=OPERATOR) + replies.reseal(db.session)
    db.session.commit()
    connections.empty_log(db.session)
    click.echo(f"Sealed {count:,} anew with the newest key.")
