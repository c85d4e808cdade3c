"""The lists of walkabouts, events and hotspots."""

from typing import Any
from urllib.parse import urlencode

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db, now
from assetmap.models import Engagement, Entry, Hotspot, Walkabout
from assetmap.models.states import MOVES
from assetmap.register import gatherings
from assetmap.schemas.gatherings import GatheringSearch
from assetmap.schemas.reading import from_query
from assetmap.vocabulary import Channel, Kind
from assetmap.web import labels, taking
from assetmap.web.pins import pin

BEGUN = ("underway", "complete", "held", "closed", "cancelled")

LEADS = {
    Kind.WALKABOUT: "People walking an area together, and what they found there.",
    Kind.ENGAGEMENT: "Events that bring people together, and what came of them.",
    Kind.HOTSPOT: "Places where worries gather for a time, and what is done about them.",
}


def index(kind: Kind) -> ResponseReturnValue:
    """The latest first, upcoming ones at the top, with what came of each."""
    wanted = from_query(GatheringSearch, request.args)
    found = gatherings.page(db.session, kind, wanted, viewer=g.viewer)
    asked = {name: value for name, value in request.args.items() if value and name != "cursor"}
    return render_template(
        "entries/list.html",
        kind=kind,
        lead=LEADS[kind],
        wanted=wanted,
        found=found,
        cards=[
            {
                "entry": entry,
                "number": number,
                "when": _when(entry),
                "is_ahead": _is_ahead(entry),
                "counts": _counts(found.came_of.get(entry.id, {})),
            }
            for number, entry in enumerate(found.entries, 1)
        ],
        pins=[
            pin(entry, number)
            for number, entry in enumerate(found.entries, 1)
            if entry.longitude is not None
        ],
        states=[("", "All but those called off"), *labels.choices(MOVES[kind]), ("any", "All")],
        next_url=_address(asked, cursor=found.next_cursor) if found.next_cursor else "",
        first_url=_address(asked) if wanted.cursor else "",
        csv_url=f"/{kind.plural}.csv{_address(asked)}".rstrip("?"),
    )


def as_csv(kind: Kind) -> ResponseReturnValue:
    """All that match, as a file; for what, is said first where some of it is restricted."""
    wanted = from_query(GatheringSearch, taking.address())
    asked = gatherings.as_search(kind, wanted)
    return taking.entries(asked, Channel.CSV, f"{kind.plural}.csv")


def _when(entry: Entry) -> str:
    match entry:
        case Walkabout() | Engagement():
            return labels.span(entry.starts_at, entry.ends_at)
        case Hotspot():
            return labels.days(entry.period_from, entry.period_to)
        case _:
            return ""


def _is_ahead(entry: Entry) -> bool:
    """Whether it has yet to begin; what is under way or over is not, whatever its hour says."""
    begins: Any = getattr(entry, "starts_at", None)
    return begins is not None and begins > now() and entry.status not in BEGUN


def _counts(came: dict[str, int]) -> str:
    return ", ".join(labels.counted(came[kind], kind) for kind in Kind if kind in came)


def _address(asked: dict[str, str], **more: str | None) -> str:
    pairs = {**asked, **{name: value for name, value in more.items() if value}}
    return "?" + urlencode(pairs) if pairs else "?"
