"""What is kept of a person, of their roles and of what they agreed to; and which people to list."""

import re
import uuid
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.text import Day, EmailAddress, Line, OneOf, PhoneNumber, Prose, Some
from assetmap.vocabulary import ContactChannel, ContactPurpose, GivenBy, LawfulBasis

MONTHS = 24  # that a record holds where nothing else is said
LONGEST = timedelta(days=5 * 366)
CHANNELS = tuple(channel.value for channel in ContactChannel)
METHODS = ("web", "paper", "verbal")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_AREA = re.compile(r"[EWSNKJLM]\d{8}|95[A-Z]{2}\d{2}S\d|N2\d{7}")
_TOO_SMALL = ("E00", "W00", "S00", "N00")  # output areas: a hundred homes


def language_tag(given: str) -> str:
    """A tag such as en, cy or pt-BR."""
    if not _LANGUAGE.fullmatch(given):
        raise ValueError("Give a language such as en, cy or ur.")
    return given


def area_code(given: str) -> str:
    """A code of an area no smaller than an LSOA, or nothing."""
    code = given.upper().replace(" ", "")
    if code and (not _AREA.fullmatch(code) or code.startswith(_TOO_SMALL)):
        raise ValueError("Give the code of a small area (LSOA) or a larger one, such as E01000001.")
    return code


def small_letters(given: str) -> str:
    """An e-mail address in small letters, as it is compared."""
    return given.lower()


Language = Annotated[str, Line(35, 2), AfterValidator(language_tag)]
AreaCode = Annotated[str, Line(12), AfterValidator(area_code)]
PersonEmail = Annotated[EmailAddress, AfterValidator(small_letters)]


class PersonDraft(BaseModel):
    """Somebody a team may reach. Full age is said outright: nobody younger is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Line(120, 1)]
    display_name: Annotated[str, Line(80)] = Field("", description="what they like to be called")
    email: PersonEmail = ""
    phone: PhoneNumber = ""
    language: Language = "en"
    preferred_channel: Annotated[str, OneOf(("", *CHANNELS))] = ""
    home_area_code: AreaCode = Field("", description="of an LSOA or something larger; no address")
    is_adult: bool = Field(..., description="true: they are 18 or over")
    no_role_reason: Annotated[str, Line(300)] = ""
    notes: Annotated[str, Prose(2000)] = ""
    last_contacted_on: Day | None = None
    got_from: Annotated[str, OneOf(("", "self", "other", "published"))] = Field(
        "", description="who gave their details: themselves, somebody else, something published"
    )
    told_on: Day | None = Field(
        None, description="when they were told so, where it was not themselves (within a month)"
    )

    @model_validator(mode="after")
    def _hangs_together(self) -> "PersonDraft":
        if not self.is_adult:
            raise ValueError("is_adult: Only people of 18 and over can be kept. Use the group.")
        if self.preferred_channel == "email" and not self.email:
            raise ValueError("preferred_channel: Give the e-mail address too.")
        if self.preferred_channel in ("phone", "sms") and not self.phone:
            raise ValueError("preferred_channel: Give the phone number too.")
        return self


class RoleDraft(BaseModel):
    """What somebody is at a group or place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry: Annotated[str, Line(40, 1)] = Field(..., description="reference or uid")
    title: Annotated[str, Line(80, 1)] = Field(..., description="such as Treasurer")
    from_on: Day | None = None
    to_on: Day | None = None
    is_public: bool = Field(False, description="name and title may be shown with the entry")

    @model_validator(mode="after")
    def _in_order(self) -> "RoleDraft":
        if self.from_on and self.to_on and self.to_on < self.from_on:
            raise ValueError("to_on: The last day is before the first.")
        return self


class ConsentDraft(BaseModel):
    """What somebody agreed to, by which channels, on what ground, and what they were told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: ContactPurpose
    channels: Annotated[list[ContactChannel], Some(5), Field(min_length=1)]
    lawful_basis: LawfulBasis = LawfulBasis.CONSENT
    controllers: Annotated[list[Annotated[str, Line(120, 1)]], Some(20)] = Field(
        default_factory=list, description="bodies that were named; none: the team's own"
    )
    notice_version: Annotated[str, Line(20, 1)] = Field(
        ..., description="of the notice they were shown"
    )
    method: Annotated[str, OneOf(METHODS)]
    given_by: GivenBy = GivenBy.SELF
    given_on: Day | None = Field(None, description="none: today")
    expires_on: Day | None = Field(None, description="first day it does not hold; none: 24 months")


class NoticeDraft(BaseModel):
    """A new wording of what people are told about a purpose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: ContactPurpose
    language: Language = "en"
    version: Annotated[str, Line(20, 1)]
    text: Annotated[str, Prose(4000), Field(min_length=40)]


class ContactBrowse(BaseModel):
    """Which people to list, as an address may say it: it holds no name. All of it must match."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: uuid.UUID | None = Field(None, description="uid of a team")
    at: Annotated[str, Line(40)] = Field("", description="reference or uid of a group or place")
    agreed: ContactPurpose | None = Field(None, description="what a current record is for")
    stopped: bool | None = Field(None, description="true: only those not to be contacted")
    untold: bool | None = Field(
        None,
        description="true: only those of your teams whose details came from others and who have"
        " not been told so",
    )
    sort: Literal["name", "added", "contacted"] = "name"
    cursor: Annotated[str, Line(64)] = ""
    limit: int = Field(50, ge=1, le=200)


class PersonSearch(ContactBrowse):
    """The same with a part of a name, an address or a number, which a form says."""

    text: Annotated[str, Line(100)] = ""


class PersonSent(PersonDraft):
    """Somebody as a program sends them. team and role are for somebody who is added."""

    team: uuid.UUID | None = Field(None, description="uid of who keeps them; none: your first team")
    role: RoleDraft | None = None


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
