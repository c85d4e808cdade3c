"""Reading and taking away entries: what it is for, and the account that is kept of it.

What is open to the public is not counted person by person when the public reads it. Whoever has
signed in is told apart, and each entry they take away is on the audit before the first byte leaves.
"""

from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.connections import has_key
from assetmap.errors import Invalid, RegisterError
from assetmap.hygiene.finds import LABELS, look
from assetmap.models import Asset, Attachment, Entry, Walkabout
from assetmap.register import audit, deployment
from assetmap.register.hits import Hit
from assetmap.register.opened_by import agreements_of, by_agreement, covered_by
from assetmap.register.weighing import Taking, Weight
from assetmap.vocabulary import (
    PURPOSES,
    AuditAction,
    Channel,
    Kind,
    Precision,
    SharedField,
    Visibility,
)

OTHER = "other"
LONGEST_REASON = 150
TO_ASK = "?"  # it is not known yet by which agreements
_NOT_FILTERS = frozenset(
    {"cursor", "limit", "sort", "first", "after", "since", "purpose", "csrf_token"}
)


class PurposeRequired(RegisterError):
    """Many contact details, and restricted records, leave only when it is said what for."""

    status = 428  # type: ignore[assignment]
    title = "Say what it is for"


def is_known(viewer: Viewer) -> bool:
    """Whether an account is kept of what they read: of everybody but the public."""
    return (viewer.behind or viewer).is_signed_in


def asks_purpose(session: Session, taking: Taking | Weight) -> bool:
    """Whether so many contact details, or restricted records, leave only when it is said why."""
    above = deployment.purpose_above(session)
    return taking.restricted > 0 or taking.has_more_contacts_than(above)


def purpose(given: str, words: str = "") -> str:
    """A purpose as it is kept: one to choose from, or what was typed. Raises Invalid."""
    code, said = given.strip(), " ".join(words.split())
    if code and code not in PURPOSES:
        code, said = OTHER, " ".join(code.split())
    if code == OTHER and not said:
        raise Invalid.field("purpose_words", "Say what it is for, without naming anybody.")
    if len(said) > LONGEST_REASON:
        raise Invalid.field("purpose_words", f"Use {LONGEST_REASON} characters or fewer.")
    if found := look(said):
        what = LABELS[found[0].what].lower()
        raise Invalid.field("purpose_words", f"Name nobody. This seems to hold: {what}.")
    return f"{code}: {said}" if said else code


def require_purpose(session: Session, taking: Taking | Weight, given: str) -> None:
    """Raise PurposeRequired for many contact details, or a restricted record, and no purpose."""
    if not given and asks_purpose(session, taking):
        held = f"the contact details of {taking.contacts:,} entries"
        if taking.restricted:
            held += f" and {taking.restricted:,} restricted"
        raise PurposeRequired(
            f"This holds {held}. Say what it is for:"
            f" add purpose= and one of {', '.join(PURPOSES)}, or a few words of your own."
        )


def took(
    session: Session,
    taking: Taking,
    channel: Channel,
    *,
    viewer: Viewer,
    purpose: str = "",
    filters: Iterable[str] = (),
) -> None:
    """Keep account of a download; what an agreement opened is a row of its own that names it."""
    kinds = {row.kind for row in taking.rows}
    said: dict[str, Any] = {"filters": sorted(set(filters) - _NOT_FILTERS)}
    if len(kinds) == 1:
        said["kind"] = kinds.pop()
    parts = by_agreement(viewer, taking.rows, partial(_written, channel)) or {None: ([], set())}
    for agreement_id, (rows, fields) in parts.items():
        audit.note(
            session,
            AuditAction.EXPORTED,
            viewer=viewer,
            entries=rows,
            fields=fields,
            purpose=purpose,
            agreement_id=agreement_id,
            channel=channel.value,
            teams=() if rows else viewer.roles,
            details=said,
        )


def read(
    session: Session,
    hits: Sequence[Hit],
    *,
    viewer: Viewer,
    filters: Iterable[str],
    purpose: str = "",
) -> None:
    """Keep account of a page of entries that a program, or somebody signed in, was given."""
    if not is_known(viewer) or not hits:
        return
    said = {"filters": sorted(set(filters) - _NOT_FILTERS)}
    alike: dict[tuple[bool, str | None, tuple[str, ...]], list[Entry]] = {}
    for hit in hits:
        given = _written(Channel.GEOJSON, hit.entry.kind)
        fields = tuple(name for name in guarded(hit.entry, hit.reads) if name in given)
        is_public = hit.entry.visibility == Visibility.PUBLIC
        alike.setdefault((is_public, hit.covered_by, fields), []).append(hit.entry)
    for (_, covered, fields), some in alike.items():
        _note_read(session, some, covered, fields, said, viewer=viewer, purpose=purpose)


def told(session: Session, entries: Sequence[Entry], *, viewer: Viewer, scope: str) -> None:
    """Keep account of entries that somebody was told of outside the pages, in a letter or a feed,
    by the agreement that opened each."""
    by: dict[int, str | None] = {}
    if viewer.grants and entries:
        rows = session.execute(
            select(Entry.id, covered_by(viewer)).where(has_key(Entry.id, "keys")),
            {"keys": [entry.id for entry in entries]},
        )
        by = dict(iter(rows))
    alike: dict[tuple[bool, str | None], list[Entry]] = {}
    for entry in entries:
        is_public = entry.visibility == Visibility.PUBLIC
        alike.setdefault((is_public, by.get(entry.id)), []).append(entry)
    for (_, covered), some in alike.items():
        _note_read(session, some, covered, (), {"scope": scope}, viewer=viewer)


def read_one(
    session: Session,
    entry: Entry,
    reads: frozenset[SharedField],
    *,
    viewer: Viewer,
    photos: Sequence[Attachment] = (),
    covered: str | None = TO_ASK,
) -> None:
    """Keep account of a page about one entry, where it holds what is not open to everybody.

    photos: those it shows, and the voice notes that can be heard from it. However many, and
    whatever its map shows, it is one row. covered: as `opened_by.covered_by` says, where that was
    read along with the entry.
    """
    fields = guarded(entry, reads)
    if any(_is_closed(entry, photo) for photo in photos if not photo.is_sound):
        fields.append("photos")
    if any(photo.is_sound for photo in photos):
        fields.append("voice_notes")
    if not is_known(viewer) or (not fields and entry.visibility == Visibility.PUBLIC):
        return
    if covered == TO_ASK:
        which = select(covered_by(viewer)).where(Entry.id == entry.id)
        covered = session.scalar(which) if viewer.grants else None
    said = {"kind": Kind(entry.kind).value}
    _note_read(session, [entry], covered, fields, said, viewer=viewer)


def _note_read(
    session: Session,
    entries: Sequence[Entry],
    covered: str | None,
    fields: Sequence[str],
    said: dict[str, Any],
    *,
    viewer: Viewer,
    purpose: str = "",
) -> None:
    """A row for each agreement that opened entries, all of them alike, or some of the fields: it
    names no other."""
    is_public = entries[0].visibility == Visibility.PUBLIC.value
    for key, names in agreements_of(viewer, covered, fields, is_public=is_public).items():
        audit.note(
            session,
            AuditAction.READ,
            viewer=viewer,
            entries=entries,
            fields=names,
            purpose=purpose,
            agreement_id=key,
            details=said,
        )


def read_photo(session: Session, entry: Entry, *, viewer: Viewer) -> None:
    """Keep account of a picture of a restricted entry that was opened by itself, in full: small
    ones stand on pages, which say so."""
    if is_known(viewer) and entry.visibility == Visibility.RESTRICTED:
        _one_of_its(session, entry, "photos", viewer)


def heard(session: Session, entry: Entry, *, viewer: Viewer) -> None:
    """Keep account of a voice note that was given out: it is open to its own team alone."""
    _one_of_its(session, entry, "voice_notes", viewer)


def _one_of_its(session: Session, entry: Entry, field: str, viewer: Viewer) -> None:
    details = {"kind": Kind(entry.kind).value}
    audit.note(
        session, AuditAction.READ, viewer=viewer, entries=[entry], fields=[field], details=details
    )


def _is_closed(entry: Entry, photo: Attachment) -> bool:
    return photo.consent_scope != "public" or entry.visibility != Visibility.PUBLIC


def read_history(session: Session, entry: Entry, *, viewer: Viewer) -> None:
    """Keep account of somebody who was given what happened to an entry."""
    if is_known(viewer):
        audit.note(session, AuditAction.READ, viewer=viewer, entries=[entry], fields=["history"])


def guarded(entry: Entry, reads: frozenset[SharedField]) -> list[str]:
    """Names of what an entry holds, and is read, that fewer may see than everybody."""
    found = []
    contacts = isinstance(entry, Asset) and bool(entry.email or entry.phone)
    closed = entry.visibility != Visibility.PUBLIC or entry.contact_visibility != "public"
    if SharedField.CONTACT in reads and contacts and closed:
        found.append("contact")
    if SharedField.NOTES in reads and entry.notes:
        found.append("notes")
    hides = entry.precision != Precision.EXACT or bool(isinstance(entry, Walkabout) and entry.stops)
    if SharedField.EXACT_LOCATION in reads and hides:
        found.append("exact_location")
    return found


@cache
def _written(channel: Channel, kind: str) -> frozenset[SharedField]:
    """The guarded fields that a file or a list holds of an entry, where they are open to whoever
    takes it: places are as everybody sees them, but for the stops of a walkabout."""
    found = {SharedField.CONTACT}
    if channel == Channel.GEOJSON:
        found.add(SharedField.NOTES)
        found |= {SharedField.EXACT_LOCATION} if kind == Kind.WALKABOUT else set()
    if channel == Channel.JSON:  # a pack, which holds addresses
        found.add(SharedField.EXACT_LOCATION)
    return frozenset(found)
