"""Pages about areas: which are loaded, and what is in one."""

from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from assetmap.db import db, local_day, now
from assetmap.gate import public
from assetmap.models import Area
from assetmap.register import area_pages
from assetmap.register import areas as register
from assetmap.schemas.areas import AreaBrowse, AreaChoice
from assetmap.schemas.reading import from_query
from assetmap.vocabulary import AREA_TYPE_LABELS, AREA_TYPE_PLURALS
from assetmap.web.pins import pin

bp = Blueprint("areas", __name__, url_prefix="/areas")

ORDERS = (
    ("known", "Best known first"),
    ("name", "Name"),
    ("code", "Code"),
    ("entries", "Most entries"),
)


@bp.get("/")
@public
def browse() -> str:
    """The areas that are loaded, those that people know by name first."""
    wanted = from_query(AreaBrowse, request.args)
    areas, next_cursor = register.browse(db.session, wanted, viewer=g.viewer)
    return render_template(
        "areas/browse.html",
        wanted=wanted,
        sorts=register.kinds_loaded(db.session),
        areas=areas,
        outlines=area_pages.outlines(areas),
        counts=register.entry_counts(db.session, [area.id for area in areas], viewer=g.viewer),
        next_url=_again(cursor=next_cursor) if next_cursor else "",
        first_url=_again(cursor=None) if wanted.cursor else "",
        again=_again,
        orders=ORDERS,
        plurals=AREA_TYPE_PLURALS,
        address=address,
        type_labels=AREA_TYPE_LABELS,
    )


@bp.get("/<path:code>")
@public
def show(code: str) -> str:
    """One area: what is in it, by kind and category, how fresh, what is new, what covers it."""
    choice = from_query(AreaChoice, request.args)
    page = area_pages.page(db.session, code, choice, viewer=g.viewer)
    return render_template(
        "areas/show.html",
        page=page,
        area=page.area,
        outline=area_pages.outlines([page.area]),
        pins=[pin(entry, number) for number, entry in enumerate(page.recent, 1)],
        today=local_day(now()),
        address=address,
        type_labels=AREA_TYPE_LABELS,
        most_categories=area_pages.MOST_CATEGORIES,
    )


def address(area: Area, *, exactly: bool = False) -> str:
    """An area's page; `exactly` names type and vintage, for codes that several areas have."""
    if not exactly:
        return url_for("areas.show", code=area.code)
    return url_for("areas.show", code=area.code, type=area.type, vintage=area.vintage)


def _again(**changes: Any) -> str:
    """This list with some of its choices changed; another choice begins on the first page."""
    kept = {name: value for name, value in request.args.items() if name != "cursor" and value}
    return url_for("areas.browse", **(kept | changes))
