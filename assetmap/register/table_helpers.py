"""Who may lead the tables of an event, and take their notes: offers of it, and contacts of the
groups that are wanted there; and which of them were chosen."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, contains_eager

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Invalid
from assetmap.models import (
    Category,
    Engagement,
    Entry,
    EventHelper,
    EventTable,
    Offer,
    Person,
    PersonRole,
)
from assetmap.register import guest_clashes, links, person_access, person_reading, venues
from assetmap.schemas.tables import JOBS
from assetmap.vocabulary import Relation

MOST = 40
NEAR_M = 10_000.0
_STATES = ("offered", "confirmed")
_HELP = ("kno_faci", "ski_arts")  # categories of offers
_GONE = "This is no longer there to be chosen. Choose another."


@dataclass(frozen=True)
class Choices:
    """What may be chosen: offers, the nearest first, and contacts by name, with their roles."""

    offers: Sequence[Offer]
    contacts: Sequence[PersonRole]


@dataclass(frozen=True)
class Found:
    """Where somebody at a table was found. With neither, it is not open to the viewer."""

    source: str
    offer: Entry | None = None
    contact: PersonRole | None = None


def choices(session: Session, event: Engagement, *, viewer: Viewer) -> Choices:
    """What may be chosen for an event. Whose names are shown is on the account as read."""
    query = _contacts(event, viewer).order_by(Person.name, PersonRole.id).limit(MOST)
    return Choices(_offers(session, event, viewer=viewer), _read(session, query, viewer=viewer))


def shown(
    session: Session, tables: Iterable[EventTable], *, viewer: Viewer
) -> Mapping[tuple[int, str], Found]:
    """By number of the table and job, where who does it was found, as the viewer may know it."""
    held = {(table.number, one.job): one for table in tables for one in table.helpers}
    offers = {one.offer_id for one in held.values() if one.offer_id is not None}
    roles = {one.role_id for one in held.values() if one.role_id is not None}
    seen: Mapping[int, Entry] = {}
    if offers:
        query = select(Entry).where(Entry.id.in_(offers), access.visible_entries(viewer))
        seen = {one.id: one for one in session.scalars(query)}
    known: Mapping[int, PersonRole] = {}
    if roles:
        query_of_roles = _roles(viewer).where(PersonRole.id.in_(roles))
        known = {one.id: one for one in _read(session, query_of_roles, viewer=viewer)}
    return {
        key: Found(one.source, seen.get(one.offer_id or 0), known.get(one.role_id or 0))
        for key, one in held.items()
    }


def choose(
    session: Session,
    event: Engagement,
    table: EventTable,
    wanted: Mapping[str, str],
    *,
    viewer: Viewer,
) -> dict[str, list[str | None]]:
    """Keep for each job where who does it was found. An offer is linked to the event, so that its
    page says where it was used. Gives what changed, naming nobody.

    Raises Invalid for what the viewer can not see or what is over.
    """
    held = {one.job: one for one in table.helpers}
    changed = {}
    for job in JOBS:
        kept = held.get(job)
        if (kept.source if kept else "") == wanted[job]:
            continue
        made = _made(session, event, job, wanted[job], viewer=viewer) if wanted[job] else None
        changed[f"table {table.number}: {job}_from"] = [_said(kept), _said(made)]
        if kept is not None:
            let_go(session, event, kept, viewer=viewer)
            table.helpers.remove(kept)
            session.flush()  # its job at the table is free only now
        if made is not None:
            table.helpers.append(made)
            session.flush()  # the other job may let go of the same offer
    return changed


def let_go(session: Session, event: Engagement, kept: EventHelper, *, viewer: Viewer) -> None:
    """Untie the offer from the event, unless it is used there besides or was tied before."""
    if kept.offer is None or not kept.has_tied:
        return
    other = session.scalar(
        select(EventHelper)
        .join(EventTable, EventTable.id == EventHelper.table_id)
        .where(
            EventTable.engagement_id == event.id,
            EventHelper.offer_id == kept.offer_id,
            EventHelper.id != kept.id,
        )
        .order_by(EventHelper.id)
        .limit(1)
    )
    if other is not None:
        other.has_tied = True
    elif links.is_tied(session, kept.offer, Relation.ANSWERS, event):
        links.unlink(session, kept.offer, Relation.ANSWERS, event, viewer=viewer)


def _made(
    session: Session, event: Engagement, job: str, source: str, *, viewer: Viewer
) -> EventHelper:
    kind, _, given = source.partition(":")
    uid = uuid.UUID(given)
    if kind == "contact":
        role = session.scalar(_contacts(event, viewer).where(PersonRole.uid == uid))
        if role is None:
            raise Invalid.field(f"{job}_from", _GONE)
        return EventHelper(job=job, role=role, role_id=role.id, offer=None)
    offer = session.scalar(_open_offers(event, viewer).where(Offer.uid == uid))
    if offer is None:
        raise Invalid.field(f"{job}_from", _GONE)
    was_tied = links.is_tied(session, offer, Relation.ANSWERS, event)
    links.link(session, offer, Relation.ANSWERS, event, viewer=viewer)
    return EventHelper(job=job, offer=offer, offer_id=offer.id, role=None, has_tied=not was_tied)


def _read(session: Session, query: Select[Any], *, viewer: Viewer) -> Sequence[PersonRole]:
    """Roles with the names of who has them; those are on the account as read."""
    rows = session.execute(query).all()
    person_reading.note_names(session, [(one.person, key) for one, key in rows], viewer=viewer)
    return [one for one, _ in rows]


def _offers(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[Offer]:
    tied = venues.around(session, event, viewer=viewer)
    query = (
        _open_offers(event, viewer)
        .join(Category, Category.id == Offer.category_id)
        .where(Category.code.in_(_HELP))
    )
    if not tied.origins:
        return session.scalars(query.order_by(Offer.id).limit(MOST)).all()
    here = (tied.origins[0].longitude, tied.origins[0].latitude)
    query = query.where(spatial.near(Entry.location, *here, NEAR_M))
    away = spatial.distance_m(Entry.location, *here)
    return session.scalars(query.order_by(away, Offer.id).limit(MOST)).all()


def _open_offers(event: Engagement, viewer: Viewer) -> Select[Any]:
    """Offers that still stand, and may be used on the day of the event."""
    day = local_day(event.starts_at)
    return select(Offer).where(
        access.visible_entries(viewer),
        Offer.status.in_(_STATES),
        Offer.expires_on >= local_day(now()),
        or_(Offer.available_from.is_(None), Offer.available_from <= day),
        or_(Offer.available_to.is_(None), Offer.available_to >= day),
    )


def _contacts(event: Engagement, viewer: Viewer) -> Select[Any]:
    """Whoever has a role today at a group that is wanted at the event, and has not said stop."""
    return _roles(viewer).where(
        PersonRole.entry_id.in_(guest_clashes.keys(event)),
        access.visible_entries(viewer),
        person_access.holds(now()),
        Person.do_not_contact.is_(False),
    )


def _roles(viewer: Viewer) -> Select[Any]:
    return (
        select(PersonRole, person_access.agreement_used(viewer))
        .join(Person, Person.id == PersonRole.person_id)
        .join(Entry, Entry.id == PersonRole.entry_id)
        .where(person_access.shown_roles(viewer))
        .options(contains_eager(PersonRole.person), contains_eager(PersonRole.entry))
    )


def _said(kept: EventHelper | None) -> str | None:
    if kept is None:
        return None
    return kept.offer.ref if kept.offer is not None else "a contact"
