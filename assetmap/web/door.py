"""The door of an event: people are counted as they come in, with one thumb and without a name."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap import access
from assetmap.db import db
from assetmap.models import Engagement
from assetmap.register import door, reasons
from assetmap.schemas.door import Arrived
from assetmap.schemas.reading import from_form
from assetmap.vocabulary import Kind
from assetmap.web import codes, event_pages
from assetmap.web.entry_requests import done, event_shown, event_to_change, to_add_to, uid_from
from assetmap.web.event_pages import Back

bp = Blueprint("door", __name__, url_prefix="/engagements/<uuid:uid>/door")

NOT_OURS = frozenset({"csrf_token", "uid"})


@bp.get("/")
def show(uid: uuid.UUID) -> str:
    """How many are in, with a button for each group."""
    return _page(event_shown(uid))


def _page(
    event: Engagement,
    typed: Mapping[str, Any] = event_pages.NONE,
    problems: Mapping[str, str] = event_pages.NONE,
) -> str:
    """typed, problems: of what was counted on paper, where it could not be kept."""
    found = door.of(db.session, event, viewer=g.viewer)
    return event_pages.read(
        event,
        "planning/door.html",
        is_again=bool(problems),
        typed=typed,
        problems=problems,
        door=found,
        form_uid=uuid7(),
        paper_uid=uuid7(),
        groups=[
            ("", "On their own, or with nobody on the list"),
            *((str(group.uid), group.title) for group, _ in found.groups),
        ],
        left=None if event.capacity is None else event.capacity - found.people,
        may_add=access.may_add_to(g.viewer, event.team_id),
    )


@bp.post("/")
def count(uid: uuid.UUID) -> ResponseReturnValue:
    """Count those who came in together."""

    def keep() -> ResponseReturnValue:
        event = _at_the_door(uid)
        arrived = from_form(Arrived, request.form, ignore=NOT_OURS)
        door.count(db.session, event, uid_from("uid"), arrived, viewer=g.viewer)
        return done(event, "", f"/door/#{arrived.group or 'others'}")

    def again(back: Back) -> str:
        return _page(_at_the_door(uid), request.form, back.problems or {"people": back.said})

    return event_pages.kept_or(keep, again)


@bp.post("/take-back")
def take_back(uid: uuid.UUID) -> ResponseReturnValue:
    """Take back one's own last press."""
    event = _at_the_door(uid)
    people = door.take_back(db.session, event, viewer=g.viewer)
    return done(event, f"Taken back: {people}.", "/door/")


@bp.post("/settle")
def settle(uid: uuid.UUID) -> ResponseReturnValue:
    """Write down as how many came what was counted."""
    event = event_to_change(uid)
    people = door.settle(db.session, event, viewer=g.viewer)
    return done(event, f"The event now says that {people:,} came.", "/door/")


@bp.get("/sheet")
def sheet(uid: uuid.UUID) -> str:
    """A sheet of A4 to keep a tally on; its code leads whoever types it in to the door."""
    event = event_shown(uid)
    address = f"{codes.root()}{event.path}/door/"
    return event_pages.read(
        event,
        "planning/door_sheet.html",
        door=door.of(db.session, event, viewer=g.viewer),
        address=address,
        drawn=codes.drawn(address),
    )


def _at_the_door(uid: uuid.UUID) -> Engagement:
    event = to_add_to(Kind.ENGAGEMENT, uid)
    reasons.require(db.session, event, viewer=g.viewer)
    assert isinstance(event, Engagement)  # the kind that was asked for
    return event
