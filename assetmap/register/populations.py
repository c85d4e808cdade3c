"""How many people live in a place: as published for an area, or of the small areas it is made of.

An area takes each small area whole that has most of its ground in it, so that each counts once
(best fit). Any other shape takes as much of a small area's people as of its ground, which holds
as far as they live spread over it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.models import Area, Population, PopulationProfile
from assetmap.register import together
from assetmap.register.reach import NOT_ANSWERED

SMALL_TO_LARGE = ("oa", "lsoa", "msoa", "ward", "lad")
PUBLISHED, WHOLE, PARTS = "published", "whole", "parts"
SLIVER, MOST = 0.01, 0.5  # of a small area's ground
MOST_PROFILES = 500


_Rows = Mapping[str, Mapping[str, int]]
_Figures = Mapping[int, _Rows]


@dataclass(frozen=True)
class Place:
    """Somewhere to count people in: its outline in degrees, and where it is made of areas, each
    one's type and code."""

    shape: Shape
    areas: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class People:
    """One dimension of those who live in a place. how: published, whole or parts; areas: of how
    many it is put together; covered: part of the ground of the place that has figures."""

    profile: PopulationProfile
    people: Mapping[str, float]
    how: str
    areas: int
    covered: float

    @property
    def answered(self) -> float:
        """All who answered."""
        return sum(self.people.values())


@dataclass(frozen=True)
class _Piece:
    """A small area that a place has some of. part: of its ground."""

    part: float
    ground: float  # of the place, in square degrees


@dataclass(frozen=True)
class Published:
    """All there is to count by, and the figures of the very areas of a place."""

    profiles: Sequence[PopulationProfile]
    figures: _Figures

    @property
    def years(self) -> list[str]:
        """Of which years there are figures, the newest first."""
        return sorted({one.year for one in self.profiles}, reverse=True)


def queries(place: Place) -> list[together.Query]:
    """What `published` needs to have been asked."""
    first = select(PopulationProfile.id).order_by(PopulationProfile.id).limit(MOST_PROFILES)
    kinds, codes = {kind for kind, _ in place.areas}, {code for _, code in place.areas}
    alike = select(PopulationProfile.id).where(PopulationProfile.area_type.in_(sorted(kinds)))
    return [
        select(PopulationProfile).where(PopulationProfile.id.in_(select(first.subquery().c.id))),
        select(Population.profile_id, Population.area_code, Population.people).where(
            Population.area_code.in_(sorted(codes)), Population.profile_id.in_(alike)
        ),
    ]


def published(asked: Sequence[together.Rows]) -> Published:
    """What the answers to `queries` say."""
    profiles, figures = asked
    return Published([one for (one,) in profiles], _by_profile(figures))


def of_place(
    session: Session, place: Place, *, until: str = "", known: Published | None = None
) -> dict[str, People]:
    """Those who live there by dimension, each of the newest year there is, or of that until which
    they are wanted; the finest figures of it. known: where it has been asked already."""
    found: dict[str, People] = {}
    known = known or published(together.read(session, *queries(place)))
    profiles = _sorted(known.profiles, place, until)
    sorts: dict[tuple[str, str], tuple[Mapping[str, _Piece], _Figures]] = {}
    whole = known.figures if len({kind for kind, _ in place.areas}) == 1 else {}
    for profile in profiles:
        if profile.dimension in found:
            continue
        people = _published(whole.get(profile.id, {}), profile, place)
        if people is None:
            sort = profile.area_type, profile.area_vintage
            if sort not in sorts:
                alike = [one for one in profiles if (one.area_type, one.area_vintage) == sort]
                sorts[sort] = _pieces(session, *sort, place, alike)
            pieces, figures = sorts[sort]
            people = _put_together(figures.get(profile.id, {}), profile, pieces, place)
        if people is not None:
            found[profile.dimension] = people
    return found


def _sorted(
    profiles: Sequence[PopulationProfile], place: Place, until: str
) -> list[PopulationProfile]:
    """Newest first; of one year, those of the place's own type of area first, then finest first."""
    own = {kind for kind, _ in place.areas}
    return sorted(
        (one for one in profiles if not until or one.year <= until),
        key=lambda one: (
            -int(one.year),
            len(own) != 1 or one.area_type not in own,
            _size(one.area_type),
            one.area_vintage,
        ),
    )


def _size(area_type: str) -> int:
    in_order = SMALL_TO_LARGE
    return in_order.index(area_type) if area_type in in_order else len(in_order)


def _published(rows: _Rows, profile: PopulationProfile, place: Place) -> People | None:
    """The figures of the very areas, where there are some for each of them."""
    codes = {code for _, code in place.areas}
    if not codes or len(rows) != len(codes):
        return None
    found = _people_of(profile, rows, dict.fromkeys(codes, 1.0), PUBLISHED, 1.0)
    return found if found.answered else None


def _put_together(
    rows: _Rows, profile: PopulationProfile, pieces: Mapping[str, _Piece], place: Place
) -> People | None:
    """The figures of the small areas that a place is made of."""
    how = WHOLE if place.areas else PARTS
    weights = {code: pieces[code].part for code in rows}
    if how == WHOLE:
        weights = {code: 1.0 for code, part in weights.items() if part > MOST}
        if not weights:  # smaller than any of them
            how, weights = PARTS, {code: pieces[code].part for code in rows}
    whole = place.shape.area
    covered = min(1.0, sum(pieces[code].ground for code in rows) / whole) if whole else 1.0
    found = _people_of(profile, rows, weights, how, covered)
    return found if found.answered else None


def _by_profile(rows: Iterable[Sequence[Any]]) -> _Figures:
    """By profile and area: how many live there, of each category."""
    found: dict[int, dict[str, dict[str, int]]] = {}
    for profile, code, people in rows:
        found.setdefault(profile, {})[code] = people
    return found


def _people_of(
    profile: PopulationProfile,
    rows: Mapping[str, Mapping[str, int]],
    weights: Mapping[str, float],
    how: str,
    covered: float,
) -> People:
    people: dict[str, float] = {}
    for code in sorted(weights):
        for category, count in rows[code].items():
            if category != NOT_ANSWERED:
                people[category] = people.get(category, 0.0) + count * weights[code]
    return People(profile, people, how, len(weights), covered)


def _pieces(
    session: Session,
    area_type: str,
    vintage: str,
    place: Place,
    profiles: Sequence[PopulationProfile],
) -> tuple[Mapping[str, _Piece], _Figures]:
    """The areas of a type that share more than an edge with a place, by code: of the edition that
    the figures are of where that is loaded, or else of the newest. And the figures of them."""
    west, south, east, north = place.shape.bounds
    there = (
        Area.type == area_type,
        *(Area.west <= east, Area.east >= west, Area.south <= north, Area.north >= south),
    )
    areas, counted = together.read(
        session,
        select(Area.id, Area.code, Area.vintage, Area.boundary).where(*there),
        select(Population.profile_id, Population.area_code, Population.people).where(
            Population.profile_id.in_([one.id for one in profiles]),
            Population.area_code.in_(select(Area.code).where(*there)),
        ),
    )
    outlines: dict[str, tuple[tuple[bool, str], Shape]] = {}
    for _, code, edition, boundary in areas:
        shape, rank = spatial.shape_of(boundary), (edition == vintage, edition)
        if shape is not None and (code not in outlines or outlines[code][0] < rank):
            outlines[code] = rank, shape
    shapely.prepare(place.shape)
    found: dict[str, _Piece] = {}
    for code, (_, shape) in outlines.items():
        if shapely.covers(place.shape, shape):
            found[code] = _Piece(1.0, shape.area)
            continue
        ground = shapely.intersection(place.shape, shape).area
        part = ground / shape.area
        if part > 1 - SLIVER:
            found[code] = _Piece(1.0, ground)
        elif part > SLIVER:
            found[code] = _Piece(part, ground)
    return found, _by_profile(row for row in counted if row[1] in found)
