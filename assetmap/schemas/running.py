"""The parts of an event, in the order they come."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Line, OneOf, Prose

PARTS = (
    *("opening", "understand", "solve", "prioritise"),
    *("report_back", "break", "close", "other"),
)
MOST_MINUTES = 24 * 60
MOST_DAYS = 366


class PartDraft(BaseModel):
    """One part of an event: what it is, how long it takes, what it asks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Annotated[str, OneOf(PARTS)] = "other"
    title: Annotated[str, Line(120, 1)] = Field(..., description="as people read it on the day")
    day: int = Field(
        1, ge=1, le=MOST_DAYS, description="of an event over several days; 1: the first"
    )
    minutes: int = Field(..., ge=1, le=MOST_MINUTES, description="how long it takes")
    question: Annotated[str, Prose(500)] = Field("", description="what it asks people")
    target: Annotated[str, Line(300)] = Field("", description="what there is at the end of it")
    lead: Annotated[str, Line(80)] = Field("", description="who leads it, by role")
