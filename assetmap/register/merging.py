"""Two entries that are one: fold the second into the first, and undo it exactly."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, joinedload, undefer, with_polymorphic

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import Model, now
from assetmap.errors import BadRequest, Conflict, Invalid, NotFound
from assetmap.models import (
    Asset,
    Attachment,
    CollectionItem,
    Counter,
    Entry,
    EventArrival,
    EventGuest,
    EventHelper,
    HelpAsk,
    HelpRequest,
    Invitation,
    Link,
    Merge,
    Offer,
    PersonRole,
)
from assetmap.models.columns import values
from assetmap.models.states import missing
from assetmap.register import entries, merging_events, snapshots
from assetmap.register.snapshots import Snapshot
from assetmap.vocabulary import KIND_OF_PREFIX, Visibility

LONGEST_NUMBER = 12
_BLANK: tuple[Any, ...] = (None, "", [], {})
_OPENNESS = values(Visibility)
_KEPT_AS_IT_IS = frozenset(
    {"title", "category", "visibility", "precision", "location_method", "accuracy_m", "geometry"}
)
_POINTERS: tuple[tuple[type[Model], str], ...] = (
    (Asset, "operator_id"),
    (Offer, "group_id"),
    (Offer, "asset_id"),
    (PersonRole, "entry_id"),
    (EventGuest, "guest_id"),
    (EventHelper, "offer_id"),
    (EventArrival, "came_with_id"),
    (Counter, "leads_to_id"),
    (Invitation, "through_id"),
    (CollectionItem, "member_id"),
    (HelpRequest, "need_id"),
    (HelpAsk, "offer_id"),
)


def one(session: Session, named: str, *, viewer: Viewer) -> Entry:
    """The entry of a reference or uid that another is to be folded into.

    Raises BadRequest for "keep", NotFound.
    """
    query = select(Entry).filter_by(**_identity(named, "keep"))
    entry = session.scalar(query.where(access.visible_entries(viewer)))
    if entry is None:
        raise NotFound("There is no such entry, or it is not open to you.")
    return entry


def pair(session: Session, keep: str, gone: str, *, viewer: Viewer) -> tuple[Entry, Entry]:
    """Two entries of one kind by their references or uids, with all of both, in one query.

    Raises BadRequest naming the one that is neither, NotFound, NotAllowed unless both are the
    viewer's to change, Invalid when they cannot be one.
    """
    wanted = _identity(keep, "keep"), _identity(gone, "gone")
    called = or_(*(and_(*(getattr(Entry, n) == v for n, v in one.items())) for one in wanted))
    visible = select(Entry.id).where(called, access.visible_entries(viewer))
    whole = with_polymorphic(Entry, "*")
    query = select(whole).where(whole.id.in_(visible))
    query = query.options(
        undefer(whole.exact_location), joinedload(whole.category), joinedload(whole.team)
    )
    rows = session.scalars(query).all()
    found = [
        next((row for row in rows if all(getattr(row, n) == v for n, v in one.items())), None)
        for one in wanted
    ]
    kept, left = found
    if kept is None or left is None:
        raise NotFound("There is no such entry, or it is not open to you.")
    if kept.id == left.id or kept.kind != left.kind:
        raise Invalid.field("gone", "Choose another entry of the same kind.")
    for entry in (kept, left):
        access.require_change(viewer, entry)
    return kept, left


def merge(session: Session, keep: Entry, gone: Entry, *, viewer: Viewer, why: str = "") -> Merge:
    """Fold `gone` into `keep`: its links, photos and whoever points at it move over, the fields
    that `keep` leaves blank are filled, and its address leads to `keep`; but see `stays_with`.

    Raises Invalid for two entries that are not of one kind, NotAllowed unless both are the
    viewer's to change, Conflict when either has been withdrawn or merged.
    """
    for entry in (keep, gone):
        access.require_change(viewer, entry)
        if not entry.is_live:
            raise Conflict("One of these has been withdrawn or merged meanwhile.")
    if keep.id == gone.id or keep.kind != gone.kind:
        raise Invalid.field("into", "Choose another entry of the same kind.")
    _have_to_itself(session, keep.id, gone.id)
    filled = _fill_blanks(session, keep, gone, viewer=viewer)
    keeps_open, keeps_inside = not _is_closer(gone, keep), not stays_with(gone, keep)
    moved = {
        "links": _move_links(session, gone.id, keep.id),
        "photos": _move_photos(session, gone.id, keep.id) if keeps_inside else [],
        "pointers": _move_pointers(session, gone.id, keep.id),
        "filled": filled,
        **merging_events.move_over(
            session, gone.id, keep.id, keeps_open=keeps_open, keeps_inside=keeps_inside
        ),
    }
    record = Merge(
        kept_id=keep.id, gone_id=gone.id, moved=moved, by_id=viewer.user_id, why=why.strip()[:500]
    )
    session.add(record)
    with entries.writing_down(session, gone, verb="merged", viewer=viewer, why=why):
        gone.merged_into_id = keep.id
    beside = {"merged": [None, gone.ref]}
    with entries.writing_down(
        session, keep, verb="merged in", viewer=viewer, why=why, beside=beside
    ):
        pass  # its links and photos have changed, none of its fields
    return record


def undo(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> tuple[Entry, Entry]:
    """Take a merge apart: both entries, their links, photos and pointers as they were.

    What was filled in is blanked again, unless somebody has changed it since or the state it has
    reached demands it. Returns the entry
    kept and the one brought back. Raises NotFound for a merge the viewer may not change.
    """
    record, keep, gone = find(session, uid, viewer=viewer)
    if record.undone_at is not None or gone.merged_into_id != keep.id:
        raise Conflict("This merge has been undone already.")
    if keep.merged_into_id is not None:  # its links have gone on from there
        raise Conflict(f"{keep.ref} has been merged into another since. Undo that first.")
    with entries.writing_down(session, gone, verb="unmerged", viewer=viewer):
        gone.merged_into_id = None
    _put_links_back(session, record.moved["links"])
    _put_photos_back(session, record.moved["photos"], gone.id, keep.id)
    _put_pointers_back(session, record.moved["pointers"], gone.id, keep.id)
    merging_events.move_back(session, record.moved, gone.id, keep.id)
    _blank_again(session, keep, record.moved["filled"], viewer=viewer)
    record.undone_at = now()
    session.flush()  # the pages of both are shown next
    return keep, gone


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> tuple[Merge, Entry, Entry]:
    """A merge, the entry kept and the one folded in. Raises NotFound when not the viewer's."""
    record = session.scalar(select(Merge).where(Merge.uid == uid))
    pair = _both(session, record) if record is not None else None
    if record is None or pair is None or not _may(viewer, pair):
        raise NotFound("There is no such merge, or it is not yours to undo.")
    return record, *pair


def made_before(session: Session, keep: str, gone: str, *, viewer: Viewer) -> uuid.UUID | None:
    """The uid of the merge, not undone, that made one of two entries by their references or uids.

    None where there is none, or it is not the viewer's. Raises BadRequest as `pair` does.
    """
    wanted = _identity(keep, "keep"), _identity(gone, "gone")
    one, other = (select(Entry.id).filter_by(**named).scalar_subquery() for named in wanted)
    record = session.scalar(
        select(Merge)
        .where(Merge.gone_id.in_([one, other]), Merge.kept_id.in_([one, other]))
        .where(Merge.undone_at.is_(None))
        .limit(1)
    )
    both = _both(session, record) if record is not None else None
    return record.uid if record is not None and both is not None and _may(viewer, both) else None


def of(session: Session, entry: Entry) -> Sequence[Merge]:
    """Merges into or out of an entry that can be undone, the latest first."""
    return session.scalars(
        select(Merge)
        .where(or_(Merge.kept_id == entry.id, Merge.gone_id == entry.id), Merge.undone_at.is_(None))
        .order_by(Merge.id.desc())
        .limit(20)
    ).all()


def _have_to_itself(session: Session, *keys: int) -> None:
    """Wait for whoever is tying something to these entries, and have others wait until the end."""
    query = select(Entry.id).where(Entry.id.in_(keys)).order_by(Entry.id)
    session.execute(query.with_for_update())


def _identity(given: str, name: str) -> dict[str, Any]:
    """The columns that a reference such as AST-000123, or a uid, stands for."""
    prefix, _, number = given.strip().upper().partition("-")
    kind = KIND_OF_PREFIX.get(prefix)
    if kind is not None and number.isdecimal() and len(number) <= LONGEST_NUMBER:
        return {"kind": kind.value, "id": int(number)}
    try:
        return {"uid": uuid.UUID(given.strip())}
    except ValueError as error:
        raise BadRequest.field(name, "Give the reference of an entry.") from error


def _fill_blanks(
    session: Session, keep: Entry, gone: Entry, *, viewer: Viewer
) -> dict[str, list[Any]]:
    """Fields that only `gone` has a value for, as [blank before, value now].

    A merge opens nothing: none of an entry that fewer may see, no address of a place that is
    shown less closely.
    """
    if _is_closer(gone, keep):
        return {}
    mine, theirs = snapshots.several(session, (keep, gone))
    moves_in = mine["geometry"] is None and theirs["geometry"] is not None
    draft_names = set(mine) - set(snapshots.state_names(keep.kind)) - _KEPT_AS_IT_IS
    if keep.kind == "offer":  # one offeror only, and it has one; and checks of its own
        draft_names -= {"group", "asset", "person_role", "checks_needed"}
    if mine.get("ask_who") or mine.get("ask_how"):  # another's number reaches somebody else
        draft_names -= {"ask_who", "ask_how"}
    if gone.precision != keep.precision and not moves_in:
        draft_names -= {"address", "postcode"}
    filled = {
        name: [mine[name], theirs[name]]
        for name in sorted(draft_names)
        if mine[name] in _BLANK and theirs[name] not in _BLANK
    }
    if moves_in:
        filled |= {
            name: [mine[name], theirs[name]]
            for name in ("geometry", "location_method", "accuracy_m", "precision")
        }
    if filled:
        wanted: Snapshot = mine | {name: value for name, (_, value) in filled.items()}
        entries.restore(
            session, keep, wanted, verb="filled in", viewer=viewer, why=f"From {gone.ref}"
        )
    return filled


def stays_with(gone: Entry, keep: Entry) -> bool:
    """Whether photos of the one, and what lies beside it, are not for the other's whole team: named
    people alone see them."""
    return gone.visibility == Visibility.RESTRICTED and _is_closer(gone, keep)


def _is_closer(one: Entry, other: Entry) -> bool:
    """Whether fewer people may see the one than the other."""
    return _OPENNESS.index(one.visibility) > _OPENNESS.index(other.visibility)


def _move_links(session: Session, old: int, new: int) -> list[dict[str, Any]]:
    """Point links at the entry kept; those it has already, or would have to itself, go."""
    rows = session.scalars(
        select(Link).where(or_(Link.from_id == old, Link.to_id == old)).order_by(Link.id)
    ).all()
    taken = {
        (row.from_id, row.to_id, row.relation)
        for row in session.scalars(select(Link).where(or_(Link.from_id == new, Link.to_id == new)))
    }
    before = [_link_as_json(row) for row in rows]
    for row, was in zip(rows, before, strict=True):
        ends = (
            new if row.from_id == old else row.from_id,
            new if row.to_id == old else row.to_id,
            row.relation,
        )
        was["let_go"] = ends in taken or ends[0] == ends[1]
        if was["let_go"]:
            session.delete(row)
        else:
            taken.add(ends)
            row.from_id, row.to_id = ends[0], ends[1]
    session.flush()  # the deletions before anything puts the same link in again
    return before


def _link_as_json(row: Link) -> dict[str, Any]:
    return {
        "id": row.id,
        "from_id": row.from_id,
        "to_id": row.to_id,
        "relation": row.relation,
        "created_at": row.created_at.isoformat(),
        "created_by_id": row.created_by_id,
    }


def _put_links_back(session: Session, before: Iterable[dict[str, Any]]) -> None:
    """Those that went along, unless they were untied since, and those that were let go of."""
    lost: list[Link] = []
    for was in before:
        made_at = datetime.fromisoformat(was["created_at"])
        row = session.get(Link, was["id"], populate_existing=True)
        if row is not None and row.created_at == made_at:
            row.from_id, row.to_id = was["from_id"], was["to_id"]
        elif was.get("let_go", True):
            # SQLite gives the key of a link that went to the next new one, which must stay
            key = None if row is not None else was["id"]
            said = {name: was[name] for name in ("from_id", "to_id", "relation", "created_by_id")}
            lost.append(Link(id=key, created_at=made_at, **said))
    lost.sort(key=lambda one: one.id is None)  # those that have a key first, or another gets it
    session.add_all(lost)
    session.flush()  # so that a clash shows here, not at the commit


def _move_photos(session: Session, old: int, new: int) -> list[int]:
    held = select(Attachment.sha256).where(Attachment.entry_id == new)
    keys = session.scalars(
        select(Attachment.id).where(Attachment.entry_id == old, Attachment.sha256.not_in(held))
    ).all()
    _point(session, Attachment, "entry_id", keys, new)
    return list(keys)


def _put_photos_back(session: Session, keys: Sequence[int], gone: int, keep: int) -> None:
    still = Attachment.entry_id == keep
    _point(session, Attachment, "entry_id", keys, gone, still)


def _move_pointers(session: Session, old: int, new: int) -> dict[str, list[int]]:
    moved: dict[str, list[int]] = {}
    for model, column in _POINTERS:
        table = model.__table__.c
        keys = session.scalars(select(table.id).where(table[column] == old)).all()
        _point(session, model, column, keys, new)
        moved[column] = list(keys)
    return moved


def _put_pointers_back(session: Session, moved: dict[str, list[int]], gone: int, keep: int) -> None:
    for model, column in _POINTERS:
        still = model.__table__.c[column] == keep
        _point(session, model, column, moved.get(column, []), gone, still)


def _point(
    session: Session,
    model: type[Any],
    column: str,
    keys: Sequence[int],
    to: int,
    *also: ColumnElement[bool],
) -> None:
    if keys:
        table = model.__table__
        session.execute(update(table).where(table.c.id.in_(keys), *also).values({column: to}))
        session.expire_all()  # what is loaded has the old key


def _blank_again(
    session: Session, keep: Entry, filled: dict[str, list[Any]], *, viewer: Viewer
) -> None:
    present = snapshots.of(session, keep)
    blanks = {name: was for name, (was, value) in filled.items() if present[name] == value}
    needed = missing(keep.kind, keep.status, snapshots.reader(present | blanks))
    blanks = {name: was for name, was in blanks.items() if name not in needed}
    entries.restore(session, keep, present | blanks, verb="unmerged", viewer=viewer, why="")


def _both(session: Session, record: Merge) -> tuple[Entry, Entry] | None:
    found = {
        entry.id: entry
        for entry in session.scalars(
            select(Entry).where(Entry.id.in_([record.kept_id, record.gone_id]))
        )
    }
    if len(found) != 2:
        return None
    return found[record.kept_id], found[record.gone_id]


def _may(viewer: Viewer, pair: tuple[Entry, Entry]) -> bool:
    return all(access.may_change(viewer, entry) for entry in pair)
