"""What people write down about each kind of entry: one draft a kind, for form, JSON and import."""

import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from assetmap import vocabulary as words
from assetmap.schemas.stops import Stops
from assetmap.schemas.text import (
    Day,
    EmailAddress,
    Instant,
    Line,
    Name,
    OneOf,
    PhoneNumber,
    Prose,
    Some,
    WebAddress,
    small_address,
)
from assetmap.settings import LOCAL
from assetmap.vocabulary import CheckedHow, Kind, LocationMethod, Precision, Visibility

MAX_TAGS = 30
MOST_PENCE = 100_000_000
# fields that name another entry, and the kinds it may be of
REFERENCES: Mapping[str, tuple[Kind, ...]] = {
    "operator": (Kind.GROUP, Kind.ASSET),
    "group": (Kind.GROUP,),
    "asset": (Kind.ASSET,),
}
RECURRING = ("pattern", "meeting_pattern")  # fields that hold a recurrence rule


def _code(given: Any) -> Any:
    """A category as its code; the {code, label} that reading gives is taken too."""
    return given.get("code") if isinstance(given, dict) else given


class _Term(BaseModel):
    code: str
    label: str


GivenCategory = Annotated[
    Annotated[str, Line(24, 1)],
    BeforeValidator(_code, json_schema_input_type=Annotated[str, Line(24, 1)] | _Term),
]
CategoryCode = Annotated[
    Annotated[str, Line(24)] | None,
    BeforeValidator(_code, json_schema_input_type=Annotated[str, Line(24)] | _Term | None),
]
Metres = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class EntryDraft(BaseModel):
    """What every kind of entry has. A blank field is a field without a value."""

    model_config = ConfigDict(extra="forbid", use_enum_values=True, validate_default=False)
    kind: ClassVar[Kind]
    scheme: ClassVar[str | None] = None
    references: ClassVar[tuple[str, ...]] = ()

    title: Annotated[str, Name(160)]
    description: Annotated[str, Prose(4000)] = ""
    category: CategoryCode = Field(None, description="code of a category in use")
    visibility: Visibility | None = Field(None, description="empty means what the category says")
    geometry: dict[str, Any] | None = Field(
        None, description="GeoJSON geometry in degrees, longitude first"
    )
    location_method: LocationMethod | None = None
    accuracy_m: Metres | None = None
    precision: Precision | None = Field(
        None, description="empty means exactly, or its small area for a person's own offer"
    )
    address: Annotated[str, Line(200)] = ""
    postcode: Annotated[str, Line(8)] | None = None
    covers_areas: Annotated[list[Annotated[str, Line(40, 1)]], Some(200)] = Field(
        default_factory=list, description="codes of the areas it serves"
    )
    radius_m: int | None = Field(
        None, ge=1, le=100_000, description="metres around its place that it serves"
    )
    tags: Annotated[list[Annotated[str, Line(40, 1)]], Some(MAX_TAGS)] = Field(default_factory=list)
    checked_on: Day | None = None
    checked_how: CheckedHow | None = None
    review_due: Day | None = None
    notes: Annotated[str, Prose(2000)] = Field("", description="for the owning team alone")


class AssetDraft(EntryDraft):
    """A place, a piece of equipment or a network that people can use."""

    kind = Kind.ASSET
    scheme = "asset"
    references = ("operator",)

    category: GivenCategory = Field(..., description="code of a category in use")
    website: WebAddress = ""
    email: Annotated[EmailAddress, AfterValidator(small_address)] = ""
    phone: PhoneNumber = ""
    contact_visibility: Annotated[str, OneOf(words.CONTACTS_OPEN_TO)] = Field(
        "public", description="who, of those who may see it, may read its e-mail and phone"
    )
    opening_hours: Annotated[str, Prose(500)] = ""
    capacity: Count | None = None
    facilities: Annotated[list[Annotated[str, OneOf(words.FACILITIES)]], Some(20)] = Field(
        default_factory=list
    )
    hire_terms: Annotated[str, Prose(1000)] = ""
    cost_note: Annotated[str, Line(300)] = ""
    accessibility_note: Annotated[str, Prose(1000)] = ""
    languages: Annotated[list[Annotated[str, Line(35, 1)]], Some(50)] = Field(default_factory=list)
    serves: Annotated[list[Annotated[str, Line(40, 1)]], Some(30)] = Field(default_factory=list)
    confidence: Annotated[str, OneOf(words.CONFIDENCES)] = "told"
    operator: uuid.UUID | None = Field(None, description="uid of the group that runs it")


class GroupDraft(AssetDraft):
    """A community group or organisation."""

    kind = Kind.GROUP

    alt_names: Annotated[list[Annotated[str, Line(160, 1)]], Some(10)] = Field(default_factory=list)
    charity_number: Annotated[str, Line(20)] = ""
    company_number: Annotated[str, Line(20)] = ""
    size_band: Annotated[str, OneOf(words.SIZE_BANDS)] = "unknown"
    meeting_pattern: Annotated[str, Line(200)] = Field("", description="RRULE of RFC 5545")
    constituted: bool | None = None
    last_contacted_on: Day | None = None


class OfferDraft(EntryDraft):
    """Support somebody gives: from one group, one asset or one person's role."""

    kind = Kind.OFFER
    scheme = "offer"
    references = ("group", "asset")

    category: GivenCategory = Field(..., description="code of a category in use")
    group: uuid.UUID | None = Field(None, description="uid of the group that offers it")
    asset: uuid.UUID | None = Field(None, description="uid of the asset that offers it")
    person_role: Annotated[str, Line(120)] = Field(
        "", description="a role, never a name: “Retired electrician”"
    )
    quantity: Decimal | None = Field(None, ge=0, le=1_000_000, decimal_places=2)
    unit: Annotated[str, OneOf(words.UNITS)] | None = None
    available_from: Day | None = None
    available_to: Day | None = None
    pattern: Annotated[str, Line(200)] = Field("", description="RRULE of RFC 5545")
    notice_days: int | None = Field(None, ge=0, le=365)
    conditions: Annotated[str, Prose(1000)] = ""
    checks_needed: Annotated[list[Annotated[str, OneOf(words.CHECKS)]], Some(10)] = Field(
        default_factory=list
    )
    check_status: Annotated[str, OneOf(words.CHECK_STATUSES)] = "not_needed"
    cost_pence: int = Field(0, ge=0, le=MOST_PENCE)
    expires_on: Day | None = Field(None, description="empty means six months from today")

    @model_validator(mode="after")
    def _hangs_together(self) -> "OfferDraft":
        given = [bool(self.group), bool(self.asset), bool(self.person_role)]
        if sum(given) != 1:
            raise ValueError(
                "person_role: Say who offers it: one group, one asset or one person's role."
            )
        _in_order(
            self.available_from,
            self.available_to,
            "available_to: The last day is before the first.",
        )
        return self


class FindingDraft(EntryDraft):
    """Something seen, heard or felt at a place."""

    kind = Kind.FINDING
    scheme = "finding"

    category: GivenCategory = Field(..., description="code of a category in use")
    severity: int = Field(2, ge=1, le=4)
    direction: Annotated[str, OneOf(words.DIRECTIONS)] = "problem"
    observed_at: Instant | None = Field(None, description="empty means now")
    time_of_day: Annotated[str, OneOf(words.TIMES_OF_DAY)] = "any"
    observer_kind: Annotated[str, OneOf(words.OBSERVERS)] = "unknown"
    external_ref: Annotated[str, Line(60)] = ""


class WalkaboutDraft(EntryDraft):
    """People walking a planned area together."""

    kind = Kind.WALKABOUT

    starts_at: Instant
    ends_at: Instant | None = None
    aims: Annotated[str, Prose(2000)] = ""
    weather: Annotated[str, Line(40)] = ""
    light: Annotated[str, OneOf(words.LIGHTS)] | None = None
    participants: dict[Annotated[str, Line(30, 1)], Annotated[int, Field(ge=0, le=1000)]] = Field(
        default_factory=dict, max_length=12, description="how many of each kind walked"
    )
    stops: Stops = Field(default_factory=list, description="planned, in the order they are walked")
    scan_status: Annotated[str, OneOf(words.SCAN_STATUSES)] = "pending"
    summary: Annotated[str, Prose(4000)] = ""

    @model_validator(mode="after")
    def _hangs_together(self) -> "WalkaboutDraft":
        _after(self.starts_at, self.ends_at)
        return self


class EngagementDraft(EntryDraft):
    """An event that brings people together."""

    kind = Kind.ENGAGEMENT

    engagement_kind: Annotated[str, OneOf(words.ENGAGEMENT_KINDS)] = "other"
    tier: int = Field(2, ge=1, le=3)
    format: Annotated[str, OneOf(words.FORMATS)] = "in_person"
    theme: Annotated[str, Line(120)] = ""
    focal_question: Annotated[str, Line(500)] = ""
    aims: Annotated[str, Prose(2000)] = ""
    audience: Annotated[str, Line(500)] = ""
    influence_level: Annotated[str, OneOf(words.INFLUENCE_LEVELS)] | None = None
    influence_statement: Annotated[str, Prose(1000)] = ""
    use_of_input: Annotated[str, Prose(1000)] = ""
    starts_at: Instant
    ends_at: Instant
    capacity: Count | None = None
    accessibility_plan: Annotated[str, Prose(2000)] = ""
    ask_who: Annotated[str, Line(120)] = Field("", description="whom people ask about it")
    ask_how: Annotated[str, Line(200)] = Field("", description="how they are reached, for all")
    join_link: WebAddress = Field("", description="by which people join online, for all")
    scan_status: Annotated[str, OneOf(words.SCAN_STATUSES)] = "pending"
    attendance_count: Count | None = None
    feedback_due: Day | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> "EngagementDraft":
        _after(self.starts_at, self.ends_at)
        last_day = self.ends_at.astimezone(LOCAL).date()
        _in_order(last_day, self.feedback_due, "feedback_due: The event is not over by then.")
        return self


class HotspotDraft(EntryDraft):
    """A bounded place and period of concern."""

    kind = Kind.HOTSPOT

    period_from: Day
    period_to: Day | None = None
    time_band: Annotated[str, Line(20)] = ""
    measure: Annotated[str, OneOf(words.MEASURES)] = "count"
    value: Decimal | None = Field(None, ge=0, le=999_999_999, decimal_places=3)
    rank: int | None = Field(None, ge=1, le=100_000)
    method: Annotated[str, Line(20)] = "manual"
    confidence: Annotated[str, OneOf(words.CONFIDENCE_LEVELS)] = "medium"

    @model_validator(mode="after")
    def _hangs_together(self) -> "HotspotDraft":
        _in_order(self.period_from, self.period_to, "period_to: The period ends before it begins.")
        return self


def _in_order(first: date | None, last: date | None, problem: str) -> None:
    if first is not None and last is not None and last < first:
        raise ValueError(problem)


def _after(start: Any, end: Any) -> None:
    if end is not None and end <= start:
        raise ValueError("ends_at: It must end after it starts.")


DRAFTS: dict[Kind, type[EntryDraft]] = {
    draft.kind: draft
    for draft in (
        AssetDraft,
        GroupDraft,
        OfferDraft,
        FindingDraft,
        WalkaboutDraft,
        EngagementDraft,
        HotspotDraft,
    )
}
