"""A panel as somebody asks for it: seats, reserves, and how many of each section."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.text import Code, Line, Some

MOST_SEATS = 500
MOST_QUOTAS = 100
MOST_SEED = 999_999_999


class QuotaDraft(BaseModel):
    """From least to most of a panel are there through a group for a section."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimension: Code = Field(description="such as age, as in who is missing")
    code: Code = Field(description="a section of it")
    least: int = Field(0, ge=0, le=MOST_SEATS)
    most: int | None = Field(None, ge=0, le=MOST_SEATS, description="all seats, unless given")


class PanelDraft(BaseModel):
    """What to draw. The same seed draws the same people of the same list again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seats: int = Field(ge=1, le=MOST_SEATS)
    reserves: int = Field(0, ge=0, le=MOST_SEATS)
    each_group: int | None = Field(
        None, ge=1, le=MOST_SEATS, description="at most so many through one group"
    )
    seed: int | None = Field(
        None, ge=1, le=MOST_SEED, description="of the lot; one is made up unless given"
    )
    why: Annotated[str, Line(200)] = Field("", description="what the panel is for")
    quotas: Annotated[list[QuotaDraft], Some(MOST_QUOTAS)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [(one.dimension, one.code) for one in self.quotas]
        if len(set(named)) < len(named):
            raise ValueError("quotas: Name each section once.")
        return self


class DeclinedDraft(BaseModel):
    """Somebody who has a seat and does not take it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: uuid.UUID
