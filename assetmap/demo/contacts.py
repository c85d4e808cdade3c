"""People whom the teams of the demo town know. Nobody is called so; the addresses reach nobody."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import local_day, now
from assetmap.demo.ledger import uid as uid_of
from assetmap.demo.people import COUNCIL, INVITE_TOGETHER, POLICE, VOLUNTARY
from assetmap.models import Entry, Person, Team
from assetmap.register import consents, notices, persons
from assetmap.schemas.persons import ConsentDraft, PersonDraft, RoleDraft
from assetmap.vocabulary import ContactChannel, ContactPurpose, Kind, LawfulBasis

SERVICE, INVITE = ContactPurpose.SERVICE, ContactPurpose.ENGAGEMENT_INVITE
PROMOTION, SHARING = ContactPurpose.PROMOTION, ContactPurpose.SHARING
EMAIL, PHONE, SMS = ContactChannel.EMAIL, ContactChannel.PHONE, ContactChannel.SMS
POST, IN_PERSON = ContactChannel.POST, ContactChannel.IN_PERSON


@dataclass(frozen=True)
class Said:
    """Something somebody agreed to, so many days ago."""

    purpose: ContactPurpose
    channels: tuple[ContactChannel, ...]
    days_ago: int = 120
    method: str = "verbal"
    basis: LawfulBasis = LawfulBasis.CONSENT
    withdrawn: bool = False


@dataclass(frozen=True)
class DemoPerson:
    """Somebody; group: which of their team's groups, by age; none: no role, but a reason."""

    name: str
    team: str
    title: str = ""
    group: int | None = None
    phone: str = ""
    display_name: str = ""
    language: str = "en"
    preferred: str = ""
    reason: str = ""
    is_public: bool = False
    said: tuple[Said, ...] = ()
    stopped: bool = False


PEOPLE = (
    DemoPerson(
        "Amina Larkfield",
        POLICE,
        "Chair",
        0,
        "01632 960101",
        preferred="email",
        is_public=True,
        said=(Said(INVITE, (EMAIL, SMS)), Said(SHARING, (EMAIL,)), Said(SERVICE, (EMAIL, PHONE))),
    ),
    DemoPerson(
        "Joseph Stonebridge", POLICE, "Treasurer", 0, said=(Said(INVITE, (EMAIL,), 400, "paper"),)
    ),
    DemoPerson(
        "Wiktoria Meadowcroft",
        POLICE,
        "Youth worker",
        1,
        "01632 960102",
        language="pl",
        preferred="phone",
        said=(Said(SERVICE, (PHONE,), 60), Said(INVITE, (EMAIL,), 200, withdrawn=True)),
    ),
    DemoPerson("Harold Fenwright", POLICE, "Secretary", 2, "01632 960103", stopped=True),
    DemoPerson(
        "Grace Oldacre",
        POLICE,
        phone="01632 960104",
        reason="Offered at a street briefing to help run the next one",
        said=(Said(INVITE, (PHONE, IN_PERSON), 30),),
    ),
    DemoPerson(
        "Samuel Brightwater",
        COUNCIL,
        "Caretaker",
        0,
        "01632 960105",
        said=(Said(SERVICE, (PHONE, EMAIL), 90, basis=LawfulBasis.PUBLIC_TASK),),
    ),
    DemoPerson(
        "Nasreen Hollowell",
        COUNCIL,
        "Convener",
        1,
        "01632 960106",
        "Naz",
        "ur",
        is_public=True,
        said=(Said(INVITE, (EMAIL, POST), 10, "paper"), Said(SHARING, (EMAIL, PHONE), 10, "paper")),
    ),
    DemoPerson("Owen Partridge-Lane", COUNCIL, "Trustee", 1),
    DemoPerson(
        "Bethan Marlowe",
        VOLUNTARY,
        "Co-ordinator",
        0,
        "01632 960107",
        preferred="email",
        is_public=True,
        said=(
            Said(INVITE, (EMAIL,), 20),
            Said(SHARING, (EMAIL,), 20),
            Said(PROMOTION, (EMAIL,), 20, "web"),
        ),
    ),
    DemoPerson(
        "Tobias Greenhalgh",
        VOLUNTARY,
        "Kitchen volunteer",
        0,
        "01632 960108",
        said=(
            Said(SERVICE, (SMS,), 45, basis=LawfulBasis.LEGITIMATE_INTERESTS),
            Said(PROMOTION, (EMAIL,), 300, withdrawn=True),
        ),
    ),
    DemoPerson(
        "Ludmila Ashgrove",
        VOLUNTARY,
        "Minibus driver",
        1,
        "01632 960109",
        said=(Said(SERVICE, (PHONE,), 5), Said(INVITE, (PHONE, EMAIL), 5)),
    ),
    DemoPerson(
        "Dennis Copperfield-Shaw",
        VOLUNTARY,
        "Chair",
        1,
        said=(Said(INVITE, (POST,), 650, "paper"),),
    ),
)


def know(session: Session, today: date) -> int:
    """Put them in, with what they agreed to; how many. Teams and groups must be there."""
    teams = {one.name: one for one in session.scalars(select(Team))}
    groups = {
        name: session.scalars(
            select(Entry)
            .where(
                Entry.kind == Kind.GROUP.value,
                Entry.team_id == team.id,
                Entry.visibility.in_(("public", "partner")),
                Entry.withdrawn_at.is_(None),
                Entry.merged_into_id.is_(None),
                Entry.status == "active",
            )
            .order_by(Entry.uid)
            .limit(4)
        ).all()
        for name, team in teams.items()
    }
    for number, one in enumerate(PEOPLE):
        place = groups[one.team][one.group] if one.group is not None else None
        person = persons.log(
            session,
            _draft(one),
            viewer=OPERATOR,
            team_id=teams[one.team].id,
            role=_role(one, place.uid) if place is not None else None,
            uid=uid_of(f"person {number}", datetime.combine(today, time(), UTC)),
        )
        _agree(session, person, one)
    return len(PEOPLE)


def _draft(one: DemoPerson) -> PersonDraft:
    address = one.name.lower().replace(" ", ".")
    return PersonDraft(
        name=one.name,
        display_name=one.display_name,
        email=f"{address}@people.example",
        phone=one.phone,
        language=one.language,
        preferred_channel=one.preferred,
        is_adult=True,
        no_role_reason=one.reason,
    )


def _role(one: DemoPerson, entry: uuid.UUID) -> RoleDraft:
    return RoleDraft(entry=str(entry), title=one.title, is_public=one.is_public)


def _agree(session: Session, person: Person, one: DemoPerson) -> None:
    """Counted back from the clock's own day: nobody can have agreed in a time to come."""
    for said in one.said:
        draft = ConsentDraft(
            purpose=said.purpose,
            channels=list(said.channels),
            lawful_basis=said.basis,
            controllers=list(INVITE_TOGETHER) if said.purpose == INVITE else [],
            method=said.method,
            notice_version=notices.FIRST,
            given_on=local_day(now()) - timedelta(days=said.days_ago),
        )
        consents.give(session, person, draft, viewer=OPERATOR)
        if said.withdrawn:
            for channel in said.channels:
                consents.withdraw(session, person, said.purpose, channel, viewer=OPERATOR)
    if one.stopped:
        persons.stop(session, person, viewer=OPERATOR)
