"""Where an invite list looks for groups: the areas, shapes and hotspot it names, with outlines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.errors import Invalid, NotFound
from assetmap.models import Entry
from assetmap.register import entries, ground, search, writing
from assetmap.schemas.invite_lists import Criteria
from assetmap.vocabulary import Kind


@dataclass(frozen=True)
class Place:
    """Somewhere, as it is called, with its outline. area: the key of it where it is one, with its
    type and code."""

    label: str
    shape: Shape
    area: int | None = None
    type: str = ""
    code: str = ""


@dataclass(frozen=True)
class Places:
    """The places of a list. notes: what of them is not there any more, in words."""

    there: Sequence[Place] = ()
    notes: Sequence[str] = ()


def known(session: Session, wanted: Criteria, *, viewer: Viewer) -> Places:
    """Those of a list that was kept, as far as they are still there."""
    there: list[Place] = []
    try:
        there += places(session, wanted, viewer=viewer)
    except NotFound:
        return Places(there, ["The hotspot is not there, or not open to you any more."])
    except Invalid as error:  # an area that is no longer there
        return Places((), [" ".join(error.problems.values()) or str(error)])
    return Places(there)


def places(session: Session, wanted: Criteria, *, viewer: Viewer) -> Iterator[Place]:
    """Where its groups are looked for. Raises Invalid for an area that is not loaded or a shape
    that can not be, NotFound for no such hotspot."""
    areas = search.areas_called(session, wanted.area, outlined=True) if wanted.area else []
    for area in areas:
        shape = spatial.shape_of(area.boundary)
        assert shape is not None  # no area is without
        yield Place(area.label, shape, area.id, area.type, area.code)
    if wanted.within is not None:
        drawn = writing.clean_geometry(session, wanted.within, field="within")
        assert drawn is not None  # one was given
        yield Place("the shape that was drawn", drawn)
    if wanted.near is not None:
        longitude, latitude = wanted.near
        point = {"type": "Point", "coordinates": [longitude, latitude]}
        writing.clean_geometry(session, point, field="near")
        around = spatial.circle(longitude, latitude, wanted.within_m)
        label = f"{wanted.within_m:,} m around {longitude:.5f}, {latitude:.5f}"
        yield Place(label, around)
    if wanted.hotspot is not None:
        spot = entries.find(session, wanted.hotspot, viewer=viewer, kind=Kind.HOTSPOT)
        query = select(Entry.location).where(Entry.id == spot.id)
        if (shape := spatial.shape_of(session.scalar(query))) is not None:
            more = f" and {wanted.buffer_m:,} m around" if wanted.buffer_m else ""
            yield Place(f"{spot.title}{more}", ground.grown(shape, wanted.buffer_m))
