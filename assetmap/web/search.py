"""Finding what is on the register: the search page, and everything found as a file."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from flask import Blueprint, Response, g, render_template, request
from werkzeug.datastructures import MultiDict

from assetmap.db import db, local_day, now
from assetmap.errors import BadRequest
from assetmap.gate import public
from assetmap.models import Area
from assetmap.register import classification, files, search, search_choices, wording
from assetmap.register.search import Known, Results
from assetmap.register.search_choices import Terms
from assetmap.schemas.reading import from_query
from assetmap.schemas.search import GoOn
from assetmap.vocabulary import KIND_OF_PLURAL, Channel
from assetmap.web import search_address, search_page, search_words, taking
from assetmap.web.search_address import Asked
from assetmap.web.search_words import Named

bp = Blueprint("search", __name__)

FORMS = "csv,geojson,gpkg"
PLURALS = ",".join(KIND_OF_PLURAL)
NOTHING = Results([], 0, None)
MOST_WAYS = 3
FORM = "search-form"
FIELDS = frozenset(
    ("text", "where", "within_m", "category", "status", "overdue", "sort", "found_on", "about")
)
FIELD_OF = {
    "place": "where",
    "near": "where",
    "covers": "where",
    "area": "where",
    "how": "how-near",
}


@bp.get("/")
@bp.get("/search")
@public
def page() -> tuple[str, int]:
    """The search: its form, what was found in a list and on a map, and ways on from there."""
    asked = search_address.read(db.session, request.args)
    terms = search_choices.terms(db.session)
    known = _known(asked, terms)
    asked, found = _find(asked, known)
    less = _with_less(asked, found, known)
    shown = render_template("search/page.html", less=less, **_context(asked, terms, found))
    return shown, BadRequest.status if asked.problems else 200


@bp.route(f"/search.<any({FORMS}):form>", methods=["GET", "POST"])
@bp.route(f"/<any({PLURALS}):plural>.<any({FORMS}):form>", methods=["GET", "POST"])
@public
def take_away(form: str, plural: str = "") -> Response:
    """Everything that a search finds, as a file: the page's address with .csv, .geojson or .gpkg.

    Whoever has signed in and takes many contact details away says first, in a form or with
    `purpose=`, what for.
    """
    kind = KIND_OF_PLURAL[plural].value if plural else ""
    typed = taking.address()
    given = [(name, value) for name in GoOn.model_fields for value in typed.poplist(name)]
    go_on = from_query(GoOn, MultiDict(given))
    asked = search_address.read(db.session, typed, kind)
    if asked.wanted is None:
        raise BadRequest(_said(asked.problems), asked.problems)
    name = f"assetmap-{plural or 'search'}-{local_day(now()).isoformat()}.{form}"
    return taking.entries(asked.wanted, Channel(form), name, go_on=go_on)


def _chosen(asked: Asked) -> list[uuid.UUID]:
    wanted = asked.wanted
    return [uid for uid in (wanted.found_on, wanted.about) if uid] if wanted else []


def _known(asked: Asked, terms: Terms) -> Known:
    """What has been looked up already, so that nothing is looked up twice."""
    text = asked.wanted.text if asked.wanted else ""
    words = {} if "-" in text else {text: wording.groups(db.session, text), "": ()}
    return Known(asked.areas, terms.by_code, words)


def _find(asked: Asked, known: Known) -> tuple[Asked, Results]:
    """What was found, or what the register cannot make sense of."""
    if asked.wanted is None:
        return asked, NOTHING
    try:
        return asked, search.search(db.session, asked.wanted, viewer=g.viewer, known=known)
    except BadRequest as error:
        return replace(asked, wanted=None, problems=error.problems), NOTHING


def _context(asked: Asked, terms: Terms, found: Results) -> dict[str, Any]:
    today = local_day(now())
    names = {facet.code: facet.label for facet in found.areas}
    others = search_choices.others(db.session, found.hits, *_chosen(asked), viewer=g.viewer)
    named = Named(terms, others, names)
    grown = search_choices.branches(terms, asked.several("kind"), found.categories)
    last = asked.first + len(found.hits) - 1
    return {
        "section": "/",
        "asked": asked,
        "today": today,
        "problems": _by_field(asked.problems),
        "found": found,
        "sentence": search_words.sentence(found.total, asked, named),
        "tags": search_words.tags(asked, named),
        "cards": search_page.cards(found, asked, others.givers, today),
        "pins": search_page.pins(found.hits, asked.first),
        "shapes": search_page.shapes(asked),
        "bounds": search_page.bounds(asked, found),
        "facets": search_page.facet_groups(found, asked, named),
        "categories": search_page.category_choices(grown, asked.one("category")),
        "form": search_page.form_choices(asked, others),
        "hidden": search_page.hidden(asked),
        "orders": search_words.ORDER,
        "shown": f"{asked.first:,} to {last:,} of {found.total:,}" if found.hits else "",
        "next_url": _next(asked, found, last + 1),
        "most_to_take": files.MOST,
        "level": classification.highest(
            db.session, ((hit.entry.kind, hit.entry.visibility) for hit in found.hits)
        ),
        "others": [(area.label, asked.again(**_instead(asked, area))) for area in asked.others],
    }


def _next(asked: Asked, found: Results, first: int) -> str:
    return asked.again(cursor=found.next_cursor, first=first) if found.next_cursor else ""


def _instead(asked: Asked, area: Area) -> dict[str, str | None]:
    """Another area of that name, taken by its code when only the code tells them apart."""
    assert asked.place is not None
    return {"where": area.code if area.label == asked.place.label else area.label}


def _with_less(asked: Asked, found: Results, known: Known) -> list[dict[str, str]]:
    """When nothing was found: what there would be with one thing less, counted in one query."""
    if asked.wanted is None or found.total:
        return []
    ways = list(islice(search_words.with_less(asked), MOST_WAYS))
    searches = [way[1] for way in ways]
    numbers = search.totals(db.session, searches, viewer=g.viewer, known=known)
    return [
        {"text": f"{text}: {search_words.counted(number, wanted.kind)}", "url": url}
        for (text, wanted, url), number in zip(ways, numbers, strict=True)
        if number
    ]


def _by_field(problems: Mapping[str, str]) -> dict[str, str]:
    """Problems under the field of the form that can mend them; the form itself for the rest."""
    found: dict[str, str] = {}
    for name, problem in problems.items():
        field = FIELD_OF.get(name, name if name in FIELDS else FORM)
        said = problem if field != FORM else f"{name[:40]}: {problem}"
        found[field] = f"{found[field]} {said}" if field in found else said
    return found


def _said(problems: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {problem}" for name, problem in problems.items())
