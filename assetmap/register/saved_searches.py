"""Searches that people keep, and share with their teams. Each is run through the one search, with
the rights of whoever runs it: nothing of what it found is kept."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import lock_for_writing
from assetmap.db import now
from assetmap.errors import BadRequest, Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import SavedSearch
from assetmap.register import audit, search, shared_names, sharing, text_hygiene
from assetmap.schemas.saved_searches import SavedSearchDraft, kept
from assetmap.schemas.search import EntrySearch, Filters
from assetmap.vocabulary import AuditAction

MOST = 100  # of one person
MOST_SHOWN, MOST_REMOVED = 500, 10
NONE_SUCH = "There is no such saved search, or it is not open to you."
STALE = "This search was changed a moment ago. Look at what it says now."


@dataclass(frozen=True)
class Put:
    """A search that was kept, and whether it is new."""

    made: SavedSearch
    is_new: bool


def every(session: Session, *, viewer: Viewer) -> Sequence[SavedSearch]:
    """Those the viewer may run, by name. Raises SignInFirst."""
    access.require_sign_in(viewer)
    query = (
        _whole()
        .where(sharing.readable(SavedSearch, viewer))
        .order_by(SavedSearch.id)
        .limit(MOST_SHOWN)
    )
    return sorted(session.scalars(query), key=lambda one: (one.name.casefold(), one.id))


def removed(session: Session, *, viewer: Viewer) -> Sequence[SavedSearch]:
    """One's own that were taken away, the last first."""
    query = _whole().where(
        SavedSearch.removed_at.is_not(None), SavedSearch.owner_id == viewer.user_id
    )
    return session.scalars(query.order_by(SavedSearch.removed_at.desc()).limit(MOST_REMOVED)).all()


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> SavedSearch:
    """Raises SignInFirst, NotFound."""
    access.require_sign_in(viewer)
    made = session.scalar(
        _whole().where(SavedSearch.uid == uid, sharing.readable(SavedSearch, viewer))
    )
    if made is None:
        raise NotFound(NONE_SUCH)
    return made


def to_change(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> SavedSearch:
    """Raises NotFound, NotAllowed for who may only run it."""
    made = find(session, uid, viewer=viewer)
    if not sharing.may_change(viewer, made):
        raise NotAllowed("Only who saved this search, or an editor of its team, changes it.")
    return made


def criteria_of(made: SavedSearch) -> Filters:
    """What it asks for. Of words that somebody was erased from, as many as a search may have."""
    held = made.criteria
    if len(text := str(held.get("text", ""))) > 100:
        held = held | {"text": text[:100]}
    return Filters.model_validate(held)


def as_search(made: SavedSearch) -> EntrySearch:
    """The same for the one search. Raises BadRequest for one that no longer can be run."""
    try:
        return EntrySearch.model_validate(criteria_of(made).model_dump())
    except ValidationError as error:
        raise BadRequest("This saved search can no longer be run. Save it again.") from error


def put(
    session: Session,
    uid: uuid.UUID,
    draft: SavedSearchDraft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> Put:
    """Keep a search under its uid, or change it; the same again changes nothing.

    Raises SignInFirst, NotAllowed, Invalid by field, BadRequest for a search of what there is not,
    Conflict where it was changed meanwhile.
    """
    owner_id = sharing.person(viewer)
    lock_for_writing(session, f"saved searches of {owner_id}")
    query = _whole().where(SavedSearch.uid == uid).execution_options(populate_existing=True)
    before = session.scalar(query)
    if before is None:
        made = SavedSearch(uid=uid, owner_id=owner_id, version=0)
        _require_room(session, owner_id)
    else:
        made = to_change(session, uid, viewer=viewer)
    team_id = sharing.team_key(draft.team, made, viewer)
    said = (draft.name, kept(draft.criteria), team_id)
    if before is not None and (before.name, before.criteria, before.team_id) == said:
        return Put(made, is_new=False)
    if before is not None and base_version != before.version:
        raise Conflict(STALE)
    _require_sound(session, made, draft, viewer=viewer)
    made.name, made.criteria, made.team_id = said
    made.version += 1
    made.updated_at = now()
    session.add(made)
    session.flush()  # a uid that is taken shows here
    action = AuditAction.CREATED if before is None else AuditAction.CHANGED
    note(session, action, made, viewer=viewer, fields=["name", *sorted(made.criteria)])
    return Put(made, is_new=before is None)


def remove(session: Session, made: SavedSearch, *, viewer: Viewer) -> None:
    """Take it away; whoever saved it may put it back."""
    made.removed_at = now()
    made.version += 1
    note(session, AuditAction.WITHDRAWN, made, viewer=viewer)


def put_back(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> SavedSearch:
    """Undo that. Raises NotFound, Invalid where they have as many as they may."""
    owner_id = sharing.person(viewer)
    lock_for_writing(session, f"saved searches of {owner_id}")
    made = session.scalar(_whole().where(SavedSearch.uid == uid, SavedSearch.owner_id == owner_id))
    if made is None:
        raise NotFound(NONE_SUCH)
    if made.removed_at is not None:
        _require_room(session, owner_id)
        if made.team_id not in viewer.roles:
            made.team_id = None  # shared with a team that they have left since
        made.removed_at = None
        made.version += 1
        session.flush()  # it is looked for next
        note(session, AuditAction.BROUGHT_BACK, made, viewer=viewer)
    return made


def forget_of(session: Session, user_id: int) -> None:
    """Let go of somebody's own, who is being erased; what they shared stays their team's."""
    own = SavedSearch.owner_id == user_id, SavedSearch.team_id.is_(None)
    session.execute(delete(SavedSearch).where(*own))


def _require_room(session: Session, owner_id: int) -> None:
    query = select(func.count()).where(
        SavedSearch.owner_id == owner_id, SavedSearch.removed_at.is_(None)
    )
    if (session.scalar(query) or 0) >= MOST:
        raise Invalid.field("name", f"You have {MOST} saved searches. Take one away first.")


def _require_sound(
    session: Session, made: SavedSearch, draft: SavedSearchDraft, *, viewer: Viewer
) -> None:
    """Raise Invalid for a name or words that name somebody, for a name they have already, and
    BadRequest for areas and terms that there are not."""
    text_hygiene.refuse("criteria", draft.criteria.text)
    others = select(SavedSearch.name).where(
        SavedSearch.owner_id == made.owner_id,
        SavedSearch.removed_at.is_(None),
        SavedSearch.uid != made.uid,
    )
    shared_names.check(draft.name, session.scalars(others), "saved search")
    wanted = EntrySearch.model_validate(draft.criteria.model_dump())
    search.work_out(session, wanted, viewer=viewer)


def _whole() -> Select[SavedSearch]:
    return select(SavedSearch).options(joinedload(SavedSearch.team), joinedload(SavedSearch.owner))


def note(
    session: Session,
    action: AuditAction,
    made: SavedSearch,
    *,
    viewer: Viewer,
    fields: Sequence[str] = (),
) -> None:
    """Keep account of what was done to one; the auditors of its team see it."""
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="saved_search",
        uid=made.uid,
        teams=[made.team_id] if made.team_id else viewer.teams_where(),
        fields=fields,
    )
