"""`assetmap search`: the one search, from the command line of the server."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

import click

from assetmap.access import OPERATOR
from assetmap.cli.group import reads
from assetmap.db import db, local_day, now
from assetmap.errors import Invalid
from assetmap.register import downloads, features, files, named_places
from assetmap.register import search as register
from assetmap.register.downloads import Account
from assetmap.register.search import Hit
from assetmap.register.weighing import Weight
from assetmap.schemas.reading import checked
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Channel

MOST = 1_000_000
Command = TypeVar("Command", bound=Callable[..., Any])
ON_A_SCREEN = 50
LINE = "{:<10} {:<34} {:<14} {:<9} {:>9}"


FILTERS = (
    click.option("--kind", multiple=True, help="asset, group, offer, finding, walkabout, …"),
    click.option("--area", multiple=True, metavar="CODE", help="Inside the area with this code."),
    click.option("--category", multiple=True, metavar="CODE", help="In this category or below it."),
    click.option("--text", default="", metavar="WORDS", help="Words to look for."),
    click.option("--near", metavar="PLACE", help="Near LON,LAT, a postcode, a ward or a name."),
    click.option("--within-m", metavar="N", help="How near, in metres; 1000 unless given."),
    click.option("--covers", metavar="PLACE", help="What serves this place, wherever it is."),
    click.option("--status", multiple=True, help="In this state; `any` for all states."),
)


def filters(command: Command) -> Command:
    """A command that takes what the search can be narrowed by."""
    for option in reversed(FILTERS):
        command = option(command)
    return command


@click.command("search")
@filters
@click.option("--sort", default="relevance", help="relevance, distance, newest or checked.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "geojson", "csv"]),
    default="table",
    help="A table to read, or a file.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    help=f"At most so many; a table has {ON_A_SCREEN} unless given, a file has all.",
)
@reads
def search(form: str, limit: int | None, **asked: Any) -> None:
    """Find entries and print them.

    The command line on the server sees everything on the register, whatever its visibility: take
    care where the output goes.
    """
    given = asked_for(asked)
    wanted = checked(EntrySearch, given)
    most = limit or (ON_A_SCREEN if form == "table" else MOST)
    today = local_day(now())
    if form == "table":
        hits = downloads.every(db.session, wanted, viewer=OPERATOR, most=most)
        (total,) = register.totals(db.session, [wanted], viewer=OPERATOR)
        _print_table(hits, most, total, today)
        return
    account = account_of(wanted, Channel(form), given)
    hits = downloads.every(db.session, wanted, viewer=OPERATOR, most=most, account=account)
    for piece in files.of_entries(db.session, hits, Channel(form), level=account.level):
        click.echo(piece, nl=False)


def account_of(wanted: EntrySearch, form: Channel, filters: Collection[str]) -> Account:
    """The account to keep of what the operator, who is not asked what for, takes away."""
    level = Weight(db.session, wanted, viewer=OPERATOR).level
    return Account(form, level, db.session.commit, filters=filters, is_asked=False)


def asked_for(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What the options say, blanks left out and places found."""
    given = {name: value for name, value in typed.items() if value not in ((), "", None)}
    return given | _places(given)


def _places(given: dict[str, Any]) -> dict[str, str]:
    """Where places are that were named and not written as numbers, as the search page has it.

    Raises Invalid, by the option's name, for a place that is not loaded or lies outside the extent.
    """
    found: dict[str, str] = {}
    for name in ("near", "covers"):
        if name not in given:
            continue
        try:
            place = named_places.look_up(db.session, given[name]).place
        except Invalid as error:
            raise Invalid.field(name, error.problems["place"]) from error
        if any(c.isalpha() for c in given[name]):
            click.echo(" ".join(filter(None, [f"{name}: {place.label}.", place.note])), err=True)
            found[name] = f"{place.longitude:.6f},{place.latitude:.6f}"
    return found


def _print_table(hits: Iterable[Hit], most: int, total: int, today: date) -> None:
    for number, hit in enumerate(hits):
        if number == 0:
            last = "CHECKED" if hit.distance_m is None else "DISTANCE"
            click.echo(LINE.format("REF", "TITLE", "AREA", "STATE", last).rstrip())
        click.echo(_line(hit, today))
    more = f"; {most:,} shown, --limit shows more" if total > most else ""
    click.echo(f"{total:,} found{more}")


def _line(hit: Hit, today: date) -> str:
    """One entry in 80 columns; the distance stands for the check when a place was given."""
    entry = hit.entry
    last = _month(entry.checked_on) + ("!" if entry.is_overdue(today) else "")
    if hit.distance_m is not None:
        last = features.distance(hit.distance_m)
    area = hit.areas[0].name if hit.areas else ""
    cells = (entry.ref, _cut(entry.title, 34), _cut(area, 14), _cut(entry.status, 9), last)
    return LINE.format(*cells).rstrip()


def _month(day: date | None) -> str:
    return f"{day:%b %Y}" if day else "never"


def _cut(text: str, width: int) -> str:
    """Text that fits; what a terminal would obey instead of print is left out."""
    plain = "".join(c for c in text if c.isprintable())
    return plain if len(plain) <= width else plain[: width - 1] + "…"
