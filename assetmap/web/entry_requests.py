"""What the pages that change an entry have in common: finding it, and what follows."""

import uuid
from collections.abc import Callable

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue

from assetmap import access
from assetmap.db import db
from assetmap.errors import BadRequest, Conflict
from assetmap.models import Engagement, Entry
from assetmap.register import reasons, stories
from assetmap.vocabulary import Kind

STALE = "Somebody else changed this entry a moment ago. Look at what it says now, then try again."


def to_change(kind: Kind, uid: uuid.UUID) -> Entry:
    """The entry, for somebody who may change it. Raises NotFound or NotAllowed."""
    entry = stories.whole(db.session, uid, kind, viewer=g.viewer)
    access.require_change(g.viewer, entry)
    reasons.require(db.session, entry, viewer=g.viewer)
    return entry


def to_add_to(kind: Kind, uid: uuid.UUID) -> Entry:
    """The entry, for somebody who logs for the team that keeps it. Raises NotFound, NotAllowed."""
    entry = stories.whole(db.session, uid, kind, viewer=g.viewer)
    access.require_add_to(g.viewer, entry.team_id)
    reasons.require(db.session, entry, viewer=g.viewer)
    return entry


def event_shown(uid: uuid.UUID) -> Engagement:
    """An event, for whoever may see it. Raises NotFound, ReasonRequired."""
    event, g.waiting = stories.opened(db.session, uid, Kind.ENGAGEMENT, viewer=g.viewer)
    reasons.require(db.session, event, viewer=g.viewer)
    assert isinstance(event, Engagement)  # the kind that was asked for
    return event


def event_to_change(uid: uuid.UUID) -> Engagement:
    """An event, for somebody who may change it. Raises NotFound or NotAllowed."""
    event = to_change(Kind.ENGAGEMENT, uid)
    assert isinstance(event, Engagement)  # the kind that was asked for
    return event


def of_this_version(
    kind: Kind, uid: uuid.UUID, find: Callable[[Kind, uuid.UUID], Entry] = to_change
) -> Entry:
    """The entry, when it is still as the page showed it. Raises Conflict when it is not."""
    entry = find(kind, uid)
    if request.form.get("version", "") != str(entry.version):
        raise Conflict(STALE)
    return entry


def uid_from(name: str) -> uuid.UUID:
    """The uid that a form or an address holds. Raises BadRequest for the name."""
    try:
        return uuid.UUID(request.values.get(name, ""))
    except ValueError as error:
        raise BadRequest.field(name, "This is not the identifier of an entry.") from error


def done(entry: Entry, words: str, onward: str = "") -> ResponseReturnValue:
    """Keep what was done, and go on to the entry or a page below it."""
    path = entry.path + onward  # read before the commit, which lets go of it
    if words:
        flash(words, "success")
    db.session.commit()
    return redirect(path, 303)
