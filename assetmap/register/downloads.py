"""Everything that matches a search, to be taken away."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.models import Entry, Offer
from assetmap.register.search import Hit, search
from assetmap.schemas.search import EntrySearch


def every(
    session: Session, wanted: EntrySearch, *, viewer: Viewer, most: int = 1_000_000
) -> Iterator[Hit]:
    """Everything that matches, page after page, in flat memory: for downloads."""
    given = 0
    page_of = wanted.model_copy(update={"limit": 200, "cursor": None})
    while given < most:
        found = search(session, page_of, viewer=access.still_as(session, viewer), facets=False)
        yield from _with_givers(session, found.hits, viewer=viewer)
        given += len(found.hits)
        if found.next_cursor is None:
            return
        session.expunge_all()
        page_of = page_of.model_copy(update={"cursor": found.next_cursor})


def _with_givers(session: Session, hits: Sequence[Hit], *, viewer: Viewer) -> Iterator[Hit]:
    """The same hits, with the title of whatever makes an offer, where the viewer may see it."""
    makers = {
        hit.entry.id: key
        for hit in hits
        if isinstance(hit.entry, Offer)
        and (key := hit.entry.group_id or hit.entry.asset_id) is not None
    }
    seen: dict[int, str] = {}
    if makers:
        query = select(Entry.id, Entry.title).where(
            Entry.id.in_(set(makers.values())), access.visible_entries(viewer)
        )
        seen = {row[0]: row[1] for row in session.execute(query)}
    for hit in hits:
        yield replace(hit, giver=seen.get(makers.get(hit.entry.id, 0), ""))
