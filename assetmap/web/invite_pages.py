"""The list that a page is of, with all that its head and its people hang on: read once."""

import uuid

from flask import g

from assetmap.db import db
from assetmap.register import invite_lists, invite_opening
from assetmap.register.invite_opening import Opened


def opened(uid: uuid.UUID, *, with_history: bool = False) -> Opened:
    """One that the viewer may read. Raises SignInFirst, NotFound."""
    found = invite_opening.read(db.session, uid, with_history=with_history, viewer=g.viewer)
    g.waiting = found.waiting
    return found


def to_change(uid: uuid.UUID) -> Opened:
    """One that they may change. Raises SignInFirst, NotFound, NotAllowed."""
    found = opened(uid)
    invite_lists.require_change(found.made, viewer=g.viewer)
    return found
