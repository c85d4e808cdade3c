"""Where to walk next: what is due near where a walk went, and planning a walk of it."""

import json
import uuid
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from assetmap.db import db
from assetmap.formats import geojson
from assetmap.models import Entry
from assetmap.register import board, entries, next_walk
from assetmap.register.next_walk import Suggested
from assetmap.schemas import stops
from assetmap.vocabulary import Kind, Visibility
from assetmap.web import forms
from assetmap.web.entry_requests import uid_from
from assetmap.web.pins import pin

bp = Blueprint("next_walk", __name__, url_prefix="/walkabouts/<uuid:uid>/next")
LONGEST_TITLE = 160
AIMS = "Look again at each stop: its check has run out, or what was found there is still open."


@bp.get("")
def show(uid: uuid.UUID) -> str:
    """The stops of the next walk in order, on a map, and the way to plan it."""
    walked, waiting = board.walkabout(db.session, uid, viewer=g.viewer)
    g.waiting = waiting
    found = next_walk.suggest(db.session, walked, viewer=g.viewer)
    area = geojson.geometry(found.area)
    shapes = {"type": "FeatureCollection", "features": [geojson.feature(uid, found.area, {})]}
    return render_template(
        "walkabouts/next.html",
        walkabout=walked,
        found=found,
        pins=[pin(entry, number) for number, (entry, _) in enumerate(found.stops, 1)],
        shapes=shapes if area else None,
        minutes=minutes(found),
        plan_url="/walkabouts/new?" + urlencode({"after": uid}),
    )


def minutes(found: Suggested) -> int:
    """About how long it takes: 4 km an hour on streets a third longer than the crow flies, and
    three minutes at each stop; to the next five minutes."""
    walking = found.length_m * 1.3 / 4_000 * 60
    return max(5, round((walking + 3 * len(found.stops)) / 5) * 5)


def before(kind: Kind) -> Entry | None:
    """The walkabout that a new one is planned to follow, when `after` names it."""
    if kind is not Kind.WALKABOUT or not request.values.get("after"):
        return None
    return entries.find(db.session, uid_from("after"), viewer=g.viewer, kind=kind)


def planned(after: Entry | None) -> forms.Typed | None:
    """What the form of a new walkabout holds at first: the stops due after the one before it."""
    if after is None:
        return None
    walked, _ = board.walkabout(db.session, after.uid, viewer=g.viewer)
    found = next_walk.suggest(db.session, walked, viewer=g.viewer)
    said: dict[str, Any] = forms.of_snapshot(db.session, Kind.WALKABOUT, None, viewer=g.viewer)
    said["title"] = f"After {walked.title}"[:LONGEST_TITLE]
    said["geometry"] = json.dumps(geojson.geometry(found.area)) if found.area else ""
    said["aims"] = AIMS
    said["stops"] = "\n".join(_stop(entry) for entry, _ in found.stops)
    return said


def _stop(entry: Entry) -> str:
    name = _named(entry)[:120].replace("|", "/")
    return stops.as_line({"name": name, "longitude": entry.longitude, "latitude": entry.latitude})


def _named(entry: Entry) -> str:
    """A stop as a walk names it, which more people may read than the stop itself."""
    return f"{entry.ref} {entry.title}" if entry.visibility == Visibility.PUBLIC else entry.ref
