"""Codes that are hung up, and how far those who scan them go."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Line

STEPS = ("scan", "interest", "joined")


class CounterDraft(BaseModel):
    """A code to hang up somewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hangs_at: Annotated[str, Line(80, 1)] = Field(
        ..., description="where it hangs, such as “Poster in the library”"
    )
