"""What a phone sends of the way it went."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Degrees = Annotated[float, Field(ge=-180, le=180)]
Position = tuple[
    Degrees,
    Annotated[float, Field(ge=-90, le=90)],
    Annotated[float, Field(ge=0, le=100_000)],
    Annotated[int, Field(ge=0, le=4_102_444_800_000)],
]


class Walked(BaseModel):
    """Positions as a phone found them; times are milliseconds since 1970."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: list[Position] = Field(
        ..., min_length=1, max_length=50_000, description="[longitude, latitude, accuracy_m, ms]"
    )
    trim_m: float = Field(50, ge=50, le=500, description="metres cut off at each end")
