"""What the search page needs beside what was found: terms to choose, and other entries to name."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.models import Category, Offer
from assetmap.register import origins
from assetmap.register.category_tree import KINDS
from assetmap.register.facets import Facet
from assetmap.register.origins import Origin
from assetmap.register.search import Hit


@dataclass(frozen=True)
class Terms:
    """Every term of the classification in order, those no longer in use among them."""

    every: Sequence[Category] = ()

    @cached_property
    def by_code(self) -> Mapping[str, Sequence[Category]]:
        """Terms by their code, which two schemes may share."""
        found: dict[str, list[Category]] = {}
        for term in self.every:
            found.setdefault(term.code, []).append(term)
        return found


@dataclass(frozen=True)
class Others:
    """Other entries that the page names: who makes the offers, and what searches narrow by."""

    titles: Mapping[uuid.UUID, str] = field(default_factory=dict)
    givers: Mapping[int, str] = field(default_factory=dict)
    origins: Sequence[Origin] = ()


@dataclass
class Branch:
    """A top term to choose, the terms below it, and how many were found of each."""

    term: Category
    count: int = 0
    leaves: list[tuple[Category, int]] = field(default_factory=list)


def terms(session: Session) -> Terms:
    """The whole classification."""
    return Terms(session.scalars(select(Category).order_by(Category.sort, Category.id)).all())


def others(session: Session, hits: Sequence[Hit], *chosen: uuid.UUID, viewer: Viewer) -> Others:
    """The other entries to name, those of them the viewer may see, in one query.

    People who sign in may choose from the latest walkabouts, events and hotspots; others are told
    only what they `chose` already, by following a link.
    """
    offers = [hit.entry for hit in hits if isinstance(hit.entry, Offer)]
    made_by = {offer.id: offer.group_id or offer.asset_id for offer in offers}
    keys = sorted({key for key in made_by.values() if key is not None})
    rows = origins.choices(
        session, viewer=viewer, latest=viewer.is_signed_in, uids=chosen, keys=keys
    )
    titles = {row.id: row.title for row in rows}
    givers = {one.id: one.person_role or titles.get(made_by[one.id] or 0, "") for one in offers}
    narrowing = [row for row in rows if row.kind in origins.KINDS or row.uid in chosen]
    return Others({row.uid: row.title for row in rows}, givers, narrowing)


def branches(
    found: Terms, kinds: Sequence[str], counts: Sequence[Facet]
) -> dict[str, list[Branch]]:
    """The terms in use that entries of these kinds have, by scheme, with how many were found."""
    counted = {facet.code: facet.count for facet in counts}
    wanted = [s for s, of in KINDS.items() if not kinds or any(k.value in kinds for k in of)]
    tops: dict[int, Branch] = {}
    grown: dict[str, list[Branch]] = {scheme: [] for scheme in wanted}
    for term in found.every:
        if term.parent_id is None and term.scheme in grown and term.active:
            tops[term.id] = Branch(term, counted.get(term.code, 0))
            grown[term.scheme].append(tops[term.id])
    for term in found.every:
        branch = tops.get(term.parent_id or 0)
        if branch is not None and term.active:
            number = counted.get(term.code, 0)
            branch.count += number
            branch.leaves.append((term, number))
    return grown
