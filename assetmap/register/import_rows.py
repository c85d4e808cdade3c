"""A row of a file as an entry to be, or the reason why it can't be one."""

import hashlib
import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import shapely
from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access, textsearch
from assetmap.access import Viewer
from assetmap.errors import Invalid
from assetmap.formats import positions
from assetmap.formats.positions import PositionColumns, parse_grid_reference
from assetmap.formats.postcodes import normal_postcode
from assetmap.formats.table import Row
from assetmap.models import Entry
from assetmap.models.states import MOVES
from assetmap.register import beginnings, deployment, entries
from assetmap.register.beginnings import Partners
from assetmap.register.bulk_rows import BulkEntry, Lookups
from assetmap.register.import_mapping import KnownCategories, joined
from assetmap.register.import_values import converter, instant
from assetmap.schemas.entries import REFERENCES, EntryDraft
from assetmap.schemas.imports import (
    PLACE_FIELDS,
    RECORD_FIELDS,
    ImportMapping,
    ImportOptions,
    draft_of,
    fields,
)
from assetmap.vocabulary import Kind

MADE_KEY = "made:"
LONGEST_ID = 200
LONGEST_RESOLUTION = 2_000
# what people choose, or what is filled in, when nothing is said
NO_PLACE = "There is no location: no coordinates and no postcode."
NO_COLUMN = "There is no location: no column is taken for its postcode or coordinates."
_KEPT_WHEN_EMPTY = frozenset("visibility precision expires_on observed_at location_method".split())


class Refusal(Exception):
    """Why one row can't be an entry, in words that name its column."""


@dataclass(slots=True)
class ReadRow:
    """A row that makes sense. given: the draft's fields that the file speaks of.

    It speaks of a field, too, where a column of it is empty: a field with a value is emptied.
    """

    number: int
    entry: BulkEntry
    given: set[str]


@dataclass
class RowReader:
    """Reads rows of one file, remembering what it looked up."""

    session: Session
    kind: Kind
    mapping: ImportMapping
    options: ImportOptions
    lookups: Lookups
    viewer: Viewer
    team_id: int
    import_id: int | None = None
    why: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    _draft: type[EntryDraft] = field(init=False)
    _plan: list[tuple[str, Sequence[str], Callable[[str], Any]]] = field(init=False)
    _place: PositionColumns = field(init=False)
    _fields: frozenset[str] = field(init=False)
    _fixed: dict[str, Any] = field(init=False)
    _codes: dict[str, str] = field(init=False)
    _known: KnownCategories = field(init=False)
    _partners: Partners = field(init=False)
    _referred: dict[tuple[str, str], uuid.UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mapping = self.mapping
        self._draft = draft_of(self.kind)
        self._fields = frozenset(self._draft.model_fields)
        self._plan = [
            (name, columns, converter(name))
            for name, columns in mapping.columns.items()
            if name not in PLACE_FIELDS and name != "category"
        ]
        names = {name: mapping.first(name) for name in PLACE_FIELDS}
        self._place = PositionColumns(**names, epsg=mapping.epsg, pair_order=mapping.pair_order)
        fixed = {name: converter(name)(value) for name, value in mapping.fixed.items()}
        if "confidence" in self._draft.model_fields:
            fixed.setdefault("confidence", "imported")
        self._fixed = fixed
        self._codes = {said.strip().casefold(): code for said, code in mapping.categories.items()}
        self._known = KnownCategories.load(self.session, self.kind)
        self._partners = Partners(self.session)
        self._extent = deployment.extent(self.session)
        self.labels = fields(self.kind)
        self._steps = (
            self._take_references,
            self._take_title,
            self._take_category,
            self._take_postcode,
        )

    def points(self, rows: Sequence[Row]) -> list[Shape | None]:
        """The points of rows whose longitude and latitude are plainly good; None for all others.

        Made together, because most files hold nothing else and one by one they take long.
        """
        east, north = self._place.longitude, self._place.latitude
        if east is None or north is None or (rows and rows[0].geometry is not None):
            return [None] * len(rows)
        places = [_plain_place(row.values.get(east), row.values.get(north)) for row in rows]
        box = self._extent
        good = [box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in places]
        made = shapely.points(places)
        return [
            point if fits and max(abs(x), abs(y)) > positions.NULL_ISLAND else None
            for point, fits, (x, y) in zip(made, good, places, strict=True)
        ]

    def read(self, row: Row, point: Shape | None = None) -> ReadRow:
        """The row as an entry, all but a place that only its postcode gives. Raises Refusal.

        point: what `points` made of it.
        """
        if row.problem:
            raise Refusal(row.problem)
        try:
            return self._read(row, point)
        except (Invalid, ValidationError):
            raise Refusal(self.refusal(self._problems(row, point))) from None

    def settle_places(self, rows: Sequence[ReadRow]) -> list[tuple[ReadRow, str]]:
        """Look up the postcodes of a chunk. Returns the rows that have no place, and why."""
        lost = [row for row in rows if row.entry.shape is None]
        codes = {row.entry.draft.postcode for row in lost if row.entry.draft.postcode}
        self.lookups.fetch_postcodes(code for code in codes if code)
        refused: list[tuple[ReadRow, str]] = []
        for row in lost:
            code = row.entry.draft.postcode
            if self.mapping.keep_without_place or (code and self.lookups.point_of(code)):
                continue
            if code is None:
                taken = {"postcode", *PLACE_FIELDS}.intersection(self.mapping.columns)
                refused.append((row, NO_PLACE if taken else NO_COLUMN))
                continue
            known = code in self.lookups.loaded
            what = "has no position" if known else "is not loaded, so it gives no location"
            refused.append((row, f"{self._name('postcode')}: The postcode {code} {what}."))
        return refused

    @property
    def named(self) -> list[str]:
        """The uids of the entries that rows refer to."""
        return sorted(map(str, set(self._referred.values())))

    def _read(self, row: Row, point: Shape | None) -> ReadRow:
        given, emptied = self._said(row)
        record = {name: str(given.pop(name)) for name in RECORD_FIELDS if name in given}
        for step in self._steps:
            step(given, row)
        shape = self._shape(row, given, point)
        draft = self._draft.model_validate(given)
        self.lookups.covered(draft.covers_areas)  # the row is refused, not the file
        emptied &= self._fields
        if shape is None:
            emptied.discard("postcode")  # the place that it gave would be lost
        else:
            emptied.add("geometry")
        return ReadRow(row.number, self._entry(draft, shape, record), emptied.union(given))

    def _problems(self, row: Row, point: Shape | None) -> Invalid:
        """All that keeps a row from being an entry: whoever mends the file mends it once."""
        given, _ = self._said(row)
        record = {name: str(given.pop(name)) for name in RECORD_FIELDS if name in given}
        problems: dict[str, str] = {}

        def note(attempt: Callable[[], Any]) -> Any:
            try:
                return attempt()
            except ValidationError as error:
                found = Invalid.from_pydantic(error)
            except Invalid as error:
                found = error
            problems.update({n: what for n, what in found.problems.items() if n not in problems})
            return None

        for step in self._steps:
            note(partial(step, given, row))
        note(partial(self._shape, row, given, point))
        draft = note(partial(self._draft.model_validate, given))
        if draft is not None:
            note(partial(self.lookups.covered, draft.covers_areas))
        note(lambda: self._state(self._status(record), record))
        return Invalid("Some answers need mending.", problems)

    def _said(self, row: Row) -> tuple[dict[str, Any], set[str]]:
        """What the columns of a row say, by field, and the fields whose columns are empty."""
        given: dict[str, Any] = dict(self._fixed)
        emptied: set[str] = set()
        for name, columns, convert in self._plan:
            said = joined(row.values, columns)
            if said:
                given[name] = convert(said)
            elif name not in _KEPT_WHEN_EMPTY:
                emptied.add(name)
        return given, emptied

    def _entry(
        self, draft: EntryDraft, shape: Shape | None, record: Mapping[str, str]
    ) -> BulkEntry:
        external, status = record.get("external_id", ""), self._status(record)
        return BulkEntry(
            draft,
            team_id=self.team_id,
            status=status,
            created_by_id=self.viewer.user_id,
            import_id=self.import_id,
            source=(record.get("source") or self.options.source)[:120],
            external_id=external or made_key(draft, shape),
            licence=(record.get("licence") or self.options.licence)[:80] or None,
            shape=shape,
            state=self._state(status, record),
            verb="imported",
            why=self.why,
        )

    def _status(self, record: Mapping[str, str]) -> str | None:
        """The state that the file gives, beside which stands the key it has there."""
        if len(record.get("external_id", "")) > LONGEST_ID:
            raise Invalid.field("external_id", f"Use {LONGEST_ID} characters or fewer.")
        status = record.get("status") or None
        if status is not None and status not in MOVES[self.kind]:
            raise Invalid.field("status", f"Choose one of {', '.join(MOVES[self.kind])}.")
        return status

    def _state(self, status: str | None, record: Mapping[str, str]) -> dict[str, Any]:
        if self.kind is not Kind.FINDING:
            return {}
        said = record.get("assigned_partner", "").strip()
        resolution = record.get("resolution", "")
        if len(resolution) > LONGEST_RESOLUTION:
            raise Invalid.field("resolution", f"Use {LONGEST_RESOLUTION:,} characters or fewer.")
        return beginnings.of_finding(
            status,
            resolution=resolution,
            partner_id=self._partners.called(said) if said else None,
            resolved_at=instant("resolved_at", record.get("resolved_at", "")),
        )

    def _shape(self, row: Row, given: dict[str, Any], point: Shape | None) -> Shape | None:
        if point is not None:
            given.setdefault("location_method", "imported")
            return point
        found = positions.locate(row.values, self._place, self._extent, row.geometry)
        if found is None:
            return None
        given.setdefault("location_method", "imported")
        column = self._place.grid_reference
        if column and given["location_method"] == "imported" and row.geometry is None:
            said = row.values.get(column, "")
            if said and not self._other_place(row.values):
                given["location_method"] = "grid_ref"
                given.setdefault("accuracy_m", round(parse_grid_reference(said).accuracy_m, 1))
        return found[0]

    def _other_place(self, values: Mapping[str, str]) -> bool:
        """Whether a column that wins over the grid reference is filled in."""
        names = [name for name in PLACE_FIELDS if name != "grid_reference"]
        columns = [self.mapping.first(name) for name in names]
        return any(values.get(column, "").strip() for column in columns if column)

    def _take_references(self, given: dict[str, Any], _: Row) -> None:
        for name in REFERENCES:
            if name in given:
                given[name] = self._reference(name, str(given[name]))

    def _take_title(self, given: dict[str, Any], _: Row) -> None:
        if not given.get("title"):
            raise Invalid.field("title", "It is empty.")

    def _take_category(self, given: dict[str, Any], row: Row) -> None:
        given["category"] = self._category(row.values)

    def _take_postcode(self, given: dict[str, Any], _: Row) -> None:
        if "postcode" in given:
            said = str(given["postcode"])
            given["postcode"] = normal_postcode(said)
            if given["postcode"] is None:
                raise Invalid.field("postcode", f"“{said[:20]}” is not a whole UK postcode.")

    def _category(self, values: Mapping[str, str]) -> str:
        columns = self.mapping.columns.get("category")
        said = joined(values, columns) if columns else self.mapping.fixed.get("category", "")
        code = self._codes.get(said.casefold()) if said else None
        if code is None and said:
            code = self._known.find(said)
        if code is None:
            code = self.mapping.default_category or None
        if code is None:
            what = "Say which of ours it means" if said else "Say which it is"
            known = f"“{said[:60]}” is not one of our categories" if said else "It is empty"
            rest = "or give a category for all the rest"
            raise Invalid.field("category", f"{known}. {what}, {rest}.")
        return code

    def _reference(self, name: str, said: str) -> uuid.UUID:
        if (name, said) not in self._referred:
            self._referred[name, said] = self._look_up(name, said)
        return self._referred[name, said]

    def _look_up(self, name: str, said: str) -> uuid.UUID:
        kinds = REFERENCES[name]
        by_ref = entries.by_ref(self.session, said, viewer=self.viewer)
        if by_ref is not None and by_ref.kind in kinds:
            return by_ref.uid
        title = " ".join(textsearch.words(said))[:200]
        query = select(Entry.uid).where(
            Entry.kind.in_([kind.value for kind in kinds]), access.visible_entries(self.viewer)
        )
        try:
            found = list(self.session.scalars(query.where(Entry.uid == uuid.UUID(said))))
        except ValueError:
            found = list(self.session.scalars(query.where(Entry.title_folded == title).limit(2)))
        if len(found) != 1:
            many = "Several entries are" if found else f"There is no {name}"
            raise Invalid.field(name, f"{many} called “{said[:60]}”. Give its reference.")
        return found[0]

    def _name(self, field_name: str) -> str:
        """What to call a field to the person who has the file before them."""
        if field_name in ("location", "geometry"):
            columns = [c for n in PLACE_FIELDS if (c := self.mapping.first(n))]
            return ", ".join(columns) or "Location"
        columns = list(self.mapping.columns.get(field_name, ()))
        return ", ".join(columns) or self.labels.get(field_name, field_name)

    def refusal(self, error: Invalid) -> str:
        """What is wrong with a row, in words that name its column."""
        if not error.problems:
            return str(error)
        return "; ".join(f"{self._name(name)}: {what}" for name, what in error.problems.items())


def _plain_place(east: str | None, north: str | None) -> tuple[float, float]:
    try:
        return float(east or "nan"), float(north or "nan")
    except ValueError:
        return math.nan, math.nan


def made_key(draft: EntryDraft, shape: Shape | None) -> str:
    """A lasting key for a row without one, out of its title and its place."""
    if shape is not None:
        middle = shape.representative_point()
        place = f"{middle.x:.5f},{middle.y:.5f}"
    else:
        place = f"{draft.postcode or ''} {' '.join(textsearch.words(draft.address))}"
    said = f"{draft.kind}|{' '.join(textsearch.words(draft.title))}|{draft.category}|{place}"
    return MADE_KEY + hashlib.sha256(said.encode()).hexdigest()[:24]
