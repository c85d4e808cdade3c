"""Everything that matches a search, to be taken away."""

import math
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import ANEW, read_anew
from assetmap.errors import BadRequest, Conflict
from assetmap.models import Entry, Offer
from assetmap.register import audit, audit_taking, weighing
from assetmap.register.classification import LEVELS
from assetmap.register.hits import Hit, still_seen
from assetmap.register.search import away, sort_keys, work_out
from assetmap.register.weighing import Taking
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Channel

AT_ONCE = 200  # as often it is asked whether the viewer may still see so much
NOTED_AT_ONCE = 10_000  # entries to a row of the account
FIRST_KEYS, MORE_KEYS = 1_000, 50_000  # few first, so that the first need not wait for all
KEYS_AT_ONCE = 10_000
WIDER = 4
ORDERED = "Goes with a file in the order in which entries were logged: take sort away."
Part = TypeVar("Part")
Keys = tuple["array[int]", "array[float]"]  # in their order, with the metres to each


@dataclass
class Account:
    """What is kept of a download, part after part, each before it leaves.

    level: what it is marked as. seal: makes what was noted of a part last. is_asked: whether it
    has to be said what for.
    """

    channel: Channel
    level: str
    seal: Callable[[], None]
    purpose: str = ""
    filters: Collection[str] = ()
    is_asked: bool = True
    contacts: int = field(default=0, init=False)

    def keep(self, session: Session, keys: Sequence[int], *, viewer: Viewer) -> None:
        """Keep account of these entries. Raises PurposeRequired or Conflict where, with what was
        written since the download began, it is more than was said or marked."""
        taking = weighing.part(session, keys, viewer=viewer)
        self.contacts += taking.contacts
        if self.is_asked:
            so_far = Taking((), self.contacts, self.level, taking.restricted)
            audit_taking.require_purpose(session, so_far, self.purpose)
        if LEVELS.index(taking.level) > LEVELS.index(self.level):
            raise Conflict("What this holds is classified higher since you began. Start again.")
        audit_taking.took(
            session,
            taking,
            self.channel,
            viewer=viewer,
            purpose=self.purpose,
            filters=self.filters,
        )
        audit.before_it_leaves(session)
        self.seal()


def every(
    session: Session,
    wanted: EntrySearch,
    *,
    viewer: Viewer,
    most: int = 1_000_000,
    account: Account | None = None,
    only: Collection[int] | None = None,
    after: int | None = None,
) -> Iterator[Hit]:
    """Everything that matches, part after part, in flat memory: for downloads.

    What somebody closes to the viewer meanwhile is left out. account: where one is kept of it.
    only: keys of those that are taken of what matches. In the order in which they were logged,
    unless a place or a sort asks for another: to order all that common words find would take
    seconds before the first could leave; after: the key behind which to go on in that order,
    whatever else is asked, 0 from the start. Raises BadRequest at once for a search that
    is none.
    """
    if after is not None and wanted.sort != "relevance":
        raise BadRequest.field("after", ORDERED)
    worked_out = work_out(session, wanted, viewer=viewer)
    where = [*worked_out.where, *([] if only is None else [Entry.id.in_(only)])]
    has_order = wanted.sort != "relevance" or wanted.near is not None
    if after is not None or not has_order:
        by_words = wanted.text or wanted.area or wanted.category
        look = _as_logged_by_words if by_words else _as_logged
        parts = look(session, where, away(wanted), after or 0, most)
    else:
        order = [key.desc() for key in sort_keys(wanted, worked_out)]
        parts = _ordered(session, where, away(wanted), order, most)
    return _loaded(session, parts, viewer, account, goes_on=bool(after))


def begun(found: Iterator[Hit]) -> Iterator[Hit]:
    """The same, with the first part on its account and read: nothing of an answer has left yet
    while that may go wrong."""
    return chain(list(islice(found, 1)), found)


def while_allowed(
    session: Session, parts: Iterable[Part], *, viewer: Viewer, at_once: int
) -> Iterator[Part]:
    """What was read or made whole, part after part as long as the viewer may have it; that is
    asked again for each so many."""
    for at, part in enumerate(parts):
        if at % at_once == 0:
            read_anew(session)
            access.still_as(session, viewer)
        yield part


class Since(NamedTuple):
    """What has become of the part of a search that a file holds which was broken off."""

    there: int  # how many match now
    changed: int  # how many of them were changed since: they stand in the file as they were


def since(
    session: Session, wanted: EntrySearch, *, viewer: Viewer, up_to: int, at: datetime
) -> Since:
    """What has happened since that instant to what matches and was logged up to that key."""
    where = work_out(session, wanted, viewer=viewer).where
    changed = func.count(case((Entry.updated_at > at, 1)))
    query = select(func.count(), changed).select_from(Entry).where(*where, Entry.id <= up_to)
    found = session.execute(query, execution_options={ANEW: True}).one()
    return Since(int(found[0]), int(found[1]))


def _as_logged(
    session: Session,
    where: Sequence[ColumnElement[bool]],
    away_m: ColumnElement[Any],
    after: int,
    most: int,
) -> Iterator[Keys]:
    """Runs of keys, each looked through at once: a limit alone has a database sort them all."""
    width = FIRST_KEYS
    while most > 0 and after < (session.scalar(select(func.max(Entry.id))) or 0):
        inside = (Entry.id > after, Entry.id <= after + width)
        query = select(Entry.id, away_m).where(*where, *inside).order_by(Entry.id).limit(most)
        keys = _asked(session, query, {ANEW: True})
        if keys[0]:
            yield keys
        after, most = after + width, most - len(keys[0])
        width = width * WIDER if len(keys[0]) * WIDER < width else max(width, MORE_KEYS)


def _as_logged_by_words(
    session: Session,
    where: Sequence[ColumnElement[bool]],
    away_m: ColumnElement[Any],
    after: int,
    most: int,
) -> Iterator[Keys]:
    """The same where the index of words answers, which has them in that order."""
    at_once = FIRST_KEYS
    while most > 0:
        query = select(Entry.id, away_m).where(*where, Entry.id > after).order_by(Entry.id)
        keys = _asked(session, query.limit(min(at_once, most)), {ANEW: True})
        if keys[0]:
            yield keys
        if len(keys[0]) < at_once:
            return
        after, most, at_once = keys[0][-1], most - len(keys[0]), MORE_KEYS


def _ordered(
    session: Session,
    where: Sequence[ColumnElement[bool]],
    away_m: ColumnElement[Any],
    order: Sequence[ColumnElement[Any]],
    most: int,
) -> Iterator[Keys]:
    """Asked when the first is wanted: the head of a file need not wait for it."""
    query = select(Entry.id, away_m).where(*where).order_by(*order).limit(most)
    keys = _asked(session, query, {"yield_per": KEYS_AT_ONCE})
    if keys[0]:
        yield keys


def _asked(session: Session, query: Any, options: dict[str, Any]) -> Keys:
    ids, away_m = array("q"), array("d")  # sixteen bytes an entry
    for row in session.execute(query, execution_options=options):
        ids.append(row[0])
        away_m.append(math.nan if row[1] is None else row[1])
    return ids, away_m


def _loaded(
    session: Session,
    parts: Iterator[Keys],
    viewer: Viewer,
    account: Account | None,
    *,
    goes_on: bool,
) -> Iterator[Hit]:
    has_begun = False
    for ids, away_m in parts:
        for start in range(0, len(ids), AT_ONCE):
            if has_begun:
                session.expunge_all()
                read_anew(session)  # else what somebody ends meanwhile would go on
            has_begun = True
            seen_by = access.still_as(session, viewer)
            if account is not None and start % NOTED_AT_ONCE == 0:
                account.keep(session, ids[start : start + NOTED_AT_ONCE], viewer=seen_by)
            end = start + AT_ONCE
            metres_to = [None if math.isnan(m) else m for m in away_m[start:end]]
            hits = still_seen(session, ids[start:end], metres_to, viewer=seen_by)
            yield from _with_givers(session, hits, viewer=viewer)
    if account is not None and not has_begun and not goes_on:
        account.keep(session, (), viewer=viewer)


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
