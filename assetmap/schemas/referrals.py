"""What is written down when something is passed on, and when an office has it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.text import Line, OneOf, Prose, Some
from assetmap.vocabulary import RETURNED_WHY, URGENCIES, ReferralCategory

Name = Annotated[str, Line(40, 1)]


class ReferralDraft(BaseModel):
    """Something that is not the register's to keep. `fields` of an entry go along with `words`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: ReferralCategory
    urgency: Annotated[str, OneOf(URGENCIES)]
    may_be_named: Annotated[str, OneOf(("yes", "no"))]
    words: Annotated[str, Prose(8000)] = ""
    fields: Annotated[list[Name], Some(40)] = Field(default_factory=list)
    photos: bool = False
    where: Annotated[str, Line(200)] = Field("", description="kept as the code of its small area")

    @model_validator(mode="after")
    def _says_something(self) -> "ReferralDraft":
        if not self.words.strip() and not self.fields and not self.photos:
            raise ValueError("words: Say what should be passed on, or choose what goes along.")
        return self


class HandOver(BaseModel):
    """Which office it goes to; its reference, when it has given one at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sent_to: Annotated[str, Line(120, 1)]
    force_reference: Annotated[str, Line(60)] = ""


class Acknowledged(BaseModel):
    """The reference that the office gave it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    force_reference: Annotated[str, Line(60, 1)]


class GivenBack(BaseModel):
    """Why the office does not take it: chosen, so that nothing about it is typed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    why: Annotated[str, OneOf(RETURNED_WHY)]


class InboxFilter(BaseModel):
    """Which referrals to list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Annotated[
        str, OneOf(("", "open", "raised", "sent", "acknowledged", "returned", "purged"))
    ] = "open"
    category: Annotated[str, OneOf(("", *ReferralCategory))] = ""
    due: Annotated[str, OneOf(("", "yes"))] = ""
