"""What people send who would have something changed, and what is answered."""

import enum
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.people import Address
from assetmap.schemas.text import EmailAddress, Line, OneOf, Prose
from assetmap.vocabulary import Kind

HOW_OFTEN = "6 per minute; 40 per day"  # from one address, by page or by program


class About(enum.StrEnum):
    """What a proposal is about."""

    CLOSED = "closed"
    MOVED = "moved"
    DETAILS = "details"
    OTHER = "other"
    RIGHT = "right"
    NEW = "new"


class ProposalState(enum.StrEnum):
    """How a proposal stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    PARTLY = "partly"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"


PLACE = ("geometry", "location_method", "accuracy_m")  # these three change together
CONTACT = ("phone", "email")
_WHERE = ("geometry", "address", "postcode")
_HALL = (
    *("title", "description", *_WHERE, *CONTACT, "website", "opening_hours", "facilities"),
    *("accessibility_note", "capacity", "cost_note", "hire_terms"),
)
# fields that people without rights may propose other values for
SUGGESTABLE: Mapping[Kind, tuple[str, ...]] = {
    Kind.ASSET: _HALL,
    Kind.GROUP: (*_HALL, "meeting_pattern", "alt_names", "charity_number"),
    Kind.OFFER: (
        *("title", "description", *_WHERE, "quantity", "unit", "pattern", "available_from"),
        *("available_to", "notice_days", "cost_pence", "conditions"),
    ),
    Kind.FINDING: ("title", "description", *_WHERE),
    Kind.WALKABOUT: ("title", "description", "starts_at", "ends_at", "address", "postcode"),
    Kind.ENGAGEMENT: (
        *("title", "description", "starts_at", "ends_at", *_WHERE, "audience", "capacity"),
        "accessibility_plan",
    ),
    Kind.HOTSPOT: ("title", "description"),
}
NEW_KINDS = (Kind.ASSET, Kind.GROUP)
CLOSES = {Kind.ASSET: "closed", Kind.GROUP: "closed", Kind.OFFER: "paused"}
CLAIMABLE = (Kind.ASSET, Kind.GROUP, Kind.OFFER)


class Suggestion(BaseModel):
    """What is said beside the proposed values themselves."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=True)

    about: About
    note: Annotated[str, Prose(2000)] = ""
    reply_to: EmailAddress = ""  # of somebody without an account
    tell_me: bool = False  # of somebody with one, at its address


class Refusal(BaseModel):
    """Why a proposal is refused."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    why: Annotated[str, Prose(500), Field(min_length=1)]


class ProposalFilter(BaseModel):
    """Which proposals to list. `after` is the number of the last one of the page before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: Annotated[str, OneOf(("open", "answered", "all"))] = ProposalState.OPEN.value
    about: About | None = None
    maker: Annotated[str, OneOf(("public", "known", "owner", "phone"))] | None = None
    found_on: uuid.UUID | None = None  # a walkabout that what they are about was logged on
    sort: Annotated[str, OneOf(("newest", "oldest"))] = "newest"
    after: int | None = Field(None, ge=1, le=2**53)


class ProposalBrowse(BaseModel):
    """Which proposals a program lists, the latest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Literal["any", "mine", "to_answer"] = Field(
        "any", description="those you made, those you may answer or were answered, or both"
    )
    state: Literal["open", "answered", "all"] = "all"
    about: About | None = None
    entry: uuid.UUID | None = Field(None, description="uid of the entry they are about")
    cursor: Annotated[str, Line(200)] = ""
    limit: int = Field(50, ge=1, le=200)


class ProposalSent(BaseModel):
    """What a program proposes: other values for an entry's fields, or a place or group that is
    missing."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_enum_values=True)

    uid: uuid.UUID | None = Field(None, description="of your own making; none: we make one")
    entry: uuid.UUID | None = Field(None, description="what it is about; none: something new")
    kind: Literal["asset", "group"] | None = Field(None, description="of something new")
    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="of the entry as you read it; none: as it is now"
    )
    about: About = About.DETAILS
    changes: dict[str, Any] = Field(
        default_factory=dict,
        max_length=60,
        description="field: the value you propose, as reading gives it; only what you may read",
    )
    note: Annotated[str, Prose(2000)] = ""
    tell_me: bool = Field(False, description="mail you what becomes of it")


class Acceptance(BaseModel):
    """What is accepted of a proposal, by a program."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: list[Annotated[str, Line(40, 1)]] | None = Field(
        None, max_length=60, description="names of fields; none: all it would change"
    )
    team: uuid.UUID | None = Field(None, description="for something new: uid of who keeps it")


class RefusalSent(Refusal):
    """Why a proposal is refused, by a program."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OwnerInvited(BaseModel):
    """Where the invitation to a listing's owner goes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    email: Address


class ClaimTaken(BaseModel):
    """What the owner says who takes up an invitation."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, Line(80)] = ""
