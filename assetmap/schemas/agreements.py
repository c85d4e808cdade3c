"""What is written down of a sharing agreement, and why it is ended."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.text import Code, Day, Line, OneOf, Prose, Some
from assetmap.vocabulary import Kind, LawfulBasis, SharedField

LONGEST = timedelta(days=5 * 366)
FIELDS = tuple(field.value for field in SharedField)


class AgreementDraft(BaseModel):
    """Who may see what of whose, for what, on what ground and until when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, Line(160, 1)]
    giver: UUID | None = Field(None, description="uid of a partner; empty: who keeps the register")
    receiver: UUID = Field(..., description="uid of the partner that may see it")
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=len(Kind))]
    areas: Annotated[list[Code], Some(200)] = Field(
        default_factory=list, description="type:code of each; none: everywhere"
    )
    categories: Annotated[list[Code], Some(200)] = Field(
        default_factory=list, description="codes; none: all. A term stands for all below it"
    )
    fields: Annotated[list[Annotated[str, OneOf(FIELDS)]], Some(4)] = Field(default_factory=list)
    purpose: Annotated[str, Prose(500)]
    lawful_basis: LawfulBasis
    gateway: Annotated[str, Line(200)] = ""
    terms: Annotated[str, Prose(4000)] = ""
    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _hangs_together(self) -> "AgreementDraft":
        if not self.purpose.strip():
            raise ValueError("purpose: Say what it is for.")
        if self.giver == self.receiver:
            raise ValueError("receiver: Choose another body than the one that gives.")
        if self.ends_on < self.starts_on:
            raise ValueError("ends_on: The last day is before the first.")
        if self.ends_on - self.starts_on > LONGEST:
            raise ValueError("ends_on: Agree for five years at most; then look at it again.")
        return self


class Ending(BaseModel):
    """Why an agreement ends before its time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    why: Annotated[str, Line(500, 1)]
