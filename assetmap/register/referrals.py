"""Receiving what was passed on: reading it, handing it to an office, letting go of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import NotFound
from assetmap.models import Entry, Referral, ReferralPhoto, User
from assetmap.models.referral import UNSENT_WHY
from assetmap.register import deployment, referral_content
from assetmap.register.referral_access import note, require_receiver
from assetmap.register.referral_content import Content
from assetmap.schemas.referrals import Acknowledged, GivenBack, HandOver
from assetmap.vocabulary import AuditAction, Kind

WAITS = {"immediate": timedelta(hours=1), "same_day": timedelta(days=1), "routine": timedelta(3)}
CONFIRMED_WITHIN = timedelta(days=7)
MOST = 500


@dataclass(frozen=True)
class Opened:
    """A referral as a receiver reads it. source: who raised it, where they may be named. entry:
    what it was taken from, when they may see that; kind: what kind of entry that is.
    may_be_put_back: whether it was taken from one, and can be undone."""

    referral: Referral
    content: Content | None
    photos: Sequence[tuple[int, str]]  # keys and media types; voice notes are among them
    source: str
    entry: Entry | None
    kind: Kind | None
    sent_by: str
    may_be_put_back: bool


@dataclass(frozen=True)
class Line:
    """A referral in the list, and whether somebody should have seen to it by now."""

    referral: Referral
    is_late: bool


def inbox(
    session: Session, *, viewer: Viewer, status: str = "", category: str = "", due: bool = False
) -> list[Line]:
    """At most `MOST` referrals, the late and the most urgent first; nothing of what they say.

    status: "open": not purged.
    """
    require_receiver(viewer)
    query = select(Referral)
    if status == "open":
        query = query.where(Referral.status != "purged")
    elif status:
        query = query.where(Referral.status == status)
    if category:
        query = query.where(Referral.category == category)
    late = _is_late(now())
    if due:
        query = query.where(late)
    urgency = case(*((Referral.urgency == name, at) for at, name in enumerate(WAITS)))
    rows = session.execute(
        query.add_columns(late.label("late"))
        .order_by(late.desc(), urgency, Referral.id)
        .limit(MOST)
    )
    return [Line(referral, bool(is_late)) for referral, is_late in rows]


def read(session: Session, uid: uuid.UUID, *, viewer: Viewer, taken: bool = False) -> Opened:
    """What a referral says; that it was read is on the account. taken: on a sheet to hand over.

    Raises NotAllowed for who may not, NotFound, Conflict when its key is lost.
    """
    found = find(session, uid, viewer=viewer)
    content = None
    if found.sealed is not None:
        content = referral_content.unseal(session, found.sealed)
        action = AuditAction.SHARED if taken else AuditAction.READ
        note(session, action, found, viewer=viewer, fields=["content"])
    photos = select(ReferralPhoto.id, ReferralPhoto.mime).where(
        ReferralPhoto.referral_id == found.id
    )
    names = _names(session, found)
    seen = case((access.visible_entries(viewer), 1), else_=0)
    source = select(Entry, seen).where(Entry.id == found.entry_id)
    row = session.execute(source).first() if found.entry_id is not None else None
    return Opened(
        found,
        content,
        [(key, mime) for key, mime in session.execute(photos.order_by(ReferralPhoto.id))],
        names.get(found.raised_by_id, "") if found.may_be_named else "",
        row[0] if row and row[1] else None,
        Kind(row[0].kind) if row else None,
        names.get(found.sent_by_id, ""),
        found.may_be_put_back and content is not None and "entry" in content.way_back,
    )


def photo(session: Session, uid: uuid.UUID, key: int, *, viewer: Viewer) -> tuple[bytes, str]:
    """A photo or a voice note that went along, and its media type. Raises NotAllowed, NotFound."""
    found = find(session, uid, viewer=viewer)
    kept = session.get(ReferralPhoto, key)
    if kept is None or kept.referral_id != found.id:
        raise NotFound("There is no such photo.")
    note(session, AuditAction.READ, found, viewer=viewer, fields=["photo"])
    return referral_content.unseal_photo(session, kept.sealed), kept.mime


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Referral:
    """A referral, sealed as it is. Raises NotAllowed for who may not read it, NotFound."""
    require_receiver(viewer)
    found = session.scalar(select(Referral).where(Referral.uid == uid))
    if found is None:
        raise NotFound("There is no such referral.")
    return found


def send(session: Session, uid: uuid.UUID, given: HandOver, *, viewer: Viewer) -> Referral:
    """It went to an office; a reference given at once confirms the hand-over."""
    found = find(session, uid, viewer=viewer)
    found.send(given.sent_to, now(), viewer.user_id)
    if given.force_reference:
        found.acknowledge(given.force_reference, now(), _kept_for(session))
    note(session, AuditAction.SHARED, found, viewer=viewer)
    return found


def acknowledge(
    session: Session, uid: uuid.UUID, given: Acknowledged, *, viewer: Viewer
) -> Referral:
    """The office has it: its content goes some days from now."""
    found = find(session, uid, viewer=viewer)
    found.acknowledge(given.force_reference, now(), _kept_for(session))
    note(session, AuditAction.CHANGED, found, viewer=viewer, fields=["acknowledged"])
    return found


def give_back(session: Session, uid: uuid.UUID, given: GivenBack, *, viewer: Viewer) -> Referral:
    """The office does not take it, or none needs it: it is sent to another, or goes as any other
    does. Raises Conflict for a reason that only an office can have."""
    found = find(session, uid, viewer=viewer)
    found.give_back(given.why, now(), _kept_for(session))
    note(session, AuditAction.CHANGED, found, viewer=viewer, fields=["returned"])
    return found


def purge(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Referral:
    """Let go of the content now. Raises Conflict until an office has it, or gave it back."""
    found = find(session, uid, viewer=viewer)
    let_go(session, found, viewer)
    return found


def let_go(session: Session, kept: Referral, viewer: Viewer) -> None:
    """Purge the content of what the viewer may; see `purge`."""
    kept.purge(now())
    session.execute(delete(ReferralPhoto).where(ReferralPhoto.referral_id == kept.id))
    note(session, AuditAction.ERASED, kept, viewer=viewer, fields=["content"])
    session.flush()  # so that a failure shows before success is told


def _is_late(at: datetime) -> ColumnElement[bool]:
    """Nobody has handed it over in the time that its urgency leaves, or confirmed it in a week.
    What nobody needs is never late."""
    is_wanted = func.coalesce(Referral.returned_why, "").not_in(UNSENT_WHY)
    waiting = and_(Referral.status.in_(("raised", "returned")), is_wanted)
    slow = or_(
        *(
            and_(Referral.urgency == name, Referral.raised_at < at - span)
            for name, span in WAITS.items()
        )
    )
    unconfirmed = and_(Referral.status == "sent", Referral.sent_at < at - CONFIRMED_WITHIN)
    return or_(and_(waiting, slow), unconfirmed)


def _kept_for(session: Session) -> timedelta:
    return timedelta(days=deployment.referral_purge_days(session))


def _names(session: Session, about: Referral) -> dict[int | None, str]:
    keys = {key for key in (about.raised_by_id, about.sent_by_id) if key is not None}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(keys)))
    return {row.id: row.name for row in rows}
