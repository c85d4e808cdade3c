"""Where is that? Postcodes, place names and coordinates, all answered from what is loaded."""

import re
from dataclasses import dataclass

import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import ColumnElement, case, select
from sqlalchemy.orm import Session

from assetmap import privacy, spatial, textsearch
from assetmap.errors import Invalid
from assetmap.formats import positions
from assetmap.formats.postcodes import normal_postcode
from assetmap.models import Area, Postcode
from assetmap.register import deployment
from assetmap.vocabulary import AREA_TYPE_LABELS, AreaType, Precision

MOST_CANDIDATES = 8
_NUMBERS = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*[, ]\s*(-?\d{1,3}(?:\.\d+)?)\s*")
_NEAREST_FIRST = ("neighbourhood", "ward", "parish", "custom", "lad", "msoa", "lsoa")


@dataclass(frozen=True)
class Place:
    """A place somebody typed, found."""

    label: str
    longitude: float
    latitude: float
    method: str  # a LocationMethod
    note: str = ""
    area: Area | None = None

    @property
    def point(self) -> tuple[float, float]:
        """Longitude, latitude."""
        return self.longitude, self.latitude


def find(session: Session, typed: str) -> Place:
    """The place that a postcode, a place name or "lon,lat" means.

    Raises Invalid for "place" when nothing, or nothing with a position, is called that, and for
    coordinates outside the deployment's extent, which are most often swapped.
    """
    typed = typed.strip()
    if (pair := _pair(typed)) is not None:
        _in_extent(session, pair)
        return Place(f"{pair[0]:.5f}, {pair[1]:.5f}", *pair, method="map_click")
    if code := normal_postcode(typed):
        return _postcode(session, code)
    found = named(session, typed)
    if not found:
        raise Invalid.field(
            "place",
            f"No place called “{typed}” was found. Type a postcode, the name of a place or ward,"
            " or longitude,latitude such as -1.92,53.74.",
        )
    return of_area(found[0])


def of_area(area: Area) -> Place:
    """The point that stands for an area."""
    return Place(area.label, area.longitude, area.latitude, "area_only", area=area)


def named(session: Session, typed: str, limit: int = MOST_CANDIDATES) -> list[Area]:
    """Areas with this name or code, the likeliest to be meant first."""
    folded = " ".join(textsearch.words(typed))
    if not folded:
        return []
    exact = Area.name_folded == folded
    by_code = Area.code == typed.strip().upper()
    starts = Area.name_folded.startswith(folded, autoescape=True)
    query = (
        select(Area)
        .where(exact | by_code | starts)
        .order_by(
            case((by_code, 0), (exact, 1), else_=2),
            case(
                {kind: n for n, kind in enumerate(_NEAREST_FIRST)},
                value=Area.type,
                else_=len(_NEAREST_FIRST),
            ),
            Area.vintage.desc(),
            Area.name,
            Area.code,
        )
        .limit(limit)
    )
    return list(session.scalars(query))


def _pair(typed: str) -> tuple[float, float] | None:
    match = _NUMBERS.fullmatch(typed)
    if match is None:
        return None
    longitude, latitude = float(match[1]), float(match[2])
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Invalid.field("place", "Give longitude,latitude in degrees; longitude comes first.")
    return longitude, latitude


def _in_extent(session: Session, pair: tuple[float, float]) -> None:
    try:
        positions.clean_shape(Point(pair), deployment.extent(session))
    except Invalid as error:
        raise Invalid.field("place", error.problems["location"]) from error


def _postcode(session: Session, code: str) -> Place:
    row = session.get(Postcode, code)
    if row is None:
        advice = "Check it, or type the name of a place or ward."
        raise Invalid.field("place", f"The postcode {code} was not found. {advice}")
    if row.longitude is None or row.latitude is None:
        raise Invalid.field("place", f"The postcode {code} has no position.")
    note = f"{code} ended in {row.terminated}." if row.terminated else ""
    return Place(code, row.longitude, row.latitude, "postcode", note)


def shown(session: Session, exact: Shape | None, precision: str) -> Shape | None:
    """What everybody but the owning team is shown of a place: stepped down, always the same way.

    exact: any geometry, degrees in EPSG:4326. Returns the geometry itself when precision is
    "exact", a Point in its square or area otherwise, None when nothing may be shown.
    """
    if exact is None or precision == Precision.NONE:
        return None
    if precision == Precision.EXACT:
        return exact
    if precision in (Precision.LSOA, Precision.WARD):
        return _middle_of_area(session, exact.representative_point(), precision)
    return privacy.snapped(exact, privacy.GRID_M[precision])


def _middle_of_area(session: Session, point: Shape, kind: str) -> Shape:
    area = session.scalar(
        select(Area)
        .where(Area.type == kind, holds(point))
        .order_by(Area.vintage.desc(), Area.code)
        .limit(1)
    )
    if area is None:
        return privacy.snapped(point, privacy.FALLBACK_GRID_M)
    return shapely.Point(area.longitude, area.latitude)


def holds(shape: Shape) -> ColumnElement[bool]:
    """Areas that meet a shape."""
    return spatial.intersects(Area.boundary, spatial.as_sql(shape))


def type_label(kind: str) -> str:
    """What people call a type of area."""
    return AREA_TYPE_LABELS[AreaType(kind)]
