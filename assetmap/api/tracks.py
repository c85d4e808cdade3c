"""Where phones went on a walkabout."""

import uuid
from datetime import UTC, datetime
from typing import Literal

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.arriving import DELIVERY, delivery
from assetmap.api.contract import Operation, Reply, require_reason
from assetmap.db import db
from assetmap.formats.tracks import Fix
from assetmap.register import deliveries, entries, tracks
from assetmap.schemas.features import Given
from assetmap.schemas.tracks import Walked
from assetmap.vocabulary import Kind

bp = Blueprint("api_tracks", __name__, url_prefix="/api/walkabouts")


class TrackGiven(Given):
    """What is kept of a way: no times, and neither end."""

    uid: uuid.UUID
    received: Literal[True] = True
    length_m: float | None = Field(None, ge=0)


@bp.put("/<uuid:uid>/tracks/<uuid:track>")
@Operation(gives=TrackGiven, body=Walked, headers=("X-Purpose", *DELIVERY), refuses=(403, 404, 409))
def put_track(uid: uuid.UUID, track: uuid.UUID, body: Walked) -> Reply:
    """Keep the way a phone went on a walkabout, for the walkabout's own team.

    Both ends are cut off, rough positions and jumps left out, and the line simplified, before
    anything is kept; the positions themselves are not. Sent again under its uid it is replaced,
    so a phone may send what it has so far.
    """
    uid = deliveries.leads_to(db.session, uid, viewer=g.viewer)
    require_reason(uid)
    if not deliveries.take(db.session, delivery(), "track", track, viewer=g.viewer):
        return Reply({"uid": track})
    walkabout = entries.find(db.session, uid, viewer=g.viewer, kind=Kind.WALKABOUT)
    fixes = [
        Fix(x, y, accuracy_m, datetime.fromtimestamp(ms / 1000, UTC))
        for x, y, accuracy_m, ms in body.points
    ]
    kept = tracks.keep(db.session, walkabout, track, fixes, viewer=g.viewer, trim_m=body.trim_m)
    answer = Reply({"uid": track, "length_m": kept.length_m})
    db.session.commit()
    return answer


@bp.delete("/<uuid:uid>/tracks/<uuid:track>")
@Operation(status=204, refuses=(403, 404, 409))
def forget_track(uid: uuid.UUID, track: uuid.UUID) -> Reply:
    """Forget a way for good: whoever walked it may, and who may change the walkabout."""
    walkabout = entries.find(db.session, uid, viewer=g.viewer, kind=Kind.WALKABOUT)
    tracks.remove(db.session, walkabout, track, viewer=g.viewer)
    db.session.commit()
    return Reply(status=204)
