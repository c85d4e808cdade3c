"""A walkabout on paper: one file with map, list and sheets to write on, which needs no network."""

import math
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import segno
from flask import Blueprint, Response, current_app, g, render_template
from markupsafe import Markup

from assetmap.db import db, local_day
from assetmap.errors import Invalid
from assetmap.formats import basemap, briefing, geojson
from assetmap.formats.briefing import Ground, Parts
from assetmap.register import audit, audit_taking, classification, deployment, paper
from assetmap.register.packs import Box, Line
from assetmap.register.paper import Paper, Term
from assetmap.settings import Settings
from assetmap.vocabulary import Channel, Kind
from assetmap.web import labels, taking
from assetmap.web.static_files import Tree, content_type

bp = Blueprint("paper", __name__)

LEAFLET = "vendor/leaflet-1.9.4/leaflet.js"
DRAWS_GROUND = (
    "vendor/pmtiles-4.5.0/pmtiles.js",
    "vendor/protomaps-leaflet-5.1.0/protomaps-leaflet.js",
)
OURS = (  # each after what it imports
    "js/map/leaflet.js",
    "js/map/block.js",
    "js/map/paint.js",
    "js/map/basemap.js",
    "js/paper/labels.js",
    "js/paper/map.js",
)
SHEETS = ("vendor/leaflet-1.9.4/leaflet.css", "css/assetmap.css", "css/map.css", "css/paper.css")
FILES = (
    "vendor/fontsource-variable-public-sans-5.3.0/public-sans-latin-wght-normal.woff2",
    "vendor/leaflet-1.9.4/images/layers.png",
    "vendor/leaflet-1.9.4/images/layers-2x.png",
)
FORMS = (  # the sheets to write on: title, kinds, what the boxes ask beside the usual ones
    ("Findings", (Kind.FINDING,), "How bad, 1 to 4"),
    ("Offers of help", (Kind.OFFER,), "Who offers it: group, place or role"),
    ("Places and groups", (Kind.ASSET, Kind.GROUP), "Place or group?"),
)
BLANKS = 5  # boxes on a sheet
MOST_CODES = 80
MOST_ON_A_MAP = 70  # numbers
CLEAR = 0.0006  # degrees around the outermost places


@bp.get("/walkabouts/<uuid:uid>/pack.html")
def pack(uid: uuid.UUID) -> Response:
    """The paper pack, as a file to open, to pass on and to print."""
    made = paper.gather(db.session, uid, viewer=g.viewer)
    marking = classification.marking(db.session, made.taking.level)
    address = deployment.address(db.session)
    audit_taking.took(db.session, made.taking, Channel.PAPER, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    number = paper.number(db.session, made, viewer=g.viewer)
    page = _page(made, number, marking, f"{address}/walkabouts/{uid}/rekey?pack={number}")
    db.session.commit()
    answer = Response(page, mimetype="text/html")
    return taking.mark(answer, made.taking, f"walkabout-{made.ref}-pack-{number}.html")


def _page(made: Paper, number: int, marking: str, rekey: str) -> str:
    named = {(term.scheme, term.code): term.label for term in made.terms}
    rows = [_row(place, line, named) for place, line in enumerate(made.lines, 1)]
    drawn = _drawn(made, rows)
    page = render_template(
        "walkabouts/pack.html",
        made=made,
        number=number,
        marking=marking,
        level=made.taking.level,
        rows=rows,
        starts=labels.moment(made.starts_at),
        made_on=labels.day(local_day(made.made_at)),
        drawn=drawn,
        markup=Markup,
        forms=[_form(sheet, *form, made.terms) for sheet, form in enumerate(FORMS, 1)],
        codes=[_code(f"{rekey}&sheet={sheet}") for sheet in range(len(FORMS) + 1)],
        blanks=range(1, BLANKS + 1),
        severities=labels.SEVERITIES,
    )
    return briefing.check(page)


def _drawn(made: Paper, rows: Sequence[Mapping[str, Any]]) -> Parts:
    """The maps: one for the screen, and what is printed."""
    tree: Tree = current_app.extensions["static_files"]
    ground = _ground(made.box)
    names = (LEAFLET, *(DRAWS_GROUND if ground else ()))
    parts = enlarged([(line.longitude, line.latitude) for line in made.lines])
    sheets = [{"name": _name(n), "box": box} for n, box in enumerate(parts)]
    shown = {"places": rows, "area": geojson.geometry(made.area), "sheets": sheets}
    files = {path.rpartition("/")[2]: (content_type(path), tree.files[path]) for path in FILES}
    styles = "\n".join(_text(tree, path) for path in SHEETS) + _running_head(made.taking.level)
    return briefing.parts(
        [made.box, made.box, *parts],
        shown,
        ground,
        scripts=[
            *(_text(tree, path) for path in names),
            briefing.in_one(_text(tree, path) for path in OURS),
        ],
        styles=briefing.with_files(styles, files),
    )


def enlarged(spots: Sequence[tuple[float, float]]) -> list[Box]:
    """Boxes to print by themselves, so that no map has more numbers than can be told apart; none
    where one map is enough. spots: longitude, latitude."""
    if len(spots) <= MOST_ON_A_MAP:
        return []
    return [_around(part) for part in _split(list(spots), math.ceil(len(spots) / MOST_ON_A_MAP))]


def _split(spots: list[tuple[float, float]], pieces: int) -> list[list[tuple[float, float]]]:
    """As many lots of about one size, cut across the longer way each time."""
    if pieces == 1:
        return [spots]
    west, south, east, north = _bounds(spots)
    narrow = math.cos(math.radians(south))
    axis = 0 if (east - west) * narrow > north - south else 1
    spots.sort(key=lambda spot: (spot[axis], spot))
    half = pieces // 2
    cut = len(spots) * half // pieces
    return [*_split(spots[:cut], half), *_split(spots[cut:], pieces - half)]


def _around(spots: Sequence[tuple[float, float]]) -> Box:
    west, south, east, north = _bounds(spots)
    across, up = (east - west) * 0.06 + CLEAR, (north - south) * 0.06 + CLEAR
    return west - across, south - up, east + across, north + up


def _bounds(spots: Sequence[tuple[float, float]]) -> Box:
    lons, lats = zip(*spots, strict=True)
    return min(lons), min(lats), max(lons), max(lats)


def _name(number: int) -> str:
    """A, B, C …"""
    return chr(ord("A") + number)


def _ground(box: Box) -> Ground | None:
    """The base map of the area, where there is one that may be taken along."""
    settings: Settings = current_app.extensions["settings"]
    path = settings.base_map_path
    if path is None or not path.is_file():
        return None
    about = basemap.described(path, path.stat().st_mtime)
    west, south, east, north = box
    across, up = (east - west) / 2, (north - south) / 2  # so that a wide window is filled too
    wider = (west - across, south - up, east + across, north + up)
    for part in (wider, box):  # where even that is too much, numbers and area stand on white
        with suppress(Invalid):
            return Ground(basemap.cut(path, part), about.style, about.attribution)
    return None


def _running_head(level: str) -> str:
    """Every printed page says how it is classified, and which it is of how many."""
    said = level if level in classification.LEVELS and level != classification.NONE else ""
    pages = 'counter(page) " of " counter(pages)'
    return (
        f"\n@page {{ size: A4; margin: 14mm 12mm 13mm;"
        f' @top-center {{ content: "{said}"; font: 700 9pt Arial, sans-serif; }}'
        f" @bottom-right {{ content: {pages}; font: 9pt Arial, sans-serif; }} }}\n"
    )


def _row(number: int, line: Line, named: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    category = named.get((paper.scheme_of(line.kind), line.category or ""), "")
    kind = labels.said(line.kind)
    return {
        "number": number,
        "title": line.title,
        "kind": line.kind,
        "kind_name": kind,
        "category": category,
        "called": f"{kind}, {category}" if category else kind,
        "where": line.where,
        "checked": line.checked_on and f"{date.fromisoformat(line.checked_on):%-d %b %Y}",
        "due": line.due,
        "at": [line.latitude, line.longitude],
    }


def _form(
    sheet: int, title: str, kinds: Sequence[Kind], asks: str, terms: Sequence[Term]
) -> dict[str, Any]:
    scheme = paper.scheme_of(kinds[0])
    codes = [term for term in terms if term.scheme == scheme]
    return {"sheet": sheet, "title": title, "asks": asks, "codes": codes[:MOST_CODES]}


def _code(address: str) -> Markup:
    """A picture of an address, for a phone's camera or a desk's scanner."""
    drawn = segno.make(address, error="m").svg_inline(
        scale=3, border=2, light="#fff", omitsize=True
    )
    return Markup(drawn)  # noqa: S704  # segno draws squares; the address is ours


def _text(tree: Tree, path: str) -> str:
    return tree.files[path].decode("utf-8")
