"""Where people walked: positions of a phone made into lines, cut at both ends, and measured.

A track says where somebody began and ended their shift, so both ends go before anything is kept.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import gpxpy
import gpxpy.gpx
import shapely
from pyproj import Geod
from shapely import LineString, MultiLineString, Point, transform
from shapely.geometry.base import BaseGeometry as Shape

from assetmap.errors import Invalid

MOST_POINTS = 50_000
MOST_GPX_BYTES = 10 * 2**20
ROUGHEST_M = 60.0  # a position less certain than this says nothing of a street
FASTEST = 12.0  # metres a second: what is quicker is a jump, or a car
LONGEST_GAP_S = 300.0
PLAIN_M = 4.0  # how far the simplified line may lie beside the walked one
REACH_M = 30.0  # a street is seen from so far
LEAST_TRIM_M = 50.0  # what phones tell people is cut off
MOST_TRIM_M = 500.0
HALVINGS = 20  # of a step, until its crossing of a circle is known to a millimetre
METRES_PER_DEGREE = 111_320  # of latitude, near enough for a walk
_EARTH = Geod(ellps="WGS84")
Spot = tuple[float, float]


@dataclass(frozen=True)
class Fix:
    """One position: degrees, metres of uncertainty, when."""

    longitude: float
    latitude: float
    accuracy_m: float
    at: datetime


@dataclass(frozen=True)
class Track:
    """Where somebody walked. lines: simplified, degrees. length_m: of what is left after both ends
    are cut, before it is simplified. left_out: positions that were jumps or too rough."""

    lines: tuple[tuple[Spot, ...], ...]
    length_m: float
    started_at: datetime
    ended_at: datetime
    left_out: int


def clean(fixes: Iterable[Fix], *, trim_m: float) -> Track | None:
    """A track of these positions, whatever order they come in; None when nothing is left of it.

    trim_m: metres cut off at each end. Raises Invalid for "points" when there are too many.
    """
    given = list(fixes)
    if len(given) > MOST_POINTS:
        raise Invalid.field("points", f"Send {MOST_POINTS:,} positions or fewer.")
    good = sorted((fix for fix in given if fix.accuracy_m <= ROUGHEST_M), key=lambda fix: fix.at)
    stretches, jumps = _without_jumps(good)
    kept = _trimmed([[(fix.longitude, fix.latitude) for fix in one] for one in stretches], trim_m)
    if not kept:
        return None
    times = [fix.at for one in stretches for fix in one]
    return Track(
        tuple(_simplified(line) for line in kept),
        sum(length_m(line) for line in kept),
        min(times),
        max(times),
        len(given) - len(good) + jumps,
    )


def _without_jumps(fixes: Sequence[Fix]) -> tuple[list[list[Fix]], int]:
    """The positions as stretches without a jump or a long silence; how many were left out."""
    stretches: list[list[Fix]] = []
    jumps = 0
    last: Fix | None = None
    for fix in fixes:
        if last is None:
            stretches.append([fix])
            last = fix
            continue
        seconds = (fix.at - last.at).total_seconds()
        if seconds <= 0:
            continue
        if _apart_m((last.longitude, last.latitude), (fix.longitude, fix.latitude)) > (
            FASTEST * seconds + ROUGHEST_M
        ):
            jumps += 1
            if seconds > LONGEST_GAP_S:  # it went on elsewhere
                stretches.append([fix])
                last = fix
            continue
        if seconds > LONGEST_GAP_S:
            stretches.append([])
        stretches[-1].append(fix)
        last = fix
    return [one for one in stretches if len(one) > 1], jumps


def _trimmed(lines: Sequence[Sequence[Spot]], trim_m: float) -> list[list[Spot]]:
    """The lines without what is within so many metres of their start or of their end, whenever it
    was walked: who stands about there, or comes by again, is not shown there."""
    kept = [list(line) for line in lines]
    for end in [lines[0][0], lines[-1][-1]] if lines else []:
        kept = [piece for line in kept for piece in _outside(line, end, trim_m)]
    return kept


def _outside(line: Sequence[Spot], end: Spot, trim_m: float) -> Iterator[list[Spot]]:
    """The pieces of a line outside the circle around an end. A short step out and in again is a
    restless phone's: many of them would draw the circle, and so its middle."""
    is_in = [_apart_m(end, spot) <= trim_m for spot in line]
    piece: list[Spot] = [] if is_in[0] else [line[0]]
    came_out = False
    for (here, there), (was_in, goes_in) in zip(pairwise(line), pairwise(is_in), strict=True):
        if was_in and not goes_in:
            piece, came_out = [_crossing(end, here, there, trim_m)], True
        if not goes_in:
            piece.append(there)
        elif not was_in:
            piece.append(_crossing(end, there, here, trim_m))
            if not came_out or length_m(piece) > trim_m:
                yield piece
            piece = []
    if len(piece) > 1:
        yield piece


def _crossing(end: Spot, inside: Spot, outside: Spot, trim_m: float) -> Spot:
    """Where a step crosses the circle around an end."""
    for _ in range(HALVINGS):
        half = ((inside[0] + outside[0]) / 2, (inside[1] + outside[1]) / 2)
        if _apart_m(end, half) > trim_m:
            outside = half
        else:
            inside = half
    return outside


def _simplified(line: Sequence[Spot]) -> tuple[Spot, ...]:
    plain = LineString(line).simplify(PLAIN_M / METRES_PER_DEGREE)
    return tuple((round(x, 6), round(y, 6)) for x, y in plain.coords)


def _apart_m(one: Spot, other: Spot) -> float:
    return float(_EARTH.inv(*one, *other)[2])


def length_m(line: Sequence[Spot]) -> float:
    """The length of a line of degrees on the ellipsoid, metres."""
    longitudes, latitudes = zip(*line, strict=True)
    return float(_EARTH.line_length(longitudes, latitudes))


def covered(plan: Shape, lines: Sequence[Sequence[Spot]]) -> float:
    """How much of a planned area, line or place was walked past, 0 to 1."""
    if plan.is_empty or not lines:
        return 0.0
    middle = plan.centroid
    flat = _flat(plan, middle)
    walked = _seen(_flat(MultiLineString(_pieces(lines)), middle), flat)
    if flat.area > 0:
        return float(flat.intersection(walked).area / flat.area)
    if flat.length > 0:
        return float(flat.intersection(walked).length / flat.length)
    return float(walked.intersects(flat))


def _pieces(lines: Sequence[Sequence[Spot]]) -> list[Sequence[Spot]]:
    """Lines in short pieces: the ground along many is put together much faster than that along one
    which crosses itself a thousand times."""
    return [line[n : n + 3] for line in lines for n in range(0, len(line) - 1, 2)]


def _seen(walked: Shape, plan: Shape) -> Shape:
    """The ground that is seen from what was walked within reach of a plan; both in metres."""
    pieces = shapely.get_parts(walked)
    near = pieces[shapely.dwithin(pieces, plan, REACH_M)]
    return shapely.union_all(shapely.buffer(near, REACH_M))


def _flat(shape: Shape, middle: Point) -> Shape:
    """A shape in metres east and north of a middle: true enough within some kilometres of it."""
    narrow = math.cos(math.radians(middle.y))
    scale = (METRES_PER_DEGREE * narrow, METRES_PER_DEGREE)
    return transform(shape, lambda spots: (spots - (middle.x, middle.y)) * scale)


def read_gpx(data: bytes, begun_at: datetime) -> list[Fix]:
    """The positions of a GPX file's tracks and routes. Raises Invalid for "file".

    What has no time follows the one before it at a walker's pace, the first `begun_at`.
    """
    whole = _parsed(data)
    lines: list[list[Any]] = [one.points for each in whole.tracks for one in each.segments]
    lines += [route.points for route in whole.routes]
    found: list[Fix] = []
    at = begun_at
    for line in lines:
        before: Spot | None = None
        for point in line:
            here = (float(point.longitude), float(point.latitude))
            if not (-180 <= here[0] <= 180 and -90 <= here[1] <= 90):
                raise Invalid.field("file", "A position in this file is not on earth.")
            at = _when(point.time, at, before and _apart_m(before, here))
            found.append(Fix(*here, 5.0, at))
            before = here
            if len(found) > MOST_POINTS:
                raise Invalid.field("file", f"It has more than {MOST_POINTS:,} positions.")
    if not found:
        raise Invalid.field("file", "There is no track or route in this file.")
    return found


def _parsed(data: bytes) -> gpxpy.gpx.GPX:
    if len(data) > MOST_GPX_BYTES:
        raise Invalid.field("file", f"Choose a file of {MOST_GPX_BYTES // 2**20} MB or less.")
    if b"<!DOCTYPE" in data[:4096].upper() or b"<!ENTITY" in data.upper():
        raise Invalid.field("file", "This GPX file has declarations that are not taken.")
    try:
        return gpxpy.parse(data.decode("utf-8-sig"))
    except (gpxpy.gpx.GPXException, ValueError) as error:
        raise Invalid.field("file", "This is not a GPX file that can be read.") from error


def _when(said: datetime | None, last: datetime, step_m: float | None) -> datetime:
    if said is not None:
        return said if said.tzinfo else said.replace(tzinfo=UTC)
    seconds = max(1.0, (step_m or 0.0) / 1.4)
    try:
        return datetime.fromtimestamp(last.timestamp() + seconds, UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid.field("file", "A time in this file is not one of ours.") from error


def read_stops(data: bytes) -> list[tuple[str, float, float]]:
    """Name, longitude and latitude of a GPX file's waypoints; where it has none, of its routes'
    points that have a name. Raises Invalid for "file"."""
    whole = _parsed(data)
    points = whole.waypoints or [
        point for route in whole.routes for point in route.points if point.name
    ]
    found = [
        (" ".join((point.name or f"Stop {number}").split())[:120], point.longitude, point.latitude)
        for number, point in enumerate(points, 1)
    ]
    if not found:
        raise Invalid.field("file", "There is no waypoint in this file.")
    return found


def write_gpx(
    name: str,
    lines: Sequence[Sequence[Spot]],
    stops: Sequence[tuple[str, float, float]] = (),
    marking: str = "",
) -> str:
    """A GPX file of one track, and of stops as waypoints and as a route. Times are left out: what
    is kept has none. stops: name, longitude, latitude. marking: how it is classified."""
    whole = gpxpy.gpx.GPX()
    whole.creator = "Assetmap"
    whole.description = marking or None
    for stop, x, y in stops:
        whole.waypoints.append(gpxpy.gpx.GPXWaypoint(latitude=y, longitude=x, name=stop))
    if stops:
        route = gpxpy.gpx.GPXRoute(name=name)
        route.points = [
            gpxpy.gpx.GPXRoutePoint(latitude=y, longitude=x, name=stop) for stop, x, y in stops
        ]
        whole.routes.append(route)
    if not lines:
        return str(whole.to_xml())
    track = gpxpy.gpx.GPXTrack(name=name)
    whole.tracks.append(track)
    for line in lines:
        points = [gpxpy.gpx.GPXTrackPoint(latitude=y, longitude=x) for x, y in line]
        track.segments.append(gpxpy.gpx.GPXTrackSegment(points))
    return str(whole.to_xml())
