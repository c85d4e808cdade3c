"""An entry as it leaves the register: its properties, its geometry, and why it was found."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.formats import geojson
from assetmap.models import Engagement, Entry, Finding
from assetmap.register import snapshots
from assetmap.register.search import Hit
from assetmap.schemas.entries import DRAFTS, REFERENCES
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, SharedField

CONTACT = ("email", "phone")
_ALWAYS = (
    "kind",
    "ref",
    "title",
    "description",
    "status",
    "visibility",
    "address",
    "postcode",
    "precision",
    "location_method",
    "accuracy_m",
    "radius_m",
    "tags",
    "checked_on",
    "checked_how",
    "review_due",
    "expires_on",
    "created_at",
    "updated_at",
    "version",
    "source",
    "external_id",
    "licence",
)
CSV_COLUMNS = (
    "ref",
    "uid",
    "kind",
    "title",
    "description",
    "category",
    "category_label",
    "status",
    "longitude",
    "latitude",
    "precision",
    "address",
    "postcode",
    "areas",
    "distance_m",
    "offered_by",
    "pattern",
    "expires_on",
    "opening_hours",
    "website",
    "email",
    "phone",
    "checked_on",
    "review_due",
    "overdue",
    "resolution",
    "assigned_partner",
    "tags",
    "team",
    "visibility",
    "source",
    "licence",
    "version",
    "url",
)
_KINDS_OWN: dict[Kind, tuple[str, ...]] = {
    kind: tuple(
        name
        for name in model.model_fields
        if name not in {*_ALWAYS, *REFERENCES, "category", "geometry", "covers_areas"}
    )
    for kind, model in DRAFTS.items()
}


def properties(hit: Hit, today: date) -> dict[str, Any]:
    """What whoever found an entry may know of it; JSON all through."""
    entry = hit.entry
    category = entry.category
    found: dict[str, Any] = {name: snapshots.as_json(getattr(entry, name)) for name in _ALWAYS}
    found |= {
        name: snapshots.as_json(getattr(entry, name)) for name in _KINDS_OWN[Kind(entry.kind)]
    }
    found |= {"address": entry.shown_address, "postcode": entry.shown_postcode}
    if SharedField.CONTACT not in hit.reads:
        found |= {name: "" for name in CONTACT if name in found}
    if SharedField.EXACT_LOCATION not in hit.reads and "stops" in found:
        found["stops"] = [{"name": one["name"]} for one in found["stops"]]
    if SharedField.NOTES not in hit.reads:
        found.pop("notes")
    if not hit.is_own:  # whether a walk or an event led to intelligence is for its team to know
        found.pop("scan_status", None)
    if isinstance(entry, Finding):
        found["resolution"] = entry.resolution
        found["resolved_at"] = snapshots.as_json(entry.resolved_at)
        if hit.by_person:
            partner = entry.assigned_partner
            found["assigned_partner"] = partner.name if partner is not None else None
    if isinstance(entry, Engagement):
        found["closed_at"] = snapshots.as_json(entry.closed_at)
    found["category"] = {"code": category.code, "label": category.label} if category else None
    found["team"] = entry.team.name
    found["overdue"] = entry.is_overdue(today)
    found["areas"] = [{"type": a.type, "code": a.code, "name": a.name} for a in hit.areas]
    found["url"] = entry.path
    if hit.distance_m is not None:
        found["distance_m"] = round(hit.distance_m, 1)
    return found


def feature(hit: Hit, today: date, why: Iterable[str] | None = None) -> dict[str, Any]:
    """A GeoJSON Feature of the place as it is shown."""
    said = properties(hit, today)
    if why is not None:
        said["why"] = list(why)
    return geojson.feature(hit.entry.uid, spatial.shape_of(hit.entry.location), said)


def whole(session: Session, hit: Hit, today: date, *, viewer: Viewer) -> dict[str, Any]:
    """A Feature that can be changed and sent back; its own team gets the exact place."""
    entry = hit.entry
    said = properties(hit, today)
    served = hit.serves
    if served is None:
        served = tuple(snapshots.covered_codes(session, [entry.id]).get(entry.id, ()))
    said["covers_areas"] = sorted(served)
    said |= references(session, entry, viewer=viewer)
    exactly = SharedField.EXACT_LOCATION in hit.reads
    if exactly:
        said |= {"address": entry.address, "postcode": entry.postcode}
    place = entry.exact_location if exactly else entry.location
    return geojson.feature(entry.uid, spatial.shape_of(place), said)


def references(session: Session, entry: Entry, *, viewer: Viewer) -> dict[str, str | None]:
    """The uids of the entries this one names, those of them the viewer may see."""
    keys = {
        name: getattr(entry, f"{name}_id") for name in REFERENCES if hasattr(entry, f"{name}_id")
    }
    wanted = [key for key in keys.values() if key is not None]
    if not wanted:
        return dict.fromkeys(keys)
    rows = session.execute(
        select(Entry.id, Entry.uid).where(Entry.id.in_(wanted), access.visible_entries(viewer))
    )
    seen = {row[0]: row[1] for row in rows}
    return {name: str(seen[key]) if key in seen else None for name, key in keys.items()}


def row(hit: Hit, today: date, root: str = "") -> Mapping[str, Any]:
    """One line of a table, with the columns of CSV_COLUMNS."""
    said = properties(hit, today)
    category = said.pop("category") or {}
    return {
        **said,
        "uid": str(hit.entry.uid),
        "category": category.get("code"),
        "category_label": category.get("label"),
        "longitude": hit.entry.longitude,
        "latitude": hit.entry.latitude,
        "areas": "; ".join(area.name for area in hit.areas),
        "offered_by": said.get("person_role") or hit.giver,
        "tags": "; ".join(hit.entry.tags),
        "overdue": "yes" if said["overdue"] else "no",
        "url": root + hit.entry.path,
    }


def why(hit: Hit, wanted: EntrySearch, *, covers_label: str = "", today: date) -> list[str]:
    """In words, how an entry matched and how far to trust it."""
    entry, lines = hit.entry, []
    if entry.category is not None:
        parent = entry.category.parent
        lines.append(f"{parent.label} › {entry.category.label}" if parent else entry.category.label)
    if hit.distance_m is not None:
        lines.append(f"{distance(hit.distance_m)} away")
    if hit.areas:
        lines.append("In " + ", ".join(dict.fromkeys(area.name for area in hit.areas)))
    if wanted.covers is not None:
        lines.append(f"Covers {covers_label or 'this place'}")
    lines.append(checked(entry, today))
    return lines


def distance(metres: float) -> str:
    """Metres as people say them: 40 m, 350 m, 1.2 km."""
    if metres < 950:
        return f"{max(10, round(metres, -1)):.0f} m"
    return f"{metres / 1000:.1f} km"


def checked(entry: Entry, today: date) -> str:
    """When somebody last made sure, and whether it is due again."""
    if entry.checked_on is None:
        said = "Not checked yet"
    else:
        said = f"Checked {entry.checked_on.day} {entry.checked_on:%B %Y}"
    if entry.is_overdue(today):
        return f"{said}, check overdue"
    return said
