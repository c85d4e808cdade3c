"""Which groups an event wants to have there."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Line, Some

MOST_AT_ONCE = 100


class Wanted(BaseModel):
    """Groups to be wanted from now on: those that were ticked, and one that was typed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    groups: Annotated[list[uuid.UUID], Some(MOST_AT_ONCE)] = Field(default_factory=list)
    name: Annotated[str, Line(200)] = Field("", description="a name or a reference")
