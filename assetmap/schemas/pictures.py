"""Rich pictures: what people drew of a place, who agreed to its use, and what it tells."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from assetmap.schemas.text import Day, Line, OneOf

SHOWS = ("problem", "solution")
AGREED_BY = ("guardians", "school")
USES = ("display", "report", "publish")
SCOPES = ("internal", "partners", "public")
MOST_CORNERS = 40
Corner = tuple[Annotated[float, Field(ge=0, le=100)], Annotated[float, Field(ge=0, le=100)]]


class PictureDraft(BaseModel):
    """A rich picture: what it shows, which group made it, and what it may be used for.

    One that under-18s made is seen by the team alone until their guardians, or the school for
    them, have agreed to its being published.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, Line(120, 1)] = Field(..., description="naming nobody")
    alt_text: Annotated[str, Line(300, 1)] = Field(
        ..., description="what it shows, for those who cannot see it"
    )
    made_by: Annotated[str, Line(120)] = Field("", description="which group, never a name")
    shows: Annotated[str, OneOf(SHOWS)] = "problem"
    under_18: bool = Field(False, description="made by people under 18")
    scope: Literal["internal", "partners", "public"] = Field(
        "internal", description="who may see it; of under-18s, worked out from `uses`"
    )
    agreed_by: Annotated[str, OneOf(("", *AGREED_BY))] = ""
    agreed_as: Annotated[str, Line(80)] = Field(
        "", description="the role of who signed, such as head teacher; never a name"
    )
    agreed_on: Day | None = None
    uses: Annotated[list[Annotated[str, OneOf(USES)]], Field(max_length=3)] = Field(
        default_factory=list, description="what they agreed to"
    )

    @model_validator(mode="after")
    def _is_agreed_to(self) -> "PictureDraft":
        said = bool(self.agreed_by or self.agreed_as or self.agreed_on or self.uses)
        if not self.under_18:
            if said:
                raise ValueError(
                    "under_18: Only for pictures by under-18s. Tick this, or clear it."
                )
            return self
        if self.scope != "internal":
            raise ValueError("scope: Who may see it follows from what was agreed. Leave it.")
        if said and not (self.agreed_by and self.agreed_on and self.uses):
            missing = [
                (self.agreed_by, "agreed_by: Say who agreed: the guardians or the school."),
                (self.agreed_on, "agreed_on: Say on which day they agreed."),
                (self.uses, "uses: Say what they agreed to."),
            ]
            raise ValueError(next(words for held, words in missing if not held))
        return self

    @property
    def open_to(self) -> str:
        """Who may see the picture."""
        if not self.under_18:
            return self.scope
        return "public" if "publish" in self.uses else "internal"


class NewPicture(PictureDraft):
    """The same, with the photo of the event that it is."""

    photo: uuid.UUID = Field(..., description="uid of a photo of the event; never another later")


def _corners(given: Any) -> Any:
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        given = " ".join(given)  # as a form sends it
    if not isinstance(given, str):
        return given
    try:
        pairs = [tuple(float(one) for one in pair.split(",")) for pair in given.split()]
    except ValueError as error:
        raise ValueError("Give corners such as 10,10 40,10 40,30.") from error
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("Give two numbers for each corner: from the left, and from the top.")
    return pairs


class RegionDraft(BaseModel):
    """A part of a picture and what it tells: a rectangle, or the corners of another shape; in
    hundredths of its width from the left and of its height from the top."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    insight: Annotated[str, Line(300, 1)] = Field(..., description="in words, naming nobody")
    left: float | None = Field(None, ge=0, le=99)
    top: float | None = Field(None, ge=0, le=99)
    width: float | None = Field(None, ge=1, le=100)
    height: float | None = Field(None, ge=1, le=100)
    corners: Annotated[list[Corner], BeforeValidator(_corners), Field(max_length=MOST_CORNERS)] = (
        Field(default_factory=list, description="three or more, instead of a rectangle")
    )

    @model_validator(mode="after")
    def _is_a_shape(self) -> "RegionDraft":
        sides = (self.left, self.top, self.width, self.height)
        if self.corners:
            if len(set(self.corners)) < 3:
                raise ValueError("corners: Give at least three corners.")
        elif any(side is None for side in sides):
            raise ValueError("left: Say where it is: four numbers, or corners.")
        return self

    @property
    def shape(self) -> list[list[float]]:
        """Its corners, in order; none beyond the picture."""
        if self.corners:
            return [[round(x, 1), round(y, 1)] for x, y in self.corners]
        left, top = self.left or 0.0, self.top or 0.0
        right = min(100.0, left + (self.width or 0.0))
        foot = min(100.0, top + (self.height or 0.0))
        there = [[left, top], [right, top], [right, foot], [left, foot]]
        return [[round(x, 1), round(y, 1)] for x, y in there]


class FindingFrom(BaseModel):
    """What a part of a picture is kept as, as a finding."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: Annotated[str, Line(24, 1)] = Field(..., description="code of a category in use")
