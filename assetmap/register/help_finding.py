"""Which offers may be asked for help: near the need or serving its place, by whom they are reached
and how, and which have been asked often enough."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.models import Asset, HelpAsk, HelpRequest, Offer
from assetmap.models.states import OVER
from assetmap.register import (
    deployment,
    entries,
    invite_people,
    person_reading,
    search,
    together,
)
from assetmap.register.hits import Hit
from assetmap.register.invite_people import Row
from assetmap.register.invite_sources import GroupFound
from assetmap.schemas.help_requests import NearSearch
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import ContactChannel, ContactPurpose, Kind, SharedField

PURPOSE = ContactPurpose.SERVICE
ON_A_PAGE = 20
UNASKABLE = (*OVER["offer"], "paused")
# how a group may be asked by what it publishes itself, without anybody's own details
OF_THE_GROUP = (ContactChannel.PHONE, ContactChannel.IN_PERSON, ContactChannel.POST)


@dataclass(frozen=True)
class Giver:
    """The group or place that makes an offer. phone: "" where it has none, or none to be shown."""

    title: str
    path: str
    phone: str = ""


@dataclass(frozen=True)
class Choice:
    """An offer that may be asked. people: who of those who give it may be asked, and how. asked:
    how it stands with this request. times: how often it was asked of late, for anything; rests:
    that is enough, until the day `rests_until`."""

    hit: Hit
    people: Sequence[Row] = ()
    giver: Giver | None = None
    asked: HelpAsk | None = None
    times: int = 0
    rests_until: datetime | None = None

    @property
    def ways(self) -> Sequence[ContactChannel]:
        """Every way by which somebody who gives it may be asked, or the group itself."""
        agreed = {way for row in self.people for way in row.ways}
        return [way for way in ContactChannel if way in agreed or way in OF_THE_GROUP]

    @property
    def is_free(self) -> bool:
        """Whether it may be asked now."""
        return self.asked is None and self.rests_until is None


@dataclass(frozen=True)
class Choices:
    """Offers to choose from. has_place: whether it is known where the need is."""

    rows: Sequence[Choice] = ()
    next_cursor: str | None = None
    has_place: bool = True


@dataclass
class _Before:
    """When an offer, or whoever gives it, was asked of late."""

    at: list[datetime] = field(default_factory=list)


def offers(session: Session, made: HelpRequest, wanted: NearSearch, *, viewer: Viewer) -> Choices:
    """Offers that still stand and match, a page of them, with who may be asked. Names of people are
    on the account as read. Raises BadRequest for a cursor or a category that is not there."""
    here = _place(made)
    asked = _search(wanted, here)
    found = search.search(session, asked, viewer=viewer, facets=False)
    hits = [hit for hit in found.hits if is_askable(hit.entry)]
    return Choices(
        with_people(session, made, hits, viewer=viewer),
        found.next_cursor,
        here is not None,
    )


def one(session: Session, made: HelpRequest, uid: uuid.UUID, *, viewer: Viewer) -> Choices:
    """One offer alone, wherever it is. Raises NotFound."""
    found = entries.find(session, uid, viewer=viewer, kind=Kind.OFFER)
    hits = search.load(session, [found.id], viewer=viewer) if is_askable(found) else []
    rows = with_people(session, made, hits, viewer=viewer)
    return Choices(rows, has_place=_place(made) is not None)


def with_people(
    session: Session, made: HelpRequest, hits: Sequence[Hit], *, viewer: Viewer
) -> list[Choice]:
    """These offers, with who may be asked for each, how, and how often they were."""
    found = {hit.entry.id: hit.entry for hit in hits if isinstance(hit.entry, Offer)}
    by = {one.id: one.group_id or one.asset_id for one in found.values()}
    at = {key for key in by.values() if key}
    groups = [GroupFound(key, uuid.UUID(int=0), "", (), ()) for key in at]
    kept = invite_people.at(session, groups, viewer=viewer)
    along = [_asks(session, made, found, kept), _givers(at, viewer=viewer)]
    rows, (asks, given) = invite_people.each(session, kept, PURPOSE, along, viewer=viewer)
    people = _people(session, by, rows, viewer=viewer)
    givers = {
        key: Giver(title, f"/{Kind(kind).plural}/{uid}", phone)
        for key, kind, uid, title, phone in given
    }
    asked, before = _asked(session, made, found, people, {one.id: one for (one,) in asks})
    most, days = deployment.asked_limit(session)
    return [
        Choice(
            hit,
            people.get(hit.entry.id, ()),
            givers.get(by.get(hit.entry.id) or 0),
            asked.get(hit.entry.id),
            len(before[hit.entry.id].at),
            _rests_until(before[hit.entry.id], most, days),
        )
        for hit in hits
    ]


def is_askable(entry: object) -> bool:
    """Whether it is an offer that still stands."""
    return (
        isinstance(entry, Offer)
        and entry.status not in UNASKABLE
        and not entry.has_run_out(local_day(now()))
    )


def _search(wanted: NearSearch, here: tuple[float, float] | None) -> EntrySearch:
    more: dict[str, object] = {}
    if here is not None and wanted.how == "near":
        more = {"near": here, "within_m": wanted.within_m, "sort": "distance"}
    elif here is not None and wanted.how == "covers":
        more = {"covers": here}
    return EntrySearch.model_validate(
        {
            "kind": (Kind.OFFER,),
            "text": wanted.text,
            "category": (wanted.category,) if wanted.category else (),
            "limit": ON_A_PAGE,
            "cursor": wanted.cursor,
            **more,
        }
    )


def _place(made: HelpRequest) -> tuple[float, float] | None:
    need = made.need
    if need is None or need.longitude is None or need.latitude is None:
        return None
    return need.longitude, need.latitude


def _people(
    session: Session, by: Mapping[int, int | None], rows: Iterable[Row], *, viewer: Viewer
) -> Mapping[int, Sequence[Row]]:
    """By offer, those with a role today at the group or place that gives it whom the viewer may
    know of and ask."""
    askable = [row for row in rows if row.ways]
    person_reading.note_names(
        session, [(row.person, row.agreement_id) for row in askable], viewer=viewer
    )
    by_giver: dict[int, list[Row]] = {}
    for row in askable:
        for way in row.through:
            by_giver.setdefault(way.group.id, []).append(row)
    return {offer: by_giver.get(giver, []) for offer, giver in by.items() if giver}


def _givers(at: Iterable[int], *, viewer: Viewer) -> together.Query:
    """The groups or places that make offers, where the viewer may see them, with their own number,
    where they may read that."""
    reads = case((access.may_read(viewer, SharedField.CONTACT), Asset.phone), else_="")
    return select(Asset.id, Asset.kind, Asset.uid, Asset.title, reads).where(
        Asset.id.in_(sorted(at)), access.visible_entries(viewer)
    )


def _asks(
    session: Session, made: HelpRequest, offers: Iterable[int], people: Iterable[int]
) -> together.Query:
    """What these offers or people were asked of late, or by this request."""
    _, days = deployment.asked_limit(session)
    return select(HelpAsk).where(
        or_(HelpAsk.offer_id.in_(sorted(offers)), HelpAsk.person_id.in_(sorted(people))),
        HelpAsk.taken_back_at.is_(None),
        or_(HelpAsk.asked_at >= now() - timedelta(days=days), HelpAsk.request_id == made.id),
    )


def _asked(
    session: Session,
    made: HelpRequest,
    found: Mapping[int, Offer],
    people: Mapping[int, Sequence[Row]],
    kept: Mapping[int, HelpAsk],
) -> tuple[Mapping[int, HelpAsk], Mapping[int, _Before]]:
    """By offer: how it stands with this request, and when it or its people were asked of late."""
    _, days = deployment.asked_limit(session)
    theirs = {key: {one.id for row in people.get(key, ()) for one in row.people} for key in found}
    everybody = {one for some in theirs.values() for one in some}
    asks = sorted(
        (one for one in kept.values() if one.offer_id in found or one.person_id in everybody),
        key=lambda one: one.asked_at,
    )
    here = {one.offer_id: one for one in asks if one.request_id == made.id}
    since = now() - timedelta(days=days)
    before = {
        key: _Before(
            [
                one.asked_at
                for one in asks
                if one.asked_at >= since and (one.offer_id == key or one.person_id in theirs[key])
            ]
        )
        for key in found
    }
    return here, before


def _rests_until(before: _Before, most: int, days: int) -> datetime | None:
    """When whoever was asked often enough may be asked again."""
    if len(before.at) < most:
        return None
    return before.at[-most] + timedelta(days=days)
