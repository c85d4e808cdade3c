"""What somebody chooses from on the board of a walkabout."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from assetmap import access
from assetmap.access import Viewer
from assetmap.models import Category, Hotspot
from assetmap.schemas.entries import DRAFTS
from assetmap.vocabulary import Kind

MOST_HOTSPOTS = 100


@dataclass(frozen=True)
class Term:
    """A category in use, of a scheme, under its heading."""

    scheme: str
    code: str
    label: str
    heading: str


def terms(session: Session, kinds: Iterable[Kind]) -> list[Term]:
    """The categories in use that entries of these kinds may have, in order, in one query."""
    schemes = {DRAFTS[kind].scheme for kind in kinds} - {None}
    top = aliased(Category)
    rows = session.execute(
        select(Category.scheme, Category.code, Category.label, top.label)
        .join(top, top.id == Category.parent_id)
        .where(Category.scheme.in_(sorted(filter(None, schemes))), Category.active)
        .order_by(Category.scheme, top.sort, Category.sort, Category.code)
    )
    return [Term(*row) for row in rows]


def hotspots(session: Session, *, viewer: Viewer) -> list[Hotspot]:
    """Hotspots that are not closed, the latest first."""
    query = select(Hotspot).where(access.visible_entries(viewer), Hotspot.status != "closed")
    query = query.order_by(Hotspot.period_from.desc(), Hotspot.id.desc())
    return list(session.scalars(query.limit(MOST_HOTSPOTS)))
