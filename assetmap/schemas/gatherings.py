"""Which walkabouts, events or hotspots to list."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Line


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
