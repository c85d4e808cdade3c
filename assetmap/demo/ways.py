"""Where the demo town's walkabouts went: along the streets and paths of what they had planned."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from assetmap import spatial
from assetmap.demo.town import town
from assetmap.formats.tracks import Fix, clean
from assetmap.models import Track, User, Walkabout

WALKED_BY = "local@demo.example"
METRES_A_SECOND = 1.25
EVERY_S = 8
SKIPPED = 4  # every fourth street was left for another day
MOST_STREETS = 16
TRIM_M = 50.0


def walk(session: Session) -> None:
    """Give each walkabout that is over the way it went."""
    user = session.scalars(select(User).where(User.email == WALKED_BY)).one()
    over = (
        select(Walkabout)
        .where(Walkabout.status == "complete")
        .options(undefer(Walkabout.location))
        .order_by(Walkabout.id)
    )
    for walkabout in session.scalars(over):
        path = _path(spatial.shape_of(walkabout.location))
        track = clean(_fixes(path, walkabout.starts_at), trim_m=TRIM_M) if path else None
        if track is not None:
            session.add(
                Track(
                    walkabout_id=walkabout.id,
                    lines=[[list(spot) for spot in line] for line in track.lines],
                    length_m=round(track.length_m, 1),
                    started_at=track.started_at,
                    ended_at=track.ended_at,
                    created_by_id=user.id,
                )
            )
    session.flush()


def _path(plan: Shape | None) -> LineString | None:
    """Along the streets of a planned area, from each to the nearest that is left."""
    if plan is None:
        return None
    inside = [street.line.intersection(plan) for street in town().streets]
    pieces = [part for one in inside for part in shapely.get_parts(one) if part.length > 0]
    left = [list(part.coords) for n, part in enumerate(pieces) if n % SKIPPED][:MOST_STREETS]
    if not left:
        return None
    path = left.pop(0)
    while left:
        here = shapely.Point(path[-1])
        left.sort(key=lambda one: min(here.distance(shapely.Point(one[end])) for end in (0, -1)))
        street = left.pop(0)
        far_end = here.distance(shapely.Point(street[-1])) < here.distance(shapely.Point(street[0]))
        path += street[::-1] if far_end else street
    return LineString(path)


def _fixes(path: LineString, starts_at: datetime) -> Iterator[Fix]:
    """Positions along a path at a walker's pace."""
    metres = path.length * 90_000  # degrees here, east and north alike, near enough for a demo
    count = max(2, int(metres / (METRES_A_SECOND * EVERY_S)))
    for n in range(count + 1):
        spot = path.interpolate(n / count, normalized=True)
        yield Fix(spot.x, spot.y, 8.0, starts_at + timedelta(seconds=n * EVERY_S))
