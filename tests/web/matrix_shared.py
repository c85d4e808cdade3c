"""What somebody shares with their team, for the matrix of who may see what."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import viewer_of
from assetmap.models import CollectionItem, Entry, Team, User
from assetmap.register import collections, saved_searches
from assetmap.schemas.collections import CollectionDraft
from assetmap.schemas.saved_searches import SavedSearchDraft
from assetmap.schemas.search import Filters


def shared(
    session: Session, owner: User, team: Team, name: str, uids: Iterable[str]
) -> dict[str, str]:
    """The uids of a saved search, and of a collection of all these entries, under this name."""
    viewer = viewer_of(session, owner.id)
    draft = SavedSearchDraft(name=name, team=team.uid, criteria=Filters(text="marker"))
    saved = saved_searches.put(session, uuid.uuid4(), draft, viewer=viewer).made
    called = CollectionDraft(name=name, team=team.uid)
    kept, _ = collections.put(session, uuid.uuid4(), called, viewer=viewer)
    every = [uuid.UUID(one) for one in uids]
    for entry in session.scalars(select(Entry).where(Entry.uid.in_(every))):
        session.add(CollectionItem(collection_id=kept.id, member_id=entry.id))
    return {"saved": str(saved.uid), "collected": str(kept.uid)}
