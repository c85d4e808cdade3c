"""Turning what somebody typed into places to choose from; nobody else is asked."""

from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.gate import public
from assetmap.register import gazetteer
from assetmap.register.places import Place
from assetmap.schemas.areas import PlaceQuestion
from assetmap.schemas.reading import from_query

bp = Blueprint("places", __name__)


@bp.get("/places")
@public
def look_up() -> ResponseReturnValue:
    """Places that `q` may mean, as a page or, for who accepts JSON rather, as JSON."""
    asked = from_query(PlaceQuestion, request.args)
    found = gazetteer.candidates(db.session, asked.q)
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        answer = jsonify(
            q=asked.q, places=[_as_json(place) for place in found.places], problem=found.problem
        )
    else:
        answer = make_response(render_template("areas/places.html", asked=asked, found=found))
    answer.vary.add("Accept")
    return answer


def _as_json(place: Place) -> dict[str, Any]:
    area = place.area
    return {
        "label": place.label,
        "longitude": place.longitude,
        "latitude": place.latitude,
        "method": place.method,
        "note": place.note,
        "area": None
        if area is None
        else {
            "type": area.type,
            "code": area.code,
            "vintage": area.vintage,
            "bounds": [area.west, area.south, area.east, area.north],
        },
    }
