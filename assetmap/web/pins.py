"""An entry as the map beside a list draws it."""

from typing import Any

from assetmap.models import Entry


def pin(entry: Entry, number: int | None = None, geometry: Any = None) -> dict[str, Any]:
    """What js/map/results.js reads: numbered like the list; geometry is GeoJSON, for a shape."""
    category = entry.category if entry.category_id is not None else None
    return {
        "number": number,
        "uid": str(entry.uid),
        "kind": entry.kind,
        "title": entry.title,
        "url": entry.path,
        "category": category.label if category else "",
        "where": entry.shown_address,
        "longitude": entry.longitude,
        "latitude": entry.latitude,
        "geometry": geometry,
    }
