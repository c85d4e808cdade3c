"""Taking words out of an entry for good: out of its columns, its history and every index.

What was passed on must not be left in anything that somebody reads, nor in what the register works
with: earlier versions, merges that can be undone, the text index and its spelling help, the file
an import came from, and on SQLite the pages and the log that once held it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from assetmap import access, connections, textsearch
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Invalid, Unavailable
from assetmap.models import (
    Attachment,
    Entry,
    Finding,
    History,
    Import,
    Merge,
    Proposal,
    ReferralPhoto,
    SearchWord,
    SearchWordCut,
    SubjectHit,
)
from assetmap.models.finding import STUB
from assetmap.outside.import_folder import ImportFolder
from assetmap.register import (
    attachments,
    deployment,
    entries,
    indexing,
    parcels,
    referral_content,
    wording,
)
from assetmap.register.import_matches import PASSED_ON
from assetmap.register.referral_content import Said
from assetmap.schemas.proposals import ProposalState
from assetmap.vocabulary import Kind, Precision, SharedField, Visibility

VERB = "passed on"  # of the history
_EVERY = ("title", "description", "notes", "address", "tags")
_PLACE = ("hire_terms", "accessibility_note", "cost_note", "opening_hours")
TEXTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ASSET: (*_EVERY, *_PLACE),
    Kind.GROUP: (*_EVERY, *_PLACE),
    Kind.OFFER: (*_EVERY, "person_role", "conditions"),
    Kind.FINDING: (*_EVERY, "external_ref", "resolution"),
    Kind.WALKABOUT: (*_EVERY, "aims", "summary", "weather", "stops"),
    Kind.ENGAGEMENT: (
        *_EVERY,
        *("theme", "focal_question", "aims", "audience"),
        *("influence_statement", "use_of_input", "accessibility_plan", "ask_who", "ask_how"),
    ),
    Kind.HOTSPOT: _EVERY,
}
_WHERE = frozenset(
    {"geometry", "postcode", "accuracy_m", "location_method", "covers_areas", "radius_m"}
)
_IMPORT = re.compile(r"Import (\d{1,18}): ")
_AT_ONCE = 200
_ADDED = frozenset({"photo", "voice_note"})


@dataclass
class Leftovers:
    """Files that go once the database has let go of the words: photos, and uploads of imports."""

    photos: list[str] = field(default_factory=list)
    folders: list[ImportFolder] = field(default_factory=list)


def with_absorbed(session: Session, entry: Entry) -> list[Entry]:
    """An entry, and all that was merged into it."""
    return [entry, *_absorbed(session, entry)]


def texts_of(entry: Entry) -> dict[str, str]:
    """What of an entry can be passed on: its fields that hold words, with the words."""
    found = {name: getattr(entry, name) for name in TEXTS[Kind(entry.kind)]}
    said = {n: _in_words(w) for n, w in found.items()}
    return {name: words for name, words in said.items() if words.strip() and words != STUB}


def _in_words(value: Any) -> str:
    """Tags, and the names of stops, in one line."""
    if isinstance(value, list):
        return ", ".join(one["name"] if isinstance(one, dict) else one for one in value)
    return str(value or "")


def readable(session: Session, entry: Entry, *, viewer: Viewer) -> dict[str, str]:
    """The same, of what the viewer may read."""
    reads = access.read_of(
        session.execute(select(*access.reads(viewer)).where(Entry.id == entry.id)).one()
    )
    hidden = set() if SharedField.NOTES in reads else {"notes"}
    if SharedField.EXACT_LOCATION not in reads and not entry.shown_address:
        hidden.add("address")
    return {name: words for name, words in texts_of(entry).items() if name not in hidden}


def take_out(session: Session, entry: Entry, names: Sequence[str], *, viewer: Viewer) -> list[Said]:
    """Take the words of these fields out of an entry, and out of all that keeps them.

    A finding is passed on as a whole: it keeps no words, no place and no history of either, and
    only its team sees that it was there. Raises Invalid for a field without words to be read.
    """
    whole = isinstance(entry, Finding)
    held = texts_of(entry) if whole else readable(session, entry, viewer=viewer)
    if wrong := [name for name in names if name not in held]:
        raise Invalid.field("fields", f"There is nothing to pass on in {wrong[0]}.")
    taken = held if whole else {name: held[name] for name in names}
    before = entry.status
    every = with_absorbed(session, entry)
    for one in every:
        _blank(one, taken, whole=whole and one.kind == Kind.FINDING)
    session.flush()  # the scrubbing reads what is kept of it now
    _scrub(session, every, taken, whole=whole)
    if whole:
        indexing.assign_areas(session, entry, None)
    closed = {*TEXTS[Kind.FINDING], *_WHERE} if whole else set(taken)
    beside: dict[str, list[Any]] = {PASSED_ON: [[], sorted(closed)]}
    if entry.status != before:
        beside["status"] = [before, entry.status]
    entries.remember(session, entry, VERB, beside, viewer=viewer)
    indexing.index(session, every)
    _unlearn(session, taken.values())
    textsearch.compact(session)
    return [Said(name, words) for name, words in taken.items()]


def take_photos(session: Session, entry: Entry, referral_id: int) -> list[str]:
    """Seal an entry's photos and voice notes in a referral and take them from the entry; also those
    removed before.

    Returns the checksums of files that nothing else shows, to be forgotten after the commit.
    """
    rows = session.scalars(select(Attachment).where(Attachment.entry_id == entry.id)).all()
    store = attachments.store(session)
    for row in rows:
        attachments.lock(session, row.sha256)
        data = store.read_sound(row.sha256) if row.is_sound else store.read(row.sha256)
        if data is not None and row.removed_at is None:
            sealed = referral_content.seal_photo(session, data)
            session.add(ReferralPhoto(referral_id=referral_id, sealed=sealed, mime=row.mime))
        session.delete(row)
    session.flush()  # what is left shows which files are still needed
    sums = {row.sha256 for row in rows}
    used = set(session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(sums))))
    for past in _history(session, [entry.id]):
        past.changes = {name: both for name, both in past.changes.items() if name not in _ADDED}
    return sorted(sums - used)


def uploads_of(session: Session, entry: Entry) -> list[ImportFolder]:
    """The folders of imports that wrote this entry, or one merged into it: what was uploaded holds
    its words too."""
    every = with_absorbed(session, entry)
    keys = {one.import_id for one in every if one.import_id}
    for row in _history(session, [one.id for one in every]):
        if said := _IMPORT.match(row.why):
            keys.add(int(said[1]))
    uids = session.scalars(select(Import.uid).where(Import.id.in_(keys))) if keys else ()
    return [ImportFolder.of(deployment.instance(session), uid) for uid in uids]


def clear_away(session: Session, left: Leftovers) -> None:
    """Remove the files that hold what was passed on, and what SQLite's log does. Call it after the
    commit; killed before it, the daily tidying removes what lies about, and so it does
    when the store of photos cannot be reached, which is logged."""
    store = attachments.store(session)
    with suppress(Unavailable):
        for sha256 in left.photos:
            for name in (f"{sha256}.jpg", f"{sha256}.small.jpg", f"{sha256}.sound"):
                store.forget(name)
    for folder in left.folders:
        folder.forget_upload()
    parcels.let_go_of_all(session)
    connections.empty_log(session)


def _blank(entry: Entry, taken: Mapping[str, str], *, whole: bool) -> None:
    names = TEXTS[Kind(entry.kind)] if whole else _alike(entry, taken)
    for name in names:
        value: Any = STUB if name == "title" else [] if name in ("tags", "stops") else ""
        setattr(entry, name, value)
    entry.title_folded = " ".join(textsearch.words(entry.title))[:200]
    if isinstance(entry, Finding) and "resolution" in names:
        entry.resolved_at = None  # it says when what is gone was done
    if not whole:
        return
    entry.status = "routed"
    entry.location = entry.exact_location = entry.covers = None
    entry.longitude = entry.latitude = entry.accuracy_m = entry.radius_m = None
    entry.location_method = entry.postcode = None
    entry.precision = Precision.NONE.value
    if entry.visibility in (Visibility.PUBLIC, Visibility.PARTNER):
        entry.visibility = Visibility.TEAM.value


def _alike(entry: Entry, taken: Mapping[str, str]) -> list[str]:
    """The fields of an entry, or of one merged into it, that hold the words or a part of them."""
    held = texts_of(entry)
    return [
        name
        for name, words in taken.items()
        if name in held and (held[name] in words or words in held[name])
    ]


def _absorbed(session: Session, entry: Entry) -> list[Entry]:
    """What was merged into it, and into that."""
    found: dict[int, Entry] = {}
    keys = {entry.id}
    while keys:
        merged = select(Entry).where(Entry.merged_into_id.in_(keys)).order_by(Entry.id)
        some = {one.id: one for one in session.scalars(merged)}
        keys = some.keys() - found.keys() - {entry.id}
        found |= {key: some[key] for key in keys}
    return list(found.values())


def _scrub(
    session: Session, every: Sequence[Entry], taken: Mapping[str, str], *, whole: bool
) -> None:
    """Take the fields out of all earlier versions, of merges that can be undone, of what was
    proposed, and of what a search for somebody copied."""
    keys = [entry.id for entry in every]
    gone = {*taken, *_EVERY, *_WHERE} if whole else set(taken)
    for row in _history(session, keys):
        row.changes = {name: both for name, both in row.changes.items() if name not in gone}
        if (whole and not _IMPORT.match(row.why)) or any(w in row.why for w in taken.values()):
            row.why = ""
    merges = select(Merge).where(or_(Merge.kept_id.in_(keys), Merge.gone_id.in_(keys)))
    for merge in session.scalars(merges):
        filled = merge.moved.get("filled", {})
        kept = {name: both for name, both in filled.items() if name not in gone}
        merge.moved, merge.why = {**merge.moved, "filled": kept}, "" if whole else merge.why
    for asked in session.scalars(select(Proposal).where(Proposal.entry_id.in_(keys))):
        left = {} if whole else {n: v for n, v in asked.changes.items() if n not in gone}
        asked.changes = left
        if whole or any(w in asked.note for w in taken.values()):
            asked.note = ""
        if asked.is_open and not left:
            asked.end(ProposalState.OVERTAKEN, now(), None)
    copies = or_(
        SubjectHit.uid.in_([one.uid for one in every]),
        SubjectHit.ref.in_([one.ref for one in every]),
    )
    for copy in session.scalars(select(SubjectHit).where(copies)):
        if whole or any(w in copy.text for w in taken.values()):
            copy.text, copy.spans, copy.hidden = STUB, [], []
    session.flush()  # before anything is read back


def _history(session: Session, keys: Sequence[int]) -> Iterator[History]:
    yield from session.scalars(select(History).where(History.entry_id.in_(keys)))


def _unlearn(session: Session, texts: Iterable[str]) -> None:
    """Forget the words, as help with spelling, that no public entry has any more."""
    words = sorted({word for text in texts for word in textsearch.words(text)})
    for start in range(0, len(words), _AT_ONCE):
        gone = wording.unheld(session, words[start : start + _AT_ONCE])
        session.execute(delete(SearchWordCut).where(SearchWordCut.word.in_(gone)))
        session.execute(delete(SearchWord).where(SearchWord.word.in_(gone)))
