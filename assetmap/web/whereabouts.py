"""The part of a form that says where something is: GPS, the map, a drawn shape, or words."""

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from assetmap.errors import Invalid
from assetmap.formats.postcodes import normal_postcode
from assetmap.register import places, pointers
from assetmap.register.snapshots import Snapshot

NAMES = ("where", "longitude", "latitude", "accuracy_m", "location_method", "geometry", "outline")
PLACE = ("geometry", "location_method", "accuracy_m")
_SHOWN_BY_PIN = ("longitude", "latitude")
_POSTCODE_AT_END = re.compile(r"([A-Za-z]{1,2}\d[A-Za-z\d]?\s*\d[A-Za-z]{2})\s*$")


def of_snapshot(taken: Snapshot) -> dict[str, str]:
    """What the boxes hold for a place on the register."""
    typed = dict.fromkeys(NAMES, "")
    drawn = taken.get("geometry")
    if drawn is None:
        return typed
    if drawn["type"] == "Point":
        typed["longitude"], typed["latitude"] = (str(part) for part in drawn["coordinates"][:2])
    else:
        typed["geometry"] = json.dumps(drawn)
    typed["location_method"] = taken.get("location_method") or ""
    accuracy = taken.get("accuracy_m")
    typed["accuracy_m"] = "" if accuracy is None else f"{accuracy:g}"
    return typed


def read(
    session: Session, typed: Mapping[str, Any], before: Snapshot | None, postcode: str
) -> dict[str, Any]:
    """The draft's fields about place. Raises Invalid for the box that is wrong.

    Words typed since the page was made win over the pin that was there already; a pin put down
    since wins over words.
    """
    said = {name: str(typed.get(name) or "").strip() for name in NAMES}
    was = of_snapshot(before) if before is not None else dict.fromkeys(NAMES, "")
    if said["outline"]:
        shape = pointers.outline(session, said["outline"], "outline")
        return {"geometry": shape, "location_method": "area_only"}
    if said["geometry"] and not _same_shape(said["geometry"], was["geometry"]):
        return {"geometry": _geojson(said["geometry"]), "location_method": "map_click"}
    moved = any(said[name] != was[name] for name in _SHOWN_BY_PIN)
    if said["longitude"] and said["latitude"] and (moved or not said["where"]):
        if not moved and before is not None:
            return _kept(before, postcode)
        return _pin(said)
    if said["where"]:
        return _named(session, said["where"])
    if said["geometry"] and before is not None:
        return _kept(before, postcode)
    if before is not None and before.get("geometry") and not any(was[n] for n in _SHOWN_BY_PIN):
        # a shape that this form has no box for stays as it is, unless a box for it was emptied
        return {} if "geometry" in typed else _kept(before, postcode)
    return {}


def _same_shape(text: str, was: str) -> bool:
    if not was:
        return False
    try:
        return bool(json.loads(text) == json.loads(was))
    except ValueError:
        return False


def _kept(before: Snapshot, postcode: str) -> dict[str, Any]:
    """As it was; but a place that only a postcode gave goes where a new postcode says."""
    by_postcode = before.get("location_method") == "postcode"
    if by_postcode and normal_postcode(postcode) != before.get("postcode"):
        return {}
    return {name: before.get(name) for name in PLACE}


def _geojson(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid.field("geometry", "This is not GeoJSON. Draw the shape again.") from error
    if not isinstance(given, dict):
        raise Invalid.field("geometry", "Give a GeoJSON geometry, such as a Polygon.")
    return given


def _pin(said: Mapping[str, str]) -> dict[str, Any]:
    try:
        at = [float(said["longitude"]), float(said["latitude"])]
    except ValueError as error:
        raise Invalid.field("where", "The pin is not at a place. Put it down again.") from error
    method = said["location_method"]
    return {
        "geometry": {"type": "Point", "coordinates": at},
        "location_method": method if method in ("gps", "map_click") else "map_click",
        "accuracy_m": said["accuracy_m"] or None,
    }


def _named(session: Session, where: str) -> dict[str, Any]:
    try:
        place = places.find(session, where)
        found: dict[str, Any] = {}
    except Invalid as error:
        match = _POSTCODE_AT_END.search(where)
        if match is None or normal_postcode(match[1]) is None:
            raise Invalid.field("where", next(iter(error.problems.values()))) from error
        place = _with_postcode(session, match[1])
        found = {"address": where[: match.start()].strip(" ,")}
    if place.method == "postcode":
        found["postcode"] = place.label
    point = {"type": "Point", "coordinates": list(place.point)}
    return {**found, "geometry": point, "location_method": place.method}


def _with_postcode(session: Session, code: str) -> places.Place:
    try:
        return places.find(session, code)
    except Invalid as error:
        raise Invalid.field("where", next(iter(error.problems.values()))) from error
