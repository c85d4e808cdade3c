"""What the search page shows of what was found: cards, pins, facets and choices."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from assetmap import spatial
from assetmap.db import local_day
from assetmap.formats import geojson
from assetmap.models import Engagement, Entry, Finding, Group, Offer, Walkabout
from assetmap.models.states import ALL_STATES, OVER
from assetmap.register import features, matched
from assetmap.register.facets import Facet
from assetmap.register.search import Hit, Results
from assetmap.register.search_choices import Branch, Others
from assetmap.textsearch import AnyOf
from assetmap.vocabulary import Kind
from assetmap.web import facts, labels
from assetmap.web.pins import pin
from assetmap.web.search_address import USUAL_REACH_M, Asked
from assetmap.web.search_words import Named, reach

MOST_IN_A_FACET = 12
REACHES_M = (500.0, 1000.0, 2000.0, 5000.0)
USUAL_STATES = frozenset({"active", "confirmed"})
SCHEMES = {"asset": "Assets and groups", "offer": "Offers", "finding": "Findings"}
Item = dict[str, Any]


def cards(
    found: Results, asked: Asked, givers: Mapping[int, str], today: date
) -> list[dict[str, Any]]:
    """Each hit as templates/components/results.html wants it, numbered on from the last page."""
    return [
        card(number, hit, asked, givers.get(hit.entry.id, ""), today)
        | _marked(hit.entry, found.words)
        for number, hit in enumerate(found.hits, asked.first)
    ]


def _marked(entry: Entry, groups: Sequence[AnyOf]) -> dict[str, Any]:
    """The words that were found, to be marked, and the fields that have those not shown."""
    found = matched.matched(entry, groups) if groups else None
    if found is None:
        return {"marked": None, "extracts": []}
    return {
        "marked": {"title": found.title, "category": found.category, "where": found.address},
        "extracts": [
            ("" if name == "description" else labels.field_name(name), said)
            for name, said in found.extracts.items()
        ],
    }


def card(number: int, hit: Hit, asked: Asked, giver: str, today: date) -> dict[str, Any]:
    """One hit: what it is, whose, where, when, why it matched, and how far to trust it."""
    entry = hit.entry
    return {
        "number": number,
        "kind": entry.kind,
        "title": entry.title,
        "url": entry.path,
        "uid": str(entry.uid),
        "category": entry.category.label if entry.category else "",
        "who": giver,
        "where": entry.shown_address,
        "when": _when(entry),
        "status": _state(entry, today),
        "why": _reasons(hit, asked, today),
        "entry": entry,
        "on_map": entry.longitude is not None,
        "faded": entry.is_overdue(today),
    }


def _state(entry: Entry, today: date) -> str:
    """What is worth saying of its state. Past its last day it holds no more, whatever it says."""
    if entry.has_run_out(today) and entry.status not in OVER[entry.kind]:
        return "expired"
    return "" if entry.status in USUAL_STATES else entry.status


def _reasons(hit: Hit, asked: Asked, today: date) -> list[str]:
    """Why it matched; category and check are left out, as a card shows them on their own."""
    assert asked.wanted is not None
    label = asked.place.label if asked.place else ""
    lines = features.why(hit, asked.wanted, covers_label=label, today=today)
    return lines[hit.entry.category is not None : -1]


def _when(entry: Entry) -> str:
    match entry:
        case Offer():
            cost = "" if entry.cost_pence == 0 else labels.pounds(entry.cost_pence)
            return " · ".join(filter(None, [facts.repeats(entry.pattern), cost]))
        case Group():
            return facts.repeats(entry.meeting_pattern)
        case Walkabout() | Engagement():
            return labels.span(entry.starts_at, entry.ends_at)
        case Finding():
            return f"Seen {labels.moment(entry.observed_at)}" if entry.observed_at else ""
    return ""


def pins(hits: Sequence[Hit], first: int) -> list[dict[str, Any]]:
    """The same hits for the map, with the same numbers."""
    return [_pin(number, hit) for number, hit in enumerate(hits, first)]


def _pin(number: int, hit: Hit) -> dict[str, Any]:
    shape = spatial.shape_of(hit.entry.location)
    drawn = shape is not None and shape.geom_type != "Point"
    return pin(hit.entry, number, geojson.geometry(shape) if drawn else None)


def shapes(asked: Asked) -> dict[str, Any] | None:
    """The place that was asked for, to draw dashed: how far near reaches, or where it is."""
    if asked.place is None or asked.how == "inside":
        return None
    longitude, latitude = asked.place.point
    around = geojson.feature("place", spatial.box_around(longitude, latitude, 1).centroid, {})
    found = [around]
    if asked.how == "near":
        ring = spatial.circle(longitude, latitude, asked.within_m)
        found.append(geojson.feature("reach", ring, {}))
    return {"type": "FeatureCollection", "features": found}


def bounds(asked: Asked, found: Results) -> tuple[float, float, float, float] | None:
    """What the map opens on when the results do not say: the box, the area or the reach.

    What covers a place may stand far from it, so then the results say.
    """
    if asked.how == "covers" and found.hits:
        return None
    if asked.wanted is not None and asked.wanted.bbox:
        return asked.wanted.bbox
    if asked.place is None:
        return None
    if (area := asked.place.area) is not None:
        return area.west, area.south, area.east, area.north
    west, south, east, north = spatial.box_around(*asked.place.point, asked.within_m).bounds
    return west, south, east, north


def facet_groups(found: Results, asked: Asked, named: Named) -> list[dict[str, Any]]:
    """Kinds, categories and areas with counts, each a link that narrows or widens the search."""
    kinds, terms = asked.several("kind"), asked.several("category")
    here = _areas_chosen(asked)
    return [
        {
            "title": "Kind",
            "items": [
                _item(facet, labels.said(Kind(facet.code).plural), asked, "kind", kinds)
                for facet in found.kinds
            ],
        },
        {
            "title": "Category",
            "items": [
                _item(facet, facet.label, asked, "category", terms)
                for facet in _most(found.categories)
            ],
        },
        {
            "title": "Area",
            "items": [_area_item(facet, asked, here) for facet in _most(found.areas)],
        },
    ]


def _most(facets: Sequence[Facet]) -> list[Facet]:
    return sorted(facets, key=lambda facet: -facet.count)[:MOST_IN_A_FACET]


def _item(facet: Facet, label: str, asked: Asked, name: str, chosen: Sequence[str]) -> Item:
    selected = facet.code in chosen
    left = [code for code in chosen if code != facet.code] if selected else [facet.code]
    url = asked.again(**{name: left})
    return {"label": label, "count": facet.count, "url": url, "selected": selected}


def _areas_chosen(asked: Asked) -> set[str]:
    codes = {code.rpartition(":")[2] for code in asked.several("area")}
    if asked.how == "inside" and asked.place is not None and asked.place.area is not None:
        codes.add(asked.place.area.code)
    return codes


def _area_item(facet: Facet, asked: Asked, here: set[str]) -> Item:
    selected = facet.code in here
    leave = asked.nowhere() if asked.how == "inside" else {}
    url = asked.again(**{**leave, "area": None if selected else facet.code})
    return {"label": facet.label, "count": facet.count, "url": url, "selected": selected}


def category_choices(grown: Mapping[str, Sequence[Branch]], chosen: str) -> list[dict[str, Any]]:
    """The groups of the category list; counts are of what the search found, where it says."""
    several = len(grown) > 1
    return [
        {
            "title": f"{SCHEMES[scheme]}: {branch.term.label}" if several else branch.term.label,
            "choices": [
                _choice(branch.term.code, f"All of {branch.term.label}", branch.count, chosen),
                *(_choice(leaf.code, leaf.label, n, chosen) for leaf, n in branch.leaves),
            ],
        }
        for scheme, branches in grown.items()
        for branch in branches
    ]


def _choice(code: str, label: str, count: int, chosen: str) -> dict[str, Any]:
    said = f"{label} ({count:,})" if count else label
    return {"code": code, "text": said, "selected": code == chosen}


def form_choices(asked: Asked, found: Others) -> dict[str, Any]:
    """The lists of the form: reaches, states, walkabouts and events, hotspots."""
    reaches = sorted({*REACHES_M, asked.within_m or USUAL_REACH_M})
    about = [one for one in found.origins if one.kind == Kind.HOTSPOT]
    held = {asked.one("about")} - {""}
    about += [one for one in found.origins if str(one.uid) in held and one not in about]
    return {
        "reaches": [(f"{m:g}", f"within {reach(m)}") for m in reaches],
        "states": labels.choices(ALL_STATES),
        "walks": [_origin(one) for one in found.origins if one.kind != Kind.HOTSPOT],
        "hotspots": [_origin(one) for one in about],
    }


def _origin(one: Any) -> tuple[str, str]:
    day = f", {labels.day(local_day(one.at))}" if one.kind != Kind.HOTSPOT else ""
    return str(one.uid), f"{one.title}{day}"


def hidden(asked: Asked) -> list[tuple[str, str]]:
    """What the address holds that the form has no field for, so that sending it loses nothing."""
    kept = [("bbox", value) for value in asked.given.get("bbox", ())]
    for name in ("limit", "collection"):
        kept += [(name, value) for value in asked.given.get(name, ())]
    if not asked.place_is_area_given:
        kept += [("area", code) for code in asked.several("area")]
    if asked.place is None or asked.one("where"):
        kept += [(name, v) for name in ("near", "covers") for v in asked.given.get(name, ())]
    kept += [("category", code) for code in asked.several("category")[1:]]
    kept += [("status", code) for code in asked.several("status")[1:]]
    return kept
