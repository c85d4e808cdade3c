"""Entries that people pick by hand, keep under a name and share with their teams. Whoever opens a
collection is shown and counted those of them alone that they may see."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import WRITERS, Viewer
from assetmap.connections import lock_for_writing
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Collection, CollectionItem, Entry
from assetmap.register import audit, shared_names, sharing
from assetmap.schemas.collections import CollectionDraft
from assetmap.vocabulary import AuditAction

MOST = 100  # of one person
MOST_IN_ONE = 1_000
MOST_SHOWN, MOST_REMOVED = 500, 10
NONE_SUCH = "There is no such collection, or it is not open to you."
STALE = "This collection was changed a moment ago. Look at what it says now."


def may_fill(viewer: Viewer, made: Collection) -> bool:
    """Whoever may change it may put entries in, and so may those who log for its team."""
    logs = made.team_id in viewer.teams_where(WRITERS) and viewer.behind is None
    return logs or sharing.may_change(viewer, made)


def every(session: Session, *, viewer: Viewer) -> Sequence[Collection]:
    """Those the viewer may open, by name. Raises SignInFirst."""
    access.require_sign_in(viewer)
    query = _whole().where(sharing.readable(Collection, viewer)).order_by(Collection.id)
    found = session.scalars(query.limit(MOST_SHOWN))
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def counts(session: Session, found: Sequence[Collection], *, viewer: Viewer) -> Mapping[int, int]:
    """How many entries of each the viewer may see."""
    rows = session.execute(
        select(CollectionItem.collection_id, func.count(CollectionItem.member_id.distinct()))
        .join(Entry, Entry.id == CollectionItem.member_id)
        .where(
            CollectionItem.collection_id.in_([one.id for one in found]),
            access.visible_entries(viewer),
        )
        .group_by(CollectionItem.collection_id)
    )
    return {key: number for key, number in rows}  # noqa: C416  # rows are no pairs to mypy


def removed(session: Session, *, viewer: Viewer) -> Sequence[Collection]:
    """One's own that were taken away, the last first."""
    query = _whole().where(
        Collection.removed_at.is_not(None), Collection.owner_id == viewer.user_id
    )
    return session.scalars(query.order_by(Collection.removed_at.desc()).limit(MOST_REMOVED)).all()


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Collection:
    """Raises SignInFirst, NotFound."""
    access.require_sign_in(viewer)
    readable = sharing.readable(Collection, viewer)
    made = session.scalar(_whole().where(Collection.uid == uid, readable))
    if made is None:
        raise NotFound(NONE_SUCH)
    return made


def to_change(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Collection:
    """Raises NotFound, NotAllowed for who may only open it."""
    made = find(session, uid, viewer=viewer)
    if not sharing.may_change(viewer, made):
        raise NotAllowed("Only who made this collection, or an editor of its team, changes it.")
    return made


def put(
    session: Session,
    uid: uuid.UUID,
    draft: CollectionDraft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> tuple[Collection, bool]:
    """Keep a collection under its uid, or change it, and say whether it is new; the same again
    changes nothing.

    Raises SignInFirst, NotAllowed, Invalid by field, Conflict where it was changed meanwhile.
    """
    owner_id = sharing.person(viewer)
    lock_for_writing(session, f"collections of {owner_id}")
    query = _whole().where(Collection.uid == uid).execution_options(populate_existing=True)
    before = session.scalar(query)
    if before is None:
        made = Collection(uid=uid, owner_id=owner_id, version=0)
        _require_room(session, owner_id)
    else:
        made = to_change(session, uid, viewer=viewer)
    said = (draft.name, sharing.team_key(draft.team, made, viewer))
    if before is not None and (before.name, before.team_id) == said:
        return made, False
    if before is not None and base_version != before.version:
        raise Conflict(STALE)
    others = select(Collection.name).where(
        Collection.owner_id == made.owner_id,
        Collection.removed_at.is_(None),
        Collection.uid != uid,
    )
    shared_names.check(draft.name, session.scalars(others), "collection")
    made.name, made.team_id = said
    _touch(made)
    session.add(made)
    session.flush()  # a uid that is taken shows here
    action = AuditAction.CREATED if before is None else AuditAction.CHANGED
    _note(session, action, made, viewer=viewer, fields=["name"])
    return made, before is None


def add(session: Session, made: Collection, uids: Sequence[uuid.UUID], *, viewer: Viewer) -> int:
    """Put entries in, and say how many were not there yet.

    Raises NotAllowed, NotFound where one of them is not the viewer's to see, Invalid where it
    holds as many as it may.
    """
    _require_filling(session, made, viewer)
    keys = _keys(session, uids, viewer)
    if len(keys) < len(set(uids)):
        raise NotFound("One of these entries is not there, or is not open to you.")
    there = set(
        session.scalars(
            select(CollectionItem.member_id).where(CollectionItem.collection_id == made.id)
        )
    )
    new = [key for key in keys if key not in there]
    if len(there) + len(new) > MOST_IN_ONE:
        raise Invalid.field("entry", f"A collection holds at most {MOST_IN_ONE:,} entries.")
    for key in new:
        item = CollectionItem(collection_id=made.id, member_id=key, added_by_id=viewer.user_id)
        session.add(item)
    if new:
        _touch(made)
        _note(session, AuditAction.CHANGED, made, viewer=viewer, fields=["entries"])
    return len(new)


def take_out(session: Session, made: Collection, uid: uuid.UUID, *, viewer: Viewer) -> bool:
    """Take an entry out, and say whether it was there. Raises NotAllowed."""
    _require_filling(session, made, viewer)
    gone = session.execute(
        delete(CollectionItem).where(
            CollectionItem.collection_id == made.id,
            CollectionItem.member_id.in_(_keys(session, [uid], viewer)),
        )
    )
    if gone.rowcount:  # type: ignore[attr-defined]
        _touch(made)
        _note(session, AuditAction.CHANGED, made, viewer=viewer, fields=["entries"])
        return True
    return False


def named(
    session: Session, uids: Sequence[uuid.UUID], *, viewer: Viewer
) -> Mapping[uuid.UUID, tuple[str, str]]:
    """By uid, the title and the kind of those of these entries that the viewer may see."""
    query = select(Entry.uid, Entry.title, Entry.kind)
    rows = session.execute(query.where(Entry.uid.in_(uids), access.visible_entries(viewer)))
    return {row.uid: (row.title, row.kind) for row in rows}


def remove(session: Session, made: Collection, *, viewer: Viewer) -> None:
    """Take it away; whoever made it may put it back."""
    made.removed_at = now()
    _touch(made)
    _note(session, AuditAction.WITHDRAWN, made, viewer=viewer)


def put_back(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Collection:
    """Undo that. Raises NotFound, Invalid where they have as many as they may."""
    owner_id = sharing.person(viewer)
    lock_for_writing(session, f"collections of {owner_id}")
    made = session.scalar(_whole().where(Collection.uid == uid, Collection.owner_id == owner_id))
    if made is None:
        raise NotFound(NONE_SUCH)
    if made.removed_at is not None:
        _require_room(session, owner_id)
        if made.team_id not in viewer.roles:
            made.team_id = None  # shared with a team that they have left since
        made.removed_at = None
        _touch(made)
        _note(session, AuditAction.BROUGHT_BACK, made, viewer=viewer)
    return made


def forget_of(session: Session, user_id: int) -> None:
    """Let go of somebody's own, who is being erased; what they shared stays their team's."""
    own = select(Collection.id).where(Collection.owner_id == user_id, Collection.team_id.is_(None))
    session.execute(delete(CollectionItem).where(CollectionItem.collection_id.in_(own)))
    session.execute(
        delete(Collection).where(Collection.owner_id == user_id, Collection.team_id.is_(None))
    )


def _keys(session: Session, uids: Sequence[uuid.UUID], viewer: Viewer) -> Sequence[int]:
    """Keys of these entries, as far as the viewer may see them."""
    query = select(Entry.id).where(Entry.uid.in_(uids), access.visible_entries(viewer))
    return session.scalars(query.order_by(Entry.id)).all()


def _require_filling(session: Session, made: Collection, viewer: Viewer) -> None:
    if not may_fill(viewer, made):
        raise NotAllowed("Only who made this collection, or who logs for its team, fills it.")
    lock_for_writing(session, f"collection {made.uid}")
    session.refresh(made, ["version"])


def _require_room(session: Session, owner_id: int) -> None:
    query = select(func.count()).where(
        Collection.owner_id == owner_id, Collection.removed_at.is_(None)
    )
    if (session.scalar(query) or 0) >= MOST:
        raise Invalid.field("name", f"You have {MOST} collections. Take one away first.")


def _touch(made: Collection) -> None:
    made.version += 1
    made.updated_at = now()


def _whole() -> Select[Collection]:
    return select(Collection).options(joinedload(Collection.team), joinedload(Collection.owner))


def _note(
    session: Session,
    action: AuditAction,
    made: Collection,
    *,
    viewer: Viewer,
    fields: Sequence[str] = (),
) -> None:
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="collection",
        uid=made.uid,
        teams=[made.team_id] if made.team_id else viewer.teams_where(),
        fields=fields,
    )
