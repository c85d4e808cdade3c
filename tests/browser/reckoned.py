"""What the page on who is missing from an invite list must show, reckoned anew: from the rows of
the register, with none of its functions, and where that draws lots, from all there could be."""

import csv
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import (
    Area,
    Asset,
    Consent,
    Entry,
    Person,
    PersonRole,
    Population,
    PopulationProfile,
)

SECTIONS = Path(__file__).parents[2] / "layers" / "population.csv"
IN, SERVES = "is in the shape that was drawn", "serves the shape that was drawn"
BOTH = f"{IN} and serves it"
SLIVER = 0.01
NEEDS = {"email": "email", "phone": "phone", "sms": "phone"}
Section = tuple[str, str]  # what its dimension is called, and its code


@dataclass(frozen=True)
class Group:
    """A group in a shape, or serving it."""

    title: str
    serves: Sequence[str]
    why: str

    @property
    def sections(self) -> set[Section]:
        """Those that it says it is for."""
        known = words()
        return {known[tag] for tag in self.serves if tag in known}


@dataclass(frozen=True)
class Lives:
    """Who lives in a shape, by section; in how many small areas, on what part of its ground."""

    people: Mapping[str, float]
    areas: int
    ground: float


@dataclass(frozen=True)
class Listed:
    """Whom the groups of a shape bring onto its list: each by name, through which of them."""

    groups: Sequence[Group]
    people: Mapping[str, Sequence[Group]]

    def sections_of(self, called: str) -> set[Section]:
        """Those that somebody is there for."""
        return {section for group in self.people[called] for section in group.sections}

    def counted(self) -> Counter[Section]:
        """How many are there for each section."""
        return Counter(one for called in self.people for one in self.sections_of(called))

    def any_of(self, dimension: str) -> int:
        """How many are there for some section of a dimension."""
        return sum(
            any(section[0] == dimension for section in self.sections_of(called))
            for called in self.people
        )


@dataclass(frozen=True)
class Figures:
    """One dimension, from what is counted and who lives there."""

    counts: Sequence[int]
    people: Sequence[float]

    @property
    def n(self) -> int:
        """All that are counted."""
        return sum(self.counts)

    @property
    def shares(self) -> Sequence[float]:
        """Of those who live there."""
        return [one / sum(self.people) for one in self.people]

    @property
    def unlike(self) -> float:
        """Half of all gaps added up without their signs."""
        return (
            sum(
                abs(count / self.n - share)
                for count, share in zip(self.counts, self.shares, strict=True)
            )
            / 2
        )

    @cached_property
    def by_chance(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """All that as many drawn by lot could come to, the most alike first, with the chance that
        it is that or more alike: exactly, of every way to share so many out."""
        n, shares = self.n, np.array(self.shares)
        cuts = np.array(list(combinations(range(n + len(shares) - 1), len(shares) - 1)))
        ends = np.full((len(cuts), 1), n + len(shares) - 1)
        counts = np.diff(np.hstack([np.full((len(cuts), 1), -1), cuts, ends])) - 1
        factorials = np.array([math.lgamma(number + 1) for number in range(n + 1)])
        logs = factorials[n] - factorials[counts].sum(axis=1) + counts @ np.log(shares)
        unlike = np.abs(counts / n - shares).sum(axis=1) / 2
        order = np.argsort(unlike)
        return unlike[order], np.cumsum(np.exp(logs[order]))

    @property
    def expected(self) -> float:
        """What it comes to by chance on average."""
        unlike, chance = self.by_chance
        return float((unlike * np.diff(chance, prepend=0)).sum())

    def at(self, part: float) -> float:
        """What that part of all lots is at least as alike as."""
        unlike, chance = self.by_chance
        return float(unlike[np.searchsorted(chance, part)])

    @property
    def is_chance(self) -> bool:
        """Whether at most nine of ten lots are more alike."""
        unlike, chance = self.by_chance
        more_alike = np.searchsorted(unlike, self.unlike - 1e-9)
        return not more_alike or float(chance[more_alike - 1]) <= 0.9

    @property
    def there(self) -> float:
        """Of the sections that half of one counted would be from, the part that has somebody."""
        large = [
            count > 0
            for count, share in zip(self.counts, self.shares, strict=True)
            if share * 2 * self.n >= 1
        ]
        return sum(large) / len(large)

    def cells(self, at: int, *, is_compared: bool) -> str:
        """The row of a section, but for its name."""
        count, share = self.counts[at], self.shares[at]
        said = f"{100 * share:.1f}% {self.people[at]:,.0f} {count:,}"
        if not is_compared:
            return said
        part = count / self.n
        short = max(0.0, share * self.n - count)
        return f"{said} {part / share:.2f} {100 * (part - share):+.1f} {short:.1f}"


def sections() -> Mapping[str, Mapping[str, str]]:
    """What the sections of each dimension are called, by code."""
    found: dict[str, dict[str, str]] = {}
    for row in _rows():
        if row["code"] != "not_answered":
            found.setdefault(row["label"], {})[row["code"]] = row["category"]
    return found


@cache
def words() -> Mapping[str, Section]:
    """Of which section it is that words stand for."""
    return {
        word: (row["label"], row["code"])
        for row in _rows()
        for word in row["words"].split("|")
        if word
    }


def listed(session: Session, shape: Polygon) -> Listed:
    """Whom a list of a shape holds, and through which groups."""
    groups = _groups(session, shape)
    given = _given(session)
    people: dict[str, list[Group]] = {}
    asked = select(Person, PersonRole.entry_id).join(PersonRole, PersonRole.person_id == Person.id)
    for person, group in session.execute(asked.where(PersonRole.to_on.is_(None))):
        ways = [
            by for by in given.get(person.id, ()) if by not in NEEDS or getattr(person, NEEDS[by])
        ]
        if group in groups and ways and not person.do_not_contact:
            people.setdefault(person.called, []).append(groups[group])
    return Listed(list(groups.values()), people)


def lives(session: Session, shape: Polygon) -> Mapping[str, Lives]:
    """Who lives in a shape: of each small area as large a part of its people as of its ground lies
    there, but for slivers."""
    parts: dict[str, float] = {}
    covered = 0.0
    for code, boundary in session.execute(
        select(Area.code, Area.boundary).where(Area.type == "lsoa")
    ):
        area = to_shape(boundary)
        common = shapely.intersection(area, shape).area
        part = common / area.area
        if part > SLIVER:
            parts[code] = 1.0 if part > 1 - SLIVER else part
            covered += common
    people: dict[str, Counter[str]] = {}
    figures = select(PopulationProfile.dimension, Population.area_code, Population.people)
    for dimension, code, counts in session.execute(figures.join(PopulationProfile)):
        for section, count in counts.items():
            people.setdefault(dimension, Counter())[section] += count * parts.get(code, 0)
    labels = {row["dimension"]: row["label"] for row in _rows()}
    ground = covered / shape.area
    return {labels[one]: Lives(people[one], len(parts), ground) for one in people}


def _groups(session: Session, shape: Polygon) -> dict[int, Group]:
    there = select(Entry.id, Entry.title, Asset.__table__.c.serves, Entry.location, Entry.covers)
    there = there.join(Asset.__table__, Asset.__table__.c.id == Entry.id).where(
        Entry.kind == "group",
        Entry.status != "closed",
        Entry.withdrawn_at.is_(None),
        Entry.merged_into_id.is_(None),
    )
    found = {}
    for key, title, serves, location, covers in session.execute(there):
        serves_it = covers is not None and _overlaps(to_shape(covers), shape)
        if to_shape(location).intersects(shape):
            why = BOTH if serves_it else IN
        else:
            why = SERVES if serves_it else ""
        if why:
            found[key] = Group(title, serves, why)
    return found


def _overlaps(one: BaseGeometry, other: Polygon) -> bool:
    return bool(shapely.intersection(one, other).area > SLIVER * min(one.area, other.area))


def _given(session: Session) -> dict[int, set[str]]:
    """By what each may be asked to an event: what they agreed to, without what they withdrew."""
    of_it = Consent.purpose == "engagement_invite"
    rows = session.scalars(select(Consent).where(of_it)).all()
    gone = {row.withdraws_id for row in rows}
    found: dict[int, set[str]] = {}
    for row in rows:
        lasts = row.expires_at is None or row.expires_at > now()
        if row.withdraws_id is None and row.id not in gone and lasts:
            found.setdefault(row.person_id, set()).add(row.channel)
    return found


def _rows() -> Sequence[Mapping[str, str]]:
    with SECTIONS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
