"""Drafts as the columns of their rows: what `entries.log` does, for many, without the ORM."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

import shapely
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import Table, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap import textsearch
from assetmap.db import local_day
from assetmap.errors import Invalid
from assetmap.models import Area, Category, Entry, Postcode
from assetmap.models.offer import LIFETIME
from assetmap.models.states import FIRST, MOVES, require_met
from assetmap.register import places, writing
from assetmap.register.area_index import AreaIndex
from assetmap.schemas.entries import RECURRING, REFERENCES, EntryDraft
from assetmap.vocabulary import Kind, Precision, Visibility

T = TypeVar("T")
_ELSEWHERE = frozenset({"category", "geometry", "covers_areas", "postcode", *REFERENCES})
_UNSAID = {  # what only later work sets
    "checked_by_id": None,
    "withdrawn_at": None,
    "withdrawn_by_id": None,
    "withdrawn_why": None,
    "merged_into_id": None,
    "expires_on": None,
    "contact_visibility": "public",
    "covers": None,
    "tokens": None,
    "version": 1,
}
_UNSAID_OF_KIND: dict[Kind, dict[str, Any]] = {
    Kind.FINDING: {
        "assigned_partner_id": None,
        "resolution": "",
        "resolved_at": None,
        "verified_by_resident": False,
    },
    Kind.WALKABOUT: {"scanned_at": None, "scanned_by_id": None},
    Kind.ENGAGEMENT: {"closed_at": None, "scanned_at": None, "scanned_by_id": None},
}


@dataclass(slots=True)
class BulkEntry:
    """A new entry among many.

    shape: its place, already clean (EPSG:4326), in place of the draft's own geometry.
    status: None means the kind's first. created_at: None means now.
    verb, why: what its history says. updated_at and updated_by_id are those of the creation.
    """

    draft: EntryDraft
    team_id: int
    uid: uuid.UUID | None = None
    status: str | None = None
    created_at: datetime | None = None
    created_by_id: int | None = None
    import_id: int | None = None
    source: str | None = None
    external_id: str | None = None
    licence: str | None = None
    checked_by_id: int | None = None
    shape: Shape | None = None
    verb: str = "logged"
    why: str = ""
    state: dict[str, Any] = field(default_factory=dict)  # columns of the kind beside its draft


@dataclass
class Lookups:
    """What drafts refer to, fetched once for all of them."""

    session: Session
    categories: dict[tuple[str, str], Category] = field(default_factory=dict)
    by_id: dict[int, Category] = field(default_factory=dict)
    index: AreaIndex | None = None
    postcodes: dict[str, tuple[float, float] | None] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)  # postcodes that are there, placed or not
    areas: dict[str, Area] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)  # areas that are not loaded, in words
    keys: dict[tuple[str, uuid.UUID], int] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session) -> "Lookups":
        """The classification and the outlines of all areas."""
        found = session.scalars(select(Category)).all()
        return cls(
            session,
            {(one.scheme, one.code): one for one in found},
            {one.id: one for one in found},
            AreaIndex.load(session),
        )

    def prefetch(self, rows: Iterable[BulkEntry]) -> None:
        """Look up together what a chunk of drafts refers to."""
        self.fetch_postcodes(row.draft.postcode for row in rows if row.draft.postcode)

    def fetch_postcodes(self, codes: Iterable[str]) -> None:
        """Look up together where postcodes are; the codes must be in normal form."""
        wanted = sorted(set(codes) - self.postcodes.keys())
        for part in parts(wanted):
            self.postcodes.update(dict.fromkeys(part))
            rows = postcode_places(self.session, part)
            self.postcodes.update(rows)
            self.loaded.update(rows)

    def category(self, draft: EntryDraft) -> Category | None:
        """The category a draft names. Raises Invalid when it is unknown or not in use."""
        if draft.category is None:
            return None
        if draft.scheme is None:
            raise Invalid.field("category", f"A {draft.kind} has no category.")
        found = self.categories.get((draft.scheme, draft.category))
        if found is None:
            raise Invalid.field("category", "There is no such category. Choose one from the list.")
        if not found.active:
            raise Invalid.field("category", f"“{found.label}” is no longer used. Choose another.")
        return found

    def point_of(self, code: str) -> Shape | None:
        """Where a postcode is; None when it is not loaded or has no position."""
        if code not in self.postcodes:
            self.fetch_postcodes([code])
        place = self.postcodes[code]
        return shapely.Point(place) if place else None

    def covered(self, codes: list[str]) -> list[Area]:
        """The areas with these codes, outlines and all. Raises Invalid for one not loaded."""
        for code in codes:
            if code not in self.areas:
                self._fetch_area(code)
        return [self.areas[code] for code in dict.fromkeys(codes)]

    def _fetch_area(self, code: str) -> None:
        if code in self.missing:
            raise Invalid.field("covers_areas", self.missing[code])
        try:
            (area,) = writing.areas_by_code(self.session, [code])
        except Invalid as error:
            self.missing[code] = error.problems["covers_areas"]
            raise
        self.session.refresh(area, ["boundary"])
        self.areas[code] = area

    def key(self, name: str, uid: uuid.UUID | None) -> int | None:
        """The key of the entry a draft refers to. Raises Invalid when there is none."""
        if uid is None:
            return None
        if (name, uid) not in self.keys:
            found = self.session.scalar(
                select(Entry.id).where(Entry.uid == uid, Entry.kind.in_(REFERENCES[name]))
            )
            if found is None:
                raise Invalid.field(name, f"There is no such {name}.")
            self.keys[name, uid] = found
        return self.keys[name, uid]

    def shown(self, exact: Shape | None, precision: str) -> Shape | None:
        """What everybody but the owning team is shown of a place."""
        if exact is None or precision == Precision.EXACT:
            return exact
        return places.shown(self.session, exact, precision)


def postcode_places(session: Session, codes: list[str]) -> dict[str, tuple[float, float] | None]:
    """Where each of these postcodes is, for those that are loaded."""
    rows = session.execute(
        select(Postcode.pcds, Postcode.longitude, Postcode.latitude).where(Postcode.pcds.in_(codes))
    )
    return {
        code: (longitude, latitude) if longitude is not None and latitude is not None else None
        for code, longitude, latitude in rows
    }


def parts(items: list[T], size: int = 2_000) -> Iterable[list[T]]:
    """Runs of at most `size`, so that no statement has too many parameters."""
    return (items[start : start + size] for start in range(0, len(items), size))


@cache
def _fields_of(kind: type[EntryDraft]) -> tuple[list[str], list[str]]:
    """The fields of a draft that are columns as they stand, and those that name other entries."""
    copied = [name for name in kind.model_fields if name not in _ELSEWHERE]
    return copied, [name for name in kind.model_fields if name in REFERENCES]


def columns_of(lookups: Lookups, row: BulkEntry, now: datetime) -> dict[str, Any]:
    """Every column of an entry's rows but its key. Raises Invalid for a draft that can't be kept.

    Geometries are shapely shapes, and what `writing.apply` would set is set.
    """
    draft, at = row.draft, row.created_at or now
    category = lookups.category(draft)
    writing.refuse_detail(category, draft)
    writing.refuse_to_come(draft)
    said = draft.__dict__
    copied, referred = _fields_of(type(draft))
    values: dict[str, Any] = _UNSAID | _UNSAID_OF_KIND.get(draft.kind, {}) | row.state
    values |= {n: v.value if isinstance(v := said[n], Enum) else v for n in copied}
    values |= {f"{name}_id": lookups.key(name, said[name]) for name in referred}
    values |= {
        "uid": row.uid or uuid7(),
        "kind": draft.kind.value,
        "title_folded": " ".join(textsearch.words(draft.title))[:200],
        "category_id": category.id if category else None,
        "status": row.status or FIRST[draft.kind],
        "team_id": row.team_id,
        "created_at": at,
        "created_by_id": row.created_by_id,
        "updated_at": at,
        "updated_by_id": row.created_by_id,
        "import_id": row.import_id,
        "source": row.source,
        "external_id": row.external_id,
        "licence": row.licence,
        "checked_by_id": row.checked_by_id,
    }
    if values["status"] not in MOVES[draft.kind]:
        raise Invalid.field("status", f"Choose one of {', '.join(MOVES[draft.kind])}.")
    _fill_in(values, category, at)
    require_met(values["kind"], values["status"], values.get)
    _put_place(lookups, values, row)
    return values


def _fill_in(values: dict[str, Any], category: Category | None, at: datetime) -> None:
    """What a draft may leave empty; see `writing.settled`."""
    if values["visibility"] is None:
        said = category.default_visibility if category else None
        values["visibility"] = said or Visibility.PUBLIC.value
    if values["precision"] is None:
        values["precision"] = writing.usual_precision(values.get("person_role") or "")
    if values["kind"] == Kind.OFFER and values["expires_on"] is None:
        values["expires_on"] = local_day(at) + LIFETIME
    if values["kind"] == Kind.FINDING and values["observed_at"] is None:
        values["observed_at"] = at.replace(microsecond=0)
    if "phone" in values:
        values["phone_digits"] = writing.phone_digits(values["phone"]) if values["phone"] else ""
    for name in RECURRING:
        if given := values.get(name):
            values[name] = writing.recurring(name, given)


def _put_place(lookups: Lookups, values: dict[str, Any], row: BulkEntry) -> None:
    draft, exact = row.draft, row.shape
    code = writing.whole_postcode(draft.postcode)
    if exact is None:
        exact = writing.clean_geometry(lookups.session, draft.geometry)
    if exact is None and code and writing.placed_by_postcode(draft):
        exact = lookups.point_of(code)
        if exact is not None:
            values["location_method"] = "postcode"
    shown = lookups.shown(exact, values["precision"])
    longitude, latitude = writing.middle_of(shown)
    values |= {
        "postcode": code,
        "exact_location": exact,
        "location": shown,
        "longitude": longitude,
        "latitude": latitude,
    }


def to_read(kind: Kind, values: dict[str, Any]) -> Entry:
    """An entry of a kind that no session knows, to be read from and nothing else."""
    model = writing.MODELS[kind]
    entry = model.__new__(model)
    entry.__dict__.update(values)
    return entry


def covered_ground(lookups: Lookups, draft: EntryDraft, entry: Entry) -> tuple[Any, list[int]]:
    """The ground an entry covers, and the keys of the areas it says it covers."""
    if not draft.covers_areas and not draft.radius_m:
        return None, []
    areas = lookups.covered(draft.covers_areas)
    return writing.covered_ground(entry, areas), [area.id for area in areas]


def tables_of(kind: Kind) -> list[Table]:
    """The tables a kind's rows lie in, `entry` first."""
    line = [model for model in writing.MODELS[kind].__mro__ if "__tablename__" in vars(model)]
    return [cast(Table, cast(Any, model).__table__) for model in reversed(line)]
