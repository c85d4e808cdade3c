"""Puts Alderbrook in an empty register: people, areas, postcodes and a year of records."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from assetmap import connections
from assetmap.access import OPERATOR
from assetmap.db import local_day, now
from assetmap.demo import (
    agreements,
    asked,
    contacts,
    helping,
    keeping,
    neighbours,
    proposals,
    referrals,
    rights,
    said,
    ways,
)
from assetmap.demo.histories import Linked, closed_at, happenings
from assetmap.demo.ledger import Record
from assetmap.demo.people import COUNCIL, PARTNER_FOR, POLICE, USERS, VOLUNTARY
from assetmap.demo.records import records
from assetmap.demo.town import DISTRICT_CODE, NAME, VINTAGE, Town, TownArea, town
from assetmap.errors import Conflict
from assetmap.formats import geojson
from assetmap.formats.boundaries import AreaShape, Boundaries
from assetmap.formats.postcodes import PostcodeRow
from assetmap.models import Area, Entry, Partner, Postcode, Team
from assetmap.register import areas, bulk, categories, past, people, postcodes
from assetmap.register.bulk import BulkEntry
from assetmap.register.past import Story, Tie
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.people import NewPerson
from assetmap.vocabulary import AreaType, Kind, Relation, Role

KINDS_IN_ORDER = ("group", "asset", "hotspot", "walkabout", "engagement", "finding", "offer")
PARTNER_KINDS = {
    "council": "council",
    "landlord": "housing",
    "fire": "fire",
    "vcs": "vcs",
    "police": "police",
}
PARTNER_OF_TEAM = {POLICE: "police", COUNCIL: "council", VOLUNTARY: "vcs"}
OF_THE_STATE = ("assigned_partner", "resolution", "resolved_at", "verified_by_resident")
OF_OTHER_RECORDS = ("group", "asset", "operator")
RELEASE = "Alderbrook"
MORNING = timedelta(hours=11)  # what happens on the demo's last day happens before ten, UTC


@dataclass(frozen=True)
class Loaded:
    """What was put in: how many of each kind of record, and of areas and postcodes."""

    entries: Mapping[str, int]
    links: int
    areas: int
    postcodes: int


def is_there(session: Session) -> bool:
    """Whether the register holds the demo town."""
    district = exists().where(Area.type == AreaType.LAD.value, Area.code == DISTRICT_CODE)
    return bool(session.scalar(select(district)))


def load(session: Session, today: date) -> Loaded:
    """Put the demo in. The same day gives the same records; dates are counted back from today.

    Raises Conflict, changing nothing, when the register holds anything already: the demo is never
    mixed with real records.
    """
    _require_empty(session)
    place = town()
    categories.load_default(session)
    _people(session)
    loaded_areas = _areas(session, place)
    loaded_postcodes = _postcodes(session, place)
    found = records(place, today)
    loaded_links = _Loader(session, found, today).run()
    ways.walk(session)
    agreements.agree(session, today)
    contacts.know(session, today)
    proposals.suggest(session)
    referrals.pass_on(session)
    rights.put_on_the_desk(session)
    said.write_down(session, today)
    asked.ask(session)
    neighbours.settle(session, place, today)
    helping.ask(session, today)
    keeping.keep(session, today)
    connections.learn_sizes(session)
    return Loaded(
        Counter(record.kind for record in found), loaded_links, loaded_areas, loaded_postcodes
    )


def _require_empty(session: Session) -> None:
    for what, table in (("entries", Entry), ("areas", Area), ("postcodes", Postcode)):
        if session.scalar(select(select(table).exists())):
            raise Conflict(
                f"This register holds {what} already. The demo town is not mixed with real"
                " records: set DATABASE_URL, or ASSETMAP_INSTANCE, to an empty place for it."
            )


def _people(session: Session) -> None:
    for user in USERS:
        for name, role in user.memberships:
            new = NewPerson(email=user.email, team=name, role=Role(role), name=user.name)
            people.add(session, new, viewer=OPERATOR)
    partners = {
        key: Partner(name=name, kind=PARTNER_KINDS[key])
        for key, name in PARTNER_FOR.items()
        if name is not None
    }
    session.add_all(partners.values())
    session.flush()  # teams point at their partners
    for team in session.scalars(select(Team).where(Team.name.in_(PARTNER_OF_TEAM))):
        team.partner_id = partners[PARTNER_OF_TEAM[team.name]].id


def _areas(session: Session, place: Town) -> int:
    sorts: tuple[tuple[AreaType, tuple[TownArea, ...]], ...] = (
        (AreaType.LAD, (place.district,)),
        (AreaType.WARD, place.wards),
        (AreaType.LSOA, place.small_areas),
    )
    added = 0
    for kind, found in sorts:
        shapes = [AreaShape(area.code, area.name, area.boundary) for area in found]
        added += areas.load(
            session,
            Boundaries(areas=shapes),
            type=kind,
            vintage=VINTAGE,
            source=f"{NAME}, a fictional town",
            viewer=OPERATOR,
        ).added
    return added


def _postcodes(session: Session, place: Town) -> int:
    rows = (
        PostcodeRow(
            pcds=one.pcds,
            longitude=one.longitude,
            latitude=one.latitude,
            ward=one.ward,
            lsoa=one.lsoa,
            lad=one.lad,
        )
        for one in place.postcodes
    )
    return postcodes.load(session, rows, viewer=OPERATOR, release=RELEASE).added


class _Loader:
    """Writes the records, links them and tells their past."""

    def __init__(self, session: Session, found: list[Record], today: date) -> None:
        self.session, self.today = session, today
        self.records = {record.key: record for record in found}
        self.teams = {team.name: team.id for team in session.scalars(select(Team))}
        self.partners = {one.name: one.id for one in session.scalars(select(Partner))}
        self.users = {user.email: user.id for user in people.demo_people(session)}
        self.ids: dict[str, int] = {}

    def run(self) -> int:
        """Do all of it; how many links were made."""
        found = list(self.records.values())
        found.sort(key=lambda record: KINDS_IN_ORDER.index(record.kind))
        keys = bulk.insert_entries(self.session, [self._entry(record) for record in found])
        self.ids = {record.key: key for record, key in zip(found, keys, strict=True)}
        ties = [tie for record in found for tie in self._ties(record)]
        stories = [self._story(record) for record in found]
        past.tell(self.session, stories, ties, viewer=OPERATOR)
        return len(ties)

    def _entry(self, record: Record) -> BulkEntry:
        return BulkEntry(
            DRAFTS[Kind(record.kind)].model_validate(self._draft(record)),
            self.teams[record.team],
            uid=record.uid,
            status=record.status,
            created_at=record.created_at,
            created_by_id=self.users[record.created_by],
            checked_by_id=self.users[record.created_by],
            state=self._state(record),
        )

    def _draft(self, record: Record) -> dict[str, Any]:
        names = DRAFTS[Kind(record.kind)].model_fields
        given = {name: getattr(record, name) for name in names if hasattr(record, name)}
        given |= {name: v for name, v in record.fields.items() if name not in OF_THE_STATE}
        given["geometry"] = geojson.geometry(record.geometry)
        for name in OF_OTHER_RECORDS:
            if key := given.get(name):
                given[name] = self.records[key].uid
        listed = {name: list(v) if isinstance(v, tuple) else v for name, v in given.items()}
        return {name: value for name, value in listed.items() if value is not None}

    def _state(self, record: Record) -> dict[str, Any]:
        """What a record holds beside its draft: what came of a finding, when an event closed."""
        if record.kind == Kind.ENGAGEMENT:
            return {"closed_at": closed_at(record), **self._scan(record)}
        if record.kind == Kind.WALKABOUT:
            return self._scan(record)
        if record.kind != Kind.FINDING:
            return {}
        state = {name: record.fields[name] for name in OF_THE_STATE}
        partner = state.pop("assigned_partner")
        return state | {"assigned_partner_id": self.partners.get(partner)}

    def _scan(self, record: Record) -> dict[str, Any]:
        """Who answered the intelligence scan, and when."""
        if record.fields["scan_status"] == "pending":
            return {}
        by_id = self.users[record.created_by]
        return {"scanned_at": record.fields["ends_at"], "scanned_by_id": by_id}

    def _ties(self, record: Record) -> list[Tie]:
        by_id = self.users[record.created_by]
        return [
            Tie(
                self.ids[record.key],
                self.ids[key],
                Relation(name),
                self._linked_at(record, key),
                by_id,
            )
            for name, key in record.links
        ]

    def _linked_at(self, record: Record, key: str) -> datetime:
        """When both ends were on the register."""
        return max(record.created_at, self.records[key].created_at)

    def _story(self, record: Record) -> Story:
        linked = [
            Linked(self._linked_at(record, key), name, str(self.records[key].uid))
            for name, key in record.links
        ]
        since = happenings(record, linked, self.users[record.created_by], self.today)
        return Story(self.ids[record.key], since)


def today_here() -> date:
    """The day that the demo counts back from: its last morning that is over, because nothing was
    seen at a time that is still to come."""
    return local_day(now() - MORNING)
