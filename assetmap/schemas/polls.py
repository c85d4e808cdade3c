"""A question put to a room, and what one phone answers."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assetmap.schemas.surveys import HIGHEST, LONGEST_CHOICE, MOST_CHOICES
from assetmap.schemas.text import Line, OneOf, Prose, name_line

SORTS = ("choice", "scale")


class PollDraft(BaseModel):
    """A question with answers to choose from, or answered from 1 to 10."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asks: Annotated[str, Line(200, 1)] = Field(..., description="the question")
    kind: Annotated[str, OneOf(SORTS)] = "choice"
    options: Annotated[str, Prose(1000)] = Field(
        "", description="answers to choose from, one a line; of a scale, empty"
    )

    part: uuid.UUID | None = Field(None, description="uid of the part of the running order")

    @property
    def choices(self) -> tuple[str, ...]:
        """The lines that hold something, each once."""
        lines = (name_line(given) for given in self.options.splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))

    @field_validator("options")
    @classmethod
    def _short(cls, given: str) -> str:
        if any(len(line.strip()) > LONGEST_CHOICE for line in given.splitlines()):
            raise ValueError(f"Keep each answer to {LONGEST_CHOICE} characters.")
        return given

    @model_validator(mode="after")
    def _can_be_chosen(self) -> "PollDraft":
        if self.kind == "scale" and self.choices:
            raise ValueError("options: Answers from 1 to 10 need no list. Leave this empty.")
        if self.kind == "choice" and not 2 <= len(self.choices) <= MOST_CHOICES:
            raise ValueError(f"options: Write 2 to {MOST_CHOICES} answers, one a line.")
        return self


class Vote(BaseModel):
    """What is chosen: the number of an answer, from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chosen: int = Field(..., ge=1, le=max(MOST_CHOICES, HIGHEST))
