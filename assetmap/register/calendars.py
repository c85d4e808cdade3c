"""The events of the register as calendars: what is open to everybody, and one event by itself."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Row, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import PUBLIC, Viewer
from assetmap.db import now
from assetmap.formats.calendar import CALLED_OFF, Dated
from assetmap.models import Engagement, Entry, History, Link, Team
from assetmap.register import histories, search
from assetmap.schemas.gatherings import CalendarSearch
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, Relation, Visibility

PAST, AHEAD = timedelta(days=90), timedelta(days=731)
MOST = 500
_NOT_YET = ("draft",)
_OPEN = ("draft", "planned")
_HELD_AT = f'"{histories.LINK}{Relation.HELD_AT.value}"'  # in what a history row changed


def feed(session: Session, wanted: CalendarSearch, *, root: str) -> list[Dated]:
    """What is on and open to everybody, from three months back to two years ahead.

    Whoever asks: addresses of feeds are passed on, so nobody's rights go into one. What was taken
    off the register stays three months as called off, or phones would go on showing it. Raises
    BadRequest for an area that there is not. root: the service's own address.
    """
    asked = EntrySearch(kind=(Kind.ENGAGEMENT,), area=wanted.area, status=("any",))
    where: list[ColumnElement[bool]] = []
    if wanted.type:
        where.append(Engagement.engagement_kind.in_(wanted.type))
    if wanted.team is not None:
        where.append(
            Engagement.team_id.in_(select(Team.id).where(Team.uid == wanted.team).scalar_subquery())
        )
    seen = [*search.work_out(session, asked, viewer=PUBLIC).where, *where]
    # what is gone lies nowhere any more
    gone = None if wanted.area else [access.may_see(PUBLIC), *where]
    return _gathered(session, seen, gone, viewer=PUBLIC, root=root)


def own(session: Session, *, viewer: Viewer, root: str) -> list[Dated]:
    """The events of the viewer's own teams, but restricted ones: whoever has the address of a feed
    reads it, and of those one says why one looks."""
    mine = [access.of_own_teams(viewer), Engagement.visibility != Visibility.RESTRICTED]
    seen, gone = access.visible_entries(viewer), access.may_see(viewer)
    return _gathered(session, [seen, *mine], [gone, *mine], viewer=viewer, root=root)


def _gathered(
    session: Session,
    seen: Sequence[ColumnElement[bool]],
    gone: Sequence[ColumnElement[bool]] | None,
    *,
    viewer: Viewer,
    root: str,
) -> list[Dated]:
    """What is on and matches `seen`, those to come first, and as called off what matches `gone`
    and was taken off the register."""
    at = now()
    on = [
        Engagement.ends_at >= at - PAST,
        Engagement.starts_at <= at + AHEAD,
        Engagement.status.not_in(_NOT_YET),
    ]
    to_come_first = case((Engagement.ends_at < at, 1), else_=0)
    order = (to_come_first, Engagement.starts_at, Engagement.id)
    query = select(Engagement).where(*on).order_by(*order).limit(MOST)
    shown = session.scalars(query.where(*seen)).all()
    off: Sequence[Engagement] = ()
    if gone is not None:
        merged = Engagement.merged_into_id.is_not(None)
        taken_off = or_(Engagement.withdrawn_at >= at - PAST, merged)
        off = session.scalars(query.where(*gone, taken_off)).all()
    changes = _changes(session, [one.id for one in (*shown, *off)])
    venues = _venues(session, [one.id for one in shown], viewer=viewer)
    return [
        *(_dated(one, changes, venues.get(one.id, ""), root) for one in shown),
        *(_called_off(one, changes) for one in off),
    ]


def single(session: Session, event: Engagement, *, viewer: Viewer, root: str) -> Dated:
    """One event that the viewer may see, for their own calendar."""
    changes = _changes(session, [event.id])
    return _dated(event, changes, venue(session, event, viewer=viewer), root)


def venue(session: Session, event: Engagement, *, viewer: Viewer) -> str:
    """The names of the places where an event is held, those the viewer may see."""
    return _venues(session, [event.id], viewer=viewer).get(event.id, "")


def held_at(event_id: int, *, viewer: Viewer) -> Select[Link, str]:
    """The places where an event is held that the viewer may see, each with its name."""
    return (
        select(Link, Entry.title)
        .join(Entry, Entry.id == Link.to_id)
        .where(
            Link.from_id == event_id,
            Link.relation == Relation.HELD_AT.value,
            access.visible_entries(viewer),
        )
    )


def said_there(event: Engagement, venue: str) -> str:
    """Where people come to an event, in words. venue: the names of the places where it is held."""
    return ", ".join(part for part in (venue, event.shown_address) if part)


def both_ways(there: str, online: str) -> str:
    """Where one comes to, and by which link one takes part online, in words."""
    return " or ".join(part for part in (there, f"online at {online}" if online else "") if part)


def invited(session: Session, event: Engagement, about: str, *, viewer: Viewer) -> Dated:
    """The event for whoever was invited and has no account: nothing of it but what their invitation
    says. about: that. viewer: who invited them."""
    if not event.is_live:
        return _called_off(event, _changes(session, [event.id]))
    whole = single(session, event, viewer=viewer, root="")
    return whole._replace(place=None, url="", about=about, sorts=())


def _dated(event: Engagement, changes: Mapping[int, int], at: str, root: str) -> Dated:
    place = None
    if event.longitude is not None and event.latitude is not None:
        place = (event.longitude, event.latitude)
    status = "TENTATIVE" if event.status in _OPEN else "CONFIRMED"
    return Dated(
        uid=_uid(event),
        sequence=changes.get(event.id, 0),
        status="CANCELLED" if event.status == "cancelled" else status,
        title=event.title,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        changed_at=event.updated_at or event.created_at,
        where=both_ways(said_there(event, at), event.joined_at),
        place=place,
        url=root + event.path,
        about=event.focal_question or event.description,
        sorts=(event.engagement_kind.replace("_", " "),),
    )


def _called_off(event: Engagement, changes: Mapping[int, int]) -> Dated:
    """Nothing of it but that and when: it has left every other output."""
    return Dated(
        uid=_uid(event),
        sequence=changes.get(event.id, 0),
        status="CANCELLED",
        title=CALLED_OFF,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        changed_at=event.updated_at or event.created_at,
    )


def _uid(event: Engagement) -> str:
    return f"{event.uid}@assetmap"


def _changes(session: Session, keys: Sequence[int]) -> Mapping[int, int]:
    """How often something of each event itself was changed, or the place where it is held; not
    what else lies beside it."""
    of_itself = History.verb.not_in(histories.BESIDE | {"logged"})
    of_place = and_(
        History.verb.in_(histories.TIES), cast(History.changes, String).contains(_HELD_AT)
    )
    query = (
        select(History.entry_id, func.count())
        .where(History.entry_id.in_(keys), or_(of_itself, of_place))
        .group_by(History.entry_id)
    )
    return {row[0]: row[1] for row in session.execute(query)} if keys else {}


def _venues(session: Session, keys: Sequence[int], *, viewer: Viewer) -> Mapping[int, str]:
    """By event, the names of the places where it is held, those the viewer may see."""
    if not keys:
        return {}
    rows: Iterable[Row[int, str]] = session.execute(
        select(Link.from_id, Entry.title)
        .join(Entry, Entry.id == Link.to_id)
        .where(
            Link.from_id.in_(keys),
            Link.relation == Relation.HELD_AT.value,
            access.visible_entries(viewer),
        )
        .order_by(Link.id)
    )
    found: dict[int, list[str]] = {}
    for key, title in rows:
        found.setdefault(key, []).append(title)
    return {key: ", ".join(titles) for key, titles in found.items()}
