"""Entries picked by hand, as forms and programs say them."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Name, Some

MOST_AT_ONCE = 200


class CollectionDraft(BaseModel):
    """A collection. team: whom it is shared with; none: it is the person's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Name(80)]
    team: uuid.UUID | None = Field(
        None, description="uid of a team of yours to share it with; without it, it is your own"
    )


class PickedDraft(BaseModel):
    """Entries to put into a collection."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry: Annotated[list[uuid.UUID], Some(MOST_AT_ONCE)] = Field(min_length=1)
