"""Somebody who was met at an event, and what they agreed to there."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.persons import METHODS, Language, PersonEmail
from assetmap.schemas.text import Day, Line, OneOf, PhoneNumber, Some
from assetmap.vocabulary import ContactChannel, ContactPurpose, GivenBy, LawfulBasis

MOST_PURPOSES = len(ContactPurpose)
NOT_AGREED = "Tick what they agreed to. Without it nothing of them is kept."
NO_WAY = "Tick the ways they said yes to."
_BY_PHONE = frozenset({ContactChannel.PHONE, ContactChannel.SMS})


class AgreedThere(BaseModel):
    """A purpose, and the wording about it that they were read or shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: ContactPurpose
    notice_version: Annotated[str, Line(20, 1)] = Field(
        ..., description="of the notice they were shown"
    )


class MetDraft(BaseModel):
    """Somebody met at an event. person: whom the team knows already; then nothing else about them
    is needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: uuid.UUID | None = Field(None, description="uid of somebody who is kept already")
    is_somebody_else: bool = Field(
        False, description="true: they are none of those kept already who look the same"
    )
    name: Annotated[str, Line(120)] = ""
    email: PersonEmail = ""
    phone: PhoneNumber = ""
    language: Language = "en"
    is_adult: bool = Field(False, description="true: they are 18 or over")
    entry: Annotated[str, Line(40)] = Field("", description="reference or uid of group or place")
    title: Annotated[str, Line(80)] = Field("", description="what they are there")
    no_role_reason: Annotated[str, Line(300)] = Field("", description="needed without an entry")
    agreed_to: Annotated[list[AgreedThere], Field(min_length=1, max_length=MOST_PURPOSES)]
    channels: Annotated[list[ContactChannel], Some(5), Field(min_length=1)]
    lawful_basis: LawfulBasis = LawfulBasis.CONSENT
    method: Annotated[str, OneOf(METHODS)]
    given_by: GivenBy = GivenBy.SELF
    given_on: Day | None = Field(None, description="none: today")

    @model_validator(mode="after")
    def _is_somebody(self) -> "MetDraft":
        if len({one.purpose for one in self.agreed_to}) < len(self.agreed_to):
            raise ValueError("agreed_to: Name each purpose once.")
        if self.person is None:
            self._refuse_half_a_person()
        return self

    def _refuse_half_a_person(self) -> None:
        if not self.name:
            raise ValueError("name: Give their name.")
        if not self.is_adult:
            raise ValueError(
                "is_adult: Tick this. Somebody younger than 18 is reached through the group, and"
                " not kept."
            )
        if ContactChannel.EMAIL in self.channels and not self.email:
            raise ValueError("email: Give the e-mail address they said yes for.")
        if _BY_PHONE & set(self.channels) and not self.phone:
            raise ValueError("phone: Give the phone number they said yes for.")
        if self.entry and not self.title:
            raise ValueError("title: Say what they are there, such as member.")
        if self.title and not self.entry:
            raise ValueError("entry: Give the reference of a group or place, such as GRP-000012.")
        if not self.entry and not self.no_role_reason:
            raise ValueError(
                "no_role_reason: Give their group or place, or say why they are kept without."
            )
