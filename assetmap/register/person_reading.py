"""Reading the people a team knows. Whoever is shown somebody's details is on the audit for it."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from assetmap import access, textsearch
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import BadRequest, NotFound
from assetmap.models import Consent, Entry, Person, PersonRole, Team
from assetmap.register import audit, contacting, cursors, person_access, person_places, suppressions
from assetmap.register.agreements import MOST
from assetmap.register.contacting import Ways
from assetmap.register.months import months_after
from assetmap.register.person_places import Held, Met
from assetmap.register.persons import AT, NO_SUCH_PERSON
from assetmap.schemas.persons import PersonSearch
from assetmap.vocabulary import (
    KIND_OF_PREFIX,
    AuditAction,
    ContactChannel,
    ContactPurpose,
)

SHOWN = ("name", "display_name", "email", "phone", "home_area_code", "notes")
_TO_TEAM = frozenset({"home_area_code", "notes"})  # of what is shown, what no agreement opens
_NEVER = date(1900, 1, 1)
Agreed = dict[ContactPurpose, list[ContactChannel]]


@dataclass(frozen=True)
class Known:
    """Somebody as one viewer may know them. ways: whether they may be contacted, for the team.
    consents: all records, oldest first, with who wrote them down. met: the events at which they
    were met and when those began, the first first; for the team, and for one person alone.

    of_team: known as one of the team does; if not, by agreement `agreement_id`. Notes, home area
    and what was agreed to are blank for those who may not read them.
    """

    person: Person
    roles: Sequence[Held] = ()
    ways: Ways = field(default_factory=dict)
    consents: Sequence[Consent] = ()
    met: Sequence[Met] = ()
    of_team: bool = True
    agreement_id: int | None = None
    may_change: bool = False
    may_read_notes: bool = False

    @property
    def agreed(self) -> Agreed:
        """The channels by which they may be contacted now, by purpose."""
        found = Agreed()
        for (purpose, channel), decision in self.ways.items():
            if decision:
                found.setdefault(purpose, []).append(channel)
        return found

    @property
    def home_area_code(self) -> str:
        """Where they live, no closer than a small area; for the team."""
        return self.person.home_area_code if self.of_team else ""

    @property
    def notes(self) -> str:
        """What the team noted, for who may read it."""
        return self.person.notes if self.may_read_notes else ""


@dataclass(frozen=True)
class Listing:
    """A page of people. late: how many of the viewer's own teams should have been told by now
    where their details came from."""

    people: Sequence[Known]
    total: int
    next_cursor: str = ""
    late: int = 0


@dataclass(frozen=True)
class AtEntry:
    """Somebody at a group or place. uid: of their page; none where only the name is open."""

    called: str
    title: str
    uid: uuid.UUID | None


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer, brief: bool = False) -> Known:
    """Somebody's details, with their roles; the viewer is on the audit for it. brief: without
    roles and what they agreed to, for a form.

    A uid of somebody who was merged leads to whom they were merged into. Raises NotFound.
    """
    into = select(Person.merged_into_id).where(Person.uid == uid).scalar_subquery()
    wanted = or_(Person.uid == uid, Person.id == into)
    row = session.execute(whole_query(viewer).where(wanted)).first()
    if row is None:
        raise NotFound(NO_SUCH_PERSON)
    (known,) = (
        [_known(row, viewer)] if brief else whole(session, [row], viewer=viewer, with_met=True)
    )
    _note_read(session, [known], viewer=viewer, one=True)
    return known


def every(session: Session, wanted: PersonSearch, *, viewer: Viewer) -> Listing:
    """One page of the people the viewer may know of; all of them are on the audit as read.

    Raises SignInFirst, BadRequest for a cursor or a place that is none.
    """
    access.require_sign_in(viewer)
    where = [person_access.visible_people(viewer), *conditions(wanted, viewer=viewer)]
    order, falling = order_of(wanted.sort)
    counted = select(func.count()).select_from(Person).where(*where)
    late = select(func.count()).select_from(Person).where(person_access.visible_people(viewer))
    late = late.where(
        person_access.of_own_teams(viewer), person_access.untold(months_after(local_day(now()), -1))
    )
    totals = (counted.scalar_subquery(), late.correlate(None).scalar_subquery())
    query = whole_query(viewer).add_columns(*totals).where(*where)
    if wanted.cursor:
        query = query.where(_after(session, wanted.cursor, order, viewer=viewer, falling=falling))
    by = [key.desc() if falling else key for key in order]
    rows = session.execute(query.order_by(*by).limit(wanted.limit + 1)).all()
    total = rows[0][4] if rows else 0
    found = whole(session, rows[: wanted.limit], viewer=viewer)
    _note_read(session, found, viewer=viewer, filters=_filters(wanted))
    more = found[-1].person.uid.hex if len(rows) > wanted.limit else ""
    return Listing(found, total, more, rows[0][5] if rows else 0)


def at_entry(session: Session, entry: Entry, *, viewer: Viewer) -> list[AtEntry]:
    """Who has a role at a group or place today, as far as the viewer may know; by name.

    Names that whoever sees the contact details may see are no reading of somebody's details.
    """
    at = now()
    seen = person_access.shown_roles(viewer)
    rows = session.execute(
        select(PersonRole, Person, case((seen, 1), else_=0), person_access.agreement_used(viewer))
        .join(Person, Person.id == PersonRole.person_id)
        .join(Entry, Entry.id == PersonRole.entry_id)
        .where(
            Entry.id == entry.id,
            person_access.holds(at),
            or_(seen, person_access.shown_to_everybody(viewer, at)),
        )
        .order_by(func.lower(Person.name), PersonRole.id)
        .limit(MOST)
    ).all()
    read = [Known(row[1], agreement_id=row[3]) for row in rows if row[2]]
    _note(session, read, AuditAction.READ, viewer=viewer, fields=["name", "role"])
    return [AtEntry(row[1].called, row[0].title, row[1].uid if row[2] else None) for row in rows]


def note_names(
    session: Session, shown: Iterable[tuple[Person, int | None]], *, viewer: Viewer
) -> None:
    """Keep account of people whose names and roles are shown, each with the agreement that alone
    shows them."""
    read = [Known(person, agreement_id=key) for person, key in shown]
    _note(session, read, AuditAction.READ, viewer=viewer, fields=["name", "role"])


def teams_to_add_to(session: Session, *, viewer: Viewer) -> Sequence[Team]:
    """The teams that the viewer may add people for, by name."""
    query = select(Team).order_by(Team.name).limit(MOST)
    if not viewer.is_operator:
        query = query.where(Team.id.in_(viewer.teams_where(person_access.ADDERS)))
    return session.scalars(query).all()


def whole_query(viewer: Viewer) -> Select[Any]:
    """People with the agreement that shows them, whether they may be changed and whether they have
    a role today: for `whole`."""
    change = case((person_access.changeable(viewer), 1), else_=0)
    has_role = exists().where(PersonRole.person_id == Person.id, person_access.holds(now()))
    return (
        select(Person, person_access.agreement_used(viewer), change, case((has_role, 1), else_=0))
        .where(person_access.visible_people(viewer))
        .options(joinedload(Person.team).joinedload(Team.partner))
    )


def whole(
    session: Session, rows: Sequence[Any], *, viewer: Viewer, with_met: bool = False
) -> list[Known]:
    """People with their roles, and for the team what they agreed to, in three queries. with_met:
    there is one row, and where they were met is wanted too."""
    keys = [row[0].id for row in rows]
    ours = [row[0].id for row in rows if person_access.is_of_team(viewer, row[0])]
    held, met = person_places.of(session, keys, ours, viewer=viewer, with_met=with_met)
    rows_of = _consents(session, ours)
    kept = {row[0].id: (row[0], bool(row[3]), rows_of.get(row[0].id, [])) for row in rows}
    ways = contacting.ways(session, [kept[key] for key in ours])
    return [
        replace(
            _known(row, viewer),
            roles=held.get(row[0].id, []),
            ways=ways.get(row[0].id, {}),
            consents=rows_of.get(row[0].id, ()),
            met=met,
        )
        for row in rows
    ]


def _known(row: Any, viewer: Viewer) -> Known:
    return Known(
        row[0],
        of_team=person_access.is_of_team(viewer, row[0]),
        agreement_id=row[1],
        may_change=bool(row[2]),
        may_read_notes=person_access.may_read_notes(viewer, row[0]),
    )


def _consents(session: Session, keys: Sequence[int]) -> dict[int, list[Consent]]:
    rows: dict[int, list[Consent]] = {}
    if keys:
        kept = select(Consent).where(Consent.person_id.in_(keys)).order_by(Consent.id)
        for row in session.scalars(kept.options(joinedload(Consent.recorded_by))):
            rows.setdefault(row.person_id, []).append(row)
    return rows


def conditions(wanted: PersonSearch, *, viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    """What a search narrows by. Raises BadRequest for a place that is none."""
    if wanted.text:
        part = wanted.text.lower()
        digits = suppressions.normal_phone(part)  # as numbers are kept
        ways = [
            textsearch.has_part(Person.name.expression, part),
            textsearch.has_part(Person.display_name.expression, part),
            Person.email.contains(part, autoescape=True),
        ]
        if len(digits) > 4:  # fewer digits are in too many numbers
            ways.append(Person.phone_digits.contains(digits, autoescape=True))
        yield or_(*ways)
    if wanted.team is not None:
        yield Person.team_id.in_(select(Team.id).where(Team.uid == wanted.team))
    if wanted.at:
        yield Person.id.in_(
            select(PersonRole.person_id)
            .join(Person, Person.id == PersonRole.person_id)
            .join(Entry, Entry.id == PersonRole.entry_id)
            .where(
                _called(wanted.at),
                access.visible_entries(viewer),
                person_access.shown_roles(viewer),
                Entry.kind.in_(AT),
                person_access.holds(now()),
            )
        )
    if wanted.agreed is not None:
        yield person_access.agreed_to(wanted.agreed, now())
        yield person_access.of_own_teams(viewer)  # it is no partner's to know
        yield Person.do_not_contact.is_(False)
    if wanted.untold:
        yield person_access.untold()
        yield person_access.of_own_teams(viewer)
    if wanted.stopped is not None:
        yield Person.do_not_contact.is_(wanted.stopped)


def _called(given: str) -> ColumnElement[bool]:
    prefix, _, number = given.strip().upper().partition("-")
    kind = KIND_OF_PREFIX.get(prefix)
    if kind is not None and number.isascii() and number.isdecimal() and len(number) <= 12:
        return and_(Entry.id == int(number), Entry.kind == kind.value)
    try:
        return Entry.uid == uuid.UUID(given)
    except ValueError as error:
        raise BadRequest.field("at", "Give a reference, such as GRP-000012.") from error


def order_of(sort: str) -> tuple[list[ColumnElement[Any]], bool]:
    """The keys that people are in the order of, and whether the greatest comes first."""
    key = Person.id.expression
    match sort:
        case "added":
            return [Person.created_at.expression, key], True
        case "contacted":
            return [func.coalesce(Person.last_contacted_on, _NEVER), key], True
        case _:
            return [func.lower(Person.name), key], False


def _after(
    session: Session,
    cursor: str,
    order: Sequence[ColumnElement[Any]],
    *,
    viewer: Viewer,
    falling: bool,
) -> ColumnElement[bool]:
    """What comes after somebody, whose uid the cursor is: it says nothing about them."""
    try:
        uid = uuid.UUID(cursor)
    except ValueError as error:
        raise BadRequest.field("cursor", cursors.SPOILT) from error
    last = session.execute(
        select(*order).where(Person.uid == uid, person_access.may_see(viewer))
    ).first()
    if last is None:
        raise BadRequest.field("cursor", cursors.SPOILT)
    keys = [literal(value, key.type) for value, key in zip(last, order, strict=True)]
    return tuple_(*order) < tuple_(*keys) if falling else tuple_(*order) > tuple_(*keys)


def _filters(wanted: PersonSearch) -> list[str]:
    given = wanted.model_dump(exclude_defaults=True, exclude={"cursor", "limit", "sort"})
    return sorted(given)


def _note_read(
    session: Session,
    found: Sequence[Known],
    *,
    viewer: Viewer,
    one: bool = False,
    filters: Sequence[str] = (),
) -> None:
    fields = {
        name
        for known in found
        for name in SHOWN
        if getattr(known if name in _TO_TEAM else known.person, name)
    }
    if one and found:
        known = found[0]
        audit.note(
            session,
            AuditAction.READ,
            viewer=viewer,
            entity="person",
            uid=known.person.uid,
            teams=[known.person.team_id],
            fields=fields,
            agreement_id=known.agreement_id,
        )
    else:
        _note(session, found, AuditAction.READ, viewer=viewer, fields=fields, filters=filters)


def _note(
    session: Session,
    found: Iterable[Known],
    action: AuditAction,
    *,
    viewer: Viewer,
    fields: Iterable[str],
    filters: Sequence[str] = (),
) -> None:
    """Keep account of people who were shown; a row for each agreement that opened some."""
    parts: dict[int | None, list[Person]] = {}
    for known in found:
        parts.setdefault(known.agreement_id, []).append(known.person)
    for agreement_id, people in parts.items():
        audit.note(
            session,
            action,
            viewer=viewer,
            entity="person",
            entries=people,
            fields=fields,
            agreement_id=agreement_id,
            details={"kind": "contact", "filters": list(filters)},
        )
