"""What an invite list is compared with."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Code, Some


class Compared(BaseModel):
    """With whom a list is compared: those who live in its own places, unless others are named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: Annotated[list[Code], Some(10)] = Field(
        default_factory=list, description="area codes, in place of where the list comes from"
    )
    until: str = Field(
        "", pattern=r"^([0-9]{4})?$", description="a year: figures of that year or before"
    )
