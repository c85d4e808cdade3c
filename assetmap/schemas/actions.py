"""What was said at an event, what is done about it, and how people were told."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.text import Day, Line, OneOf, Prose, Some

STATES = ("proposed", "agreed", "in_progress", "done", "partly_done", "not_possible")
REPORTED = ("in_progress", "done", "partly_done", "not_possible")  # by the body that does it
TOLD_BY = (
    *("meeting", "email", "letter", "phone", "doorstep", "poster", "leaflet"),
    *("social_media", "website", "newsletter", "local_news"),
)
TOLD_TO = ("attendees", "invitees", "area", "public")
TEXTS = ("you_said", "theme", "decision", "we_did", "why_not")


class ActionDraft(BaseModel):
    """One thing that was said, and what is done about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    you_said: Annotated[str, Prose(1000), Field(min_length=1)] = Field(
        ..., description="in the words of whoever said it, naming nobody"
    )
    theme: Annotated[str, Line(80)] = ""
    decision: Annotated[str, Prose(1000)] = ""
    partner: Annotated[str, Line(200)] = Field(
        "", description="name of the body that does it; empty: the team's own"
    )
    owner: Annotated[str, Line(80)] = Field(
        "", description="who sees to it there, by role; for the team and that body alone"
    )
    due_on: Day | None = None
    status: Annotated[str, OneOf(STATES)] = "proposed"
    we_did: Annotated[str, Prose(1000)] = ""
    why_not: Annotated[str, Prose(1000)] = ""
    is_public: bool = Field(False, description="shown to whoever may see the event")
    words_checked: bool = Field(False, description="what looks like personal details is none")

    @model_validator(mode="after")
    def _hangs_together(self) -> "ActionDraft":
        if self.status in ("agreed", "in_progress") and self.due_on is None:
            raise ValueError("due_on: Say by when, or nobody knows when it is late.")
        if self.status in ("done", "partly_done") and not self.we_did:
            raise ValueError("we_did: Say what was done.")
        if self.status in ("partly_done", "not_possible") and not self.why_not:
            raise ValueError("why_not: Say why it could not all be done. People will ask.")
        if self.is_public and not (self.we_did or self.why_not):
            raise ValueError(
                "is_public: Say first what was done, or why not. An unanswered point stays inside."
            )
        return self


class ReportDraft(BaseModel):
    """How a promise goes, in the words of the body that does it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    how_far: Annotated[str, OneOf(REPORTED)]
    words: Annotated[str, Prose(1000), Field(min_length=1)] = Field(
        ..., description="what was done, or what is in the way"
    )


class TellingDraft(BaseModel):
    """That people were told what became of what they said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    told_on: Day
    told_by: Annotated[list[Annotated[str, OneOf(TOLD_BY)]], Some(11), Field(min_length=1)]
    told_to: Annotated[str, OneOf(TOLD_TO)]
    reach: int | None = Field(None, ge=0, le=10_000_000, description="how many, about")
    words: Annotated[str, Prose(500)] = ""
    words_checked: bool = Field(False, description="what looks like personal details is none")

    def is_to_come(self, today: date) -> bool:
        """Whether it is said to have been on a day that is yet to come."""
        return self.told_on > today


class ReportSearch(BaseModel):
    """Which open points to list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Line(100)] = ""
    late: Annotated[str, OneOf(("", "yes"))] = ""
    sort: Annotated[str, OneOf(("due", "event", "newest"))] = "due"
