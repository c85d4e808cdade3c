"""The classification as people browse it: the terms in order, with counts of what one may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access, textsearch
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.models import Area, Category, Entry, EntryArea
from assetmap.models.category import SCHEMES
from assetmap.models.states import OVER
from assetmap.register import retagging
from assetmap.vocabulary import AreaType, Kind

KINDS: dict[str, tuple[Kind, ...]] = {
    "asset": (Kind.ASSET, Kind.GROUP),
    "offer": (Kind.OFFER,),
    "finding": (Kind.FINDING,),
}
MOST_WARDS = 60


@dataclass(frozen=True)
class Leaf:
    """A lower term and how many entries the viewer may see under it."""

    category: Category
    count: int


@dataclass(frozen=True)
class Branch:
    """A top term; its count takes in everything below it."""

    category: Category
    count: int
    leaves: tuple[Leaf, ...]


def tree(session: Session, scheme: str, *, viewer: Viewer) -> list[Branch]:
    """A scheme's terms in order, with how many entries the viewer may see under each.

    Entries that are over (closed, expired, resolved) are left out, as searches leave them out.
    """
    return trees(session, viewer=viewer, schemes=(scheme,))[scheme]


def trees(
    session: Session, *, viewer: Viewer, schemes: Sequence[str] = SCHEMES
) -> dict[str, list[Branch]]:
    """The same for several schemes, in two queries whatever their number."""
    terms = session.scalars(
        select(Category)
        .where(Category.scheme.in_(schemes))
        .options(joinedload(Category.replaced_by))
        .order_by(Category.sort, Category.id)
    ).all()
    counted = session.execute(
        select(Entry.category_id, func.count())
        .where(access.visible_entries(viewer), _current(schemes))
        .group_by(Entry.category_id)
    )
    counts: dict[int | None, int] = {row[0]: row[1] for row in counted}
    below: dict[int, list[Leaf]] = {}
    for term in terms:
        if term.parent_id is not None:
            below.setdefault(term.parent_id, []).append(Leaf(term, counts.get(term.id, 0)))
    grown: dict[str, list[Branch]] = {scheme: [] for scheme in schemes}
    for term in terms:
        if term.parent_id is None:
            leaves = tuple(below.get(term.id, ()))
            total = counts.get(term.id, 0) + sum(leaf.count for leaf in leaves)
            grown[term.scheme].append(Branch(term, total, leaves))
    return grown


def _current(schemes: Iterable[str]) -> ColumnElement[bool]:
    """What a search would show without asking for a status."""
    today = local_day(now())
    in_use = or_(
        *(
            and_(Entry.kind == kind, not_(Entry.status.in_(OVER[kind])))
            for scheme in schemes
            for kind in KINDS[scheme]
        )
    )
    return and_(in_use, or_(Entry.expires_on.is_(None), Entry.expires_on >= today))


def matching(branches: Sequence[Branch], text: str) -> list[Branch]:
    """The part of a tree whose label, scope note or code has every word of a text."""
    wanted = textsearch.words(text)
    kept = []
    for branch in branches:
        leaves = tuple(leaf for leaf in branch.leaves if _says(leaf.category, wanted))
        if _says(branch.category, wanted):
            kept.append(branch)
        elif leaves:
            kept.append(Branch(branch.category, branch.count, leaves))
    return kept


def _says(category: Category, wanted: Iterable[str]) -> bool:
    said = textsearch.words(f"{category.label} {category.scope_note} {category.code}")
    stems = {textsearch.stem(word) for word in said}
    return all(
        textsearch.stem(word) in stems or any(one.startswith(word) for one in said)
        for word in wanted
    )


def wards(
    session: Session, category: Category, *, viewer: Viewer
) -> Sequence[tuple[str, str, int]]:
    """Code, name and number of entries the viewer may see, for the wards that have most."""
    latest = select(func.max(Area.vintage)).where(Area.type == AreaType.WARD).scalar_subquery()
    number = func.count()
    rows = session.execute(
        select(Area.code, Area.name, number)
        .join(EntryArea, EntryArea.area_id == Area.id)
        .join(Entry, Entry.id == EntryArea.entry_id)
        .where(
            access.visible_entries(viewer),
            _current((category.scheme,)),
            Entry.category_id.in_(retagging.keys_below(category)),
            Area.type == AreaType.WARD,
            Area.vintage == latest,
        )
        .group_by(Area.id, Area.code, Area.name)
        .order_by(number.desc(), Area.name, Area.code)
        .limit(MOST_WARDS)
    )
    return [(code, name, count) for code, name, count in rows]
