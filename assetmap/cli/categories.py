"""`assetmap categories`: the classification, from the command line."""

import click
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.db import db
from assetmap.models.category import SCHEMES
from assetmap.register import categories as register

categories = AppGroup("categories", help="The terms that entries are classified by.")


@categories.command("load")
@writes
def load() -> None:
    """Add the terms of the shipped classification that are missing; change no other."""
    added = register.load_default(db.session)
    db.session.commit()
    click.echo(f"{added} terms added.")


@categories.command("list")
@click.option("--scheme", type=click.Choice(SCHEMES), help="One classification only.")
@reads
def show(scheme: str | None) -> None:
    """Print every term in use with its code and how many entries it has."""
    wanted = (scheme,) if scheme else SCHEMES
    for name, branches in register.trees(db.session, viewer=OPERATOR, schemes=wanted).items():
        for branch in branches:
            if branch.category.active:
                _line(name, branch.category.code, branch.category.label, branch.count)
            for leaf in branch.leaves:
                if leaf.category.active:
                    _line(name, leaf.category.code, f"  {leaf.category.label}", leaf.count)


def _line(scheme: str, code: str, label: str, count: int) -> None:
    click.echo(f"{scheme:<8} {code:<24} {count:>7,}  {label}")
