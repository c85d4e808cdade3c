"""How a draft becomes the columns of an entry."""

import re
import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

import shapely
from pydantic import BaseModel
from shapely.geometry.base import BaseGeometry as Shape
from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session, aliased

from assetmap import access, spatial, textsearch
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Invalid
from assetmap.formats import positions, recurrence
from assetmap.formats.postcodes import normal_postcode
from assetmap.models import (
    Area,
    Asset,
    Category,
    Engagement,
    Entry,
    EntryCovers,
    Finding,
    Group,
    Hotspot,
    Offer,
    Partner,
    Team,
    Walkabout,
)
from assetmap.models.finding import STUB
from assetmap.models.offer import LIFETIME
from assetmap.register import deployment, places, snapshots, suppressions
from assetmap.register.beginnings import CLOCKS_DIFFER
from assetmap.register.snapshots import Snapshot
from assetmap.schemas.entries import RECURRING, REFERENCES, EntryDraft
from assetmap.vocabulary import Kind, Precision, Visibility

MODELS: dict[Kind, type[Entry]] = {
    Kind.ASSET: Asset,
    Kind.GROUP: Group,
    Kind.OFFER: Offer,
    Kind.FINDING: Finding,
    Kind.WALKABOUT: Walkabout,
    Kind.ENGAGEMENT: Engagement,
    Kind.HOTSPOT: Hotspot,
}
_SPECIAL = frozenset({"category", "geometry", "covers_areas", "postcode", *REFERENCES})
PLACING = frozenset({"geometry", "precision"})  # fields that say where it is shown to be
# days and instants of what was done
SEEN = ("checked_on", "last_contacted_on", "observed_at", "told_on")
REACHED = ("email", "phone")  # fields that say how to reach somebody
MOST_MERGES = 8  # of one term into another into another


def new_entry(kind: Kind) -> Entry:
    """An empty entry of a kind."""
    return MODELS[kind](kind=kind.value, version=1, created_at=now())


def apply(
    session: Session,
    entry: Entry,
    draft: EntryDraft,
    *,
    checked: bool = True,
    names: Collection[str] | None = None,
) -> None:
    """Set every column that a draft speaks of, but the areas it covers.

    `checked=False` puts back what was once accepted, such as a category since deprecated.
    names: the fields that have changed, where that is known; all others are as the draft says.
    """
    fields = type(draft).model_fields
    names = fields.keys() if names is None else names
    settled_draft = settled(session, entry, draft) if "category" in names else draft
    if "category" in names:
        category = category_of(session, entry, settled_draft, checked=checked)
        entry.category_id = category.id if category else None
    else:
        category = session.get(Category, entry.category_id) if entry.category_id else None
    refuse_detail(category, draft)
    if checked:
        refuse_to_come(draft)
    for name in names:
        if name in REFERENCES:
            setattr(entry, f"{name}_id", _referred(session, name, getattr(draft, name)))
        elif name in fields and name not in _SPECIAL:
            value = getattr(settled_draft, name)
            if name == "stops":
                value = [one.model_dump() for one in value]
            setattr(entry, name, value)
    _follow(entry, draft)
    if not PLACING.isdisjoint(names):
        put_place(session, entry, draft, by_postcode=checked)
    reached = [name for name in REACHED if name in names and getattr(draft, name, None)]
    if checked and reached and suppressions.is_erased(session, entry):
        raise Invalid.field(reached[0], suppressions.TAKEN_OUT)


def _follow(entry: Entry, draft: EntryDraft) -> None:
    """Set what follows from other columns."""
    entry.title_folded = " ".join(textsearch.words(entry.title))[:200]
    entry.postcode = whole_postcode(draft.postcode)
    if isinstance(entry, Asset):
        entry.phone_digits = phone_digits(entry.phone)
    for name in RECURRING:
        if given := getattr(entry, name, ""):
            setattr(entry, name, recurring(name, given))


def settled(session: Session, entry: Entry, draft: EntryDraft) -> EntryDraft:
    """The draft with what was left empty filled in: who may see it, until when, seen when."""
    fill: dict[str, Any] = {}
    if draft.category is not None and draft.scheme is not None:
        fill["category"] = _code_in_use(session, draft.scheme, draft.category)
    if draft.visibility is None:
        fill["visibility"] = entry.visibility or _default_visibility(session, draft)
    if draft.precision is None:
        fill["precision"] = entry.precision or usual_precision(getattr(draft, "person_role", ""))
    if hasattr(draft, "expires_on") and draft.expires_on is None:
        fill["expires_on"] = getattr(entry, "expires_on", None) or local_day(now()) + LIFETIME
    if hasattr(draft, "observed_at") and draft.observed_at is None:
        fill["observed_at"] = getattr(entry, "observed_at", None) or now().replace(microsecond=0)
    if draft.postcode:
        fill["postcode"] = whole_postcode(draft.postcode)
    return draft.model_copy(update=fill)


def usual_precision(person_role: str) -> str:
    """How closely a place is shown when nobody said: a person's own place is never plotted."""
    return (Precision.LSOA if person_role else Precision.EXACT).value


def put_place(
    session: Session, entry: Entry, draft: EntryDraft, *, by_postcode: bool = True
) -> None:
    """Set the exact place, what is shown of it, and its representative point.

    by_postcode: a place that is not given is where the postcode is.
    """
    exact = clean_geometry(session, draft.geometry)
    if exact is None and entry.postcode and by_postcode and placed_by_postcode(draft):
        exact = _postcode_point(session, entry)
    entry.exact_location = spatial.stored(exact)
    shown = places.shown(session, exact, entry.precision)
    entry.location = spatial.stored(shown)
    entry.longitude, entry.latitude = middle_of(shown)


def placed_by_postcode(draft: EntryDraft) -> bool:
    """Whether a place that is not given is where the postcode is."""
    return draft.location_method in (None, "postcode")


def middle_of(shape: Shape | None) -> tuple[float, float] | tuple[None, None]:
    """Longitude and latitude of the point that stands for a shape, to seven decimals."""
    if shape is None:
        return None, None
    middle = shape if isinstance(shape, shapely.Point) else shape.representative_point()
    return round(middle.x, 7), round(middle.y, 7)


def clean_geometry(
    session: Session, given: dict[str, Any] | None, field: str = "geometry"
) -> Shape | None:
    """GeoJSON as a clean shape in degrees. Raises Invalid for the field."""
    if given is None:
        return None
    try:
        shape, _ = positions.clean_shape(positions.parse_geojson(given), deployment.extent(session))
    except Invalid as error:
        words = next(iter(error.problems.values()), str(error))
        raise Invalid.field(field, words) from error
    return shape


def put_covers(session: Session, entry: Entry, draft: EntryDraft) -> None:
    """Set the areas an entry serves and the ground they, or its radius, cover."""
    areas = areas_by_code(session, draft.covers_areas) if draft.covers_areas else []
    session.execute(delete(EntryCovers).where(EntryCovers.entry_id == entry.id))
    if areas:
        session.execute(
            insert(EntryCovers), [{"entry_id": entry.id, "area_id": area.id} for area in areas]
        )
    entry.covers = spatial.stored(covered_ground(entry, areas))


def covered_ground(entry: Entry, areas: list[Area]) -> shapely.MultiPolygon | None:
    """The ground an entry serves: its areas, and the circle about the place it shows."""
    parts = [spatial.shape_of(area.boundary) for area in areas]
    if entry.radius_m and entry.longitude is not None and entry.latitude is not None:
        parts.append(spatial.circle(entry.longitude, entry.latitude, entry.radius_m))
    if not parts:
        return None
    ground = shapely.union_all(parts)
    polygons = [part for part in shapely.get_parts(ground) if isinstance(part, shapely.Polygon)]
    return shapely.MultiPolygon(polygons)


def areas_by_code(
    session: Session, codes: list[str], query: Select[Area] | None = None
) -> list[Area]:
    """The areas with these codes, of the latest vintage. Raises Invalid for one not loaded.

    query: of areas, with what is wanted of them beside their columns.
    """
    query = select(Area) if query is None else query
    rows = session.scalars(query.where(Area.code.in_(codes)).order_by(Area.vintage, Area.id))
    found = {area.code: area for area in rows}
    if missing := [code for code in codes if code not in found]:
        raise Invalid.field("covers_areas", f"No area is loaded with the code {missing[0]}.")
    return [found[code] for code in dict.fromkeys(codes)]


def category_of(
    session: Session, entry: Entry, draft: EntryDraft, *, checked: bool = True
) -> Category | None:
    """The category a draft names. Raises Invalid when it is unknown or no longer in use."""
    if draft.category is None:
        return None
    if draft.scheme is None:
        raise Invalid.field("category", f"A {draft.kind} has no category.")
    category = session.scalar(
        select(Category).where(Category.scheme == draft.scheme, Category.code == draft.category)
    )
    if category is None:
        raise Invalid.field("category", "There is no such category. Choose one from the list.")
    if checked and not category.active and category.id != entry.category_id:
        raise Invalid.field("category", f"“{category.label}” is no longer used. Choose another.")
    return category


def refuse_hidden(
    session: Session, draft: EntryDraft, kept: Iterable[str | None], *, viewer: Viewer
) -> None:
    """Raise Invalid when a draft names an entry that the viewer may not see.

    kept: uids the entry named before; a person who changes something else may leave them in.
    Waits for whoever merges what is named, and has a merge wait for what names it.
    """
    for name in draft.references:
        uid = getattr(draft, name)
        if uid is None or str(uid) in kept:
            continue
        seen = select(Entry.id).where(Entry.uid == uid, access.visible_entries(viewer))
        if session.scalar(seen.with_for_update(read=True, key_share=True)) is None:
            raise Invalid.field(name, f"There is no such {name}.")


def _code_in_use(session: Session, scheme: str, code: str) -> str:
    """The code that stands for a code now: a phone may still send one that has been merged."""
    later = aliased(Category)
    for _ in range(MOST_MERGES):
        onward = session.scalar(
            select(later.code)
            .join(Category, Category.replaced_by_id == later.id)
            .where(Category.scheme == scheme, Category.code == code)
        )
        if onward is None:
            break
        code = onward
    return code


def move(entry: Entry, status: str, *, today: date, why: str = "", **details: Any) -> None:
    """Call the verb that takes an entry to a state, with what that verb needs."""
    match entry, status:
        case Finding(), "resolved":
            entry.resolve(details.get("resolution", ""), now())
        case Finding(), "verified":
            entry.verify(by_resident=bool(details.get("by_resident")))
        case Finding(), "reopened":
            entry.reopen()
        case Finding(), "assigned":
            partner_id = details.get("partner_id") or entry.assigned_partner_id
            if partner_id is None:
                raise Invalid.field("partner", "Choose who takes it on.")
            entry.assign(partner_id)
        case Offer(), "offered" if entry.status == "expired" or entry.has_run_out(today):
            if entry.status != "expired":
                entry.expire()
            entry.renew(today, details.get("until"))
        case Offer(), "withdrawn":
            entry.withdraw(now(), why or "Withdrawn by whoever offered it.")
        case Walkabout(), "complete":
            entry.scan_status = details.get("scan_status") or entry.scan_status
            entry.complete(now())
        case Engagement(), "held" if entry.starts_at > now():
            raise Invalid.field("status", "It has yet to begin. Change when it starts, if it did.")
        case Engagement(), "closed":
            entry.scan_status = details.get("scan_status") or entry.scan_status
            entry.close(now())
        case _:
            entry.move_to(status)


def put_state(session: Session, entry: Entry, taken: Snapshot) -> None:
    """Put back the state that a snapshot holds beside its draft."""
    for name in snapshots.state_names(entry.kind):
        value = taken.get(name)
        match name:
            case "team":
                entry.team_id = session.scalars(select(Team.id).where(Team.name == value)).one()
            case "merged_into":
                entry.merged_into_id = _key_of(session, value)
            case "assigned_partner":
                partner = session.scalar(select(Partner.id).where(Partner.name == value))
                entry.assigned_partner_id = partner  # type: ignore[attr-defined]
            case _ if name.endswith("_at"):
                setattr(entry, name, datetime.fromisoformat(value) if value else None)
            case _:
                setattr(entry, name, value)


def phone_digits(phone: str) -> str:
    """The digits of a British number without its country code, to compare by."""
    digits = re.sub(r"\D", "", phone)
    return ("0" + digits[2:] if digits.startswith("44") else digits)[:20]


def _key_of(session: Session, uid: str | None) -> int | None:
    if uid is None:
        return None
    return session.scalar(select(Entry.id).where(Entry.uid == uuid.UUID(uid)))


def _referred(session: Session, name: str, uid: uuid.UUID | None) -> int | None:
    if uid is None:
        return None
    key = session.scalar(select(Entry.id).where(Entry.uid == uid, Entry.kind.in_(REFERENCES[name])))
    if key is None:
        raise Invalid.field(name, f"There is no such {name}.")
    return key


def whole_postcode(typed: str | None) -> str | None:
    """A postcode as it is kept, None for a blank. Raises Invalid for half of one."""
    if not typed:
        return None
    code = normal_postcode(typed)
    if code is None:
        raise Invalid.field("postcode", "Give a whole UK postcode, such as HU1 3UB.")
    return code


def _postcode_point(session: Session, entry: Entry) -> Shape | None:
    try:
        place = places.find(session, entry.postcode or "")
    except Invalid:
        return None  # a postcode that is not loaded is still a good address
    entry.location_method = "postcode"
    return shapely.Point(place.longitude, place.latitude)


def recurring(name: str, given: str) -> str:
    """A recurrence rule as it is kept. Raises Invalid for the field."""
    try:
        return recurrence.check(given)
    except Invalid as error:
        raise Invalid.field(name, next(iter(error.problems.values()), str(error))) from error


def _default_visibility(session: Session, draft: EntryDraft) -> str:
    said = session.scalar(
        select(Category.default_visibility).where(
            Category.scheme == (draft.scheme or ""), Category.code == (draft.category or "")
        )
    )
    return said or Visibility.PUBLIC


def refuse_detail(category: Category | None, draft: EntryDraft) -> None:
    """Raise Invalid for words about what must be told in person, never written down."""
    if category is None or not category.route_only:
        return
    own = draft.title not in (STUB, category.label)
    if name := "description" if draft.description else "title" if own else "":
        raise Invalid.field(
            name,
            "Do not write down details of this kind here. Pass them on by the page “Pass on crime,"
            " safeguarding or intelligence”, or call 101; in an emergency call 999.",
        )


def refuse_to_come(draft: BaseModel) -> None:
    """Raise Invalid when something is said to have been done at a time that is still to come."""
    latest = now() + CLOCKS_DIFFER
    for name in SEEN:
        seen = getattr(draft, name, None)
        if seen is not None and seen > (
            latest if isinstance(seen, datetime) else local_day(latest)
        ):
            raise Invalid.field(name, "This is still to come. Give today or an earlier day.")
