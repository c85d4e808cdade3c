"""The planned streets or stops of a walkabout, in the order they are walked."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from assetmap.schemas.text import Line

MOST_STOPS = 60
_NUMBER = r"(-?\d{1,3}(?:\.\d{1,12})?)"
_PLACE = re.compile(rf"\s*\|\s*{_NUMBER}[,;\s]\s*{_NUMBER}\s*")
_BRITISH = (49.0, 61.5)  # degrees of latitude: no longitude here is one


class Stop(BaseModel):
    """A street or a place to stop at. Longitude and latitude in degrees, both or neither."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Line(120, 1)]
    longitude: float | None = Field(None, ge=-180, le=180)
    latitude: float | None = Field(None, ge=-90, le=90)

    @model_validator(mode="after")
    def _is_somewhere_or_not(self) -> "Stop":
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("stops: Give longitude and latitude, or neither.")
        return self


def of_line(line: str) -> dict[str, Any]:
    """A stop as people type it: a name, and after a bar its longitude and latitude.

    Whoever pastes the latitude first is understood, as far as it is a British one.
    """
    name, bar, place = line.partition("|")
    found = _PLACE.fullmatch(bar + place)
    if found is None:
        return {"name": line.strip()}
    first, second = float(found[1]), float(found[2])
    if _BRITISH[0] <= first <= _BRITISH[1]:
        first, second = second, first
    return {"name": name.strip(), "longitude": first, "latitude": second}


def as_line(stop: dict[str, Any]) -> str:
    """The other way."""
    if stop.get("longitude") is None:
        return str(stop["name"])
    return f"{stop['name']} | {_plain(stop['longitude'])}, {_plain(stop['latitude'])}"


def _plain(degrees: float) -> str:
    """To the nearest metre, without noughts at its end."""
    return f"{degrees:.5f}".rstrip("0").rstrip(".")


def _read(given: Any) -> Any:
    if not isinstance(given, list):
        return given
    return [of_line(one) if isinstance(one, str) else one for one in given if one != ""]


Stops = Annotated[list[Stop], BeforeValidator(_read), Field(max_length=MOST_STOPS)]
