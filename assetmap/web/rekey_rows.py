"""The rows of a paper sheet as they were typed at a desk, on their way to becoming drafts."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session
from uuid6 import uuid7
from werkzeug.datastructures import MultiDict

from assetmap import textsearch
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Invalid
from assetmap.models import Walkabout
from assetmap.register import paper, pointers
from assetmap.register.paper import Numbered, Term
from assetmap.schemas.entries import DRAFTS, EntryDraft
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind
from assetmap.web import whereabouts

AT_FIRST, MOST = 10, 40
CELLS = ("title", "category", "where", "severity", "who", "note")
KINDS = (Kind.FINDING, Kind.OFFER, Kind.ASSET, Kind.GROUP)
NOWHERE = "-"
SAY_WHERE = "Say where: a number on the map, a postcode, an address with postcode, or - for none."
OR_ELSE = "Or give a number on the map, or - for none and put these words into the note."
_UNDER = {  # fields of a draft, under the cell that people see
    "description": "note",
    "person_role": "who",
    "group": "who",
    "asset": "who",
    **dict.fromkeys(("geometry", "location", "longitude", "latitude", "postcode"), "where"),
    "address": "where",
}
_REF = re.compile(r"[A-Za-z]{3}-\d{1,12}$")
_ROLE = re.compile(r"role[:\s]+", re.IGNORECASE)


@dataclass
class Row:
    """One row. uid: of what it becomes, so that sent twice it is added once. same: the entry it
    was said to be, or “new”. leave: keys of what was looked at and left as it is."""

    number: int
    uid: uuid.UUID
    kind: str
    said: dict[str, str]
    same: str = ""
    leave: frozenset[str] = frozenset()
    problems: dict[str, str] = field(default_factory=dict)
    suspects: Sequence[Any] = ()
    finds: Sequence[Any] = ()

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed."""
        return not any(self.said.values())

    def refuse(self, problems: Mapping[str, str]) -> None:
        """Put each problem under the cell that it is about; what has none, under the first."""
        for name, words in problems.items():
            cell = _UNDER.get(name, name)
            self.problems.setdefault(cell if cell in CELLS else "title", words)


@dataclass(frozen=True)
class Desk:
    """What rows are read against: the walkabout, the places its paper numbers, the terms."""

    session: Session
    walkabout: Walkabout
    places: Mapping[int, Numbered]
    terms: Sequence[Term]
    viewer: Viewer


def blank(count: int, kind: Kind, first: int = 1) -> list[Row]:
    """Empty rows of a kind."""
    cells = dict.fromkeys(CELLS, "")
    return [Row(n, uuid7(), kind.value, dict(cells)) for n in range(first, first + count)]


def of_form(form: MultiDict[str, str]) -> list[Row]:
    """Every row of a posted form, for reading and for showing again."""
    given = form.get("rows", "")
    count = min(int(given), MOST) if given.isdecimal() and len(given) < 4 else AT_FIRST
    return [_row(form, number) for number in range(1, max(count, 1) + 1)]


def draft(desk: Desk, row: Row) -> EntryDraft | None:
    """What a row says. None with the row's `problems` filled, when it can't be read."""
    kind = Kind(row.kind)
    raw: dict[str, Any] = {"title": row.said["title"], "description": row.said["note"]}
    if not row.said["title"]:
        row.refuse({"title": "Say in a few words what it is."})
    for read in (_category, _where, _who, _severity):
        try:
            raw |= read(desk, row, kind)
        except Invalid as error:
            row.refuse(error.problems)
    if row.problems:
        return None
    if kind == Kind.FINDING and desk.walkabout.starts_at <= now():
        raw["observed_at"] = desk.walkabout.starts_at.isoformat()
    try:
        return checked(DRAFTS[kind], {name: one for name, one in raw.items() if one})
    except Invalid as error:
        row.refuse(error.problems)
        return None


def _row(form: MultiDict[str, str], number: int) -> Row:
    kind = form.get(f"kind-{number}", "")
    given = {name: " ".join(form.get(f"{name}-{number}", "").split()) for name in CELLS}
    try:
        uid = uuid.UUID(form.get(f"uid-{number}", ""))
    except ValueError:
        uid = uuid7()
    return Row(
        number,
        uid,
        kind if kind in KINDS else Kind.FINDING.value,
        given,
        form.get(f"same-{number}", ""),
        frozenset(form.getlist(f"leave-{number}")),
    )


def _category(desk: Desk, row: Row, kind: Kind) -> dict[str, Any]:
    """A code or its beginning, or the label or its beginning: the one term that is meant."""
    typed = row.said["category"].lower()
    if not typed:
        raise Invalid.field("category", "Give a code from the sheet.")
    scheme = paper.scheme_of(kind)
    known = [term for term in desk.terms if term.scheme == scheme]
    code = typed.partition(" ")[0]
    folded = " ".join(textsearch.words(typed))
    ways = (
        [term for term in known if term.code == code],
        [term for term in known if _folded(term) == folded],
        [term for term in known if term.code.startswith(typed)],
        [term for term in known if folded and _folded(term).startswith(folded)],
        [term for term in known if folded and f" {folded}" in f" {_folded(term)}"],
    )
    meant = next((found for found in ways if found), [])
    if len(meant) == 1:
        return {"category": meant[0].code}
    if not meant:
        raise Invalid.field("category", f"No category of {kind.plural} is called that.")
    some = "; ".join(f"{term.code} {term.label}" for term in meant[:4])
    raise Invalid.field("category", f"Which one? {some}.")


def _folded(term: Term) -> str:
    return " ".join(textsearch.words(term.label))


def _where(desk: Desk, row: Row, kind: Kind) -> dict[str, Any]:
    typed = row.said["where"]
    if not typed:
        raise Invalid.field("where", SAY_WHERE)
    if typed == NOWHERE:
        return {}
    if not typed.isdecimal():
        try:
            return whereabouts.read(desk.session, {"where": typed}, None, "")
        except Invalid as error:
            (said, *_) = error.problems.values()
            raise Invalid.field("where", f"{said} {OR_ELSE}") from error
    entry = _numbered(desk, typed, "where")
    at = [entry.longitude, entry.latitude]
    return {"geometry": {"type": "Point", "coordinates": at}, "location_method": "map_click"}


def _who(desk: Desk, row: Row, kind: Kind) -> dict[str, Any]:
    """Who makes an offer: a number on the map, a reference, a name on the register, or a role."""
    typed = row.said["who"]
    if kind != Kind.OFFER:
        return {}
    if not typed:
        raise Invalid.field("who", "Say who offers it: a group, a place or somebody's role.")
    givers = (Kind.GROUP, Kind.ASSET)
    if typed.isdecimal():
        entry = _numbered(desk, typed, "who")
        if entry.kind not in givers:
            raise Invalid.field("who", f"Number {typed} is neither a group nor a place.")
        return {entry.kind: str(entry.uid)}
    if match := _ROLE.match(typed):
        return {"person_role": typed[match.end() :]}
    try:
        entry = pointers.entry_called(desk.session, typed, givers, viewer=desk.viewer, field="who")
    except Invalid:
        near = pointers.like(desk.session, typed, givers, viewer=desk.viewer, most=3)
        if _REF.match(typed) or near:
            named = "; ".join(f"{one.ref} {one.title}" for one in near) or "nothing here"
            words = f"Give the reference: {named}. Is it a role? Begin with “role”."
            raise Invalid.field("who", words) from None
        return {"person_role": typed}
    return {entry.kind: str(entry.uid)}


def _severity(desk: Desk, row: Row, kind: Kind) -> dict[str, Any]:
    typed = row.said["severity"]
    if kind != Kind.FINDING or not typed:
        return {}
    if typed not in ("1", "2", "3", "4"):
        raise Invalid.field("severity", "1, 2, 3 or 4.")
    return {"severity": int(typed)}


def _numbered(desk: Desk, typed: str, cell: str) -> Any:
    place = desk.places.get(int(typed)) if len(typed) < 6 else None
    if place is None:
        raise Invalid.field(cell, f"There is no number {typed[:8]} on the map of this pack.")
    if place.entry is None or place.entry.longitude is None:
        raise Invalid.field(cell, f"Number {typed} is not on the register any more.")
    return place.entry
