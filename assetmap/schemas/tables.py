"""Tables of an event, and what is noted at them."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.text import Line, OneOf, Prose

NOTES = ("idea", "knowledge", "concern", "decision", "quote")
JOBS = ("facilitator", "note_taker")
MOST_TABLES = 60
MOST_SEATS = 30
MOST_VOTES = 100_000
MARKS = 5


class Layout(BaseModel):
    """For how many people tables are laid out, and how many sit at each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: int = Field(..., ge=1, le=MOST_TABLES * MOST_SEATS)
    seats: int = Field(9, ge=2, le=MOST_SEATS, description="at most, at one table")

    @model_validator(mode="after")
    def _fits(self) -> "Layout":
        if -(-self.people // self.seats) > MOST_TABLES:
            raise ValueError(f"people: That is more than {MOST_TABLES} tables. Seat more at each.")
        return self


_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Source = Annotated[str, Field(pattern=f"^((offer|contact):{_UUID})?$")]


class TableDraft(BaseModel):
    """One table: what it is about, how many sit there, who leads and who takes notes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    theme: Annotated[str, Line(80)] = ""
    seats: int = Field(9, ge=1, le=MOST_SEATS)
    facilitator: Annotated[str, Line(80)] = Field("", description="who leads it, by role")
    note_taker: Annotated[str, Line(80)] = Field("", description="by role")
    facilitator_from: Source = Field(
        "", description="`offer:` and the uid of an offer, or `contact:` and that of a role"
    )
    note_taker_from: Source = Field("", description="the same for who takes notes")

    @model_validator(mode="after")
    def _two_people(self) -> "TableDraft":
        if self.note_taker and self.note_taker.casefold() == self.facilitator.casefold():
            raise ValueError("note_taker: Somebody else: nobody can lead and write at once.")
        same = self.note_taker_from == self.facilitator_from
        if same and self.note_taker_from.startswith("contact:"):
            raise ValueError("note_taker_from: Somebody else: nobody can lead and write at once.")
        return self


class FlipChart(BaseModel):
    """At which table a photo was taken, and what stands on its flip chart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_table: int = Field(..., ge=1, le=MOST_TABLES, description="its number")
    alt_text: Annotated[str, Line(300)] = Field("", description="what it says")


class NoteDraft(BaseModel):
    """Something that was noted at an event; of an idea, what people make of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Prose(1000), Field(min_length=1)] = Field(
        ..., description="as it was said, naming nobody"
    )
    kind: Annotated[str, OneOf(NOTES)] = "idea"
    table: int | None = Field(None, ge=1, le=MOST_TABLES, description="its number")
    part: uuid.UUID | None = Field(None, description="uid of the part of the running order")
    votes: int = Field(0, ge=0, le=MOST_VOTES)
    realistic: int | None = Field(None, ge=1, le=MARKS, description="1: hardly; 5: easily")
    difference: int | None = Field(None, ge=1, le=MARKS, description="1: little; 5: most")
    chosen: bool = Field(False, description="one of those that are taken on")
    words_checked: bool = Field(False, description="what looks like personal details is none")

    @model_validator(mode="after")
    def _only_ideas_are_weighed(self) -> "NoteDraft":
        if self.kind != "idea" and (self.votes or self.chosen or self.realistic or self.difference):
            raise ValueError("kind: Only an idea is voted on and chosen.")
        return self
