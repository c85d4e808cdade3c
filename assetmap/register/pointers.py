"""How forms point at other records: by a reference read out, a name, or a list to choose from."""

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, undefer

from assetmap import access, spatial, textsearch
from assetmap.access import Viewer
from assetmap.errors import Invalid
from assetmap.formats import geojson
from assetmap.models import Area, Category, Entry, Partner, Team
from assetmap.register import entries, places
from assetmap.vocabulary import AreaType, Kind

MOST_SUGGESTED = 400
MOST_AREAS = 300
_REF = re.compile(r"\s*([A-Za-z]{3}-\d{1,12})\b")


@dataclass(frozen=True)
class Term:
    """A category to choose, under the heading it stands under."""

    code: str
    label: str
    heading: str
    scope_note: str


def entry_called(
    session: Session, typed: str, kinds: Iterable[Kind], *, viewer: Viewer, field: str
) -> Entry:
    """The entry that a reference, or its whole name, means.

    Raises Invalid for `field` when there is none, with the nearest that there are.
    """
    wanted = [kind.value for kind in kinds]
    match = _REF.match(typed)
    found = entries.by_ref(session, match[1], viewer=viewer) if match else None
    if found is not None and found.kind in wanted:
        return found
    near = like(session, typed, kinds, viewer=viewer)
    folded = " ".join(textsearch.words(typed))
    exact = [entry for entry in near if entry.title_folded == folded]
    if len(exact) == 1:
        return exact[0]
    if not near:
        raise Invalid.field(
            field, f"Nothing here is called “{typed[:80]}”. Give a reference or a name."
        )
    named = "; ".join(f"{entry.ref} {entry.title}" for entry in near[:5])
    raise Invalid.field(field, f"Give the reference of the one you mean: {named}.")


def like(
    session: Session, typed: str, kinds: Iterable[Kind], *, viewer: Viewer, most: int = 10
) -> Sequence[Entry]:
    """Entries whose names have these words at a word's beginning, the closest first."""
    folded = " ".join(textsearch.words(typed))[:200]
    if not folded:
        return []
    begins = Entry.title_folded.startswith(folded, autoescape=True)
    within = Entry.title_folded.contains(f" {folded}", autoescape=True)
    return session.scalars(
        select(Entry)
        .where(
            access.visible_entries(viewer),
            Entry.kind.in_([kind.value for kind in kinds]),
            begins | within,
        )
        .order_by(case((Entry.title_folded == folded, 0), (begins, 1), else_=2), Entry.id)
        .limit(most)
    ).all()


def suggestions(session: Session, kinds: Iterable[Kind], *, viewer: Viewer) -> dict[str, str]:
    """“GRP-000012 Riverside food bank” for the entries of some kinds, by uid, in order of name."""
    rows = session.execute(
        select(Entry.uid, Entry.kind, Entry.id, Entry.title)
        .where(access.visible_entries(viewer), Entry.kind.in_([kind.value for kind in kinds]))
        .order_by(Entry.title_folded, Entry.id)
        .limit(MOST_SUGGESTED)
    )
    return {str(uid): f"{Kind(kind).prefix}-{key:06d} {title}" for uid, kind, key, title in rows}


def named(
    session: Session, uids: Iterable[str], *, viewer: Viewer, gone: bool = False
) -> dict[str, str]:
    """Entries by uid as forms show them: their reference and name, of those one may see.

    gone: also those that have been withdrawn or merged since, by their reference.
    """
    wanted = {uuid.UUID(uid) for uid in uids}
    if not wanted:
        return {}
    may = access.may_see(viewer) if gone else access.visible_entries(viewer)
    return by_uid(session.scalars(select(Entry).where(Entry.uid.in_(wanted), may)))


def by_uid(found: Iterable[Entry]) -> dict[str, str]:
    """Entries as forms and histories show them."""
    return {
        str(entry.uid): f"{entry.ref} {entry.title if entry.is_live else '(no longer there)'}"
        for entry in found
    }


def terms(session: Session, scheme: str, kept: Category | None = None) -> list[Term]:
    """The categories of a scheme that are in use, and the one an entry has already, in order,
    each with its heading."""
    top = select(Category.id, Category.label, Category.sort).where(Category.level == 1).subquery()
    rows = session.execute(
        select(Category.code, Category.label, top.c.label, Category.scope_note)
        .join(top, top.c.id == func.coalesce(Category.parent_id, Category.id))
        .where(
            Category.scheme == scheme,
            (Category.active & Category.parent_id.is_not(None))
            | (Category.id == (kept.id if kept else None)),
        )
        .order_by(top.c.sort, Category.sort, Category.code)
    )
    return [Term(*row) for row in rows]


def area_choices(session: Session) -> list[tuple[str, str]]:
    """Code and name of the latest wards and patches, to tick or to take the outline of."""
    latest = (
        select(func.max(Area.vintage)).where(Area.type == AreaType.WARD.value).scalar_subquery()
    )
    patches = Area.type.in_([AreaType.NEIGHBOURHOOD.value, AreaType.CUSTOM.value])
    wards: ColumnElement[bool] = (Area.type == AreaType.WARD.value) & (Area.vintage == latest)
    rows = session.execute(
        select(Area.code, Area.name, Area.type)
        .where(wards | patches)
        .order_by(Area.type.desc(), Area.name, Area.code)
        .limit(MOST_AREAS)
    )
    kinds = {kind.value: places.type_label(kind).lower() for kind in AreaType}
    return [(code, f"{name} ({kinds[kind]})") for code, name, kind in rows]


def area_codes(session: Session, lines: Iterable[str], field: str) -> list[str]:
    """The codes of areas typed by name or code. Raises Invalid for one not loaded."""
    codes = []
    for line in lines:
        found = places.named(session, line, limit=1)
        if not found:
            raise Invalid.field(field, f"No area called “{line}” is loaded.")
        codes.append(found[0].code)
    return codes


def outline(session: Session, code: str, field: str) -> dict[str, object]:
    """The outline of the latest area with this code, as GeoJSON. Raises Invalid for `field`."""
    area = session.scalar(
        select(Area)
        .where(Area.code == code)
        .order_by(Area.vintage.desc(), Area.id)
        .options(undefer(Area.boundary))
        .limit(1)
    )
    drawn = geojson.geometry(spatial.shape_of(area.boundary)) if area else None
    if drawn is None:
        raise Invalid.field(field, "Choose an area from the list.")
    return drawn


def own_teams(session: Session, *, viewer: Viewer) -> list[tuple[int, str]]:
    """Key and name of the teams a person logs for, when there is a choice."""
    keys = viewer.teams_where(access.WRITERS)
    if len(keys) < 2:
        return []
    rows = session.execute(select(Team.id, Team.name).where(Team.id.in_(keys)).order_by(Team.name))
    return [(key, name) for key, name in rows]


def partners(session: Session) -> list[tuple[int, str]]:
    """Key and name of the bodies that findings may be assigned to."""
    rows = session.execute(
        select(Partner.id, Partner.name).where(Partner.is_active).order_by(Partner.name)
    )
    return [(key, name) for key, name in rows]
