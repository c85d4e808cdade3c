"""What to draw on a map: points, and clusters where there are many."""

from typing import Any

from flask import Blueprint, g

from assetmap import gate
from assetmap.api.contract import GEOJSON, Operation, Reply
from assetmap.db import db
from assetmap.formats import geojson
from assetmap.register import drawn_maps
from assetmap.register.clusters import OnMap
from assetmap.register.search import Hit
from assetmap.schemas.features import MapCollection
from assetmap.schemas.search import MapSearch

bp = Blueprint("api_map", __name__, url_prefix="/api/map")


@bp.get("")
@gate.public
@Operation(
    gives=MapCollection,
    query=MapSearch,
    media=GEOJSON,
)
def draw(query: MapSearch) -> Reply:
    """What the search finds in a part of the map, as at most a few hundred points and clusters."""
    return Reply(drawn_maps.answer(db.session, query, _written, viewer=g.viewer))


def _written(drawn: OnMap) -> bytes:
    gathered = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [one.longitude, one.latitude]},
            "properties": {"cluster": True, "count": one.count},
        }
        for one in drawn.clusters
    ]
    found = [*gathered, *(_point(hit) for hit in drawn.singles)]
    return geojson.dumps(
        {
            "type": "FeatureCollection",
            "numberMatched": drawn.total,
            "numberReturned": len(found),
            "features": found,
        }
    )


def _point(hit: Hit) -> dict[str, Any]:
    entry, category = hit.entry, hit.entry.category
    return {
        "type": "Feature",
        "id": entry.uid,
        "geometry": {"type": "Point", "coordinates": [entry.longitude, entry.latitude]},
        "properties": {
            "kind": entry.kind,
            "title": entry.title,
            "uid": entry.uid,
            "url": entry.path,
            "category": category and {"code": category.code, "label": category.label},
        },
    }
