"""What a phone or a program sends: put on the register once, changed, or known already."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound, PreconditionFailed
from assetmap.formats import geojson
from assetmap.models import Entry, Team
from assetmap.models.states import MOVES
from assetmap.register import audit_taking, beginnings, entries, features, links, search
from assetmap.register.hits import Hit
from assetmap.schemas.entries import EntryDraft
from assetmap.schemas.features import Sent
from assetmap.vocabulary import Kind, Relation

Feature = dict[str, Any]
UID_VERSIONS = (4, 7)  # drawn at random: no two come to the same, and they name no machine
_OF_FINDINGS = tuple(
    (name, Kind.FINDING) for name in ("resolution", "assigned_partner", "resolved_at")
)


@dataclass(frozen=True)
class Received:
    """The entry that something sent became, or was already."""

    entry: Entry
    is_new: bool


def put(
    session: Session,
    uid: uuid.UUID,
    sent: Sent,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> Received:
    """Make the entry with this uid, or change it from `base_version`.

    Sending the same again changes nothing. Raises PreconditionRequired for another draft without
    a base version, PreconditionFailed for a base version of what is not there, Conflict with the
    version as it is now, Invalid for a new uid that others may come to as well, and what
    `entries.log` and `entries.change` raise.
    """
    access.require_sign_in(viewer)
    spatial.lock_for_writing(session, f"entry {uid}")
    if base_version is not None:
        entry = to_change(session, uid, sent.draft.kind, viewer=viewer)
        change(session, entry, sent.draft, viewer=viewer, base_version=base_version)
        _tie(session, entry, sent, viewer=viewer)
        return Received(entry, is_new=False)
    _refuse_merged(session, uid, viewer=viewer)
    entry, is_new = entries.log(
        session,
        sent.draft,
        viewer=viewer,
        uid=uid,
        team_id=team_called(session, sent.origin.team),
        status=sent.origin.status,
        state=_state(session, sent),
    )
    if is_new:
        if uid.version not in UID_VERSIONS:
            raise Invalid.field("uid", "Make a new UUID for it, of version 7 (or 4).")
        _tie(session, entry, sent, viewer=viewer)
    return Received(entry, is_new)


def withdraw(
    session: Session,
    uid: uuid.UUID,
    kind: Kind,
    *,
    viewer: Viewer,
    why: str,
    base_version: int | None = None,
) -> None:
    """Take out the entry. Raises PreconditionFailed when it is no longer at `base_version`."""
    access.require_sign_in(viewer)
    spatial.lock_for_writing(session, f"entry {uid}")
    entry = entries.find(session, uid, viewer=viewer, kind=kind)
    if base_version is not None and base_version != entry.version:
        raise PreconditionFailed("Someone has changed it since. Look at it again.", entry.version)
    entries.withdraw(session, entry, viewer=viewer, why=why)


def to_another_state(
    session: Session, uid: uuid.UUID, status: str, *, viewer: Viewer, **details: Any
) -> Entry:
    """Take an entry to another state. Raises Conflict when the move is not a legal one."""
    access.require_sign_in(viewer)
    spatial.lock_for_writing(session, f"entry {uid}")
    entry = entries.find(session, uid, viewer=viewer)
    if status not in MOVES[entry.kind]:
        raise Invalid.field("status", f"Choose one of {', '.join(MOVES[entry.kind])}.")
    if entry.status != status:
        details["partner_id"] = beginnings.partner_called(session, details.pop("partner", None))
        entries.move(session, entry, status, viewer=viewer, **details)
    return entry


def whole(session: Session, entry: Entry, *, viewer: Viewer) -> Feature:
    """The entry as it would be read back, once all that was done is flushed."""
    session.flush()  # so that what follows is what the database holds
    key = entry.id
    session.expire(entry)
    (hit,) = search.load(session, [key], viewer=viewer)
    return features.whole(session, hit, local_day(now()), viewer=viewer)


def read(session: Session, hit: Hit, *, viewer: Viewer) -> Feature:
    """The entry as it is; that it was read goes on the account."""
    audit_taking.read_one(session, hit.entry, hit.reads, viewer=viewer)
    return features.whole(session, hit, local_day(now()), viewer=viewer)


def team_called(session: Session, called: str | None) -> int | None:
    """The team with this name or uid. Raises Invalid for "team" when there is none."""
    if not called:
        return None
    ways = [Team.name == called]
    if (uid := beginnings.as_uid(called)) is not None:
        ways.append(Team.uid == uid)
    found = session.scalar(select(Team.id).where(or_(*ways)).order_by(Team.id).limit(1))
    if found is None:
        raise Invalid.field("team", "There is no such team.")
    return found


def named(session: Session, uid: uuid.UUID, field: str, *, viewer: Viewer) -> Entry:
    """An entry that another names. Raises Invalid for the field when the viewer sees none."""
    try:
        return entries.find(session, uid, viewer=viewer)
    except NotFound as error:
        raise Invalid.field(field, "There is no such entry, or it is not open to you.") from error


def to_change(session: Session, uid: uuid.UUID, kind: Kind, *, viewer: Viewer) -> Entry:
    """The entry that a change is made to. Raises Conflict when it was merged, PreconditionFailed
    when the viewer sees none."""
    _refuse_merged(session, uid, viewer=viewer)
    try:
        return entries.find(session, uid, viewer=viewer, kind=kind)
    except NotFound as error:  # what is hidden and what is not there get one answer
        words = "There is no such entry, or it is not open to you. Send a new one without If-Match."
        raise PreconditionFailed(words) from error


def change(
    session: Session, entry: Entry, draft: EntryDraft, *, viewer: Viewer, base_version: int
) -> None:
    """As `entries.change`, keeping what the viewer could not read; a Conflict tells the version."""
    kept = {
        **_unseen_references(session, entry, draft, viewer=viewer),
        **_exact_place(entry, draft),
    }
    try:
        entries.change(
            session,
            entry,
            draft.model_copy(update=kept),
            viewer=viewer,
            base_version=base_version,
        )
    except Conflict as conflict:
        conflict.version = entry.version
        raise


def _unseen_references(
    session: Session, entry: Entry, draft: EntryDraft, *, viewer: Viewer
) -> Mapping[str, uuid.UUID]:
    """What reading left out because the viewer may not see it must not be cleared by sending."""
    keys = {
        name: key
        for name in draft.references
        if getattr(draft, name) is None and (key := getattr(entry, f"{name}_id")) is not None
    }
    if not keys:
        return {}
    seen = features.references(session, entry, viewer=viewer)
    rows = session.execute(select(Entry.id, Entry.uid).where(Entry.id.in_(keys.values())))
    uids: dict[int, uuid.UUID] = {row[0]: row[1] for row in rows}
    return {name: uids[key] for name, key in keys.items() if seen[name] is None}


def _exact_place(entry: Entry, draft: EntryDraft) -> Mapping[str, Any]:
    """What a search leaves out of a place shown less closely, when its Feature is sent back."""
    shown, exact = (
        geojson.geometry(spatial.shape_of(place))
        for place in (entry.location, entry.exact_location)
    )
    if shown is None or shown == exact or draft.geometry != shown:
        return {}
    kept: dict[str, Any] = {"geometry": exact}
    if draft.address == entry.shown_address:
        kept["address"] = entry.address
    if draft.postcode == entry.shown_postcode:
        kept["postcode"] = entry.postcode
    return kept


def _state(session: Session, sent: Sent) -> Mapping[str, Any]:
    """What an entry that begins further on says beside its draft."""
    origin, kind = sent.origin, sent.draft.kind
    for name, only in (*_OF_FINDINGS, ("closed_at", Kind.ENGAGEMENT)):
        if getattr(origin, name) and kind is not only:
            raise Invalid.field(name, f"Only {only.plural} have this.")
    if kind is Kind.ENGAGEMENT:
        return beginnings.of_engagement(origin.status, origin.closed_at)
    if kind is not Kind.FINDING:
        return {}
    called = origin.assigned_partner
    return beginnings.of_finding(
        origin.status,
        resolution=origin.resolution,
        partner_id=beginnings.partner_called(session, called, "assigned_partner"),
        resolved_at=origin.resolved_at,
    )


def _tie(session: Session, entry: Entry, sent: Sent, *, viewer: Viewer) -> None:
    for name, uid in (
        ("found_on", sent.origin.found_on),
        ("raised_at", sent.origin.raised_at),
    ):
        if uid is not None:
            links.tie_to(session, entry, _origin(session, uid, name, viewer=viewer), viewer=viewer)
    if sent.origin.about is not None:
        subject = named(session, sent.origin.about, "about", viewer=viewer)
        links.link(session, entry, Relation.ABOUT, subject, viewer=viewer)


def _origin(session: Session, uid: uuid.UUID, name: str, *, viewer: Viewer) -> Entry:
    """Where something comes from. What was merged or withdrawn since it was taken along holds
    nothing up: it is tied to its successor, or to what may be brought back."""
    withdrawn = select(Entry).where(
        Entry.uid == uid, Entry.withdrawn_at.is_not(None), access.may_see(viewer)
    )
    if gone := entries.successor(session, uid, viewer=viewer) or session.scalar(withdrawn):
        return gone
    return named(session, uid, name, viewer=viewer)


def _refuse_merged(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> None:
    heir = entries.successor(session, uid, viewer=viewer)
    if heir is not None:
        raise Conflict(f"This entry has been merged into {heir.ref} ({heir.uid}).")
