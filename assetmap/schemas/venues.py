"""What a place must have for an event to be held there, and which is chosen."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import OneOf, Some
from assetmap.vocabulary import FACILITIES

WITHIN_M = (1_000, 3_000, 5_000, 10_000)


class VenueWanted(BaseModel):
    """For how many people, with what, and how near to what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: int | None = Field(None, ge=1, le=100_000, description="it must hold as many")
    needs: Annotated[list[Annotated[str, OneOf(FACILITIES)]], Some(len(FACILITIES))] = Field(
        default_factory=list
    )
    within_m: int = Field(3_000, ge=100, le=20_000, description="metres")
    near: uuid.UUID | None = Field(
        None, description="uid of what it is about; empty: of where the event is"
    )


class VenueChosen(BaseModel):
    """A place to hold it at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: uuid.UUID = Field(..., description="uid of an asset or a group")
    move: bool = Field(default=False, description="put the event where the place is, too")
