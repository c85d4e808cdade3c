"""What is worked out when an entry is written: its areas, and what the text index holds of it."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import delete, insert, inspect, select
from sqlalchemy.orm import Session

from assetmap import access, loading, spatial, textsearch
from assetmap.models import (
    Area,
    Asset,
    Category,
    Engagement,
    Entry,
    EntryArea,
    EntryCovers,
    Finding,
    Group,
    Offer,
    SearchWord,
    SearchWordCut,
    Walkabout,
)
from assetmap.register.places import holds
from assetmap.textsearch import Document
from assetmap.vocabulary import Visibility

_EXTRA_WORDS: dict[type[Entry], tuple[str, ...]] = {
    Asset: ("hire_terms", "accessibility_note", "cost_note"),
    Group: ("alt_names", "charity_number"),
    Offer: ("person_role", "conditions"),
    Finding: ("external_ref",),
    Walkabout: ("aims", "summary"),
    Engagement: ("theme", "focal_question", "aims", "audience"),
}
LEAST_OVERLAP = 1e-9  # square degrees or degrees: less is a shared border


def assign_areas(session: Session, entry: Entry, shape: Shape | None) -> None:
    """Put the entry in the areas its shown place lies in, in place of those it was in."""
    session.execute(delete(EntryArea).where(EntryArea.entry_id == entry.id))
    found = areas_of(session, shape) if shape is not None else []
    if found:
        session.execute(
            insert(EntryArea), [{"entry_id": entry.id, "area_id": area} for area in found]
        )


def areas_of(session: Session, shape: Shape) -> list[int]:
    """Keys of the areas a shape lies in.

    A point on a border lies in the area whose code comes first in the alphabet, one of each type
    and vintage. A line or polygon lies in every area it shares more than a border with.
    """
    if isinstance(shape, shapely.Point):
        rows = session.execute(
            select(Area.id, Area.type, Area.vintage, Area.code)
            .where(holds(shape))
            .order_by(Area.code.desc())
        )
        return sorted({(kind, vintage): key for key, kind, vintage, _ in rows}.values())
    candidates = session.execute(select(Area.id, Area.boundary).where(holds(shape)))
    return sorted(key for key, wkb in candidates if _overlap(shape, spatial.shape_of(wkb)))


def _overlap(shape: Shape, boundary: Shape | None) -> bool:
    if boundary is None:
        return False
    if isinstance(shape, shapely.MultiPoint):
        return bool(shapely.intersects(shape, boundary))
    shared = shapely.intersection(shape, boundary)
    return bool(
        shared.area > LEAST_OVERLAP**1.5 or (shape.area == 0 and shared.length > LEAST_OVERLAP)
    )


def index(session: Session, entries: Sequence[Entry]) -> None:
    """Bring the text index up to date with these entries. They must have been flushed."""
    ids = [entry.id for entry in entries]
    areas = _pairs(session, EntryArea, ids)
    covered = _pairs(session, EntryCovers, ids)
    categories = categories_by_id(session, {entry.category_id for entry in entries})
    live = [entry for entry in entries if entry.is_live]
    places = _places(session, live)
    textsearch.forget(session, [entry.id for entry in entries if not entry.is_live])
    documents, said = [], []
    for entry in live:
        lies_in, covers = areas.get(entry.id, []), covered.get(entry.id, [])
        found, words = document(entry, places[entry.id], categories, lies_in, covers)
        documents.append(found)
        if entry.visibility == Visibility.PUBLIC:
            said.append(words)
    textsearch.store(session, documents)
    learn_words(session, said)


def document(
    entry: Entry,
    place: Shape | None,
    categories: dict[int, Category],
    areas: Iterable[int],
    covered: Iterable[int],
) -> tuple[Document, list[str]]:
    """What the index holds of one entry, which is shown at that place; and the folded words in
    it."""
    category = categories.get(entry.category_id or 0)
    cells = textsearch.cells_of(place.bounds) if place is not None else []
    tokens = [f"k:{entry.kind}", *access.tokens_of(entry.visibility, entry.team_id), *cells]
    if category is not None:
        top = category.parent_id or category.id
        tokens += [f"c:{category.id}", f"t:{top}"]
        tokens += [textsearch.together(top, cell) for cell in cells]
    tokens += [f"a:{area}" for area in areas]
    tokens += [f"cv:{area}" for area in covered]
    label = category.label if category else ""
    title = textsearch.words(entry.title)
    rest = textsearch.words(" ".join([label, *(text for _, text in texts_of(entry))]))
    named, said = " ".join(textsearch.stemmed(title)), " ".join(textsearch.stemmed(rest))
    return Document(entry.id, named, f"{named} {said}", " ".join(tokens)), [*title, *rest]


def _places(session: Session, entries: Sequence[Entry]) -> dict[int, Shape | None]:
    """Where each is shown. What is not at hand is asked for together."""
    away = [entry.id for entry in entries if "location" in inspect(entry).unloaded]
    found: dict[int, Any] = {e.id: e.location for e in entries if e.id not in set(away)}
    if away:
        rows = session.execute(select(Entry.id, Entry.location).where(Entry.id.in_(away)))
        found |= {row.id: row.location for row in rows}
    return {key: spatial.shape_of(value) for key, value in found.items()}


def words_of(entry: Entry) -> str:
    """Everything in an entry that people may search for, as one text."""
    return " ".join([entry.title, *(text for _, text in texts_of(entry))])


def texts_of(entry: Entry) -> list[tuple[str, str]]:
    """What people may search for in an entry beside its name: each field, and its text."""
    extra = [(name, getattr(entry, name)) for name in _extra_words(type(entry))]
    return [
        ("description", entry.description),
        ("address", entry.shown_address),
        ("postcode", entry.shown_postcode or ""),
        ("tags", ", ".join(entry.tags)),
        *((n, ", ".join(said) if isinstance(said, list) else str(said or "")) for n, said in extra),
    ]


@cache
def _extra_words(kind: type[Entry]) -> list[str]:
    return [name for one, extra in _EXTRA_WORDS.items() if issubclass(kind, one) for name in extra]


def categories_by_id(session: Session, keys: Iterable[int | None]) -> dict[int, Category]:
    """The categories with these keys."""
    wanted = {key for key in keys if key is not None}
    rows = session.scalars(select(Category).where(Category.id.in_(wanted))) if wanted else ()
    return {row.id: row for row in rows}


def _pairs(
    session: Session, table: type[EntryArea] | type[EntryCovers], ids: Sequence[int]
) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    rows = session.execute(select(table.entry_id, table.area_id).where(table.entry_id.in_(ids)))
    for entry_id, area_id in rows:
        found.setdefault(entry_id, []).append(area_id)
    return found


def worth_learning(folded: Iterable[str]) -> set[str]:
    """The words that a slip may be made in: neither short nor numbers."""
    return {w for w in folded if len(w) >= textsearch.TYPO_FROM and not w.isdigit()}


def learn_words(session: Session, texts: Iterable[Iterable[str]]) -> None:
    """Remember the new words of these texts, folded, so that a slip in a search still finds
    them."""
    wanted = worth_learning({word for given in texts for word in given})
    if not wanted:
        return
    known: set[str] = set()
    ordered = sorted(wanted)
    for start in range(0, len(ordered), 500):
        part = ordered[start : start + 500]
        known.update(session.scalars(select(SearchWord.word).where(SearchWord.word.in_(part))))
    new = sorted(wanted - known)
    if new:
        spatial.lock_for_writing(session, "search_word")
        loading.insert_missing(session, SearchWord, [{"word": word} for word in new])
        loading.insert_missing(
            session,
            SearchWordCut,
            [{"cut": cut, "word": word} for word in new for cut in sorted(textsearch.cuts(word))],
        )
