"""GeoJSON as it crosses the JSON door (RFC 7946): what is sent, what is given, what goes wrong."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from assetmap.errors import Invalid
from assetmap.schemas.entries import DRAFTS, EntryDraft
from assetmap.schemas.reading import checked
from assetmap.schemas.text import Instant, Line, Prose
from assetmap.vocabulary import Kind, Relation

FEATURE_MEMBERS = frozenset({"type", "id", "geometry", "properties", "bbox"})


class Given(BaseModel):
    """Something that the register answers with."""

    model_config = ConfigDict(extra="forbid")


class _Feature(Given):
    type: Literal["Feature"]


class _Collection(Given):
    type: Literal["FeatureCollection"]


class Term(Given):
    """A category."""

    code: str
    label: str


class AreaName(Given):
    """An area that an entry lies in."""

    type: str
    code: str
    name: str


class TextWarning(Given):
    """Words in a field that text should perhaps not hold; they were kept all the same."""

    field: str
    what: str = Field(
        description="phone, email, address, plate, ni_number, nhs_number, birth_date, crime, health"
    )
    start: int = Field(ge=0, description="first character")
    end: int = Field(ge=1, description="the character after the last")
    why: str


class Reading(Given):
    """What can be read of every entry but not be sent; on the way in it is ignored."""

    kind: Kind
    ref: str = Field(description="what people read out: AST-000123")
    status: str
    team: str = Field(description="the team that owns it")
    version: int = Field(ge=1, description="counts every change; the ETag")
    url: str = Field(description="its page, below the service's root")
    areas: list[AreaName]
    overdue: bool = Field(description="past the day somebody should have made sure of it")
    created_at: datetime
    updated_at: datetime
    source: str | None
    external_id: str | None
    licence: str | None
    expires_on: date | None
    distance_m: float | None = Field(None, description="metres from `near`")
    why: list[str] | None = Field(None, description="in words, how it matched")
    warnings: list[TextWarning] | None = Field(
        None, description="in answer to PUT, if any: what its text should perhaps not hold"
    )


class Accepted(Given):
    """What became of something that was sent and could not be done as asked."""

    received: bool = Field(description="true: it need not be sent again")
    proposal: uuid.UUID | None = Field(None, description="uid of the suggestion it is kept as")


class Origin(BaseModel):
    """What may be said beside a draft: whose it is and where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: Annotated[str, Line(80)] | None = Field(
        None, description="name or uid of the team that will own it; read only after that"
    )
    status: Annotated[str, Line(20)] | None = Field(
        None, description="state it begins in; read only after that"
    )
    resolution: Annotated[str, Prose(2000)] = Field(
        "", description="what was done, for a finding that begins resolved; read only after that"
    )
    assigned_partner: Annotated[str, Line(120)] | None = Field(
        None, description="name or uid of the partner a finding begins with; read only after that"
    )
    resolved_at: Instant | None = Field(
        None,
        description="when a finding that begins resolved was so; now, unless said; read only after",
    )
    closed_at: Instant | None = Field(
        None,
        description="when an engagement that begins closed was so; now, unless said; read only"
        " after that",
    )
    found_on: uuid.UUID | None = Field(None, description="uid of the walkabout it was found on")
    raised_at: uuid.UUID | None = Field(None, description="uid of the engagement it came up at")
    about: uuid.UUID | None = Field(None, description="uid of the hotspot or entry it is about")


@dataclass(frozen=True)
class Sent:
    """A draft as it was sent, and what was said beside it."""

    draft: EntryDraft
    origin: Origin = field(default_factory=Origin)


def sent(kind: Kind, uid: uuid.UUID, body: Any) -> Sent:
    """A Feature as reading gives it, or one flat object. Raises Invalid with each field's fault."""
    said = _flat(uid, body)
    beside = {name: said.pop(name) for name in Origin.model_fields if name in said}
    ignored = Reading.model_fields.keys() - DRAFTS[kind].model_fields.keys()
    kept = {name: value for name, value in said.items() if name not in ignored}
    return Sent(checked(DRAFTS[kind], kept), checked(Origin, beside))


def _flat(uid: uuid.UUID, body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Invalid.field("body", "Send a GeoJSON Feature, or one JSON object.")
    if body.get("type") != "Feature":
        return dict(body)
    unknown = sorted(body.keys() - FEATURE_MEMBERS)
    if unknown:
        raise Invalid.field(unknown[0][:40], "There is no such member. Use properties.")
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise Invalid.field("properties", "Give an object.")
    if "geometry" in properties:
        raise Invalid.field("geometry", "This goes beside properties, not among them.")
    if body.get("id") not in (None, str(uid)):
        raise Invalid.field("id", "This is not the uid in the address.")
    return {**properties, "geometry": body.get("geometry")}


_READ_AS = {
    "resolved_at": "when it was resolved; sent to put a finding where it is not yet, else left"
    " alone",
    "closed_at": "when it was closed; sent to put an engagement where it is not yet, else left"
    " alone",
    "resolution": "what was done; sent to put a finding where it is not yet, else left alone",
    "assigned_partner": "name of the partner that deals with it, told to people who are signed in;"
    " sent to put a finding where it is not yet, else left alone",
}


_BESIDE: Mapping[Kind, Mapping[str, Any]] = {
    Kind.FINDING: {"resolution": str, "assigned_partner": str, "resolved_at": datetime},
    Kind.ENGAGEMENT: {"closed_at": datetime},
}


@cache
def properties_given(kind: Kind) -> type[BaseModel]:
    """The properties of an entry of this kind, as reading gives them."""
    own = {n: f for n, f in _draft_fields(kind).items() if n not in Reading.model_fields}
    own |= {name: _optional(form, _READ_AS[name]) for name, form in _BESIDE.get(kind, {}).items()}
    return _made(f"{kind.title()}Properties", own | {"category": _optional(Term)}, Reading)


@cache
def feature_given(kind: Kind) -> type[BaseModel]:
    """A Feature of this kind, as reading gives it."""
    return _feature(f"{kind.title()}Feature", (uuid.UUID, ...), properties_given(kind))


@cache
def body_sent(kind: Kind) -> Any:
    """Either form in which an entry of this kind may be sent."""
    ignored = {
        name: _optional(Any, "as it was read; ignored", json_schema_extra={"readOnly": True})
        for name in Reading.model_fields
    }
    own = {**ignored, **_draft_fields(kind)}
    properties = _made(f"{kind.title()}Sent", own, Origin)
    flat = _made(
        f"{kind.title()}Draft",
        {**own, "geometry": _as_argument(DRAFTS[kind].model_fields["geometry"])},
        Origin,
    )
    return _feature(f"{kind.title()}FeatureSent", (uuid.UUID | None, None), properties) | flat


def _draft_fields(kind: Kind) -> dict[str, Any]:
    named = DRAFTS[kind].model_fields.items()
    return {name: _as_argument(info) for name, info in named if name != "geometry"}


def _as_argument(info: FieldInfo) -> tuple[Any, FieldInfo]:
    return info.annotation, info


def _optional(kind: Any, description: str = "", **more: Any) -> tuple[Any, Any]:
    return kind | None if kind is not Any else Any, Field(None, description=description, **more)


def _made(name: str, fields: Mapping[str, Any], base: type[BaseModel]) -> type[BaseModel]:
    new = {one: said for one, said in fields.items() if one not in base.model_fields}
    return create_model(name, __base__=base, __module__=__name__, **new)


def _feature(name: str, uid: tuple[Any, Any], properties: type[BaseModel]) -> type[BaseModel]:
    return create_model(
        name,
        __base__=_Feature,
        __module__=__name__,
        id=uid,
        geometry=(dict[str, Any] | None, ...),
        properties=(properties, ...),
    )


class Problem(BaseModel):
    """What was wrong (RFC 9457), in words for the person reading."""

    type: str
    title: str
    status: int
    detail: str
    problems: dict[str, str] | None = Field(None, description="each field that is wrong, and why")
    fields: dict[str, list[Any]] | None = Field(
        None,
        description="each field that two people changed: [theirs, yours]",
        json_schema_extra={"additionalProperties": {"type": "array", "maxItems": 2}},
    )


class WebLink(Given):
    """Where to go from here."""

    rel: str
    href: str
    type: str = "application/geo+json"


class Count(Given):
    """How many of the entries found have this code."""

    code: str
    label: str
    count: int
    parent: str | None = Field(None, description="code of the top term that a category is under")


class Facets(Given):
    """Counts over everything that matched, not only this page."""

    kind: list[Count]
    category: list[Count]
    area: list[Count]


@cache
def any_feature() -> Any:
    """A Feature of any of the kinds."""
    either: Any = feature_given(Kind.ASSET)
    for kind in Kind:
        either = either | feature_given(kind)
    return either


@cache
def collection_given() -> type[BaseModel]:
    """A page of what was found."""
    either = any_feature()
    return create_model(
        "EntryCollection",
        __base__=_Collection,
        __module__=__name__,
        numberMatched=(
            int,
            Field(
                default_factory=int,
                ge=0,
                description="of everything you may see; unless counts=false",
            ),
        ),
        numberReturned=(int, Field(ge=0)),
        links=(list[WebLink], Field(description="self, and next when there is more")),
        facets=(Facets, Field(default_factory=dict, description="unless counts=false")),
        features=(list[either], ...),  # type: ignore[valid-type]
    )


@cache
def file_given() -> type[BaseModel]:
    """All that was found, or the rest of it."""
    either, words = any_feature(), "how to handle what is classified so"
    return create_model(
        "EntryFile",
        __base__=_Collection,
        __module__=__name__,
        classification=(str, Field(default_factory=str, description="of the whole file")),
        handling=(str, Field(default_factory=str, description=words)),
        features=(list[either], ...),  # type: ignore[valid-type]
    )


class PointProperties(Given):
    """One entry on the map."""

    kind: Kind
    title: str
    uid: uuid.UUID
    url: str
    category: Term | None


class ClusterProperties(Given):
    """Several entries close together on the map."""

    cluster: Literal[True]
    count: int = Field(ge=2)


class MapFeature(_Feature):
    """A point on the map."""

    id: uuid.UUID | None = None
    geometry: dict[str, Any] | None
    properties: PointProperties | ClusterProperties


class MapCollection(_Collection):
    """What to draw for a part of the map."""

    numberMatched: int = Field(ge=0, description="entries in view")  # noqa: N815  # OGC's name
    numberReturned: int = Field(ge=0)  # noqa: N815
    features: list[MapFeature]


@cache
def provenance_given() -> type[BaseModel]:
    """The chain both ways, the nearest first."""
    step = create_model(
        "Step",
        __base__=Given,
        __module__=__name__,
        depth=(int, Field(ge=1, description="how many links away")),
        relation=(Relation, ...),
        via=(uuid.UUID | None, Field(description="uid of the entry one step nearer")),
        feature=(any_feature(), ...),
    )
    steps: Any = list[step]
    return create_model(
        "Provenance",
        __base__=Given,
        __module__=__name__,
        came_from=(steps, ...),
        led_to=(steps, ...),
    )
