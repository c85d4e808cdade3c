"""Voice notes that phones deliver: one request each, after the entry they are of."""

import uuid

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.arriving import DELIVERY, delivery, read_bytes
from assetmap.api.contract import Operation, Reply, require_reason
from assetmap.db import db
from assetmap.formats import sounds
from assetmap.register import deliveries, entries, voice_notes
from assetmap.schemas.features import Given

bp = Blueprint("api_voice_notes", __name__, url_prefix="/api/entries")

MOST_BYTES = 2 * 2**20


class VoiceNoteGiven(Given):
    """A voice note as it is kept: as it was recorded, for the entry's own team alone."""

    uid: uuid.UUID
    received: bool = True
    bytes: int | None = Field(None, ge=1, description="of the recording")


@bp.put("/<uuid:uid>/voice-notes/<uuid:note>")
@Operation(
    gives=VoiceNoteGiven,
    takes=sounds.TYPES,
    headers=("Content-Digest", "X-Purpose", *DELIVERY),
    refuses=(403, 404, 409, 428),
)
def put_voice_note(uid: uuid.UUID, note: uuid.UUID) -> Reply:
    """Keep what somebody said about an entry, for its own team, under the uid you chose for it.

    At most 2 MB. Content-Digest must be that of the bytes: what arrives damaged is refused, so keep
    your copy until you have this answer. The same voice note again adds nothing.
    """
    data = read_bytes(sounds.TYPES, MOST_BYTES)
    uid = deliveries.leads_to(db.session, uid, viewer=g.viewer)
    require_reason(uid)
    if not deliveries.take(db.session, delivery(), "voice", note, viewer=g.viewer):
        return Reply({"uid": note})
    entry = entries.find(db.session, uid, viewer=g.viewer)
    kept = voice_notes.attach(db.session, entry, data, viewer=g.viewer, uid=note)
    db.session.commit()
    return Reply({"uid": kept.uid, "bytes": kept.bytes})
