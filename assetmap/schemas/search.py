"""What to look for: one schema behind the page, the JSON door, downloads, the map and the CLI."""

import json
import math
import uuid
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from assetmap.schemas.text import Line
from assetmap.vocabulary import Kind

MOST_ON_A_PAGE = 200
FURTHEST_M = 100_000
MAX_WITHIN_CHARACTERS = 100_000
Point = tuple[float, float]
Box = tuple[float, float, float, float]
Sort = Literal["relevance", "distance", "newest", "checked"]


_POLYGON = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"enum": ["Polygon", "MultiPolygon"]},
        "coordinates": {"type": "array", "items": {"type": "array"}},
    },
}


def _numbers(given: Any) -> Any:
    """Numbers typed with commas or spaces between."""
    if not isinstance(given, str):
        return given
    parts = given.replace(",", " ").split()
    try:
        read = tuple(float(part) for part in parts)
    except ValueError as error:
        raise ValueError("Give numbers with commas between, such as -1.92,53.74.") from error
    if not all(math.isfinite(number) for number in read):
        raise ValueError("Give ordinary numbers.")
    return read


def _on_earth(longitude: float, latitude: float) -> None:
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError("Give longitude,latitude in degrees; longitude comes first.")


def _as_point(given: Point) -> Point:
    _on_earth(*given)
    return given


def _as_shape(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    if len(given) > MAX_WITHIN_CHARACTERS:
        raise ValueError("The shape has too many points.")
    try:
        return json.loads(given)
    except (ValueError, RecursionError) as error:
        raise ValueError("Give a GeoJSON Polygon or MultiPolygon.") from error


_LONGITUDE, _LATITUDE = (
    {"type": "number", "minimum": -180, "maximum": 180},
    {"type": "number", "minimum": -90, "maximum": 90},
)


def _typed_numbers(*numbers: dict[str, Any]) -> WithJsonSchema:
    count = len(numbers)
    schema = {"type": "array", "prefixItems": list(numbers), "minItems": count, "maxItems": count}
    return WithJsonSchema(schema)


def _so_many(count: int, said: str) -> BeforeValidator:
    def read(given: Any) -> Any:
        numbers = _numbers(given)
        if isinstance(numbers, tuple | list) and len(numbers) != count:
            raise ValueError(f"Give {count} numbers: {said}.")
        return numbers

    return BeforeValidator(read)


Place = Annotated[Point, _so_many(2, "longitude,latitude"), _typed_numbers(_LONGITUDE, _LATITUDE)]
Corners = Annotated[
    Box,
    _so_many(4, "west,south,east,north"),
    _typed_numbers(_LONGITUDE, _LATITUDE, _LONGITUDE, _LATITUDE),
]
Drawn = Annotated[dict[str, Any], BeforeValidator(_as_shape), WithJsonSchema(_POLYGON)]


class Filters(BaseModel):
    """What to look for: everything given must match; several values of one thing mean any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: tuple[Kind, ...] = Field((), max_length=7, description="kinds of entry")
    area: tuple[Annotated[str, Line(80, 1)], ...] = Field(
        (),
        max_length=50,
        description="area codes, `type:code` where codes clash: the newest vintage of each, unless"
        " one is named as `type:code@vintage`",
    )
    category: tuple[Annotated[str, Line(24, 1)], ...] = Field(
        (), max_length=50, description="category codes; a top term means all below it"
    )
    text: Annotated[str, Line(100)] = Field("", description="words to look for")
    near: Place | None = Field(None, description="lon,lat in degrees")
    within_m: float | None = Field(
        None, gt=0, le=FURTHEST_M, description="metres from `near`; 1000 unless given"
    )
    covers: Place | None = Field(None, description="lon,lat of a place the entry must serve")
    bbox: Corners | None = Field(None, description="west,south,east,north")
    within: Drawn | None = Field(None, description="GeoJSON Polygon or MultiPolygon")
    found_on: uuid.UUID | None = Field(None, description="uid of a walkabout or engagement")
    about: uuid.UUID | None = Field(None, description="uid of a hotspot or other entry")
    collection: uuid.UUID | None = Field(
        None, description="uid of a collection of yours, or of a team of yours"
    )
    status: tuple[Annotated[str, Line(20, 1)], ...] = Field(
        (), max_length=40, description="states; without it, what is over is left out"
    )
    overdue: bool | None = Field(None, description="true: only entries due for a check")
    sort: Sort = "relevance"

    @field_validator("near", "covers")
    @classmethod
    def _places(cls, given: Point | None) -> Point | None:
        return given and _as_point(given)

    @field_validator("bbox")
    @classmethod
    def _a_box(cls, given: Box | None) -> Box | None:
        if given is None:
            return None
        west, south, east, north = given
        _on_earth(west, south)
        _on_earth(east, north)
        if west >= east or south >= north:
            raise ValueError("Give west,south,east,north: west below east, south below north.")
        return given

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.within_m is not None and self.near is None:
            raise ValueError("within_m: Goes with near.")
        if self.sort == "distance" and self.near is None:
            raise ValueError("sort: Sorting by distance needs near.")
        return self

    @property
    def reach_m(self) -> float | None:
        """Metres from `near` that count; none when no place is given."""
        return None if self.near is None else self.within_m or 1000.0


class EntrySearch(Filters):
    """Everything given must match; several values of one thing mean any of them."""

    limit: int = Field(50, ge=1, le=MOST_ON_A_PAGE)
    cursor: str | None = Field(None, max_length=500, description="from the last page's `next` link")


class GoOn(BaseModel):
    """Where to take a file up again that broke off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Annotated[str, Field(pattern=r"^[A-Za-z]{3}-[0-9]{1,15}$")] | None = Field(
        None,
        description="go on behind the entry with this `ref`, the last that arrived whole, in the"
        " order in which entries were logged; AST-000000 is the start of that order",
    )
    since: AwareDatetime | None = Field(
        None,
        description="`X-Taken-At` of the first part: `X-Changed-Since` then says how many of what"
        " you have were changed meanwhile",
    )

    @model_validator(mode="after")
    def _goes_on(self) -> Self:
        if self.since is not None and self.after is None:
            raise ValueError("since: Goes with after.")
        return self

    @property
    def key(self) -> int | None:
        """The key to go on behind: what a reference ends with, there or not."""
        return None if self.after is None else int(self.after.partition("-")[2])


FROM_THE_START = GoOn()


class FileSearch(Filters, GoOn):
    """The same filters for a file of all that was found."""

    def as_search(self) -> EntrySearch:
        """What to look for, wherever to go on."""
        return EntrySearch.model_validate(self.model_dump(exclude={*GoOn.model_fields}))


class ListSearch(EntrySearch):
    """The same filters for a page of what was found, with or without counts over all of it."""

    counts: bool = Field(
        True,
        description="false: without `numberMatched` and `facets`, which take longest to find",
    )


class MapSearch(EntrySearch):
    """The same filters for the part of the map that is shown."""

    bbox: Corners = Field(..., description="west,south,east,north of the map")
    zoom: int = Field(..., ge=0, le=20, description="zoom of the map")
    without: tuple[uuid.UUID, ...] = Field(
        (),
        max_length=MOST_ON_A_PAGE,
        description="uids of entries that are drawn already, to be left out and not counted",
    )
