"""People who come in at the door of an event."""

import uuid

from pydantic import BaseModel, ConfigDict, Field

MOST_AT_ONCE = 50


class Arrived(BaseModel):
    """So many people who came in together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: int = Field(1, ge=1, le=MOST_AT_ONCE)
    group: uuid.UUID | None = Field(None, description="uid of the group they came with, if any")
