"""What the search page says: what was looked for, in a sentence and in tags to take away."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assetmap.register.search_choices import Others, Terms
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind
from assetmap.web import labels
from assetmap.web.search_address import Asked

ORDER = {
    "relevance": "most relevant first",
    "distance": "nearest first",
    "newest": "newest first",
    "checked": "last checked first",
}


FAR_M = 5000.0


@dataclass(frozen=True)
class Way:
    """Parts of a search to leave out together."""

    said: str
    names: tuple[str, ...]


WITHOUT = (
    Way("Anywhere", ("near", "within_m", "covers", "area", "bbox", "within")),
    Way("Without the words", ("text",)),
    Way("In any category", ("category",)),
    Way("From anywhere", ("found_on", "about")),
    Way("Not only of the collection", ("collection",)),
    Way("In any state", ("status", "overdue")),
)


@dataclass(frozen=True)
class Tag:
    """A part of the search, and the address without it."""

    text: str
    url: str


@dataclass(frozen=True)
class Named:
    """What the codes of a search are called."""

    terms: Terms
    others: Others
    areas: Mapping[str, str]

    def category(self, code: str) -> str:
        """The label of a term; two schemes may have the code."""
        terms = self.terms.by_code.get(code, ())
        return " or ".join(dict.fromkeys(term.label for term in terms)) or code

    def area(self, code: str) -> str:
        """The name of an area by `code`, `type:code` or `type:code@vintage`."""
        return self.areas.get(code.partition("@")[0].rpartition(":")[2], code)

    def origin(self, uid: uuid.UUID) -> str:
        """The title of a walkabout, an event or a hotspot."""
        return self.others.titles.get(uid, "another entry")


def sentence(total: int, asked: Asked, named: Named) -> str:
    """“23 offers covering Hollins (ward), most relevant first”."""
    wanted = asked.wanted or EntrySearch()
    parts = [counted(total, wanted.kind), *_restrictions(wanted, asked, named)]
    said = " ".join(part for part in parts if part)
    in_order = wanted.sort != "relevance" or any(parts[1:])
    return f"{said}, {ORDER[wanted.sort]}" if total > 1 and in_order else said


def counted(total: int, kinds: Sequence[Kind]) -> str:
    """1 offer; 23 assets and groups; No entries."""
    singular = [kind.value for kind in kinds] or ["entry"]
    plural = [kind.plural for kind in kinds] or ["entries"]
    number = f"{total:,}" if total else "No"
    return f"{number} {_or_and(singular, 'or') if total == 1 else _or_and(plural, 'and')}"


def _or_and(words: list[str], last: str) -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _restrictions(wanted: EntrySearch, asked: Asked, named: Named) -> Iterator[str]:
    if wanted.text:
        yield f"matching “{wanted.text}”"
    if wanted.category:
        yield "under " + _or_and([named.category(code) for code in wanted.category], "or")
    yield where(asked)
    if codes := _other_areas(asked):
        yield "in " + _or_and([named.area(code) for code in codes], "or")
    if wanted.overdue:
        yield "due for a check"
    if wanted.bbox:
        yield "in this part of the map"
    if wanted.within:
        yield "in the shape drawn"
    if wanted.found_on:
        yield f"from “{named.origin(wanted.found_on)}”"
    if wanted.collection:
        yield "in a collection"
    if wanted.about:
        yield f"about “{named.origin(wanted.about)}”"


def where(asked: Asked) -> str:
    """How what is found lies to the place: “within 1 km of HU1 3UB”."""
    if asked.place is None:
        return ""
    name = asked.place.label
    match asked.how:
        case "near":
            return f"within {reach(asked.within_m)} of {name}"
        case "covers":
            return f"covering {name}"
    return f"in {name}"


def reach(metres: float) -> str:
    """Whole kilometres are said without a decimal: 500 m, 1 km, 2.5 km."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def _other_areas(asked: Asked) -> list[str]:
    return [] if asked.place_is_area_given else asked.several("area")


def tags(asked: Asked, named: Named) -> list[Tag]:
    """Every part of the search, each with the address of the search without it."""
    return list(_tags(asked, named))


def _tags(asked: Asked, named: Named) -> Iterator[Tag]:
    if text := asked.one("text"):
        yield Tag(f"“{text}”", asked.again(text=None))
    for kind, left in _each(asked.several("kind")):
        known = kind in set(Kind)
        yield Tag(labels.said(Kind(kind).plural) if known else kind, asked.again(kind=left))
    if asked.place is not None:
        said = where(asked)
        yield Tag(said[:1].upper() + said[1:], asked.again(**asked.nowhere()))
    elif asked.one("where"):
        yield Tag(f"Place: {asked.one('where')}", asked.again(**asked.nowhere()))
    for code, left in _each(_other_areas(asked)):
        yield Tag(f"In {named.area(code)}", asked.again(area=left))
    for code, left in _each(asked.several("category")):
        yield Tag(named.category(code), asked.again(category=left))
    for code, left in _each(asked.several("status")):
        said = "Whatever their state" if code == "any" else labels.said(code)
        yield Tag(said, asked.again(status=left))
    yield from _rare_tags(asked, named)


def _rare_tags(asked: Asked, named: Named) -> Iterator[Tag]:
    if overdue := asked.one("overdue"):
        yes = overdue.lower() in ("true", "1", "yes", "on")
        yield Tag("Due for a check" if yes else "Not due for a check", asked.again(overdue=None))
    wanted = asked.wanted or EntrySearch()
    if wanted.found_on:
        yield Tag(f"From “{named.origin(wanted.found_on)}”", asked.again(found_on=None))
    if wanted.collection:
        yield Tag("In a collection", asked.again(collection=None))
    if wanted.about:
        yield Tag(f"About “{named.origin(wanted.about)}”", asked.again(about=None))
    if asked.one("bbox"):
        yield Tag("In this part of the map", asked.again(bbox=None))
    if asked.one("within"):
        yield Tag("In the shape drawn", asked.again(within=None))


def _each(values: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each value, and the others."""
    for one in values:
        yield one, [other for other in values if other != one]


def reasons(why: Sequence[str], *, has_category: bool) -> list[str]:
    """Why it matched, without the category and the check: a card shows those on their own."""
    return list(why[has_category:-1])


def with_less(asked: Asked) -> Iterator[tuple[str, EntrySearch, str]]:
    """The search with one thing less: in words, as a search, and its address; the likeliest first.

    A search that asks for one thing only has nothing to leave out.
    """
    wanted = asked.wanted or EntrySearch()
    blank = EntrySearch()
    parts = [way for way in WITHOUT if any(getattr(wanted, name) for name in way.names)]
    if len(parts) + bool(wanted.kind) < 2:
        return
    if wanted.near is not None and asked.within_m < FAR_M:
        further = wanted.model_copy(update={"within_m": FAR_M, "cursor": None})
        yield f"Within {reach(FAR_M)}", further, asked.again(within_m=f"{FAR_M:g}")
        parts = [way for way in parts if "near" not in way.names]
    for way in parts:
        left_out = {name: getattr(blank, name) for name in (*way.names, "cursor")}
        if left_out.get("near", wanted) is None and wanted.sort == "distance":
            left_out["sort"] = "relevance"
        changes = asked.nowhere() if "near" in way.names else {}
        url = asked.again(**{**changes, **dict.fromkeys(way.names)})
        yield way.said, wanted.model_copy(update=left_out), url
