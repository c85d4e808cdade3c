"""Rich pictures of an event: what groups drew, what it may be used for, and what its parts tell.

Each is a photo of the event, and is seen by whom that is open to: see `attachments`. A picture by
under-18s is open to nobody but the team until somebody who may agreed to its being published.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Attachment, Engagement, Entry, PictureRegion, RichPicture
from assetmap.register import entries, links, plans, snapshots, text_hygiene
from assetmap.schemas.entries import FindingDraft
from assetmap.schemas.pictures import FindingFrom, PictureDraft, RegionDraft
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind

MOST, MOST_REGIONS = 20, 60
_FIELDS = tuple(name for name in PictureDraft.model_fields if name != "alt_text")
_TEXTS = ("title", "alt_text", "made_by", "agreed_as")


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[RichPicture]:
    """The pictures of an event, the oldest first, with those that were withdrawn. Raises
    NotAllowed outside its team."""
    plans.require_inside(session, event, viewer=viewer)
    return session.scalars(_query(event).order_by(RichPicture.id).limit(MOST * 2)).all()


def find(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> RichPicture:
    """One picture. Raises NotFound, and what `of` does."""
    plans.require_inside(session, event, viewer=viewer)
    found = session.scalar(_query(event).where(RichPicture.uid == uid))
    if found is None:
        raise NotFound("There is no such picture at this event.")
    return found


def put(
    session: Session,
    event: Engagement,
    uid: uuid.UUID,
    photo: Attachment,
    draft: PictureDraft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> RichPicture:
    """Keep a photo of the event as a rich picture, or change what is said of one; the same again
    changes nothing. Its photo is open to whom the picture is from now on.

    Raises NotAllowed, Invalid, Conflict where somebody changed it since `base_version`.
    """
    access.require_add_to(viewer, event.team_id)
    entries.wait_for(session, event)
    if draft.agreed_on is not None and draft.agreed_on > local_day(now()):
        raise Invalid.field("agreed_on", "This day has yet to come.")
    kept = session.scalar(
        select(RichPicture)
        .where((RichPicture.uid == uid) | (RichPicture.attachment_id == photo.id))
        .options(joinedload(RichPicture.photo), selectinload(RichPicture.regions))
    )
    if kept is not None and (kept.engagement_id != event.id or kept.uid != uid):
        raise Conflict("This photo, or this identifier, is another picture's already.")
    if kept is not None and (kept.withdrawn_at is not None or kept.attachment_id != photo.id):
        raise Conflict("This picture was withdrawn, or is of another photo.")
    before = as_said(kept) if kept else {}
    after = snapshots.as_json(draft.model_dump())
    if kept is not None and before == after:
        return kept
    if kept is not None and kept.version != base_version:
        raise Conflict("Somebody else changed this picture a moment ago.")
    if kept is None:
        _refuse_too_many(session, event)
    for name in _TEXTS:
        if after[name] != before.get(name):
            text_hygiene.refuse(name, after[name])
    made = kept or RichPicture(
        uid=uid,
        engagement_id=event.id,
        photo=photo,
        version=0,
        regions=[],
        created_by_id=viewer.user_id,
    )
    for name in _FIELDS:
        setattr(made, name, getattr(draft, name))
    made.version += 1
    photo.alt_text, photo.caption, photo.consent_scope = draft.alt_text, draft.title, draft.open_to
    if draft.under_18 and draft.open_to == "internal":
        for copy, _ in _copies(session, event, photo):
            copy.consent_scope = "internal"
    session.add(made)
    changed = {
        f"picture: {name}": [before.get(name) or None, after[name] or None]
        for name in after
        if (before.get(name) or None) != (after[name] or None)
    }
    verb = "picture changed" if kept else "picture added"
    entries.remember(session, event, verb, changed, viewer=viewer)
    return made


def withdraw(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> RichPicture:
    """Take back that it may be used: from now on nobody is shown it anywhere, and it can not be
    added again. What was read out of it stays, as it names nobody. Again changes nothing."""
    access.require_add_to(viewer, event.team_id)
    entries.wait_for(session, event)
    kept = find(session, event, uid, viewer=viewer)
    if kept.withdrawn_at is None:
        kept.withdrawn_at, kept.version = now(), kept.version + 1
        kept.uses, kept.scope = [], "internal"
        kept.photo.consent_scope = "internal"
        kept.photo.removed_at = kept.photo.removed_at or now()
        told = {"picture": [kept.title, None]}
        entries.remember(session, event, "picture withdrawn", told, viewer=viewer)
        for copy, entry in _copies(session, event, kept.photo):
            copy.removed_at, copy.consent_scope = now(), "internal"
            gone = {"photo": [copy.alt_text or "photo", None]}
            entries.remember(session, entry, "photo removed", gone, viewer=viewer)
    return kept


def mark(
    session: Session,
    event: Engagement,
    picture: RichPicture,
    uid: uuid.UUID,
    draft: RegionDraft,
    *,
    viewer: Viewer,
) -> PictureRegion:
    """Mark a part of a picture and say what it tells; sent twice, it is marked once.

    Raises NotAllowed, Invalid, Conflict for a uid that is used, or a picture that was withdrawn.
    """
    access.require_add_to(viewer, event.team_id)
    entries.wait_for(session, event)
    same = session.scalar(select(PictureRegion).where(PictureRegion.uid == uid))
    if same is not None:
        said = same.picture_id, same.insight, same.corners
        if said == (picture.id, draft.insight, draft.shape) and same.removed_at is None:
            return same
        raise Conflict("Another part has this identifier.")
    if picture.withdrawn_at is not None:
        raise Conflict("This picture was withdrawn.")
    if len(picture.regions) >= MOST_REGIONS:
        raise Invalid.field("insight", f"At most {MOST_REGIONS} parts are kept of one picture.")
    text_hygiene.refuse("insight", draft.insight)
    made = PictureRegion(
        uid=uid,
        picture_id=picture.id,
        number=max((one.number for one in picture.regions), default=0) + 1,
        insight=draft.insight,
        corners=draft.shape,
    )
    picture.regions.append(made)
    told = {f"picture: part {made.number}": [None, made.insight]}
    entries.remember(session, event, "picture changed", told, viewer=viewer)
    return made


def unmark(
    session: Session, event: Engagement, picture: RichPicture, uid: uuid.UUID, *, viewer: Viewer
) -> None:
    """Take a part away; a finding that was made of it stays."""
    access.require_add_to(viewer, event.team_id)
    entries.wait_for(session, event)
    found = region(picture, uid)
    found.removed_at = now()
    told = {f"picture: part {found.number}": [found.insight, None]}
    entries.remember(session, event, "picture changed", told, viewer=viewer)


def region(picture: RichPicture, uid: uuid.UUID) -> PictureRegion:
    """A part of a picture. Raises NotFound."""
    for one in picture.regions:
        if one.uid == uid and one.removed_at is None:
            return one
    raise NotFound("There is no such part of this picture.")


def become_finding(
    session: Session,
    event: Engagement,
    found: PictureRegion,
    wanted: FindingFrom,
    *,
    viewer: Viewer,
) -> Entry:
    """Log what a part tells as a finding of the event, where the event is, for its team; pressed
    twice, once."""
    there = session.scalar(select(Entry).where(Entry.uid == found.uid))
    if there is not None:
        return there
    said: dict[str, Any] = {
        "title": found.insight[:160],
        "description": f"Read out of a rich picture of {event.ref}: {found.insight}",
        "category": wanted.category,
        "visibility": "team",
    }
    if event.longitude is not None and event.latitude is not None:
        point = {"type": "Point", "coordinates": [event.longitude, event.latitude]}
        said |= {"geometry": point, "location_method": "area_only", "precision": event.precision}
    draft = checked(FindingDraft, said)
    made, _ = entries.log(session, draft, viewer=viewer, uid=found.uid, team_id=event.team_id)
    links.tie_to(session, made, event, viewer=viewer)
    return made


def findings(
    session: Session, pictures: Sequence[RichPicture], *, viewer: Viewer
) -> Mapping[uuid.UUID, Entry]:
    """The findings that parts became, by the uid of the part; those the viewer may see."""
    uids = [one.uid for picture in pictures for one in picture.regions]
    if not uids:
        return {}
    query = select(Entry).where(
        Entry.uid.in_(uids), Entry.kind == Kind.FINDING.value, access.visible_entries(viewer)
    )
    return {one.uid: one for one in session.scalars(query)}


def as_said(picture: RichPicture) -> dict[str, Any]:
    """What is said of a picture, in the words of its draft; JSON all through."""
    said = {name: getattr(picture, name) for name in _FIELDS}
    said |= {"alt_text": picture.photo.alt_text}
    return {name: snapshots.as_json(value) for name, value in said.items()}


def _query(event: Engagement) -> Select[RichPicture]:
    return (
        select(RichPicture)
        .where(RichPicture.engagement_id == event.id)
        .options(joinedload(RichPicture.photo), selectinload(RichPicture.regions))
    )


def _copies(
    session: Session, event: Engagement, photo: Attachment
) -> Sequence[tuple[Attachment, Entry]]:
    """The same photo at other entries of the team, with these: what holds for a picture holds for
    them."""
    rows = session.execute(
        select(Attachment, Entry)
        .join(Entry, Entry.id == Attachment.entry_id)
        .where(
            Attachment.sha256 == photo.sha256,
            Attachment.id != photo.id,
            Attachment.removed_at.is_(None),
            Entry.team_id == event.team_id,
        )
        .order_by(Attachment.id)
    )
    return [(row[0], row[1]) for row in rows]


def _refuse_too_many(session: Session, event: Engagement) -> None:
    query = select(func.count()).select_from(RichPicture)
    query = query.where(RichPicture.engagement_id == event.id, RichPicture.withdrawn_at.is_(None))
    if (session.scalar(query) or 0) >= MOST:
        raise Invalid.field("photo", f"At most {MOST} rich pictures are kept of one event.")
