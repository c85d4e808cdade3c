"""Events for people's calendars: a feed to subscribe to, and one event to put in by hand."""

import uuid

from flask import Blueprint, Response, current_app, g, request

from assetmap.db import db
from assetmap.formats import calendar
from assetmap.gate import limiter, public
from assetmap.models import Engagement
from assetmap.register import audit, audit_taking, calendars, entries, feeds, reasons
from assetmap.schemas.gatherings import CalendarSearch
from assetmap.schemas.reading import from_query
from assetmap.settings import Settings
from assetmap.vocabulary import Kind

bp = Blueprint("calendars", __name__, url_prefix="/engagements")

FRESH_S = 900
TRIES = "60 per minute"


@bp.get("/calendar.ics")
@public
def feed() -> Response:
    """What is on and open to everybody; by area, team and type of event."""
    wanted = from_query(CalendarSearch, request.args)
    events = calendars.feed(db.session, wanted, root=_root())
    source = _root() + request.full_path.rstrip("?")
    answer = Response(
        calendar.write("Community events", source, events), content_type=calendar.TYPE
    )
    answer.headers["Cache-Control"] = f"public, max-age={FRESH_S}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@bp.get("/mine/<secret>.ics")
@limiter.limit(TRIES)
@public
def mine(secret: str) -> Response:
    """The events of somebody's teams, for whoever has the address they made."""
    viewer = feeds.reader(db.session, secret)
    found = calendars.own(db.session, viewer=viewer, root=_root())
    answer = Response(calendar.write("Events of your teams", "", found), content_type=calendar.TYPE)
    answer.headers["Cache-Control"] = "private, no-cache"
    feeds.note_read(db.session, viewer=viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@bp.get("/<uuid:uid>/event.ics")
@public
def single(uid: uuid.UUID) -> Response:
    """One event, for whoever may see it."""
    event = entries.find(db.session, uid, viewer=g.viewer, kind=Kind.ENGAGEMENT)
    reasons.require(db.session, event, viewer=g.viewer)
    assert isinstance(event, Engagement)  # the kind that was asked for
    dated = calendars.single(db.session, event, viewer=g.viewer, root=_root())
    answer = Response(calendar.write(event.title, "", [dated]), content_type=calendar.TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{event.ref}.ics"'
    audit_taking.read_one(db.session, event, frozenset(), viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return answer


def _root() -> str:
    settings: Settings = current_app.extensions["settings"]
    return (settings.public_url or request.host_url).rstrip("/")
