"""Voice notes of entries: what somebody said on the spot, for the team that keeps the entry alone.

A voice is known again by whoever has heard it, and names fall. So a voice note is never public and
no agreement opens it, and what it says, once written down, is seen by those who may hear it.
"""

import hashlib
import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Invalid, NotFound
from assetmap.formats import sounds
from assetmap.models import Attachment, Entry
from assetmap.register import attachments, entries

MOST = 20
SAID = "voice note"  # all that an entry's history tells of one
_IS_SOUND = Attachment.mime.startswith("audio/")


def attach(
    session: Session, entry: Entry, data: bytes, *, viewer: Viewer, uid: uuid.UUID
) -> Attachment:
    """Keep a voice note of an entry. The same one again adds nothing.

    Raises Invalid for "voice_note" when it is no recording that browsers play.
    """
    access.require_add_to(viewer, entry.team_id)
    mime = sounds.kind_of(data)
    if mime is None:
        raise Invalid.field("voice_note", "This is no recording of a kind that can be played.")
    sha256 = hashlib.sha256(data).hexdigest()
    entries.wait_for(session, entry)
    same = session.scalar(
        select(Attachment).where(Attachment.entry_id == entry.id, Attachment.sha256 == sha256)
    )
    if same is not None and same.removed_at is None:
        return same
    if same is None and _count(session, entry) >= MOST:
        raise Invalid.field("voice_note", f"An entry has at most {MOST} voice notes.")
    if same is None:
        attachments.require_free(session, uid)
    attachments.lock(session, sha256)
    attachments.store(session).keep_sound(sha256, data)
    kept = same or Attachment(uid=uid, entry_id=entry.id, sha256=sha256, width=0, height=0)
    kept.mime, kept.bytes, kept.removed_at = mime, len(data), None
    kept.created_by_id = viewer.user_id
    session.add(kept)
    entries.remember(session, entry, "voice note added", _told(None, SAID), viewer=viewer)
    return kept


def of(session: Session, entry: Entry, *, viewer: Viewer) -> Sequence[Attachment]:
    """The voice notes of an entry and those taken away that can be put back, the oldest first, for
    whoever logs for its team."""
    access.require_add_to(viewer, entry.team_id)
    return session.scalars(
        select(Attachment)
        .where(Attachment.entry_id == entry.id, _IS_SOUND)
        .order_by(Attachment.id)
        .limit(2 * MOST)
        .options(joinedload(Attachment.created_by))
    ).all()


def find(
    session: Session, uid: uuid.UUID, *, viewer: Viewer, removed: bool = False
) -> tuple[Attachment, Entry]:
    """A voice note and the entry it is of. Raises NotFound when there is none the viewer may hear.

    removed: find one that was taken away instead.
    """
    row = session.execute(
        select(Attachment, Entry)
        .join(Entry, Entry.id == Attachment.entry_id)
        .where(
            Attachment.uid == uid,
            _IS_SOUND,
            access.visible_entries(viewer),
            _removed(viewer) if removed else attachments.open_to(viewer),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such voice note, or it is not open to you.")
    return row[0], row[1]


def content(session: Session, kept: Attachment) -> bytes:
    """The recording itself. Raises NotFound when the file is gone."""
    data = attachments.store(session).read_sound(kept.sha256)
    if data is None:
        raise NotFound("The voice note is missing from the store.")
    return data


def write_down(session: Session, uid: uuid.UUID, words: str, *, viewer: Viewer) -> Entry:
    """Keep what a voice note says. The history tells that it was written down, never the words."""
    kept, entry = find(session, uid, viewer=viewer)
    access.require_add_to(viewer, entry.team_id)
    if kept.transcript != words:
        kept.transcript = words
        told = _told(SAID, "written down")
        entries.remember(session, entry, "voice note written", told, viewer=viewer)
    return entry


def remove(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Entry:
    """Take a voice note away; it can be put back until the daily tidying clears its file."""
    kept, entry = find(session, uid, viewer=viewer)
    access.require_change(viewer, entry)
    kept.removed_at = now()
    entries.remember(session, entry, "voice note removed", _told(SAID, None), viewer=viewer)
    return entry


def put_back(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Entry:
    """Put back a voice note that was taken away. Raises NotFound when its file has gone."""
    kept, entry = find(session, uid, viewer=viewer, removed=True)
    access.require_change(viewer, entry)
    attachments.lock(session, kept.sha256)
    content(session, kept)
    kept.removed_at = None
    entries.remember(session, entry, "voice note added", _told(None, SAID), viewer=viewer)
    return entry


def _told(before: str | None, after: str | None) -> dict[str, list[str | None]]:
    return {"voice_note": [before, after]}


def _removed(viewer: Viewer) -> ColumnElement[bool]:
    return Attachment.removed_at.is_not(None) & access.of_own_teams(viewer)


def _count(session: Session, entry: Entry) -> int:
    there = Attachment.removed_at.is_(None)
    query = select(func.count()).where(Attachment.entry_id == entry.id, _IS_SOUND, there)
    return session.scalar(query) or 0
