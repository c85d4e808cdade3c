"""Where the people of an invite list come from, as forms and programs say it."""

import uuid
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from assetmap.schemas.search import Drawn, Place
from assetmap.schemas.text import Code, Line, Name, Prose, Some
from assetmap.vocabulary import ContactChannel

MOST_AREAS = 50
MOST_GROUPS = 500
MOST_ASKED = 200
MOST_SENT = 2_000
MOST_PARTS = 100
MOST_BESIDE = 5
FURTHEST_M = 20_000
Where = Literal["either", "at", "serving"]
NOWHERE = (
    "Say where from: areas, a shape, a place, a hotspot, a search, a collection, groups by name"
    " or those that the event wants."
)


class Criteria(BaseModel):
    """Where the groups of a list come from: any of the places, the search, those picked by hand.

    `category` and `reach` narrow all but those picked by hand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: Annotated[list[Code], Some(MOST_AREAS)] = Field(
        default_factory=list, description="area codes, `type:code` where codes clash"
    )
    within: Drawn | None = Field(None, description="GeoJSON Polygon or MultiPolygon")
    near: Place | None = Field(None, description="lon,lat in degrees")
    within_m: int = Field(
        1_000, ge=1, le=FURTHEST_M, description="metres around `near`; 1000 unless given"
    )
    hotspot: uuid.UUID | None = Field(None, description="uid of a hotspot")
    buffer_m: int = Field(0, ge=0, le=FURTHEST_M, description="metres around the hotspot")
    where: Where = Field(
        "either",
        description="groups at these places, groups serving them, wherever they are, or either",
    )
    search: Annotated[str, Line(4_000)] = Field(
        "", description="a search, as the query string of /api/entries"
    )
    saved_search: uuid.UUID | None = Field(None, description="uid of a saved search")
    collection: uuid.UUID | None = Field(None, description="uid of a collection")
    wanted: bool = Field(default=False, description="the groups that the event wants")
    groups: Annotated[list[uuid.UUID], Some(MOST_GROUPS)] = Field(
        default_factory=list, description="uids of groups picked by hand"
    )
    category: Annotated[list[Code], Some(50)] = Field(
        default_factory=list, description="category codes; a top term means all below it"
    )
    reach: Annotated[list[Annotated[str, Line(40, 1)]], Some(30)] = Field(
        default_factory=list, description="whom a group is for: any of these words"
    )

    @field_validator("near")
    @classmethod
    def _on_earth(cls, given: tuple[float, float] | None) -> tuple[float, float] | None:
        if given is not None and not (abs(given[0]) <= 180 and abs(given[1]) <= 90):
            raise ValueError("Give longitude,latitude in degrees; longitude comes first.")
        return given

    @field_validator("within")
    @classmethod
    def _an_area(cls, given: dict[str, Any] | None) -> dict[str, Any] | None:
        if given is not None and given.get("type") not in ("Polygon", "MultiPolygon"):
            raise ValueError("Give a GeoJSON Polygon or MultiPolygon.")
        return given

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.buffer_m and self.hotspot is None:
            raise ValueError("buffer_m: Goes with a hotspot.")
        searched = self.search or self.saved_search or self.collection
        if not (self.has_place or searched or self.groups or self.wanted):
            raise ValueError(f"area: {NOWHERE}")
        return self

    @property
    def has_place(self) -> bool:
        """Whether groups are looked for by where they are or whom they serve."""
        return bool(self.area or self.within or self.near or self.hotspot)

    @property
    def kept(self) -> dict[str, Any]:
        """What is said, as it is kept."""
        return self.model_dump(mode="json", exclude_defaults=True)


class InviteListDraft(Criteria):
    """A list as somebody asks for it. event, team: where it is new."""

    name: Annotated[str, Name(80)]
    event: uuid.UUID | None = Field(
        None, description="uid of the event it is for, if it is for one"
    )
    team: uuid.UUID | None = Field(
        None, description="uid of the team that keeps it, where it is for no event"
    )

    @model_validator(mode="after")
    def _for_an_event(self) -> Self:
        if self.wanted and self.event is None:
            raise ValueError("wanted: Goes with an event.")
        return self

    @property
    def criteria(self) -> Criteria:
        """Where its people come from."""
        return Criteria.model_validate(
            self.model_dump(mode="json", include=set(Criteria.model_fields))
        )


class AskedDraft(BaseModel):
    """People who have been asked just now, by one channel; those who were before stay as noted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: Annotated[list[uuid.UUID], Some(MOST_ASKED)] = Field(min_length=1)
    channel: ContactChannel


class InvitePage(BaseModel):
    """Which of those who may be asked to show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: int = Field(1, ge=1, le=100_000, description="number of the first, by name")
    limit: int = Field(200, ge=1, le=1_000)


class InviteFile(BaseModel):
    """What of a list is taken away: those who may be asked, or who were, by any channel or one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: ContactChannel | None = Field(None, description="only those who may be reached by this")
    who: Literal["open", "asked"] = Field("open", description="not asked yet, or asked already")
    shape: Literal["contacts", "pool"] = Field(
        "contacts", description="how to reach them, or only which sections they count for"
    )
    part: int = Field(1, ge=1, le=MOST_PARTS, description="of a PDF that is many sheets")


class SendDraft(BaseModel):
    """Invitations to mail to people on a list; nobody named: to all who may be e-mailed, or of a
    panel to those of them who have a seat."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: Annotated[list[uuid.UUID], Some(MOST_SENT)] = Field(default_factory=list)
    panel: uuid.UUID | None = Field(None, description="of the list: to those with a seat on it")
    words: Annotated[str, Prose(2_000)] = Field("", description="in your words, above the event")
    words_checked: bool = Field(False, description="what looks like personal details is none")


class LettersDraft(BaseModel):
    """Letters to those on a list who may be asked by post: by post alone, or whoever agreed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    whom: Literal["only", "all"] = Field("only", description="by post and no other way, or all")
    panel: uuid.UUID | None = Field(None, description="of the list: to those with a seat on it")
    words: Annotated[str, Prose(2_000)] = Field("", description="in your words, above the event")
    words_checked: bool = Field(False, description="what looks like personal details is none")


class OffDraft(BaseModel):
    """That an event does not take place, told to those who were invited to it by e-mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Annotated[str, Prose(2_000)] = Field("", description="why, or what there is instead")
    words_checked: bool = Field(False, description="what looks like personal details is none")


class ApprovalDraft(BaseModel):
    """Approval of a list is asked for, with these words to those it invites."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Annotated[str, Prose(2_000)] = Field("", description="in your words, above the event")
    words_checked: bool = Field(False, description="what looks like personal details is none")


class DecisionDraft(BaseModel):
    """Whether a list may be sent; one that may not says why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: uuid.UUID = Field(description="uid of the request that was looked at")
    verdict: Literal["approved", "refused"]
    reason: Annotated[str, Line(300)] = Field("", description="required of a refusal")

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.verdict == "refused" and not self.reason:
            raise ValueError("reason: Say why, so that it can be put right.")
        return self


class RemindDraft(BaseModel):
    """Whom to remind by e-mail: those who answered so, or have not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    states: Annotated[list[Literal["asked", "tentative", "accepted"]], Some(3)] = Field(
        min_length=1
    )


class ReplyDraft(BaseModel):
    """What somebody answers to an invitation, and how many come along."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: Literal["accepted", "tentative", "declined"]
    party: int = Field(0, ge=0, le=MOST_BESIDE, description="how many come along")
    needs: Annotated[str, Prose(500)] = Field("", description="what they need to take part")


class AnswerDraft(ReplyDraft):
    """The same as somebody of the team took it. needs: left out, what is kept stays."""

    person: uuid.UUID
    by: ContactChannel


class ArrivedDraft(BaseModel):
    """Somebody who was invited came, or did not after all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: uuid.UUID
    came: bool = True


class PlaceToldDraft(BaseModel):
    """Somebody who waited for a place was told that they have one, or was not after all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: uuid.UUID
    told: bool = True


class HandDraft(BaseModel):
    """Somebody added to a list, or removed from it, by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verb: Literal["added", "removed"]
    who: Annotated[str, Line(254, 1)] = Field(description="uid, name or e-mail of a contact")
    reason: Annotated[str, Line(200, 1)]
