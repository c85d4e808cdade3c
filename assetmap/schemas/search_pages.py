"""What the search page's address may hold beside a search: a place in words."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.search import FURTHEST_M
from assetmap.schemas.text import Line

How = Literal["near", "covers", "inside"]
LAST_NUMBER = 10_000_000


class PagePlace(BaseModel):
    """Where to look, as typed, and how what is found must lie to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    where: Annotated[str, Line(100)] = Field("", description="postcode, place name or lon,lat")
    how: How | None = Field(None, description="near it, covering it, or inside it")
    within_m: float | None = Field(None, gt=0, le=FURTHEST_M, description="metres, with near")
    first: int = Field(1, ge=1, le=LAST_NUMBER, description="number of the page's first result")
