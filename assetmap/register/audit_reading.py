"""Reading the account that was kept: who did what, and who saw or took a record's details."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, null, or_, select, union_all
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.connections import read_anew
from assetmap.errors import Invalid, NotAllowed
from assetmap.models import (
    AuditEntry,
    AuditSubject,
    AuditTeam,
    Entry,
    Membership,
    Person,
    SharingAgreement,
    Team,
    User,
)
from assetmap.register import person_access
from assetmap.schemas.audit import MOST_ON_A_PAGE, AuditSearch
from assetmap.settings import LOCAL
from assetmap.vocabulary import KIND_OF_PREFIX, Role

AUDITORS = frozenset({Role.AUDITOR, Role.DATA_OFFICER})
MOST_NAMED = 3  # records of one row that are told by name
MOST_PEOPLE = 500
NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Line:
    """One row of the audit, with what whoever asked may know besides.

    count: the records it was done to that are theirs to know of, of `row.subject_count`.
    named: those entries, when they are few, that they may see. whom: the person it was done to,
    when that is somebody who signs in or a contact they may know. agreement: the title of the one
    it was done under.
    """

    row: AuditEntry
    person: User | None
    teams: tuple[str, ...]
    count: int
    named: tuple[Entry, ...] = ()
    whom: str = ""
    agreement: str = ""


@dataclass(frozen=True)
class Account:
    """A page of the audit, the latest first. about: the entry that was asked about; contact: the
    person whom a team knows, where it was one."""

    lines: list[Line]
    next_cursor: int | None
    about: Entry | None = None
    contact: Person | None = None


def may_audit(viewer: Viewer) -> bool:
    """May read the audit of at least one team."""
    return viewer.is_operator or bool(viewer.teams_where(AUDITORS))


def find(session: Session, wanted: AuditSearch, *, viewer: Viewer) -> Account:
    """One page of the audit of the teams whose auditor or data officer the viewer is.

    They see what was done to their teams' entries, and what their teams' people did to
    themselves: signing in, changing roles. The operator sees everything. Raises NotAllowed for
    anybody else, Invalid for "about" when no record of theirs has such a reference.
    """
    access.require_sign_in(viewer)
    if not may_audit(viewer):
        raise NotAllowed("Only an auditor or a data officer can read the audit.")
    about, asked_of = _about(session, wanted.about, viewer=viewer)
    where = [*_scope(viewer), *_conditions(wanted)]
    contact = None
    if asked_of is not None:
        contact = None if about else _contact(session, asked_of, viewer=viewer)
        same = _folded_into(contact) if contact else AuditSubject.uid == asked_of
        where.append(AuditEntry.seq.in_(select(AuditSubject.seq).where(same)))
    rows = session.execute(
        select(AuditEntry, User, _count(viewer), SharingAgreement.title)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .outerjoin(SharingAgreement, SharingAgreement.id == AuditEntry.agreement_id)
        .options(joinedload(AuditEntry.said))
        .where(*where)
        .order_by(AuditEntry.seq.desc())
        .limit(wanted.limit + 1)
    ).all()
    page = rows[: wanted.limit]
    names = _named(session, [row[0] for row in page], viewer=viewer)
    whom = _whom(session, [row[0] for row in page], viewer=viewer)
    teams = _teams_of(session, {row[0].actor_id for row in page if row[0].actor_id is not None})
    lines = [
        Line(
            row,
            person,
            teams.get(row.actor_id or 0, ()),
            row.subject_count if count is None else int(count),
            names.get(row.seq, ()),
            whom.get(row.uid, "") if row.uid else "",
            agreement or "",
        )
        for row, person, count, agreement in page
    ]
    more = page[-1][0].seq if len(rows) > wanted.limit else None
    return Account(lines, more, about, contact)


def every(session: Session, wanted: AuditSearch, *, viewer: Viewer, most: int) -> Iterator[Line]:
    """All that matches, page after page, in flat memory."""
    given = 0
    page_of = wanted.model_copy(update={"limit": MOST_ON_A_PAGE, "cursor": None})
    while given < most:
        found = find(session, page_of, viewer=viewer)
        yield from found.lines[: most - given]
        given += len(found.lines)
        if found.next_cursor is None:
            return
        session.expunge_all()
        read_anew(session)  # else what somebody ends meanwhile would go on
        access.still_as(session, viewer)
        page_of = page_of.model_copy(update={"cursor": found.next_cursor})


def people(session: Session, *, viewer: Viewer) -> Sequence[tuple[uuid.UUID, str]]:
    """Those whose doings the viewer may ask for by name: the people of their teams."""
    query = select(User.uid, User.name).order_by(User.name, User.id).limit(MOST_PEOPLE)
    if not viewer.is_operator:
        ours = select(Membership.user_id).where(
            Membership.team_id.in_(viewer.teams_where(AUDITORS))
        )
        query = query.where(User.id.in_(ours))
    return [(row[0], row[1]) for row in session.execute(query)]


def _scope(viewer: Viewer) -> list[ColumnElement[bool]]:
    if viewer.is_operator:
        return []
    ours = select(AuditTeam.seq).where(AuditTeam.team_id.in_(viewer.teams_where(AUDITORS)))
    return [AuditEntry.seq.in_(ours)]


def _conditions(wanted: AuditSearch) -> Iterator[ColumnElement[bool]]:
    if wanted.person is not None:
        yield AuditEntry.actor_id.in_(select(User.id).where(User.uid == wanted.person))
    if wanted.action is not None:
        yield AuditEntry.action == wanted.action.value
    if wanted.since is not None:
        yield AuditEntry.at >= _midnight(wanted.since)
    if wanted.until is not None:
        yield AuditEntry.at < _midnight(wanted.until + timedelta(days=1))
    if wanted.cursor is not None:
        yield AuditEntry.seq < wanted.cursor


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)


def _about(
    session: Session, given: str, *, viewer: Viewer
) -> tuple[Entry | None, uuid.UUID | None]:
    """The entry asked about, where it is one, and the uid to look for."""
    if not given:
        return None, None
    where = _called(given)
    if where is None:
        raise Invalid.field("about", "Give a reference, such as AST-000012, or a uid.")
    ours = Entry.team_id.in_(viewer.teams_where(AUDITORS))
    may = or_(access.may_see(viewer), ours)
    row = session.execute(select(Entry, case((may, 1), else_=0)).where(where)).one_or_none()
    if row is not None and row[1]:
        return row[0], row[0].uid
    uid = _as_uid(given)
    if uid is None:
        raise Invalid.field("about", f"No record that is yours to audit is called {given}.")
    return None, uid if row is None else NOBODY  # another team's is answered as what is nobody's


def _contact(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Person | None:
    """The person with this uid, if the viewer may know of them; their row stays when they go."""
    may = person_access.may_see(viewer)
    return session.scalar(select(Person).where(Person.uid == uid, may))


def _folded_into(contact: Person) -> ColumnElement[bool]:
    """Rows about a person, and about those who turned out to be the same one: one list of uids, as
    with "or" between two questions PostgreSQL reads all rows of the account."""
    these = union_all(
        select(Person.uid).where(Person.id == contact.id),
        select(Person.uid).where(Person.merged_into_id == contact.id),
    )
    return AuditSubject.uid.in_(these)


def _called(given: str) -> ColumnElement[bool] | None:
    uid = _as_uid(given)
    if uid is not None:
        return Entry.uid == uid
    prefix, _, number = given.strip().upper().partition("-")
    kind = KIND_OF_PREFIX.get(prefix)
    if kind is None or not (number.isascii() and number.isdecimal()) or len(number) > 12:
        return None
    return (Entry.id == int(number)) & (Entry.kind == kind.value)


def _as_uid(given: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(given.strip())
    except ValueError:
        return None


def _count(viewer: Viewer) -> ColumnElement[Any]:
    """Of the records a row was done to, how many are of the viewer's teams; none for all."""
    if viewer.is_operator:
        return null()
    return (
        select(func.sum(AuditTeam.count))
        .where(
            AuditTeam.seq == AuditEntry.seq,
            AuditTeam.team_id.in_(viewer.teams_where(AUDITORS)),
        )
        .scalar_subquery()
    )


def _named(
    session: Session, rows: Sequence[AuditEntry], *, viewer: Viewer
) -> dict[int, tuple[Entry, ...]]:
    few = [row.seq for row in rows if 0 < row.subject_count <= MOST_NAMED]
    if not few:
        return {}
    found = session.execute(
        select(AuditSubject.seq, Entry)
        .join(Entry, Entry.uid == AuditSubject.uid)
        .where(AuditSubject.seq.in_(few), access.may_see(viewer))
        .order_by(AuditSubject.seq, Entry.id)
    )
    named: dict[int, tuple[Entry, ...]] = {}
    for seq, entry in found:
        named[seq] = (*named.get(seq, ()), entry)
    return named


def _whom(session: Session, rows: Sequence[AuditEntry], *, viewer: Viewer) -> dict[uuid.UUID, str]:
    """Names of the people that these rows are about, as far as the viewer may know them."""
    signs_in = {row.uid for row in rows if row.entity == "user" and row.uid is not None}
    contacts = {row.uid for row in rows if row.entity == "person" and row.uid is not None}
    if not signs_in and not contacts:
        return {}
    known = select(User.uid, User.name).where(User.uid.in_(signs_in))
    reached = select(Person.uid, Person.name).where(
        Person.uid.in_(contacts), person_access.may_see(viewer)
    )
    return {row[0]: row[1] for row in session.execute(known.union_all(reached))}


def _teams_of(session: Session, user_ids: set[int]) -> dict[int, tuple[str, ...]]:
    """The teams these people are in today, by name."""
    if not user_ids:
        return {}
    rows = session.execute(
        select(Membership.user_id, Team.name)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.user_id.in_(sorted(user_ids)))
        .distinct()
        .order_by(Membership.user_id, Team.name)
    )
    found: dict[int, tuple[str, ...]] = {}
    for user_id, name in rows:
        found[user_id] = (*found.get(user_id, ()), name)
    return found
