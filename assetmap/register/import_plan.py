"""What an import would do, row by row, before anything is written.

What it finds waits in a folder: new entries as ready rows in `rows.jsonl`, refused rows and likely
duplicates as CSV. So a plan of a hundred thousand rows takes the memory of a few thousand.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Invalid
from assetmap.formats import csv
from assetmap.formats.table import Row, Table
from assetmap.models import Area, Category
from assetmap.models.states import require_met
from assetmap.register import snapshots, suppressions, text_hygiene, writing
from assetmap.register.bulk import Preparer
from assetmap.register.bulk_rows import columns_of
from assetmap.register.duplicates import Candidate, Neighbours, refs_of
from assetmap.register.import_mapping import joined
from assetmap.register.import_matches import Compared, Met, called, compared, known
from assetmap.register.import_rows import ReadRow, Refusal, RowReader
from assetmap.schemas.entries import AssetDraft

CHUNK = 2_500
MOST_SAMPLES = 10
ANY = ("any",)  # of what the text of rows holds
OUTCOMES = ("new", "changed", "same", "back", "duplicate", "refused")
ASIDE = {"refused": ("row", "reason"), "duplicates": ("row", "likely", "why")}  # our columns there
APART = " (import)"  # after the name of one of ours where the file has such a column of its own
Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many
Basis = tuple[int, ...]


@dataclass(slots=True)
class Sample:
    """One row of an outcome, to show. entry_id: of the entry that it is about."""

    number: int
    title: str
    said: str = ""
    entry_id: int | None = None


@dataclass
class Plan:
    """What would become of each row. counts: by outcome; `kept` counts fields left as they are."""

    folder: Path
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*OUTCOMES, "kept"), 0))
    samples: dict[str, list[Sample]] = field(default_factory=lambda: {o: [] for o in OUTCOMES})
    warnings: list[str] = field(default_factory=list)
    basis: Basis = ()

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return sum(self.counts[outcome] for outcome in OUTCOMES)

    def as_json(self) -> dict[str, Any]:
        """What a page shows of it."""
        samples = {o: [asdict(one) for one in found] for o, found in self.samples.items()}
        return {"counts": self.counts, "samples": samples, "warnings": self.warnings}


@dataclass(slots=True)
class _New:
    read: ReadRow
    values: dict[str, Any]
    like: int | None = None


@dataclass
class Planner:
    """Plans one file."""

    session: Session
    table: Table
    reader: RowReader
    folder: Path
    viewer: Viewer
    progress: Progress
    plan: Plan = field(init=False)
    _preparer: Preparer = field(init=False)
    _seen: dict[tuple[str, str], int] = field(default_factory=dict)
    _pointing: Counter[str] = field(default_factory=Counter)  # rows, by what their text holds

    def make(self) -> Plan:
        """Read every row and say what would become of it. Writes nothing to the database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._seen.clear()
        self._pointing.clear()
        self.plan = Plan(self.folder, warnings=list(self.table.warnings))
        self.plan.basis = basis(self.session)
        self._preparer = Preparer(self.session, self.reader.lookups)
        with (
            (self.folder / "rows.jsonl").open("wb") as self._rows,
            (self.folder / "keys.jsonl").open("wb") as self._keys,
            (self.folder / "refused.jsonl").open("wb") as self._refused,
            (self.folder / "duplicates.jsonl").open("wb") as self._duplicates,
        ):
            for chunk in chunks(self.table.rows(), CHUNK):
                with unhurried():
                    self._chunk(chunk)
                self.progress("Reading rows", self.plan.rows, 0)
            self._keys.write(orjson.dumps(["named", self.reader.named]) + b"\n")
        self.plan.warnings += _said_of(self._pointing)
        theirs = _without_ours(self.table.columns)
        for name in ASIDE:
            _as_csv(self.folder, name, [*self._ours(name), *theirs])
        return self.plan

    def _chunk(self, rows: Sequence[Row]) -> None:
        by_number = {row.number: row for row in rows}
        points = self.reader.points(rows)
        both = zip(rows, points, strict=True)
        read = [one for row, point in both if (one := self._read(row, point)) is not None]
        lost = dict.fromkeys(self._of_erased(read), suppressions.TAKEN_OUT)
        lost |= {id(one): why for one, why in self.reader.settle_places(read)}
        there = known(self.session, [one for one in read if id(one) not in lost])
        new: list[_New] = []
        met: list[Met] = []
        for one in read:
            row = by_number[one.number]
            if id(one) in lost:
                self._refuse(row, one.entry.draft.title, lost[id(one)])
            elif (values := self._columns(one, row)) is not None:
                match = there.get((one.entry.source or "", one.entry.external_id or ""))
                if match is None:
                    new.append(_New(one, values))
                else:
                    met.append(Met(one, values, match))
        self._compare(met, by_number)
        self._add(new, by_number)

    def _of_erased(self, read: list[ReadRow]) -> Iterator[int]:
        """Rows that would bring back how to reach somebody who was erased."""
        drafts = {id(one): one.entry.draft for one in read}
        some = {key: one for key, one in drafts.items() if isinstance(one, AssetDraft)}
        gone = suppressions.are_erased(self.session, list(some.values()))
        return (key for key, is_gone in zip(some, gone, strict=True) if is_gone)

    def _read(self, row: Row, point: Shape | None) -> ReadRow | None:
        try:
            one = self.reader.read(row, point)
        except Refusal as error:
            self._refuse(row, "", str(error))
            return None
        key = (one.entry.source or "", one.entry.external_id or "")
        if key in self._seen:
            earlier = self._seen[key]
            self._refuse(row, one.entry.draft.title, f"Row {earlier} is the same entry.")
            return None
        self._seen[key] = row.number
        held = {found.label for found in text_hygiene.in_draft(one.entry.draft)}
        self._pointing.update([*held, *(ANY if held else ())])
        return one

    def _columns(self, one: ReadRow, row: Row) -> dict[str, Any] | None:
        try:
            return columns_of(self._preparer.lookups, one.entry, now())
        except Invalid as error:
            self._refuse(row, one.entry.draft.title, self.reader.refusal(error))
            return None

    def _compare(self, met: list[Met], by_number: dict[int, Row]) -> None:
        ours: list[Met] = []
        for one in met:
            if (why := one.match.refusal(self.reader.kind, self.viewer)) is None:
                ours.append(one)
            else:
                self._refuse(by_number[one.row.number], one.row.entry.draft.title, why)
        changed = []
        for one, found in zip(ours, compared(self.session, ours), strict=True):
            if found.changes and (why := self._unfit(found.wanted)) is not None:
                self._refuse(by_number[one.row.number], one.row.entry.draft.title, why)
                continue
            self._matched(one, found)
            if found.changes:
                changed.append([one.match.id, found.changes, found.wanted])
        if changed:
            self._keep("changed", changed)

    def _matched(self, one: Met, found: Compared) -> None:
        match, number, title = one.match, one.row.number, one.row.entry.draft.title
        if match.was_undone:
            self._count("back", Sample(number, title, entry_id=match.id))
            self._keep("back", [match.id])
        elif found.changes:
            said = ", ".join(_named(name, value) for name, value in sorted(found.changes.items()))
            self._count("changed", Sample(number, title, said, match.id))
        else:
            self._count("same", Sample(number, title, entry_id=match.id))
        if found.changes or match.was_undone:
            self._keys.write(orjson.dumps(["there", [match.id, match.version]]) + b"\n")
        self.plan.counts["kept"] += len(found.kept)

    def _unfit(self, wanted: snapshots.Snapshot) -> str | None:
        """Why row and entry do not go together, though each makes sense by itself."""
        try:
            draft = snapshots.draft_of(self.reader.kind, wanted)
            known_as = (draft.scheme or "", draft.category or "")
            writing.refuse_detail(self._preparer.lookups.categories.get(known_as), draft)
            writing.refuse_to_come(draft)
            require_met(self.reader.kind, wanted["status"], snapshots.reader(wanted))
        except ValidationError as error:
            return self.reader.refusal(Invalid.from_pydantic(error))
        except Invalid as error:
            return self.reader.refusal(error)
        return None

    def _add(self, new: list[_New], by_number: dict[int, Row]) -> None:
        self._find_like(new, by_number)
        wanted = [
            one for one in new if one.like is None or self.reader.options.duplicates != "skip"
        ]
        if not wanted:
            return
        ready = self._preparer.finish(
            [one.read.entry for one in wanted], [one.values for one in wanted]
        )
        like = [one.like for one in wanted]
        linked = like if self.reader.options.duplicates == "link" else []
        keys = [[one.read.entry.source, one.read.entry.external_id] for one in wanted]
        self._keep("new", {"ready": vars(ready), "like": linked})
        self._keys.write(orjson.dumps(["new", keys]) + b"\n")

    def _find_like(self, new: list[_New], by_number: dict[int, Row]) -> None:
        found = self._neighbours(new)
        refs = refs_of(self.session, {like for like, _ in found.values()})
        for one in new:
            title, number = one.read.entry.draft.title, one.read.number
            likely = found.get(number)
            if likely is None:
                self._count("new", Sample(number, title))
                continue
            one.like, why = likely
            self._count("duplicate", Sample(number, title, why, one.like))
            said = (number, refs[one.like], why)
            row = by_number[number].values | dict(zip(self._ours("duplicates"), said, strict=True))
            self._duplicates.write(orjson.dumps(row) + b"\n")

    def _neighbours(self, new: list[_New]) -> dict[int, tuple[int, str]]:
        """The likeliest entry that each new row may be, and why, by the row's number."""
        if not new:
            return {}
        given = [_candidate(one.values) for one in new]
        known = Neighbours.load(self.session, self.reader.kind, given, viewer=self.viewer)
        return {
            one.read.number: (like[0].entry_id, ", ".join(like[0].reasons))
            for one, like in zip(new, known.like(given, 1), strict=True)
            if like
        }

    def _refuse(self, row: Row, title: str, why: str) -> None:
        self._count("refused", Sample(row.number, title or self._name_of(row), why))
        ours = dict(zip(self._ours("refused"), (row.number, why), strict=True))
        self._refused.write(orjson.dumps(row.values | ours) + b"\n")

    def _ours(self, name: str) -> list[str]:
        """Our columns of what is put aside; named apart where the file has such of its own."""
        theirs = _without_ours(self.table.columns)
        return [one + APART if one in theirs else one for one in ASIDE[name]]

    def _name_of(self, row: Row) -> str:
        """What to tell a row by that could not be read."""
        columns = self.reader.mapping.columns.get("title")
        return joined(row.values, columns)[:160] if columns else _first(row)

    def _count(self, outcome: str, sample: Sample) -> None:
        self.plan.counts[outcome] += 1
        if len(self.plan.samples[outcome]) < MOST_SAMPLES:
            self.plan.samples[outcome].append(sample)

    def _keep(self, what: str, given: Any) -> None:
        self._rows.write(orjson.dumps([what, given], default=str) + b"\n")


def _said_of(pointing: Counter[str]) -> list[str]:
    """A warning for rows whose text may point at somebody; none when there are none."""
    rows = pointing.pop(ANY[0], 0)
    if not rows:
        return []
    held = ", ".join(f"{label.lower()} in {n:,}" for label, n in sorted(pointing.items()))
    said = "1 row holds" if rows == 1 else f"{rows:,} rows hold"
    return [f"{said} text that may point at somebody ({held}). Look at them before you import."]


def basis(session: Session) -> Basis:
    """Numbers that change when areas or categories do, on which every row's plan rests."""
    areas = session.execute(select(func.count(Area.id), func.max(Area.id))).one()
    active = select(func.count(Category.id), func.max(Category.id)).where(Category.active)
    return tuple(int(n or 0) for n in (*areas, *session.execute(active).one()))


def kept(folder: Path, name: str = "rows") -> Iterator[tuple[str, Any]]:
    """What a plan wrote down to be done, in order.

    name: "keys" for no more than tells whether the plan still fits: the source and number of new
    entries, the key and version of those there, the uids of those that rows refer to.
    """
    with (folder / f"{name}.jsonl").open("rb") as file:
        for line in file:
            what, given = orjson.loads(line)
            yield what, given


@contextmanager
def unhurried() -> Iterator[None]:
    """Leave the search for garbage until after: it would look at every new row, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Runs of rows."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk


def _named(name: str, change: Sequence[Any]) -> str:
    """A field that changes, as people say it, and whether the file empties it."""
    emptied = " (emptied)" if change[1] in (None, "", []) else ""
    return called(name) + emptied


def _candidate(values: dict[str, Any]) -> Candidate:
    return Candidate(
        title=values["title_folded"],
        longitude=values["longitude"],
        latitude=values["latitude"],
        phone=values.get("phone_digits", ""),
        email=values.get("email", "").lower(),
        charity_number=values.get("charity_number", ""),
        category_id=values["category_id"],
    )


def _as_csv(folder: Path, name: str, columns: list[str]) -> None:
    """The CSV of what was put aside, and nothing where nothing was."""
    source, target = folder / f"{name}.jsonl", folder / f"{name}.csv"
    if source.stat().st_size == 0:
        target.unlink(missing_ok=True)
    else:
        with source.open("rb") as lines, target.open("wb") as out:
            out.writelines(csv.write(map(orjson.loads, lines), columns))
    source.unlink()


def _without_ours(columns: Sequence[str]) -> list[str]:
    """A file's own columns: one that we put aside, and that comes back mended, begins with ours."""
    for ours in ASIDE.values():
        if tuple(name.removesuffix(APART) for name in columns[: len(ours)]) == ours:
            return list(columns[len(ours) :])
    return list(columns)


def _first(row: Row) -> str:
    return next((value[:60] for value in row.values.values() if value.strip()), "")
