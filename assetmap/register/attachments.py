"""Photos of entries: re-encoded, without metadata, shown to whom they may be.

Voice notes lie beside them: see `voice_notes`.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload
from uuid6 import uuid7

from assetmap import access, connections
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.formats import photos
from assetmap.models import Attachment, Entry, RichPicture
from assetmap.outside.photo_store import PhotoStore
from assetmap.register import deployment, entries
from assetmap.schemas.attachments import PhotoDetails
from assetmap.vocabulary import SharedField

MOST, MOST_AT_TABLES = 20, 120
NOT_AGREED = "Children drew this, and nobody has agreed that others see it. Keep it to the team."
_IS_PHOTO = Attachment.mime.startswith("image/")
_AT_TABLE = Attachment.at_table.is_not(None)


def attach(
    session: Session,
    entry: Entry,
    data: bytes,
    details: PhotoDetails,
    *,
    viewer: Viewer,
    uid: uuid.UUID | None = None,
    table: int | None = None,
) -> Attachment:
    """Keep a photo of an entry. The same photo again adds nothing. uid: one made by the caller.
    table: the one of an event that it was taken at, whose flip chart it shows.

    Raises Invalid for "photo" when it is not a picture that can be kept, Conflict for a uid that
    another one has.
    """
    access.require_add_to(viewer, entry.team_id)
    photo = photos.reencode(data)
    entries.wait_for(session, entry)
    same = session.scalar(
        select(Attachment).where(Attachment.entry_id == entry.id, Attachment.sha256 == photo.sha256)
    )
    if same is not None and same.removed_at is None:
        return same
    _refuse_childrens(session, entry, photo.sha256, details.consent_scope)
    if same is None and table is None and _count(session, entry) >= MOST:
        raise Invalid.field("photo", f"An entry has at most {MOST} photos.")
    if same is None and table and _count(session, entry, at_tables=True) >= MOST_AT_TABLES:
        raise Invalid.field("photo", f"An event has at most {MOST_AT_TABLES} photos of tables.")
    if same is None:
        require_free(session, uid)
    lock(session, photo.sha256)
    store(session).keep(photo.sha256, photo.jpeg, photo.thumbnail)
    kept = same or Attachment(uid=uid or uuid7(), entry_id=entry.id, sha256=photo.sha256)
    kept.mime, kept.bytes = "image/jpeg", len(photo.jpeg)
    kept.width, kept.height, kept.taken_at = photo.width, photo.height, photo.taken_at
    kept.alt_text, kept.caption = details.alt_text, details.caption
    kept.consent_scope, kept.removed_at = details.consent_scope, None
    kept.created_by_id, kept.at_table = viewer.user_id, table
    session.add(kept)
    entries.remember(
        session, entry, "photo added", {"photo": [None, details.alt_text or "photo"]}, viewer=viewer
    )
    return kept


def remove(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Entry:
    """Take a photo away. Raises NotFound for one the viewer may not see."""
    kept, entry = with_entry(session, uid, viewer=viewer)
    access.require_change(viewer, entry)
    kept.removed_at = now()
    entries.remember(
        session, entry, "photo removed", {"photo": [kept.alt_text or "photo", None]}, viewer=viewer
    )
    return entry


def with_entry(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> tuple[Attachment, Entry]:
    """The photo with this uid, and the entry it is of. Raises NotFound when there is none that
    the viewer may see."""
    row = session.execute(
        select(Attachment, Entry)
        .join(Entry, Entry.id == Attachment.entry_id)
        .where(
            Attachment.uid == uid,
            _IS_PHOTO,
            access.visible_entries(viewer),
            open_to(viewer),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such photo, or it is not open to you.")
    return row[0], row[1]


def of(
    session: Session, entry: Entry, *, viewer: Viewer, at_tables: bool = False
) -> Sequence[Attachment]:
    """The photos and voice notes of an entry that the viewer may see, the oldest first, with who
    added them. at_tables: instead of these, those taken at the tables of an event, by table."""
    return session.scalars(
        select(Attachment)
        .join(Entry, Entry.id == Attachment.entry_id)
        .where(
            Attachment.entry_id == entry.id,
            _AT_TABLE if at_tables else ~_AT_TABLE,
            open_to(viewer),
        )
        .order_by(Attachment.at_table, Attachment.id)
        .limit(MOST_AT_TABLES if at_tables else 2 * MOST)
        .options(joinedload(Attachment.created_by))
    ).all()


def first(viewer: Viewer) -> ColumnElement[uuid.UUID]:
    """A column for a query of entries: the uid of the first photo of each that the viewer may
    see."""
    return (
        select(Attachment.uid)
        .where(Attachment.entry_id == Entry.id, _IS_PHOTO, ~_AT_TABLE, open_to(viewer))
        .order_by(Attachment.id)
        .limit(1)
        .correlate_except(Attachment)
        .scalar_subquery()
    )


def content(session: Session, kept: Attachment, *, small: bool = False) -> bytes:
    """The JPEG itself. Raises NotFound when the file is gone."""
    data = store(session).read(kept.sha256, small=small)
    if data is None:
        raise NotFound("The photo is missing from the store.")
    return data


def require_free(session: Session, uid: uuid.UUID | None) -> None:
    """Go on when no photo or voice note has a uid that its maker chose. Raises Conflict."""
    if uid is None:
        return
    connections.lock_for_writing(session, f"attachment {uid}")
    if session.scalar(select(Attachment.id).where(Attachment.uid == uid)) is not None:
        raise Conflict("Another photo or voice note has this uid. Send it under a new one.")


def lock(session: Session, sha256: str) -> None:
    """Keep a photo's file from being cleared, or taken into use, until the transaction ends."""
    connections.lock_for_writing(session, f"photo {sha256}")


def store(session: Session) -> PhotoStore:
    """Where this deployment keeps its photos."""
    return deployment.photo_store(session)


def open_to(viewer: Viewer) -> ColumnElement[bool]:
    """Of an attachment: not removed, and public, or for partners whom the entry's photos are open
    to, or the team's own."""
    return and_(
        Attachment.removed_at.is_(None),
        or_(
            Attachment.consent_scope == "public",
            and_(
                Attachment.consent_scope == "partners",
                or_(access.may_read(viewer, SharedField.PHOTOS), access.of_colleagues(viewer)),
            ),
            access.of_own_teams(viewer),
        ),
    )


def _refuse_childrens(session: Session, entry: Entry, sha256: str, scope: str) -> None:
    """Go on unless this is a rich picture of the team that was withdrawn, or a child's that is to
    be open to more than have agreed, at whichever entry. Raises Invalid."""
    query = (
        select(RichPicture.withdrawn_at, Attachment.consent_scope)
        .join(Attachment, Attachment.id == RichPicture.attachment_id)
        .join(Entry, Entry.id == Attachment.entry_id)
        .where(Attachment.sha256 == sha256, Entry.team_id == entry.team_id)
        .where(or_(RichPicture.withdrawn_at.is_not(None), RichPicture.under_18))
    )
    for withdrawn_at, agreed in session.execute(query):
        if withdrawn_at is not None:
            raise Invalid.field("photo", "This picture was withdrawn. It can not be added again.")
        if scope not in ("internal", agreed):
            raise Invalid.field("photo", NOT_AGREED)


def _count(session: Session, entry: Entry, *, at_tables: bool = False) -> int:
    return (
        session.scalar(
            select(func.count()).where(
                Attachment.entry_id == entry.id,
                _IS_PHOTO,
                _AT_TABLE if at_tables else ~_AT_TABLE,
                Attachment.removed_at.is_(None),
            )
        )
        or 0
    )
