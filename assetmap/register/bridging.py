"""Groups that reach a section of the people of a place, and what ties them to an invite list."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import shapely
from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.models import Asset, Entry, Link
from assetmap.register import criteria, ground, reach, together
from assetmap.register.invite_people import Built
from assetmap.register.invite_sources import Found, GroupFound
from assetmap.register.populations import Place
from assetmap.register.reach import Section
from assetmap.vocabulary import Kind, Relation

NEAR_M = 2_000  # around a place: from there people come
MOST = 4  # of one section
ON_LIST, THERE, NEAR = "on_list", "there", "near"
_ORDER = (ON_LIST, THERE, NEAR)
_NO_WORDS = 2  # characters of an empty list as JSON


@dataclass(frozen=True)
class Suggestion:
    """A group for a section. where: on_list: on the list already, but nobody of it may be asked;
    there: in the place or serving it; near: within NEAR_M of it. linked: groups on the list that
    it is linked with; together: other sections that it is for, which the list reaches already."""

    group: GroupFound
    where: str
    linked: Sequence[str] = ()
    together: Sequence[str] = ()

    @property
    def is_bridge(self) -> bool:
        """Whether it ties a section to those who are on the list."""
        return bool(self.linked or self.together)


def queries(found: Found, place: Place, *, viewer: Viewer) -> list[together.Query]:
    """What `suggest` needs to have been asked, of the groups of a list."""
    return [_around(place, viewer=viewer), _links([group.id for group in found.groups])]


def suggest(
    wanted: Sequence[Section], built: Built, place: Place, asked: Sequence[together.Rows]
) -> Mapping[Section, Sequence[Suggestion]]:
    """For each section the groups that the viewer may see, nearest and best tied first. asked: the
    answers to `queries`."""
    found: dict[Section, list[Suggestion]] = {section: [] for section in wanted}
    if not wanted:
        return found
    silent = {group.id for group in built.silent}
    listed = {group.id: group for group in built.groups}
    candidates = [(listed[key], ON_LIST) for key in listed if key in silent]
    candidates += [
        (group, where) for group, where in _placed(asked[0], place) if group.id not in listed
    ]
    for_any = [one for one in candidates if reach.of(one[0].reach) & set(wanted)]
    linked = _linked(asked[1], {group.id for group, _ in for_any}, listed)
    on_list = _sections_on(built)
    for group, where in for_any:
        sections = reach.of(group.reach)
        suggestion = Suggestion(group, where, linked.get(group.id, ()))
        for section in sections & set(wanted):
            others = sorted(_short(one) for one in sections & on_list - {section})
            found[section].append(replace(suggestion, together=others))
    return {section: _best(some) for section, some in found.items()}


def _best(some: Sequence[Suggestion]) -> Sequence[Suggestion]:
    def order(one: Suggestion) -> tuple[int, bool, str, int]:
        at = _ORDER.index(one.where)
        return at, not one.is_bridge, one.group.title.casefold(), one.group.id

    return sorted(some, key=order)[:MOST]


def _around(place: Place, *, viewer: Viewer) -> together.Query:
    """Groups that say whom they are for and are in a place, serve it or are near it."""
    wide = ground.grown(place.shape, NEAR_M)
    asset = Asset.__table__.c
    return (
        select(Entry.id, Entry.uid, Entry.title, asset.serves, Entry.location, Entry.covers)
        .join(Asset.__table__, asset.id == Entry.id)
        .where(
            Entry.kind == Kind.GROUP.value,
            access.visible_entries(viewer),
            criteria.not_over(),
            func.length(cast(asset.serves, String)) > _NO_WORDS,
            or_(
                spatial.intersects(Entry.location, spatial.as_sql(wide)),
                spatial.intersects(Entry.covers, spatial.as_sql(place.shape)),
            ),
        )
    )


def _placed(rows: together.Rows, place: Place) -> Sequence[tuple[GroupFound, str]]:
    """These groups, each with where it is, but those that have no more than an edge there."""
    wide = ground.grown(place.shape, NEAR_M)
    shapely.prepare([place.shape, wide])
    found: list[tuple[GroupFound, str]] = []
    for key, uid, title, serves, location, served in rows:
        at, covers = spatial.shape_of(location), spatial.shape_of(served)
        is_there = (at is not None and place.shape.intersects(at)) or (
            covers is not None and ground.overlaps(covers, place.shape)
        )
        if is_there or (at is not None and wide.intersects(at)):
            group = GroupFound(key, uid, title, serves, ())
            found.append((group, THERE if is_there else NEAR))
    return found


def _links(listed: Sequence[int]) -> together.Query:
    """What groups on a list are linked with that is a group too."""

    def is_group(key: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        return exists().where(Entry.id == key, Entry.kind == Kind.GROUP.value)

    return select(Link.id, Link.from_id, Link.to_id).where(
        Link.relation != Relation.SAME_AS.value,
        or_(
            and_(Link.from_id.in_(listed), is_group(Link.to_id)),
            and_(Link.to_id.in_(listed), is_group(Link.from_id)),
        ),
    )


def _linked(
    rows: together.Rows, keys: Set[int], listed: Mapping[int, GroupFound]
) -> dict[int, list[str]]:
    """Of these groups, what those on the list are called that they are linked with."""
    found: dict[int, list[str]] = {}
    for _, one, other in rows:
        for key, to in ((one, other), (other, one)):
            if key in keys and to in listed:
                found.setdefault(key, []).append(listed[to].title)
    return {key: sorted(set(titles)) for key, titles in found.items()}


def _sections_on(built: Built) -> frozenset[Section]:
    """The sections that people on a list are there for."""
    rows = (*built.rows, *built.asked)
    return reach.of(tag for row in rows for way in row.through for tag in way.group.reach)


def _short(section: Section) -> str:
    dimension, code = section
    return next(kind.short for kind in reach.kinds()[dimension] if kind.code == code)
