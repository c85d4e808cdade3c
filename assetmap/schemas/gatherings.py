"""Which walkabouts, events or hotspots to list."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Line, OneOf
from assetmap.vocabulary import ENGAGEMENT_KINDS


class OtherEntry(BaseModel):
    """Which other entry somebody means, in their words or by its reference."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Line(100)] = ""


class GatheringSearch(BaseModel):
    """Words and a state; both must match."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Line(100)] = ""
    status: Annotated[str, Line(20)] = Field(
        "", description="one state, or `any`; without it, what was called off is left out"
    )
    cursor: str | None = Field(None, max_length=500)


class CalendarSearch(BaseModel):
    """Whose events, of which sort and where, a calendar holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: tuple[Annotated[str, Line(80, 1)], ...] = Field(
        (), max_length=20, description="type:code or code of areas"
    )
    team: uuid.UUID | None = None
    type: tuple[Annotated[str, OneOf(ENGAGEMENT_KINDS)], ...] = Field((), max_length=20)
