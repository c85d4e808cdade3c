"""What people of the demo town keep: searches, some with news of what is new, and collections."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.demo.ledger import uid as uid_of
from assetmap.demo.people import COUNCIL, VOLUNTARY
from assetmap.models import Team, User
from assetmap.register import collections, saved_searches, search, search_alerts
from assetmap.schemas.collections import CollectionDraft
from assetmap.schemas.saved_searches import SavedSearchDraft
from assetmap.schemas.search import EntrySearch, Filters
from assetmap.viewers import viewer_of
from assetmap.vocabulary import Kind

PARTNER, ORGANISER = "partner@demo.example", "organiser@demo.example"
BEACON, SOUTHMOOR = "E05990006", "E05990003"
OFFERS, FINDINGS = (Kind.OFFER,), (Kind.FINDING,)


@dataclass(frozen=True)
class Kept:
    """A search that somebody keeps. team: whom it is shared with; news: how often they are told."""

    of: str
    name: str
    criteria: Filters
    team: str = ""
    news: str = "never"


@dataclass(frozen=True)
class Picked:
    """A collection, with so many of each category that its owner may see."""

    of: str
    name: str
    categories: tuple[tuple[str, int], ...]
    team: str = ""


SEARCHES = (
    Kept(
        PARTNER,
        "Food to share in Beacon",
        Filters(kind=OFFERS, category=("eqp_food",), area=(BEACON,)),
        news="weekly",
    ),
    Kept(
        PARTNER,
        "Rooms that may be used",
        Filters(kind=OFFERS, category=("spa_room",)),
        team=VOLUNTARY,
    ),
    Kept(
        ORGANISER,
        "Found in Southmoor",
        Filters(kind=FINDINGS, area=(SOUTHMOOR,)),
        team=COUNCIL,
        news="daily",
    ),
)
COLLECTIONS = (
    Picked(
        PARTNER,
        "Warm and fed this winter",
        (("eqp_food", 3), ("spa_kitc", 2), ("vcs_food", 2)),
        team=VOLUNTARY,
    ),
    Picked(ORGANISER, "Halls for the next hub", (("pla_hall", 4), ("pla_room", 2)), team=COUNCIL),
)


def keep(session: Session, today: date) -> None:
    """Keep all of it, each in the name of whose it is."""
    at = datetime.combine(today, time(9), UTC)
    teams = {team.name: team.uid for team in session.scalars(select(Team))}
    viewers = {email: _viewer(session, email) for email in (PARTNER, ORGANISER)}
    for one in SEARCHES:
        viewer = viewers[one.of]
        draft = SavedSearchDraft(name=one.name, team=teams.get(one.team), criteria=one.criteria)
        uid = uid_of(f"search {one.name}", at)
        made = saved_searches.put(session, uid, draft, viewer=viewer).made
        search_alerts.put(session, made, one.news, viewer=viewer)
    for it in COLLECTIONS:
        viewer = viewers[it.of]
        new = CollectionDraft(name=it.name, team=teams.get(it.team))
        uid = uid_of(f"collection {it.name}", at)
        collection, _ = collections.put(session, uid, new, viewer=viewer)
        for code, count in it.categories:
            asked = EntrySearch(category=(code,), limit=count)
            found = search.search(session, asked, viewer=viewer, facets=False)
            uids = [hit.entry.uid for hit in found.hits]
            collections.add(session, collection, uids, viewer=viewer)


def _viewer(session: Session, email: str) -> Viewer:
    return viewer_of(session, session.scalars(select(User.id).where(User.email == email)).one())
