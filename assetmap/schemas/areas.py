"""What one may ask of areas, in an address."""

import enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Line
from assetmap.vocabulary import AreaType

LARGEST_KEY = 2**53


class AreaSort(enum.StrEnum):
    """In which order areas are listed."""

    KNOWN = "known"
    NAME = "name"
    CODE = "code"
    ENTRIES = "entries"


class AreaBrowse(BaseModel):
    """Which areas to list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: AreaType | None = Field(None, description="only areas of this type")
    vintage: Annotated[str, Line(8)] | None = Field(None, description="only this vintage")
    text: Annotated[str, Line(100)] = Field("", description="part of the name, or the code")
    sort: AreaSort = Field(
        AreaSort.KNOWN,
        description="known: wards and what else people know by name before small areas; "
        "entries: those with most entries first",
    )
    cursor: int | None = Field(None, ge=1, le=LARGEST_KEY, description="from the last page's link")
    limit: int = Field(50, ge=1, le=200)


class AreaChoice(BaseModel):
    """Which of the areas with one code is meant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: AreaType | None = Field(None, description="where several types use the code")
    vintage: Annotated[str, Line(8)] | None = Field(None, description="the latest unless given")


class PlaceQuestion(BaseModel):
    """A place that somebody typed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: Annotated[str, Line(100)] = Field(
        "", description="a postcode or its beginning, a place name, an area code or lon,lat"
    )
