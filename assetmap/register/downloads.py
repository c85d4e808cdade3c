"""Everything that matches a search, to be taken away."""

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.models import Entry, Offer
from assetmap.register.audit_taking import Taking
from assetmap.register.hits import Hit, still_seen
from assetmap.register.search import away, sort_keys, work_out
from assetmap.schemas.search import EntrySearch

AT_ONCE = 200  # as often it is asked whether the viewer may still see so much
KEYS_AT_ONCE = 10_000
Found = Iterator[tuple[int, float | None]]  # keys in their order, with the metres to each


def every(
    session: Session,
    wanted: EntrySearch,
    *,
    viewer: Viewer,
    most: int = 1_000_000,
    taken: Taking | None = None,
) -> Iterator[Hit]:
    """Everything that matches, part after part, in flat memory: for downloads.

    What matches is looked for once, when the first is wanted; what somebody closes to the viewer
    meanwhile is left out. taken: what of it was weighed and put on the audit, and nothing else is
    given. Raises BadRequest at once for a search that is none.
    """
    rows = _rows(session, wanted, viewer, most) if taken is None else _weighed(taken)
    return _loaded(session, rows, viewer)


def _weighed(taken: Taking) -> Found:
    return ((row.id, row.away) for row in taken.rows)


def _rows(session: Session, wanted: EntrySearch, viewer: Viewer, most: int) -> Found:
    worked_out = work_out(session, wanted, viewer=viewer)
    query = (
        select(Entry.id, away(wanted))
        .where(*worked_out.where)
        .order_by(*(key.desc() for key in sort_keys(wanted, worked_out)))
        .limit(most)
    )
    return _asked(session, query)


def _asked(session: Session, query: Select[int, Any]) -> Found:
    """Asked when the first is wanted: the head of a file need not wait for it."""
    for row in session.execute(query, execution_options={"yield_per": KEYS_AT_ONCE}):
        yield row[0], row[1]


def _loaded(session: Session, rows: Found, viewer: Viewer) -> Iterator[Hit]:
    ids, away_m = array("q"), array("d")  # sixteen bytes an entry
    for key, metres in rows:
        ids.append(key)
        away_m.append(math.nan if metres is None else metres)
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        metres_to = (None if math.isnan(m) else m for m in away_m[start : start + AT_ONCE])
        seen_by = access.still_as(session, viewer)
        hits = still_seen(session, part, list(metres_to), viewer=seen_by)
        yield from _with_givers(session, hits, viewer=viewer)
        if start + AT_ONCE < len(ids):
            session.expunge_all()


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
