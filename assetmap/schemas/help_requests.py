"""Asking those who made offers for help, as forms and programs say it."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.text import Day, Line, Name, OneOf, Prose, Some
from assetmap.vocabulary import ContactChannel

ROLES = (
    *("lead", "facilitator", "note_taker", "greeter", "logistics", "media"),
    *("safeguarding", "interpreter", "evaluator"),
)
ANSWERS = ("accepted", "tentative", "declined")
MOST_AT_ONCE = 20
FURTHEST_M = 20_000
USUAL_M = 2_000
Answer = Literal["accepted", "tentative", "declined"]


class HelpDraft(BaseModel):
    """What is needed, and all that those who are asked are told of it.

    need: what it is for; action: of an event, what it carries out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: uuid.UUID | None = Field(None, description="uid of the team that asks; needed of several")
    need: uuid.UUID | None = Field(
        None, description="uid of the event, finding, hotspot or other entry that it is for"
    )
    action: uuid.UUID | None = Field(
        None, description="uid of what was said at that event and is done about"
    )
    role: Annotated[str, OneOf(("", *ROLES))] = Field("", description="at an event")
    title: Annotated[str, Name(160)] = Field(description="what is needed, in a line")
    words: Annotated[str, Prose(2_000)] = Field("", description="what it is about, in your words")
    words_checked: bool = Field(False, description="what looks like personal details is none")
    place: Annotated[str, Line(200)] = Field("", description="where, as those asked are told")
    needed_on: Day | None = Field(None, description="the day it is needed on")
    answer_by: Day = Field(description="the last day on which an answer helps")
    wanted: int = Field(1, ge=1, le=100, description="how many who say yes are enough")
    ask_who: Annotated[str, Line(80, 1)] = Field(description="whom people ask about it")
    ask_how: Annotated[str, Line(120, 1)] = Field(description="how they are reached")

    @model_validator(mode="after")
    def _in_time(self) -> "HelpDraft":
        if self.needed_on is not None and self.answer_by > self.needed_on:
            raise ValueError("answer_by: This is after the day on which it is needed.")
        if self.action is not None and self.need is None:
            raise ValueError("action: Say which event it belongs to.")
        return self


class NearSearch(BaseModel):
    """Which offers to choose from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Line(100)] = Field("", description="words to look for")
    category: Annotated[str, Line(24)] = Field("", description="of offers")
    how: Literal["near", "covers", "any"] = Field(
        "near", description="near the need, serving its place, or anywhere"
    )
    within_m: int = Field(USUAL_M, ge=50, le=FURTHEST_M, description="metres around the need")
    offer: uuid.UUID | None = Field(None, description="this one alone, wherever it is")
    cursor: str | None = Field(None, max_length=500, description="from the page before")


class AskDraft(BaseModel):
    """Offers whose givers are asked: by e-mail, which is sent, or by what somebody has done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    offers: Annotated[list[uuid.UUID], Some(MOST_AT_ONCE)] = Field(min_length=1)
    by: ContactChannel = Field(
        ContactChannel.EMAIL, description="email is sent; by any other, it is kept that you asked"
    )


class HelpAnswer(BaseModel):
    """What whoever was asked says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: Answer
    words: Annotated[str, Prose(500)] = Field("", description="what they say besides")
    gone: bool = Field(False, description="true: they do not offer this any more")


class HelpAnswerTaken(HelpAnswer):
    """The same as somebody of the team took it."""

    by: ContactChannel


class UseDraft(BaseModel):
    """That an offer was used, or was not after all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    used_on: Day | None = Field(None, description="null: it was not used")
    quantity: Decimal | None = Field(
        None, ge=0, le=1_000_000, max_digits=10, decimal_places=2, description="in the offer’s unit"
    )
    words: Annotated[str, Prose(500)] = Field("", description="how it went")


class ThanksDraft(BaseModel):
    """That somebody is thanked: by e-mail, which is sent, or by what somebody has done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: ContactChannel = ContactChannel.EMAIL
    words: Annotated[str, Prose(1_000)] = Field("", description="what came of it, in your words")


class HelpOf(BaseModel):
    """Which requests to list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    need: uuid.UUID | None = Field(None, description="for this entry alone")


def latest(first: date, second: date | None) -> date:
    """The later of two days, of which one may be missing."""
    return first if second is None else max(first, second)
