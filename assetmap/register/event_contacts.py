"""The people met at an event, on their way into the register: with what they agreed to, or not at
all."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import READS_CONTACTS, Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Engagement, Entry, EventContact, Person, PersonRole
from assetmap.register import (
    consents,
    entries,
    person_access,
    person_reading,
    persons,
    plans,
    suppressions,
)
from assetmap.schemas.event_contacts import MetDraft
from assetmap.schemas.persons import ConsentDraft, PersonDraft, RoleDraft
from assetmap.schemas.reading import checked
from assetmap.vocabulary import AuditAction, GivenBy

MOST = 500
MOST_ALIKE = 5
LEAST_DIGITS = 6  # fewer are in too many numbers
LOOKS_THE_SAME = "Your team may know them already. Say whether they are one of these."


@dataclass(frozen=True)
class Somebody:
    """A person whom the viewer may know of, with what they are and where."""

    person: Person
    roles: Sequence[str]


@dataclass(frozen=True)
class Met:
    """Somebody met at an event. uid: of that they were; is_new: nobody knew them before."""

    uid: uuid.UUID
    person: Person
    roles: Sequence[str]
    is_new: bool


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[Met]:
    """Those met at an event whom the viewer may know of, by name; each is on the account as read.

    Raises NotAllowed outside the team, and for whoever reads no contacts of it.
    """
    plans.require_inside(session, event, viewer=viewer)
    if not viewer.is_operator and event.team_id not in viewer.teams_where(READS_CONTACTS):
        raise NotAllowed("Your role does not let you read the contacts of this team.")
    rows = session.scalars(
        select(EventContact)
        .join(EventContact.person)
        .where(EventContact.engagement_id == event.id, person_access.visible_people(viewer))
        .options(joinedload(EventContact.person))
        .order_by(func.lower(Person.name), Person.id, EventContact.id)
        .limit(MOST)
    ).all()
    once = list({row.person_id: row for row in reversed(rows)}.values())[::-1]
    roles = _roles(session, [row.person_id for row in once], viewer=viewer)
    person_reading.note_names(session, [(row.person, None) for row in once], viewer=viewer)
    return [Met(row.uid, row.person, roles.get(row.person_id, []), row.is_new) for row in once]


def alike(
    session: Session,
    event: Engagement,
    *,
    name: str,
    email: str = "",
    phone: str = "",
    viewer: Viewer,
) -> Sequence[Somebody]:
    """People of the event's team who may be the same as somebody: by name, address or number. Only
    those whom the viewer may know of and change; they are on the account as read."""
    digits = suppressions.normal_phone(phone)
    called = name.strip()
    ways: list[ColumnElement[bool]] = [
        wanted
        for column in (Person.name, Person.display_name)
        for wanted in (func.lower(column) == called.lower(), column == called)
        if called
    ]
    if email:
        ways.append(Person.email == email.strip().lower())
    if len(digits) >= LEAST_DIGITS:
        ways.append(Person.phone_digits == digits)
    if not ways:
        return []
    found = session.scalars(
        select(Person)
        .where(
            person_access.visible_people(viewer),
            person_access.changeable(viewer),
            Person.team_id == event.team_id,
            Person.restricted_at.is_(None),
            or_(*ways),
        )
        .order_by(func.lower(Person.name), Person.id)
        .limit(MOST_ALIKE)
    ).all()
    roles = _roles(session, [one.id for one in found], viewer=viewer)
    person_reading.note_names(session, [(one, None) for one in found], viewer=viewer)
    return [Somebody(one, roles.get(one.id, [])) for one in found]


def require(session: Session, event: Engagement, *, viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer may write down whom its team met."""
    plans.require_inside(session, event, viewer=viewer)
    person_access.require_add_to(viewer, event.team_id)


def meet(
    session: Session, event: Engagement, uid: uuid.UUID, draft: MetDraft, *, viewer: Viewer
) -> tuple[EventContact, bool]:
    """Keep somebody who was met, with what they agreed to; says whether that is new. The same sent
    again keeps them once.

    Raises NotAllowed, Conflict for an event that is gone or has not begun, Invalid for what cannot
    be kept, and for somebody who looks like one the team knows until that is settled. Then nothing
    of them is kept.
    """
    require(session, event, viewer=viewer)
    entries.wait_for(session, event)
    if (kept := _kept(session, event, uid)) is not None:
        return kept, False
    if not event.is_live:
        raise Conflict("This event has been withdrawn or merged into another.")
    if local_day(event.starts_at) > local_day(now()):
        raise Conflict("This event has not begun: nobody can have been met there yet.")
    if draft.person is None:
        if not draft.is_somebody_else and _like(session, event, draft, viewer=viewer):
            raise Invalid.field("person", LOOKS_THE_SAME)
        person = _written_down(session, event, draft, viewer=viewer)
    else:
        person = _known(session, event, draft.person, viewer=viewer)
    for agreed in draft.agreed_to:
        said = draft.model_dump(include={"channels", "lawful_basis", "method", "given_by"})
        consent = checked(ConsentDraft, said | agreed.model_dump() | {"given_on": draft.given_on})
        consents.give(session, person, consent, viewer=viewer)
    made = EventContact(
        uid=uid,
        engagement_id=event.id,
        person_id=person.id,
        is_new=draft.person is None,
        created_by_id=viewer.user_id,
    )
    session.add(made)
    persons.note(session, AuditAction.CHANGED, person, viewer=viewer, fields=["met at an event"])
    entries.remember(session, event, "person met", {"people met": [None, "1"]}, viewer=viewer)
    return made, True


def person_of(session: Session, met: EventContact) -> uuid.UUID | None:
    """The uid of whom it is about, for who was let in already."""
    return session.scalar(select(Person.uid).where(Person.id == met.person_id))


def let_go(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> Person:
    """They were not met there after all; they stay a contact, with what they agreed to.

    Raises NotAllowed, NotFound.
    """
    require(session, event, viewer=viewer)
    entries.wait_for(session, event)
    person = session.scalar(
        select(Person)
        .join(EventContact, EventContact.person_id == Person.id)
        .where(
            EventContact.uid == uid,
            EventContact.engagement_id == event.id,
            person_access.visible_people(viewer),
        )
    )
    if person is None:
        raise NotFound("They were not met at this event, or they are not open to you.")
    persons.require_change(session, person, viewer=viewer, stopping=True)
    for row in session.scalars(
        select(EventContact).where(
            EventContact.person_id == person.id, EventContact.engagement_id == event.id
        )
    ):
        session.delete(row)
    persons.note(session, AuditAction.CHANGED, person, viewer=viewer, fields=["met at an event"])
    took = {"people met": ["1", None]}
    entries.remember(session, event, "person met taken back", took, viewer=viewer)
    return person


def new_ones(event: Entry, *, viewer: Viewer) -> Select[int]:
    """How many people an event made known, of those whom the viewer may know of."""
    return (
        select(func.count(func.distinct(EventContact.person_id)))
        .join(Person, Person.id == EventContact.person_id)
        .where(
            EventContact.engagement_id == event.id,
            EventContact.is_new,
            person_access.visible_people(viewer),
        )
    )


def beside(session: Session, event: Entry, *, viewer: Viewer) -> tuple[bool, int]:
    """Whether the viewer is of the team that keeps the event, as `actions.is_inside` says; and if
    so, how many people it made known."""
    own = exists().where(Entry.id == event.id, access.of_own_teams(viewer))
    count = new_ones(event, viewer=viewer).scalar_subquery()
    inside, people = session.execute(select(case((own, 1), else_=0), count)).one()
    return bool(inside), people if inside else 0


def said_of(session: Session, person: Person) -> list[str]:
    """Where somebody was met, for their own request: a line for each."""
    rows: Sequence[Any] = session.execute(
        select(Entry.title, EventContact.created_at)
        .join(Entry, Entry.id == EventContact.engagement_id)
        .where(EventContact.person_id == person.id)
        .order_by(EventContact.id)
    ).all()
    return [f"at {title}, written down on {local_day(at)}" for title, at in rows]


def move(session: Session, keep: Person, gone: Person) -> None:
    """Whom `gone` was, `keep` is now. New through an event is only who was known nowhere before."""
    met = session.scalars(
        select(EventContact).where(EventContact.person_id.in_([keep.id, gone.id]))
    ).all()
    for row in met:
        if _since(keep, gone, row.person_id) > min(keep.created_at, gone.created_at):
            row.is_new = False
        row.person_id = keep.id


def _since(keep: Person, gone: Person, key: int) -> datetime:
    return keep.created_at if key == keep.id else gone.created_at


def _kept(session: Session, event: Engagement, uid: uuid.UUID) -> EventContact | None:
    kept = session.scalar(
        select(EventContact).where(EventContact.uid == uid).options(joinedload(EventContact.person))
    )
    if kept is not None and kept.engagement_id != event.id:
        raise Conflict("This was kept for another event. Open the page again.")
    return kept


def _like(
    session: Session, event: Engagement, draft: MetDraft, *, viewer: Viewer
) -> Sequence[Somebody]:
    return alike(
        session, event, name=draft.name, email=draft.email, phone=draft.phone, viewer=viewer
    )


def _written_down(
    session: Session, event: Engagement, draft: MetDraft, *, viewer: Viewer
) -> Person:
    fields = {"name", "email", "phone", "language", "is_adult", "no_role_reason"}
    got_from = "self" if draft.given_by == GivenBy.SELF else "other"
    said = checked(PersonDraft, draft.model_dump(include=fields) | {"got_from": got_from})
    role = None
    if draft.entry:
        role = checked(RoleDraft, {"entry": draft.entry, "title": draft.title})
    return persons.log(session, said, viewer=viewer, team_id=event.team_id, role=role)


def _known(session: Session, event: Engagement, uid: uuid.UUID, *, viewer: Viewer) -> Person:
    try:
        person = persons.to_change(session, uid, viewer=viewer)
    except NotFound as error:
        raise Invalid.field("person", persons.NO_SUCH_PERSON) from error
    if person.team_id != event.team_id:
        raise Invalid.field("person", "Choose somebody whom the team of the event keeps.")
    return person


def _roles(session: Session, keys: Sequence[int], *, viewer: Viewer) -> dict[int, list[str]]:
    """By person, what they are today at which group or place, of those the viewer may see."""
    found: dict[int, list[str]] = {}
    if keys:
        for key, title, at in session.execute(
            select(PersonRole.person_id, PersonRole.title, Entry.title)
            .join(Entry, Entry.id == PersonRole.entry_id)
            .where(
                PersonRole.person_id.in_(keys),
                and_(access.visible_entries(viewer), person_access.holds(now())),
            )
            .order_by(PersonRole.id)
        ):
            found.setdefault(key, []).append(f"{title}, {at}")
    return found
