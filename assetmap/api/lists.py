"""The lists that programs choose from: categories and areas."""

from typing import Any, Literal

from flask import Blueprint, g
from pydantic import BaseModel, ConfigDict, Field

from assetmap import gate
from assetmap.api.contract import Operation, Reply, page_links
from assetmap.db import db
from assetmap.models import Area, Category
from assetmap.register import areas, categories
from assetmap.schemas.areas import AreaBrowse
from assetmap.schemas.features import Given, WebLink

bp = Blueprint("api_lists", __name__, url_prefix="/api")
Scheme = Literal["asset", "offer", "finding"]
SCHEMES: tuple[Scheme, ...] = ("asset", "offer", "finding")


class WhichCategories(BaseModel):
    """Which part of the classification to list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scheme: Scheme | None = Field(None, description="all of them unless given")


class CategoryGiven(Given):
    """A term of the classification."""

    scheme: Scheme
    code: str
    label: str
    scope_note: str
    parent: str | None = Field(description="code of the top term it is under")
    active: bool = Field(description="false: kept on what has it, offered for nothing new")
    route_only: bool = Field(description="true: no details may be written down")
    count: int = Field(ge=0, description="current entries you may see, those below included")


class CategoriesGiven(Given):
    """The classification, top terms before what is under them."""

    categories: list[CategoryGiven]


class AreaGiven(Given):
    """An area, without its boundary."""

    type: str
    code: str
    vintage: str
    name: str
    longitude: float = Field(description="of a point that is surely inside")
    latitude: float
    bbox: list[float] = Field(min_length=4, max_length=4, description="west, south, east, north")


class AreasGiven(Given):
    """A page of areas, by name."""

    areas: list[AreaGiven]
    links: list[WebLink]


@bp.get("/categories")
@gate.public
@Operation(
    gives=CategoriesGiven,
    query=WhichCategories,
)
def category_list(query: WhichCategories) -> Reply:
    """List the classification, with how many entries are under each term."""
    wanted = (query.scheme,) if query.scheme else SCHEMES
    trees = categories.trees(db.session, viewer=g.viewer, schemes=wanted)
    return Reply(
        {
            "categories": [
                line
                for scheme in wanted
                for branch in trees[scheme]
                for line in (
                    _category(branch.category, None, branch.count),
                    *(_category(x.category, branch.category.code, x.count) for x in branch.leaves),
                )
            ]
        }
    )


@bp.get("/areas")
@gate.public
@Operation(gives=AreasGiven, query=AreaBrowse)
def area_list(query: AreaBrowse) -> Reply:
    """List the areas that are loaded, those that people know by name first."""
    page, cursor = areas.browse(db.session, query, viewer=g.viewer)
    return Reply({"areas": [_area(one) for one in page], "links": page_links(cursor)})


def _category(term: Category, parent: str | None, count: int) -> dict[str, Any]:
    return {
        "scheme": term.scheme,
        "code": term.code,
        "label": term.label,
        "scope_note": term.scope_note,
        "parent": parent,
        "active": term.active,
        "route_only": term.route_only,
        "count": count,
    }


def _area(area: Area) -> dict[str, Any]:
    return {
        "type": area.type,
        "code": area.code,
        "vintage": area.vintage,
        "name": area.name,
        "longitude": area.longitude,
        "latitude": area.latitude,
        "bbox": [area.west, area.south, area.east, area.north],
    }
