"""The way back from passing something on by mistake or by malice, sealed with what was passed on.

What passing on changes is compared from before to after, and only what was lost is kept. Putting it
back fills what has stood empty since; what somebody has written there meanwhile stays.
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap import spatial, textsearch
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict
from assetmap.formats import photos
from assetmap.models import (
    Attachment,
    Entry,
    History,
    Merge,
    Proposal,
    Referral,
    ReferralPhoto,
    SubjectHit,
    SubjectRequest,
)
from assetmap.register import (
    attachments,
    entries,
    indexing,
    passing_on,
    referral_content,
    voice_notes,
)
from assetmap.register.import_matches import PASSED_ON
from assetmap.register.referral_access import note
from assetmap.register.referrals import find
from assetmap.schemas.proposals import ProposalState
from assetmap.schemas.subject_requests import RequestKind
from assetmap.vocabulary import AuditAction, Kind

Values = dict[str, Any]
Found = dict[str, dict[str, Values]]  # table, key, column
VERB = "put back"  # of the history
_SHAPES = ("location", "exact_location", "covers")
_PLACE = (*_SHAPES, "longitude", "latitude", "accuracy_m", "radius_m", "location_method")
_BESIDE = ("postcode", "precision", "visibility", "status", "title_folded", "resolved_at")
_PROPOSAL = ("changes", "note", "state", "answered_at", "reply_to", "digest")
_PHOTO = tuple(
    one.key for one in Attachment.__mapper__.column_attrs if one.key not in ("id", "entry_id")
)
_OF: Mapping[str, type[Any]] = {
    "history": History,
    "merge": Merge,
    "proposal": Proposal,
    "subject_hit": SubjectHit,
}
_COLUMNS = {
    "history": ("changes", "why"),
    "merge": ("moved", "why"),
    "proposal": _PROPOSAL,
    "subject_hit": ("text", "spans", "hidden"),
}


def standing(session: Session, entry: Entry) -> Found:
    """All that passing on may change of an entry, as it stands."""
    every = passing_on.with_absorbed(session, entry)
    keys = [one.id for one in every]
    copies = or_(
        SubjectHit.uid.in_([one.uid for one in every]),
        SubjectHit.ref.in_([one.ref for one in every]),
    )
    pictures = select(Attachment).where(
        Attachment.entry_id == entry.id, Attachment.removed_at.is_(None)
    )
    wheres = {
        "history": History.entry_id.in_(keys),
        "merge": or_(Merge.kept_id.in_(keys), Merge.gone_id.in_(keys)),
        "proposal": Proposal.entry_id.in_(keys),
        "subject_hit": copies,
    }
    found: Found = {"entry": {str(one.id): _read(one, _columns(one)) for one in every}}
    found["photo"] = {one.sha256: _read(one, _PHOTO) for one in session.scalars(pictures)}
    for table, where in wheres.items():
        rows = session.scalars(select(_OF[table]).where(where))
        found[table] = {str(one.id): _read(one, _COLUMNS[table]) for one in rows}
    return found


def lost(session: Session, entry: Entry, before: Found) -> Found:
    """What of `before` passing on has changed: {table: {key: {column: [before, after]}}}."""
    after = standing(session, entry)
    changed: Found = {}
    for table, rows in before.items():
        for key, values in rows.items():
            then = after[table].get(key, {})
            differs = {n: [v, then.get(n)] for n, v in values.items() if then.get(n) != v}
            if differs:
                changed.setdefault(table, {})[key] = differs
    for key in after["history"].keys() - before["history"].keys():
        changed.setdefault("step", {})[key] = {}
    return changed


def put_back(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> tuple[Entry, list[str]]:
    """It is neither crime nor intelligence: the entry is again what it was, and this one empty.

    Gives the entry, and the names of fields that somebody has written in since: they stay, and
    what they said is in the history. Raises NotAllowed for who may not receive; Conflict once the
    content is purged, while an office has it, or where nothing was taken from an entry.
    """
    kept = find(session, uid, viewer=viewer)
    sealed = kept.sealed
    kept.put_back(now())  # says whether it still can be
    content = referral_content.unseal(session, sealed or "")
    entry = session.get(Entry, kept.entry_id) if content.way_back else None
    if entry is None:
        raise Conflict("Nothing of this was taken from an entry, so nothing can be put back.")
    _refuse_after_an_erasure(session, kept)
    every = passing_on.with_absorbed(session, entry)
    stays: list[str] = []
    beside: dict[str, list[Any]] = {}
    for one in every:
        held, status = content.way_back.get("entry", {}).get(str(one.id), {}), one.status
        rewritten = _fill(one, held)
        if one is entry:
            stays = [name for name in rewritten if name in passing_on.TEXTS[Kind(one.kind)]]
            beside = {name: [held[name][0], getattr(one, name)] for name in stays}
            if one.status != status:
                beside["status"] = [status, one.status]
    for table in _OF:
        _restore(session, table, content.way_back.get(table, {}))
    _open_to_imports(session, content.way_back.get("step", {}))
    if back := _photos(session, entry, kept, content.way_back.get("photo", {})):
        beside["photo"] = [None, ", ".join(back)]
    session.flush()  # what is indexed is what the database holds
    if "location" in content.way_back.get("entry", {}).get(str(entry.id), {}):
        indexing.assign_areas(session, entry, spatial.shape_of(entry.location))
    entries.remember(session, entry, VERB, beside, viewer=viewer)
    indexing.index(session, every)
    note(session, AuditAction.CHANGED, kept, viewer=viewer, entries=[entry], fields=["put_back"])
    session.flush()  # so that a failure shows before success is told
    return entry, stays


def _columns(entry: Entry) -> list[str]:
    names = [*passing_on.TEXTS[Kind(entry.kind)], *_PLACE, *_BESIDE]
    return [name for name in names if hasattr(entry, name)]


def _read(row: Any, names: Sequence[str]) -> Values:
    return {name: _plain(name, getattr(row, name)) for name in names}


def _plain(name: str, value: Any) -> Any:
    if name in _SHAPES:
        shape = spatial.shape_of(value)
        return None if shape is None else {"wkb": shape.wkb_hex}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return str(value) if isinstance(value, uuid.UUID) else value


def _value(plain: Any) -> Any:
    if isinstance(plain, dict) and plain.keys() == {"wkb"}:
        return spatial.stored(shapely.from_wkb(plain["wkb"]))
    if isinstance(plain, dict) and plain.keys() == {"at"}:
        return datetime.fromisoformat(plain["at"])
    return plain


def _fill(row: Any, held: Mapping[str, Any]) -> list[str]:
    """Put back each column that is as passing on left it; names of the others."""
    stays = []
    for name, (before, after) in held.items():
        if _plain(name, getattr(row, name)) == after:
            setattr(row, name, _value(before))
        else:
            stays.append(name)
    if isinstance(row, Entry):
        row.title_folded = " ".join(textsearch.words(row.title))[:200]
    return stays


def _restore(session: Session, table: str, rows: Mapping[str, Values]) -> None:
    found = session.scalars(select(_OF[table]).where(_OF[table].id.in_([int(k) for k in rows])))
    for row in found:
        held = dict(rows[str(row.id)])
        for name in ("changes", "moved"):
            if name in held:  # others may have been taken out of it meanwhile
                setattr(row, name, _joined(held.pop(name), getattr(row, name)))
        if isinstance(row, Proposal) and not _may_open(session, row, held):
            held = {name: both for name, both in held.items() if name == "note"}
        _fill(row, held)


def _open_to_imports(session: Session, steps: Iterable[str]) -> None:
    """Let files speak again of the fields that the history says were passed on."""
    for row in session.scalars(select(History).where(History.id.in_([int(key) for key in steps]))):
        row.changes = {n: both for n, both in row.changes.items() if n != PASSED_ON}


def _joined(both: Sequence[Any], here: Mapping[str, Any]) -> Values:
    """What stands here, and what was taken out of it."""
    before, after = both
    gone = {name: value for name, value in before.items() if name not in after}
    if isinstance(before.get("filled"), dict):
        gone["filled"] = before["filled"] | dict(here.get("filled", {}))
    return {**here, **gone}


def _may_open(session: Session, row: Proposal, held: Mapping[str, Any]) -> bool:
    """Whether a suggestion that passing on ended waits again: nobody has sent the same since."""
    digest = (held.get("digest") or [None])[0]
    if "state" not in held or row.state != ProposalState.OVERTAKEN:
        return False
    same = select(Proposal.id).where(Proposal.digest == digest)
    return digest is not None and session.scalar(same) is None


def _photos(
    session: Session, entry: Entry, kept: Referral, held: Mapping[str, Values]
) -> list[str]:
    """The photos and voice notes again, the same bytes; the descriptions of photos."""
    back = []
    store = attachments.store(session)
    rows = session.scalars(select(ReferralPhoto).where(ReferralPhoto.referral_id == kept.id))
    for row in rows.all():
        data = referral_content.unseal_photo(session, row.sealed)
        sha256 = hashlib.sha256(data).hexdigest()
        there = select(Attachment.id).where(
            Attachment.entry_id == entry.id, Attachment.sha256 == sha256
        )
        if sha256 in held and session.scalar(there) is None:
            attachments.lock(session, sha256)
            is_sound = row.mime.startswith("audio/")
            if is_sound:
                store.keep_sound(sha256, data)
            else:
                store.keep(sha256, data, photos.reencode(data).thumbnail)
            values = {name: _value(before) for name, (before, _) in held[sha256].items()}
            uid = uuid.UUID(values.pop("uid")) if values.get("uid") else uuid7()
            session.add(Attachment(uid=uid, entry_id=entry.id, **values))
            back.append(voice_notes.SAID if is_sound else values.get("alt_text") or "photo")
        session.delete(row)
    return back


def _refuse_after_an_erasure(session: Session, kept: Referral) -> None:
    """Raise Conflict when somebody's details were erased since: they might come back with it."""
    since = select(SubjectRequest.id).where(
        SubjectRequest.kind == RequestKind.ERASURE, SubjectRequest.done_at >= kept.raised_at
    )
    if session.scalar(since.limit(1)) is not None:
        raise Conflict(
            "Somebody’s details have been erased since, and might come back with this. Write what"
            " may stay into the entry by hand."
        )
