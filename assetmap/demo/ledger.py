"""What the makers of demo records share: the record, the places to put it, and the book itself."""

import hashlib
import random
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from assetmap import layers
from assetmap.demo.people import LOGGERS
from assetmap.demo.plan import (
    METRES_PER_DEGREE_EAST,
    METRES_PER_DEGREE_NORTH,
    SEED,
    WARD_NAMES,
    on_earth,
)
from assetmap.demo.streets import pieces
from assetmap.demo.town import Town, TownPostcode, ward_code

STREETS = ("primary", "secondary", "residential")
STREETS_AND_PATHS = (*STREETS, "path")


@dataclass(frozen=True)
class Record:
    """One entry to be. `geometry` is the exact place, EPSG:4326; `precision` says what to show.

    `fields` holds the columns of the kind; `group`, `asset` and `operator` in it are keys of other
    records, `assigned_partner` the name of a partner. `links` are (relation, key) pairs that leave
    this record. `covers_areas` are ward codes, `radius_m` metres round the place.
    """

    key: str
    kind: str
    uid: uuid.UUID
    title: str
    description: str
    category: str | None
    status: str
    visibility: str
    team: str
    geometry: BaseGeometry | None
    location_method: str
    accuracy_m: float | None
    precision: str
    address: str
    postcode: str | None
    covers_areas: tuple[str, ...]
    radius_m: int | None
    tags: tuple[str, ...]
    created_at: datetime
    created_by: str
    checked_on: date | None
    checked_how: str | None
    review_due: date | None
    fields: dict[str, Any]
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Spot:
    """A place for a record. `ward` is a number of WARD_NAMES."""

    point: Point
    address: str
    postcode: str | None
    street: str
    neighbourhood: str
    ward: int


@dataclass
class Ledger:
    """The records made so far, and what is needed to make more. One per call, never shared."""

    town: Town
    today: date
    records: dict[str, Record] = field(default_factory=dict)
    links: dict[str, dict[tuple[str, str], None]] = field(default_factory=dict)
    rnd: random.Random = field(default_factory=lambda: random.Random(SEED + 3))  # noqa: S311
    used: dict[str, int] = field(default_factory=dict)

    def add(self, record: Record) -> Record:
        """Write the record in the book. ValueError when its key is taken."""
        if record.key in self.records:
            raise ValueError(record.key)
        self.records[record.key] = record
        return record

    def link(self, start: str, relation: str, end: str) -> None:
        """Link two records; twice is once."""
        self.links.setdefault(start, {})[relation, end] = None

    def linked(self) -> list[Record]:
        """All records with their links, oldest first."""
        found = [replace(r, links=tuple(self.links.get(k, {}))) for k, r in self.records.items()]
        return sorted(found, key=lambda r: (r.created_at, r.key))

    def of(self, *kinds: str) -> list[Record]:
        """The records of these kinds, as they were written."""
        return [r for r in self.records.values() if r.kind in kinds]

    def day(self, days_ago: int) -> date:
        """The day that many days before today."""
        return self.today - timedelta(days=days_ago)

    def moment(self, days_ago: int, hour: int = -1) -> datetime:
        """An instant on that day, never after today's noon."""
        at_hour = hour if hour >= 0 else self.rnd.randint(8, 17)
        at = time(min(at_hour, 9) if days_ago == 0 else at_hour, self.rnd.randrange(60), tzinfo=UTC)
        return datetime.combine(self.day(days_ago), at)

    def spot(self, neighbourhood: str) -> Spot:
        """An address in the neighbourhood, inside one small area; streets are used in turn."""
        there = [p for p in self.town.postcodes if p.neighbourhood == neighbourhood]
        turn = self.used[neighbourhood] = self.used.get(neighbourhood, -1) + 1
        postcode = there[(turn * 5) % len(there)]
        point = self._beside(postcode)
        address = f"{self.rnd.randint(1, 98)} {postcode.street}, {neighbourhood}"
        ward = int(postcode.ward[-3:]) - 1
        return Spot(point, address, postcode.pcds, postcode.street, neighbourhood, ward)

    def near(self, spot: Spot) -> Spot:
        """A spot a few metres off, at the same address."""
        moved = Point(round(spot.point.x + 0.00018, 7), round(spot.point.y + 0.00009, 7))
        same = self.town.small_area_at(moved) == self.town.small_area_at(spot.point)
        return replace(spot, point=moved if same else spot.point)

    def street_spot(
        self, shape: BaseGeometry, neighbourhood: str, kinds: tuple[str, ...] = STREETS
    ) -> Spot:
        """A place on a street of these kinds, inside a shape given in plan metres."""
        inside = [
            (way.name, piece)
            for way in self.town.ways
            if way.kind in kinds and way.line.intersects(shape)
            for piece in pieces(way.line.intersection(shape))
        ]
        name, line = self.rnd.choice(inside)
        point = on_earth(line.interpolate(self.rnd.random(), normalized=True))
        ward = self.town.ward_at(point) or ward_code(0)
        return Spot(
            point, f"{name}, {neighbourhood}", None, name, neighbourhood, int(ward[-3:]) - 1
        )

    def _beside(self, postcode: TownPostcode) -> Point:
        east, north = self.rnd.uniform(-28, 28), self.rnd.uniform(-28, 28)
        point = Point(
            round(postcode.longitude + east / METRES_PER_DEGREE_EAST, 7),
            round(postcode.latitude + north / METRES_PER_DEGREE_NORTH, 7),
        )
        inside = self.town.small_area_at(point) == postcode.lsoa
        return point if inside else Point(postcode.longitude, postcode.latitude)


def base(ledger: Ledger, key: str, kind: str, team: str, created_at: datetime) -> dict[str, Any]:
    """The columns every record has, with nothing known yet; to be handed to Record."""
    return {
        "key": key,
        "kind": kind,
        "uid": uid(key, created_at),
        "category": None,
        "visibility": "public",
        "team": team,
        "geometry": None,
        "location_method": "area_only",
        "accuracy_m": None,
        "precision": "none",
        "address": "",
        "postcode": None,
        "covers_areas": (),
        "radius_m": None,
        "tags": (),
        "created_at": created_at,
        "created_by": LOGGERS[team],
        "checked_on": created_at.date(),
        "checked_how": "told",
        "review_due": min(created_at.date(), ledger.today) + timedelta(days=365),
    }


def freshness(ledger: Ledger, created_at: datetime, review_days: int) -> dict[str, Any]:
    """When and how it was last checked: most lately, about one in eight overdue for review."""
    age = (ledger.today - created_at.date()).days
    rnd = ledger.rnd
    if age > review_days + 5 and rnd.random() < 0.28:
        checked = ledger.day(rnd.randint(review_days + 2, age))
    else:
        checked = ledger.day(rnd.randint(0, min(age, review_days - 10)))
    how = rnd.choices(("visit", "phone", "email", "online", "told"), (5, 4, 3, 2, 2))[0]
    due = checked + timedelta(days=review_days)
    return {"checked_on": checked, "checked_how": how, "review_due": due}


def uid(key: str, at: datetime) -> uuid.UUID:
    """A version 7 UUID from the instant and the key: sorts by time, the same every run."""
    random_bits = int.from_bytes(hashlib.sha256(key.encode()).digest()[:10], "big")
    value = int(at.timestamp() * 1000) << 80
    value |= 7 << 76 | (random_bits >> 62 & 0xFFF) << 64 | 0b10 << 62 | random_bits & (1 << 62) - 1
    return uuid.UUID(int=value)


def neighbours(ward: int) -> tuple[int, ...]:
    """The numbers of the wards that touch a ward: the centre touches every other."""
    around = len(WARD_NAMES) - 1
    if ward == 0:
        return tuple(range(1, around + 1))
    return (0, (ward - 2) % around + 1, ward % around + 1)


def terms(scheme: str) -> dict[str, dict[str, str]]:
    """The leaves of a scheme of the default classification, by code."""
    return {row["code"]: row for row in layers.classification(scheme) if row["level"] == "2"}


def middle(shape: BaseGeometry) -> Point:
    """A point inside the shape, in its own coordinates."""
    return shapely.point_on_surface(shape)
