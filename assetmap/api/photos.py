"""Photos that phones deliver: one request each, after the entry they are of."""

import uuid
from urllib.parse import unquote

from flask import Blueprint, g, request
from pydantic import Field

from assetmap.api.arriving import DELIVERY, delivery, read_bytes
from assetmap.api.contract import Operation, Reply, require_reason
from assetmap.db import db
from assetmap.errors import BadRequest
from assetmap.formats.limits import MEGABYTE
from assetmap.register import attachments, deliveries, entries
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.features import Given
from assetmap.schemas.reading import checked
from assetmap.schemas.tables import MOST_TABLES
from assetmap.vocabulary import Kind

bp = Blueprint("api_photos", __name__, url_prefix="/api/entries")

MOST_BYTES = 8 * MEGABYTE
TYPES = ("image/jpeg", "image/png", "image/webp")


class PhotoGiven(Given):
    """A photo as it is kept: written anew, without what the camera wrote into it."""

    uid: uuid.UUID
    received: bool = True
    bytes: int | None = Field(None, ge=1, description="of the photo as it is kept")


@bp.put("/<uuid:uid>/photos/<uuid:photo>")
@Operation(
    gives=PhotoGiven,
    takes=TYPES,
    headers=("Content-Digest", "X-Alt-Text", "X-Table", "X-Purpose", *DELIVERY),
    refuses=(403, 404, 409, 428),
)
def put_photo(uid: uuid.UUID, photo: uuid.UUID) -> Reply:
    """Keep a photo of an entry, for its own team, under the uid you chose for it.

    Content-Digest must be that of the bytes: what arrives damaged is refused, so keep your copy
    until you have this answer. The same photo again adds nothing. X-Table says at which table of an
    event it shows the flip chart.
    """
    data, table = read_bytes(TYPES, MOST_BYTES), _table()
    uid = deliveries.leads_to(db.session, uid, viewer=g.viewer)
    require_reason(uid)
    if not deliveries.take(db.session, delivery(), "photo", photo, viewer=g.viewer):
        return Reply({"uid": photo})
    kind = None if table is None else Kind.ENGAGEMENT
    entry = entries.find(db.session, uid, viewer=g.viewer, kind=kind)
    shown = unquote(request.headers.get("X-Alt-Text", "")[:900], errors="replace")
    details = checked(PhotoDetails, {"alt_text": shown})
    kept = attachments.attach(
        db.session, entry, data, details, viewer=g.viewer, uid=photo, table=table
    )
    db.session.commit()
    return Reply({"uid": kept.uid, "bytes": kept.bytes})


def _table() -> int | None:
    """At which table of an event it was taken. Raises BadRequest for what is no table's number."""
    said = request.headers.get("X-Table")
    if said is None:
        return None
    is_short = said.isascii() and said.isdecimal() and len(said) <= len(str(MOST_TABLES))
    if not (is_short and 1 <= int(said) <= MOST_TABLES):
        raise BadRequest.field("X-Table", f"Give a number from 1 to {MOST_TABLES}.")
    return int(said)
