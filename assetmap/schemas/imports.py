"""How a file's columns become entries: what people choose, keep as a file and use again."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from assetmap.errors import Invalid
from assetmap.schemas.entries import DRAFTS, EntryDraft
from assetmap.schemas.reading import checked
from assetmap.schemas.text import Line
from assetmap.vocabulary import Kind

KINDS = (Kind.ASSET, Kind.GROUP, Kind.OFFER, Kind.FINDING)
PLACE_FIELDS = {
    "longitude": "Longitude",
    "latitude": "Latitude",
    "easting": "Easting",
    "northing": "Northing",
    "wkt": "Shape as WKT",
    "pair": "Latitude and longitude in one column",
    "grid_reference": "Grid reference",
}
RECORD_FIELDS = {
    "external_id": "Its number or code in the source",
    "source": "Source",
    "licence": "Licence",
    "status": "Status",
    "resolution": "What was done",
    "resolved_at": "When it was resolved",
    "assigned_partner": "Assigned partner (name or key)",
}
OF_FINDINGS = frozenset({"resolution", "resolved_at", "assigned_partner"})
_HIDDEN = frozenset({"geometry", "covers_areas"})
_LABELS = {
    "title": "Name or title",
    "checked_on": "Last checked on",
    "checked_how": "Checked how",
    "review_due": "Check again by",
    "accuracy_m": "Accuracy in metres",
    "radius_m": "Radius it serves, in metres",
    "alt_names": "Other names",
    "operator": "Run by (reference or name of a group)",
    "group": "Offered by group (reference or name)",
    "asset": "Offered by asset (reference or name)",
    "person_role": "Offered by (a person's role)",
    "cost_pence": "Cost in pence",
    "external_ref": "Their reference",
    "pattern": "When it recurs (RRULE)",
    "meeting_pattern": "When it meets (RRULE)",
    "email": "E-mail",
}
LONGEST_FILE = 1_000_000

Heading = Annotated[str, Field(min_length=1, max_length=150)]
OneOrMore = Annotated[
    list[Heading],
    Field(min_length=1, max_length=12),
    BeforeValidator(lambda given: [given] if isinstance(given, str) else given),
]
Duplicates = Literal["skip", "add", "link"]


class ImportMapping(BaseModel):
    """Which columns hold what.

    columns: by field, the heading of its column, or of several that are joined with commas.
    categories: by what the file says, the code of a category here. fixed: by field, one value for
    every row. epsg: of easting, northing and WKT. header: None means judge by the rows.
    """

    model_config = ConfigDict(extra="forbid")

    columns: dict[str, OneOrMore] = Field(default_factory=dict, max_length=100)
    fixed: dict[str, Annotated[str, Field(max_length=4000)]] = Field(
        default_factory=dict, max_length=100
    )
    categories: dict[str, str] = Field(default_factory=dict, max_length=5000)
    default_category: Annotated[str, Line(24)] = ""
    epsg: int | None = Field(None, ge=1024, le=998_999)
    pair_order: Literal["lat,lon", "lon,lat"] = "lat,lon"
    header: bool | None = None
    keep_without_place: bool = False

    @field_validator("categories")
    @classmethod
    def _only_said(cls, given: dict[str, str]) -> dict[str, str]:
        return {said: code for said, code in given.items() if code}

    def first(self, field: str) -> str | None:
        """The first column of a field."""
        return next(iter(self.columns.get(field, ())), None)


class ImportOptions(BaseModel):
    """What is said of a whole file beside its mapping."""

    model_config = ConfigDict(extra="forbid")

    source: Annotated[str, Line(120)] = ""
    licence: Annotated[str, Line(80)] = ""
    duplicates: Duplicates = "skip"


class StoredImport(BaseModel):
    """What an import's row keeps of how it was made."""

    mapping: ImportMapping = Field(default_factory=ImportMapping)
    options: ImportOptions = Field(default_factory=ImportOptions)


class ImportStart(BaseModel):
    """What is asked beside the file in the browser."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    team: int | None = None

    @model_validator(mode="after")
    def _importable(self) -> "ImportStart":
        if self.kind not in KINDS:
            raise ValueError("kind: Choose assets, groups, offers or findings.")
        return self


def draft_of(kind: Kind) -> type[EntryDraft]:
    """The draft that rows of a kind become."""
    return DRAFTS[kind]


def fields(kind: Kind) -> dict[str, str]:
    """Every field a column of this kind may go to, with its label, in the order to offer them."""
    own = [name for name in DRAFTS[kind].model_fields if name not in _HIDDEN]
    labels = {name: _LABELS.get(name, name.replace("_", " ").capitalize()) for name in own}
    beside = {
        name: label
        for name, label in RECORD_FIELDS.items()
        if kind is Kind.FINDING or name not in OF_FINDINGS
    }
    first = {name: labels.pop(name) for name in ("title", "category", "description")}
    return {
        **first,
        **PLACE_FIELDS,
        "postcode": labels.pop("postcode"),
        "address": labels.pop("address"),
        **beside,
        **labels,
        "covers_areas": "Codes of the areas it serves",
    }


def check(mapping: ImportMapping, kind: Kind, headings: list[str]) -> None:
    """Raise Invalid for a field or a column that is not there, naming it."""
    known = fields(kind)
    for name in (*mapping.columns, *mapping.fixed):
        if name not in known:
            raise Invalid.field("mapping", f"There is no field “{name[:60]}” to put a column in.")
    for name, columns in mapping.columns.items():
        for column in columns:
            if column not in headings:
                raise Invalid.field(
                    "mapping", f"{known[name]}: the file has no column “{column[:60]}”."
                )
    if "title" not in mapping.columns and "title" not in mapping.fixed:
        raise Invalid.field("mapping", "Say which column holds the name or title.")


def read_file(content: bytes, filename: str) -> ImportMapping:
    """A mapping kept as JSON or TOML. Raises Invalid when it is neither, or is misspelt."""
    if len(content) > LONGEST_FILE:
        raise Invalid.field("mapping", "The mapping file is too long.")
    try:
        text = content.decode("utf-8-sig")
        given = tomllib.loads(text) if filename.endswith(".toml") else json.loads(text)
    except UnicodeDecodeError as error:
        raise Invalid.field("mapping", f"{filename} is not a mapping: it is no text.") from error
    except (ValueError, RecursionError) as error:
        raise Invalid.field("mapping", f"{filename} is not a mapping: {error}.") from error
    if not isinstance(given, dict):
        raise Invalid.field("mapping", f"{filename} is not a mapping: it names no columns.")
    try:
        return checked(ImportMapping, given)
    except Invalid as error:
        raise Invalid.field("mapping", f"{filename}: {error}") from error


def as_file(mapping: ImportMapping, filename: str) -> bytes:
    """The mapping as TOML or JSON, going by the name."""
    said = mapping.model_dump(mode="json", exclude_defaults=True)
    said["columns"] = {
        name: columns[0] if len(columns) == 1 else columns
        for name, columns in mapping.columns.items()
    }
    if filename.endswith(".toml"):
        return "".join(_toml(said)).encode()
    return json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"


def _toml(said: Mapping[str, Any]) -> Iterator[str]:
    """JSON's texts, numbers, lists and truths are TOML's too; only its objects are not."""
    for name, value in said.items():
        if not isinstance(value, dict):
            yield f"{name} = {_value(value)}\n"
    for name, value in said.items():
        if isinstance(value, dict):
            yield f"\n[{name}]\n"
            yield from (f"{_value(key)} = {_value(one)}\n" for key, one in value.items())


def _value(given: Any) -> str:
    return json.dumps(given).replace("\x7f", "\\u007f")
