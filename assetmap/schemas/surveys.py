"""What is asked before and after an event, and what somebody answers."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assetmap.schemas.text import Line, OneOf, Prose, name_line

PHASES = ("before", "after")
MOST_QUESTIONS = 10
LOWEST, HIGHEST = 1, 10
MOST_CHOICES = 10
LONGEST_QUESTION, LONGEST_CHOICE = 150, 80


@dataclass(frozen=True)
class Choice:
    """A question with answers to choose one from."""

    asks: str
    options: tuple[str, ...]


class SurveyDraft(BaseModel):
    """The questions of an event's survey, answered from 1 to 10 or by choosing an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measures: tuple[Annotated[str, Line(20, 1)], ...] = Field(
        (), max_length=MOST_QUESTIONS, description="codes of ready-made questions"
    )
    own: Annotated[str, Prose(1000)] = Field("", description="questions of your own, one a line")
    choices: Annotated[str, Prose(3000)] = Field(
        "",
        description="questions with answers to choose from: the question on one line, its answers"
        " below it, one a line, and an empty line before the next",
    )
    open_for: Annotated[str, OneOf(("", *PHASES))] = Field(
        "", description="which answers are taken now; empty: none"
    )

    @property
    def own_questions(self) -> tuple[str, ...]:
        """The lines that hold something."""
        return tuple(line for given in self.own.splitlines() if (line := name_line(given)))

    @property
    def choice_questions(self) -> tuple[Choice, ...]:
        """What stands between empty lines, each a question and its answers."""
        found = (
            [line for given in block.splitlines() if (line := name_line(given))]
            for block in re.split(r"\n[^\S\n]*\n", self.choices)
        )
        return tuple(Choice(lines[0], tuple(dict.fromkeys(lines[1:]))) for lines in found if lines)

    @field_validator("own")
    @classmethod
    def _short(cls, given: str) -> str:
        if any(len(line.strip()) > LONGEST_QUESTION for line in given.splitlines()):
            raise ValueError(f"Keep each question to {LONGEST_QUESTION} characters.")
        return given

    @model_validator(mode="after")
    def _can_be_chosen(self) -> "SurveyDraft":
        for one in self.choice_questions:
            if len(one.asks) > LONGEST_QUESTION:
                raise ValueError(
                    f"choices: Keep each question to {LONGEST_QUESTION} characters, and its answers"
                    " on lines of their own."
                )
            if not 2 <= len(one.options) <= MOST_CHOICES:
                raise ValueError(
                    f"choices: Write 2 to {MOST_CHOICES} answers below “{one.asks}”, one a line,"
                    " and an empty line before the next question."
                )
            if any(len(option) > LONGEST_CHOICE for option in one.options):
                raise ValueError(f"choices: Keep each answer to {LONGEST_CHOICE} characters.")
        return self

    @model_validator(mode="after")
    def _asks(self) -> "SurveyDraft":
        count = len(self.measures) + len(self.own_questions) + len(self.choice_questions)
        if not count:
            raise ValueError("measures: Choose or write at least one question.")
        if count > MOST_QUESTIONS:
            raise ValueError(f"own: Ask at most {MOST_QUESTIONS} questions.")
        return self


class AnswerDraft(BaseModel):
    """What somebody answers: for each question a number, from 1 to 10 or of an answer to choose
    from, or nothing."""

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
