"""Passing something on: from an entry, which keeps a stub, or from nothing."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Invalid
from assetmap.models import Area, Category, Entry, EntryArea, Referral
from assetmap.models.finding import STUB
from assetmap.register import entries, links, passing_on, places, putting_back, referral_content
from assetmap.register.passing_on import Leftovers
from assetmap.register.referral_access import note, require_pass_on
from assetmap.register.referral_content import Content, Said
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.reading import checked
from assetmap.schemas.referrals import ReferralDraft
from assetmap.vocabulary import AuditAction, Kind, ReferralCategory


@dataclass(frozen=True)
class Raised:
    """What was passed on, and what is to be cleared away once it is kept."""

    referral: Referral
    left: Leftovers


def raise_new(
    session: Session, draft: ReferralDraft, *, viewer: Viewer, uid: uuid.UUID | None = None
) -> Raised:
    """Pass on what is on no entry; sending it twice, with the same uid, passes it on once.

    Raises NotAllowed for who may not log, Invalid for a place that is not known.
    """
    require_pass_on(viewer)
    if (sent := _sent_before(session, uid)) is not None:
        return sent
    made = _make(session, draft, _lsoa_of(session, draft.where), uid, viewer=viewer)
    made.sealed = referral_content.seal(session, _content([], draft.words))
    session.add(made)
    note(session, AuditAction.CREATED, made, viewer=viewer)
    return Raised(made, Leftovers())


def raise_from(
    session: Session,
    entry: Entry,
    draft: ReferralDraft,
    *,
    viewer: Viewer,
    uid: uuid.UUID | None = None,
) -> Raised:
    """Pass on words of an entry, that the viewer may see: they leave it at once. Only whoever
    receives it can put them back, until it is purged; see `putting_back`.

    A finding goes as a whole. Call `clear_away` with what this returns after the commit. Raises
    Invalid for a field without words, Conflict for an entry that is gone.
    """
    require_pass_on(viewer)
    if (sent := _sent_before(session, uid)) is not None:
        return sent
    whole = entry.kind == Kind.FINDING
    lsoa = _lsoa_of(session, draft.where) or _lsoa_of_entry(session, entry)
    made = _make(session, draft, lsoa, uid, viewer=viewer)
    made.entry_id = entry.id
    said, left, before = list[Said](), Leftovers(), putting_back.standing(session, entry)
    if (whole and passing_on.texts_of(entry)) or draft.fields:
        left.folders = passing_on.uploads_of(session, entry)
        names = () if whole else draft.fields
        said = passing_on.take_out(session, entry, names, viewer=viewer)
    made.sealed = referral_content.seal(session, _content(said, draft.words))
    session.add(made)
    session.flush()  # photos need its key, the account its uid
    if whole or draft.photos:
        left.photos = passing_on.take_photos(session, entry, made.id)
    way_back = putting_back.lost(session, entry, before)
    made.sealed = referral_content.seal(session, _content(said, draft.words, way_back))
    note(session, AuditAction.CREATED, made, viewer=viewer, entries=[entry])
    return Raised(made, left)


def clear_away(session: Session, left: Leftovers) -> None:
    """What is to be done after the commit of something that was passed on or purged."""
    passing_on.clear_away(session, left)


def is_route_only(session: Session, code: str) -> bool:
    """Whether findings of this category are passed on, and never written down."""
    found = select(Category.id).where(
        Category.scheme == "finding", Category.code == code, Category.route_only
    )
    return session.scalar(found) is not None


def log_stub(
    session: Session,
    uid: uuid.UUID,
    category: str,
    draft: ReferralDraft,
    *,
    viewer: Viewer,
    team_id: int | None = None,
    origin: uuid.UUID | None = None,
) -> tuple[Entry, Raised]:
    """Log that something was met and passed on, and pass it on; nothing else of it is written.

    uid: of the finding, so that sending it twice logs it once. origin: the walkabout, event or
    hotspot it was met on. Raises what `entries.log` and `raise_from` do.
    """
    require_pass_on(viewer)
    said = {"title": STUB, "category": category, "visibility": "team", "precision": "none"}
    stub = checked(DRAFTS[Kind.FINDING], said)
    entry, is_new = entries.log(
        session, stub, viewer=viewer, uid=uid, team_id=team_id, status="routed"
    )
    if not is_new:
        kept = session.scalars(select(Referral).where(Referral.entry_id == entry.id)).first()
        if kept is not None:
            return entry, Raised(kept, Leftovers())
    links.log_from(session, entry, origin, viewer=viewer)
    return entry, raise_from(session, entry, draft, viewer=viewer)


def _sent_before(session: Session, uid: uuid.UUID | None) -> Raised | None:
    if uid is None:
        return None
    spatial.lock_for_writing(session, f"referral {uid}")
    kept = session.scalar(select(Referral).where(Referral.uid == uid))
    return Raised(kept, Leftovers()) if kept is not None else None


def _make(
    session: Session,
    draft: ReferralDraft,
    lsoa: str | None,
    uid: uuid.UUID | None,
    *,
    viewer: Viewer,
) -> Referral:
    teams = viewer.teams_where()
    return Referral(
        uid=uid or uuid7(),
        category=draft.category.value,
        urgency=_urgency(draft),
        lsoa=lsoa,
        may_be_named=draft.may_be_named == "yes",
        status="raised",
        team_id=teams[0] if teams else None,
        raised_at=now(),
        raised_by_id=viewer.user_id,
    )


def _urgency(draft: ReferralDraft) -> str:
    return "immediate" if draft.category is ReferralCategory.CRIME_IN_ACTION else draft.urgency


def _content(said: list[Said], words: str, way_back: Mapping[str, Any] | None = None) -> Content:
    return Content((*said, *([Said("", words)] if words.strip() else [])), way_back or {})


def _lsoa_of(session: Session, typed: str) -> str | None:
    """The code of the small area that a typed place lies in. Raises Invalid for "where"."""
    if not typed.strip():
        return None
    try:
        place = places.find(session, typed)
    except Invalid as error:
        raise Invalid.field("where", next(iter(error.problems.values()), str(error))) from error
    if place.area is not None:  # what is larger than a small area has no code that fits
        return place.area.code if place.area.type == "lsoa" else None
    return _lsoa_at(session, shapely.Point(place.longitude, place.latitude))


def _lsoa_of_entry(session: Session, entry: Entry) -> str | None:
    exact = spatial.shape_of(entry.exact_location)
    if exact is not None:
        return _lsoa_at(session, exact.representative_point())
    return session.scalar(
        select(Area.code)
        .join(EntryArea, EntryArea.area_id == Area.id)
        .where(EntryArea.entry_id == entry.id, Area.type == "lsoa")
        .order_by(Area.vintage.desc(), Area.code)
        .limit(1)
    )


def _lsoa_at(session: Session, point: shapely.Point) -> str | None:
    return session.scalar(
        select(Area.code)
        .where(Area.type == "lsoa", places.holds(point))
        .order_by(Area.vintage.desc(), Area.code)
        .limit(1)
    )
