"""Where an event is held: what it has now, places near by that would do, and choosing one."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import BadRequest, Invalid
from assetmap.models import Engagement
from assetmap.register import entries, plans, venues
from assetmap.register.features import distance
from assetmap.register.venues import Venue
from assetmap.schemas.reading import from_form, from_query
from assetmap.schemas.venues import WITHIN_M, VenueChosen, VenueWanted
from assetmap.vocabulary import FACILITIES, Kind
from assetmap.web import event_pages, labels
from assetmap.web.entry_requests import done, event_shown, event_to_change, uid_from

bp = Blueprint("venues", __name__, url_prefix="/engagements/<uuid:uid>/venue")

NOT_OURS = frozenset({"csrf_token"})
FEEL = 5  # the point of the plan that says why it is held so and there
LACKS = {"capacity": "how many it holds is not written down"}


@bp.get("/")
def show(uid: uuid.UUID) -> ResponseReturnValue:
    """Where it is held, and what else is near; asked again with other wishes."""
    event = event_shown(uid)
    tied = venues.around(db.session, event, viewer=g.viewer)
    wanted, problems = VenueWanted(people=event.capacity or None, needs=["step_free"]), {}
    try:
        if request.args:
            wanted = from_query(VenueWanted, request.args)
        held, near = venues.find(db.session, event, wanted, tied, viewer=g.viewer)
    except (BadRequest, Invalid) as error:
        problems = dict(error.problems)
        held, near = venues.find(db.session, event, VenueWanted(), tied, viewer=g.viewer)
    typed: Mapping[str, Any] = wanted.model_dump() | {
        "needs": [*wanted.needs],
        **({name: request.args.get(name, "") for name in problems} if problems else {}),
    }
    page = event_pages.read(
        event,
        "planning/venue.html",
        is_again=bool(problems),
        held=[_row(one) for one in held],
        near=[_row(one) for one in near],
        origins=[(str(one.entry.uid), _named(event, one)) for one in tied.origins],
        typed=typed,
        problems=problems,
        needs=labels.choices(FACILITIES),
        chosen=labels.listed(wanted.needs),
        within=[(m, distance(m)) for m in WITHIN_M],
        feel=plans.settled(db.session, event, FEEL),
        feels=plans.applies(event, FEEL),
        is_put=event.longitude is not None,
    )
    return page, 400 if problems else 200


@bp.post("/")
def choose(uid: uuid.UUID) -> ResponseReturnValue:
    """Hold it at the place that was chosen."""
    event = event_to_change(uid)
    chosen = from_form(VenueChosen, request.form, ignore=NOT_OURS)
    place = entries.find(db.session, chosen.place, viewer=g.viewer)
    venues.choose(db.session, event, place, move=chosen.move, viewer=g.viewer)
    return done(event, f"It is held at {place.title}. Ask them before anybody is told.", "/venue/")


@bp.post("/give-up")
def give_up(uid: uuid.UUID) -> ResponseReturnValue:
    """Hold it there no longer."""
    event = event_to_change(uid)
    place = entries.find(db.session, uid_from("place"), viewer=g.viewer)
    venues.give_up(db.session, event, place, viewer=g.viewer)
    return done(event, f"It is no longer held at {place.title}.", "/venue/")


def _named(event: Engagement, start: venues.From) -> str:
    return "Where the event is on the map" if start.entry is event else start.title


def _row(one: Venue) -> dict[str, Any]:
    place = one.place
    return {
        "place": place,
        "away": distance(one.away_m) if one.away_m is not None else "",
        "groups": labels.counted(one.groups, Kind.GROUP),
        "has": labels.listed(getattr(place, "facilities", ())),
        "lacks": [LACKS.get(code) or f"{labels.said(code).lower()}" for code in one.lacks],
        "is_small": one.is_small,
        "there": one.there,
        "may_move": venues.is_exact(place),
    }
