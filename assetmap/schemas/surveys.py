"""What is asked before and after an event, and what somebody answers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assetmap.schemas.text import Line, OneOf, Prose, name_line

PHASES = ("before", "after")
MOST_QUESTIONS = 10
LOWEST, HIGHEST = 1, 10


class SurveyDraft(BaseModel):
    """The questions of an event's survey; each is answered from 1 to 10."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measures: tuple[Annotated[str, Line(20, 1)], ...] = Field(
        (), max_length=MOST_QUESTIONS, description="codes of ready-made questions"
    )
    own: Annotated[str, Prose(1000)] = Field("", description="questions of your own, one a line")
    open_for: Annotated[str, OneOf(("", *PHASES))] = Field(
        "", description="which answers are taken now; empty: none"
    )

    @property
    def own_questions(self) -> tuple[str, ...]:
        """The lines that hold something."""
        return tuple(line for given in self.own.splitlines() if (line := name_line(given)))

    @field_validator("own")
    @classmethod
    def _short(cls, given: str) -> str:
        if any(len(line.strip()) > 150 for line in given.splitlines()):
            raise ValueError("Keep each question to 150 characters.")
        return given

    @model_validator(mode="after")
    def _asks(self) -> "SurveyDraft":
        count = len(self.measures) + len(self.own_questions)
        if not count:
            raise ValueError("measures: Choose or write at least one question.")
        if count > MOST_QUESTIONS:
            raise ValueError(f"own: Ask at most {MOST_QUESTIONS} questions.")
        return self


class AnswerDraft(BaseModel):
    """What somebody answers: a number from 1 to 10 for each question, or nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    given: dict[Annotated[str, Line(20, 1)], Annotated[int, Field(ge=LOWEST, le=HIGHEST)]] = Field(
        ..., max_length=MOST_QUESTIONS
    )
    pair: Annotated[str, Line(30)] = Field("", description="the words kept from the first time")

    @field_validator("given")
    @classmethod
    def _something(cls, given: dict[str, int]) -> dict[str, int]:
        if not given:
            raise ValueError("Answer at least one question.")
        return given
