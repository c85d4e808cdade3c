"""Neighbours in the groups of the demo town who agreed to be invited, how many people of which age
live there, and a list of whom to invite: neither the young nor disabled people are on it yet."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import local_day, now
from assetmap.demo.ledger import uid as uid_of
from assetmap.demo.people import INVITE_TOGETHER, POLICE
from assetmap.demo.town import DISTRICT_CODE, VINTAGE, Town
from assetmap.formats.profiles import ProfileRead, ProfilesRead
from assetmap.models import Asset, Engagement, Entry, Team
from assetmap.register import consents, invite_lists, notices, persons, profiles
from assetmap.schemas.invite_lists import InviteListDraft
from assetmap.schemas.persons import ConsentDraft, PersonDraft, RoleDraft
from assetmap.vocabulary import ContactChannel, ContactPurpose, Kind

SEED = 44
LIST = "Whom to invite from all of Alderbrook"
YEAR = "2021"
# so many neighbours in groups that say they are for these; "" says nothing
IN_GROUPS = {"older people": 16, "children": 12, "working-age people": 28, "women": 8, "": 10}
NOBODY_IN = frozenset({"young people", "disabled people"})
FIRST = (
    *("Ada", "Bilal", "Cora", "Dev", "Edith", "Farah", "Gwen", "Hassan", "Iris", "Jerome", "Kezia"),
    *("Leon", "Maud", "Nikhil", "Olive", "Piotr", "Queenie", "Rashid", "Sylvia", "Tariq", "Una"),
)
LAST = ("Applegarth", "Birchenough", "Clewlow", "Dunnockshaw", "Eavesham")
ROLES = ("Member", "Volunteer", "Helper", "Secretary")
CHANNELS = (ContactChannel.EMAIL, ContactChannel.PHONE, ContactChannel.POST)
ON_PAPER = "older people"  # every fourth of these has no e-mail, and agreed to letters
# of a thousand people of a small area: the middle of what each may come to
AGES = {"0-15": 190, "16-24": 125, "25-64": 485, "65": 200}
SEXES = {"female": 508, "male": 492}
DISABILITY = {"disabled": 195, "not_disabled": 805}
PEOPLE_OF_AN_AREA = (1_050, 2_300)


@dataclass(frozen=True)
class _Neighbour:
    """Somebody, what they are in their group, and by what they agreed to be asked so long ago."""

    number: int
    title: str
    by: Sequence[ContactChannel]
    days_ago: int


def settle(session: Session, place: Town, today: date) -> int:
    """Put them in; how many neighbours. Teams, areas and groups must be there."""
    lot = random.Random(SEED)  # noqa: S311
    _live(session, place, lot)
    team = session.scalars(select(Team).where(Team.name == POLICE)).one()
    number = 0
    for serves, people in IN_GROUPS.items():
        groups = _groups(session, serves)
        for at in range(people):
            by = CHANNELS[: lot.randint(1, 3)]
            if serves == ON_PAPER and at % 4 == 3:
                by = (ContactChannel.POST,)
            who = _Neighbour(number, lot.choice(ROLES), by, lot.randint(5, 300))
            _join(session, team, groups[at % len(groups)], who, today)
            number += 1
    _list(session, team, today)
    return number


def _live(session: Session, place: Town, lot: random.Random) -> None:
    """How many live in each small area, by age, by sex and by disability."""
    profile = {
        dimension: ProfileRead(dimension, "lsoa", VINTAGE, YEAR)
        for dimension in ("age", "sex", "disability")
    }
    for area in place.small_areas:
        people = lot.randint(*PEOPLE_OF_AN_AREA)
        for dimension, usual in (("age", AGES), ("sex", SEXES), ("disability", DISABILITY)):
            parts = {code: part * lot.uniform(0.85, 1.15) for code, part in usual.items()}
            whole = sum(parts.values())
            counts = {code: round(people * part / whole) for code, part in parts.items()}
            profile[dimension].people[area.code] = counts
    found = ProfilesRead(list(profile.values()), [])
    profiles.load(session, found, source=f"{place.district.name}, made up", viewer=OPERATOR)


def _groups(session: Session, serves: str) -> Sequence[Entry]:
    """Groups that are for these and not for those who are missing, those anybody sees, the same
    each time."""
    asset = Asset.__table__.c
    rows = session.execute(
        select(Entry, asset.serves)
        .join(Asset.__table__, asset.id == Entry.id)
        .where(
            Entry.kind == Kind.GROUP.value,
            Entry.visibility == "public",
            Entry.withdrawn_at.is_(None),
            Entry.merged_into_id.is_(None),
            Entry.status == "active",
        )
        .order_by(Entry.uid)
        .limit(500)
    )
    found = [
        row.Entry
        for row in rows
        if (serves in row.serves if serves else not row.serves) and NOBODY_IN.isdisjoint(row.serves)
    ]
    return found[:8]


def _join(session: Session, team: Team, group: Entry, who: _Neighbour, today: date) -> None:
    name = f"{FIRST[who.number % len(FIRST)]} {LAST[who.number // len(FIRST) % len(LAST)]}"
    address = f"{name.lower().replace(' ', '.')}@people.example"
    person = persons.log(
        session,
        PersonDraft(
            name=name,
            email=address if ContactChannel.EMAIL in who.by else "",
            phone=f"01632 960{200 + who.number}",
            is_adult=True,
        ),
        viewer=OPERATOR,
        team_id=team.id,
        role=RoleDraft(entry=str(group.uid), title=who.title),
        uid=_uid(f"neighbour {who.number}", today),
    )
    draft = ConsentDraft(
        purpose=ContactPurpose.ENGAGEMENT_INVITE,
        channels=list(who.by),
        controllers=list(INVITE_TOGETHER),
        method="paper",
        notice_version=notices.FIRST,
        given_on=local_day(now()) - timedelta(days=who.days_ago),
    )
    consents.give(session, person, draft, viewer=OPERATOR)


def _list(session: Session, team: Team, today: date) -> None:
    """Whom to invite to the next event of the team, or in general."""
    event = session.scalars(
        select(Engagement)
        .where(
            Engagement.team_id == team.id,
            Engagement.withdrawn_at.is_(None),
            Engagement.status == "planned",
        )
        .order_by(Engagement.starts_at.desc(), Engagement.id)
        .limit(1)
    ).first()
    draft = InviteListDraft(
        name=LIST,
        area=[f"lad:{DISTRICT_CODE}"],
        event=event.uid if event is not None else None,
        team=team.uid if event is None else None,
    )
    invite_lists.put(session, _uid("invite list", today), draft, viewer=OPERATOR)


def _uid(name: str, today: date) -> uuid.UUID:
    return uid_of(name, datetime.combine(today, time(), UTC))
