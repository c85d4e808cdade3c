"""The address of a search page: what was typed into it, what that means, and how to change it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from pydantic import ValidationError
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from assetmap.errors import BadRequest, Invalid
from assetmap.models import Area
from assetmap.register import named_places, places, search
from assetmap.register.named_places import Found
from assetmap.register.places import Place
from assetmap.schemas.reading import from_query
from assetmap.schemas.search import EntrySearch
from assetmap.schemas.search_pages import PagePlace

PAGE_SIZE = 20
USUAL_REACH_M = 1000
OWN = ("where", "how", "within_m", "first")
OF_THE_PLACE = ("where", "how", "within_m", "near", "covers")
OF_THE_PAGE = ("cursor", "first")
Given = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Asked:
    """A search as it was asked for, and as it was understood.

    given: the address, blanks left out. wanted: None when something in it cannot be. query: the
    same search in the words of the JSON door, for the map. where: what to show in the form.
    """

    given: Given
    wanted: EntrySearch | None = None
    query: tuple[tuple[str, str], ...] = ()
    where: str = ""
    how: str = ""
    within_m: float = USUAL_REACH_M
    first: int = 1
    place: Place | None = None
    others: tuple[Area, ...] = ()
    areas: Mapping[str, Sequence[Area]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def one(self, name: str) -> str:
        """The first value given for a name, or nothing."""
        values = self.given.get(name, ())
        return values[0] if values else ""

    def several(self, name: str) -> list[str]:
        """All values given for a name; commas part them, as in the JSON door."""
        return [part for value in self.given.get(name, ()) for part in value.split(",") if part]

    def again(self, **changes: object) -> str:
        """The address of the same search with some of it changed; it begins on the first page."""
        return "/" + _as_query(self.changed(**changes))

    def changed(self, **changes: object) -> dict[str, list[str]]:
        """The address with some of it changed: None takes a part away, a list gives several."""
        kept = {name: list(v) for name, v in self.given.items() if name not in OF_THE_PAGE}
        for name, value in changes.items():
            values = value if isinstance(value, list | tuple) else [value]
            kept[name] = [str(one) for one in values if one not in (None, "")]
        if not kept.get("where"):
            kept.pop("how", None)
            if not kept.get("near"):
                kept.pop("within_m", None)
        return {name: values for name, values in kept.items() if values}

    def nowhere(self) -> dict[str, None]:
        """Changes that take the place away."""
        names = [*OF_THE_PLACE, *(["area"] if self.place_is_area_given else [])]
        return dict.fromkeys(names)

    @property
    def place_is_area_given(self) -> bool:
        """The place in the form stands for the one area in the address."""
        return self.place is not None and not self.one("where") and bool(self.areas)

    @property
    def download_query(self) -> str:
        """What follows the address of a download of all of it."""
        return _as_query(self.changed(limit=None))

    @property
    def map_address(self) -> str:
        """Where the map asks for the clusters of this search."""
        return "/api/map" + _as_query(MultiDict(self.query).to_dict(flat=False))


def read(session: Session, typed: MultiDict[str, str], kind: str = "") -> Asked:
    """What an address asks for. What is wrong with it is in `problems`, never raised.

    kind: what the address is about already, as in /offers.csv.
    """
    given = {name: [v for v in values if v.strip()] for name, values in typed.lists()}
    given = {name: values for name, values in given.items() if values}
    if kind:
        given["kind"] = [kind]
    own, problems = _own(given)
    rest = {name: values for name, values in given.items() if name not in OWN}
    asked = Asked(given, where=own.where, how=own.how or "", first=own.first, problems=problems)
    if own.within_m is not None:
        asked = replace(asked, within_m=own.within_m)
    if "where" in problems:
        return replace(asked, where=asked.one("where"))
    asked, placed = _placed(session, asked, rest)
    return _understood(asked, rest | placed)


def _own(given: Given) -> tuple[PagePlace, dict[str, str]]:
    held = {name: given[name] for name in OWN if name in given}
    problems = {name: "Give this once." for name, values in held.items() if len(values) > 1}
    try:
        return PagePlace.model_validate({name: v[0] for name, v in held.items()}), problems
    except ValidationError as error:
        problems |= Invalid.from_pydantic(error).problems
    sound = {name: v[0] for name, v in held.items() if name not in problems}
    return PagePlace.model_validate(sound), problems


def _placed(
    session: Session, asked: Asked, rest: dict[str, list[str]]
) -> tuple[Asked, dict[str, list[str]]]:
    """The place, and the parts of a search it stands for."""
    reach = {"within_m": [f"{asked.within_m:g}"]}
    try:
        if asked.where:
            found = named_places.look_up(session, asked.where)
            return _lying(asked, found, reach)
        given = [name for name in ("near", "covers", "area") if name in rest]
        if given == ["area"] and len(codes := asked.several("area")) == 1:
            areas = search.areas_called(session, codes)
            place = places.of_area(areas[0])
            known = {codes[0]: areas}
            return replace(asked, place=place, where=place.label, how="inside", areas=known), {}
    except Invalid as error:
        problem = " ".join(error.problems.values()) or str(error)
        return replace(asked, problems={**asked.problems, "where": problem}), {}
    points = [name for name in given if name != "area"]
    reach = reach if "near" in given and "within_m" in asked.given else {}
    return _at_a_point(session, asked, rest, points), reach


def _lying(
    asked: Asked, found: Found, reach: dict[str, list[str]]
) -> tuple[Asked, dict[str, list[str]]]:
    place, notes = found.place, list(filter(None, [found.place.note]))
    how = asked.how or ("inside" if place.area else "near")
    if how == "inside" and place.area is None:
        how = "near"
        notes.append(f"{place.label} is a point, not an area, so this is what is near it.")
    asked = replace(asked, place=place, how=how, others=tuple(found.others), notes=tuple(notes))
    point = [f"{place.longitude:.6f},{place.latitude:.6f}"]
    if how == "inside" and place.area is not None:
        code = f"{place.area.type}:{place.area.code}"
        also = asked.several("area")
        return replace(asked, areas={code: [place.area]}), {"area": [code, *also]}
    return asked, {"near": point, **reach} if how == "near" else {"covers": point}


def _at_a_point(
    session: Session, asked: Asked, rest: dict[str, list[str]], points: Sequence[str]
) -> Asked:
    """`near` or `covers` written out in the address, as the JSON door has them."""
    if len(points) != 1:
        return asked
    try:
        place = places.find(session, rest[points[0]][0])
    except Invalid:
        return asked  # the search itself says what is wrong with it
    return replace(asked, place=place, where=place.label, how=points[0])


def _understood(asked: Asked, parts: dict[str, list[str]]) -> Asked:
    notes = list(asked.notes)
    if parts.get("sort") == ["distance"] and "near" not in parts:
        parts = {name: values for name, values in parts.items() if name != "sort"}
        notes.append("To see the nearest first, choose “Near it” for a place.")
    query = tuple((name, v) for name, values in parts.items() for v in values)
    problems = dict(asked.problems)
    try:
        size = () if "limit" in parts else (("limit", str(PAGE_SIZE)),)
        wanted = from_query(EntrySearch, MultiDict([*query, *size]))
    except BadRequest as error:
        return replace(asked, problems=problems | error.problems)
    away = ("cursor", "limit", "sort")
    return replace(
        asked,
        wanted=None if problems else wanted,
        query=tuple(pair for pair in query if pair[0] not in away),
        notes=tuple(notes),
    )


def _as_query(parts: Mapping[str, Sequence[str]]) -> str:
    return "?" + urlencode(parts, doseq=True, safe=",:") if parts else ""
