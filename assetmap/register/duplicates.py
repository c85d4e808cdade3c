"""Is it on the register already? The likely same entries, and why, for a person to judge."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Select, case, select, union_all
from sqlalchemy.orm import Session

from assetmap import access, spatial, textsearch
from assetmap.access import Viewer
from assetmap.connections import one_of
from assetmap.models import Asset, Entry, Group
from assetmap.register import search, writing
from assetmap.register.search import Hit
from assetmap.schemas.entries import AssetDraft, EntryDraft, GroupDraft
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, SharedField

NEAR_M = 250.0
FURTHEST_M = 2_000.0
LIKE_WHEN_NEAR = 78.0  # of 100
LIKE_WHEN_FAR = 93.0
LIKE_WITH_CONTACT = 50.0
LEAST_SORTED = 2 * LIKE_WHEN_NEAR - 100  # less by the one measure no other can make up for
MOST_CANDIDATES = 2_000  # what is shown by its ward all lies at one point
_FAMILIES = (
    frozenset({Kind.ASSET, Kind.GROUP}),
    frozenset({Kind.OFFER}),
    frozenset({Kind.FINDING}),
)


@dataclass(frozen=True)
class Candidate:
    """What two entries are compared by."""

    title: str  # folded, as Entry.title_folded
    longitude: float | None = None
    latitude: float | None = None
    phone: str = ""  # digits only
    email: str = ""
    charity_number: str = ""
    category_id: int | None = None
    entry_id: int = 0


@dataclass(frozen=True)
class Likeness:
    """An entry that may be the same: how alike, out of 100, and why."""

    entry_id: int
    score: float
    reasons: tuple[str, ...]
    distance_m: float | None = None


@dataclass(frozen=True)
class Suspect:
    """The same with the entry itself, for a page."""

    hit: Hit
    likeness: Likeness


@dataclass
class Neighbours:
    """Entries held so that many candidates can be compared with them at once."""

    known: list[Candidate]
    tree: shapely.STRtree
    placed: list[int] = field(default_factory=list)
    by_contact: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def load(
        cls, session: Session, kind: Kind, candidates: Sequence[Candidate], *, viewer: Viewer
    ) -> "Neighbours":
        """Those of a kind's family that the viewer may see and that any of these may be."""
        rows = session.execute(_columns(kind, viewer).where(_may_be(candidates, viewer)))
        return cls.of([Candidate(*row) for row in rows])

    @classmethod
    def of(cls, known: list[Candidate]) -> "Neighbours":
        """These, made ready to be compared with."""
        places = {n: place for n, one in enumerate(known) if (place := _place(one))}
        points = [shapely.Point(place) for place in places.values()]
        by_contact: dict[str, list[int]] = {}
        for n, one in enumerate(known):
            for key in _contacts(one):
                by_contact.setdefault(key, []).append(n)
        return cls(known, shapely.STRtree(points), list(places), by_contact)

    def like(self, candidates: Sequence[Candidate], most: int = 3) -> list[list[Likeness]]:
        """For each candidate, the entries it may be the same as, the likeliest first."""
        near: list[list[int]] = [[] for _ in candidates]
        places = {n: place for n, one in enumerate(candidates) if (place := _place(one))}
        if places and self.placed:
            boxes = [spatial.box_around(*place, NEAR_M) for place in places.values()]
            of, found = self.tree.query(np.array(boxes, dtype=object))
            numbers = list(places)
            for a, b in zip(of.tolist(), found.tolist(), strict=True):
                near[numbers[a]].append(self.placed[b])
        return [
            ranked((compare(one, self.known[k]) for k in self._worth(one, others)), most)
            for one, others in zip(candidates, near, strict=True)
        ]

    def _worth(self, one: Candidate, near: Iterable[int]) -> list[int]:
        """Those reached in the same way, and those near with much of the name: in a town most have
        nothing of it, and are seen to a hundred at a time."""
        shared = {k for key in _contacts(one) for k in self.by_contact.get(key, ())}
        titles = {k: self.known[k].title for k in near if k not in shared}
        named = process.extract(
            one.title, titles, scorer=fuzz.token_sort_ratio, score_cutoff=LEAST_SORTED, limit=None
        )
        return [*shared, *(k for _, _, k in named)]


def likely_same(
    session: Session, draft: EntryDraft, *, viewer: Viewer, but: int = 0, limit: int = 5
) -> list[Suspect]:
    """Entries the viewer may see that a draft may repeat, the likeliest first.

    but: key of the entry that the draft is of, when it exists already.
    """
    one = candidate_of(session, draft)
    query = _columns(draft.kind, viewer).where(Entry.id != but)
    return _like(session, query, one, limit, viewer)


def like_entry(session: Session, entry: Entry, *, viewer: Viewer, limit: int = 5) -> list[Suspect]:
    """Entries that an entry on the register may be the same as."""
    query = _columns(Kind(entry.kind), viewer)
    own = session.execute(query.where(Entry.id == entry.id)).one_or_none()
    if own is None:
        return []
    return _like(session, query.where(Entry.id != entry.id), Candidate(*own), limit, viewer)


def called(
    session: Session, entry: Entry, words: str, *, viewer: Viewer, most: int = 10
) -> list[Hit]:
    """Others of an entry's kind, in whatever state, that words or a reference find: for somebody
    who knows that two are one although nothing about them is alike. The closest first."""
    if not textsearch.words(words):
        return []
    wanted = EntrySearch(
        kind=(Kind(entry.kind),), text=words, status=(search.ANY_STATUS,), limit=most + 1
    )
    hits = search.search(session, wanted, viewer=viewer, facets=False).hits
    return [hit for hit in hits if hit.entry.id != entry.id][:most]


def _like(
    session: Session, query: Select[str], one: Candidate, limit: int, viewer: Viewer
) -> list[Suspect]:
    """Of all that `query` finds, what is like one; those of its very name are looked at first."""
    namesakes = case((Entry.title_folded == one.title, 0), else_=1)
    rows = session.execute(
        query.where(_may_be([one], viewer)).order_by(namesakes, Entry.id).limit(MOST_CANDIDATES)
    )
    alike_most = ranked((compare(one, Candidate(*row)) for row in rows), limit)
    return _with_entries(session, alike_most, viewer)


def columns(kinds: Iterable[Kind], viewer: Viewer) -> Select[str]:
    """What entries of some kinds that the viewer may see are compared by, as `Candidate` has it."""
    own, known = Asset.__table__.c, access.may_read(viewer, SharedField.CONTACT)
    return (
        select(
            Entry.title_folded,
            Entry.longitude,
            Entry.latitude,
            case((known, own.phone_digits), else_="").label("phone_digits"),
            case((known, own.email), else_="").label("email"),
            Group.__table__.c.charity_number,
            Entry.category_id,
            Entry.id,
        )
        .select_from(Entry.__table__)
        .outerjoin(Asset.__table__, Asset.__table__.c.id == Entry.id)
        .outerjoin(Group.__table__, Group.__table__.c.id == Entry.id)
        .where(Entry.kind.in_([k.value for k in kinds]), access.visible_entries(viewer))
    )


def family_of(kind: Kind) -> frozenset[Kind]:
    """The kinds among which an entry of one kind may be on the register twice."""
    return next((family for family in _FAMILIES if kind in family), frozenset({kind}))


def candidate_of(session: Session, draft: EntryDraft) -> Candidate:
    """What a draft is compared by."""
    shape = writing.clean_geometry(session, draft.geometry)
    middle = shape.representative_point() if shape is not None else None
    return Candidate(
        title=" ".join(textsearch.words(draft.title))[:200],
        longitude=middle.x if middle else None,
        latitude=middle.y if middle else None,
        phone=writing.phone_digits(draft.phone) if isinstance(draft, AssetDraft) else "",
        email=draft.email.lower() if isinstance(draft, AssetDraft) else "",
        charity_number=draft.charity_number if isinstance(draft, GroupDraft) else "",
    )


def compare(one: Candidate, other: Candidate) -> Likeness | None:
    """How alike two are; None when nobody would think them the same."""
    away, shared = _distance_m(one, other), _shared(one, other)
    if away is not None and away > FURTHEST_M and not shared:
        return None
    name = alike(one.title, other.title)
    reasons = [f"{name:.0f}% the same name"] if name >= LIKE_WITH_CONTACT else []
    if away is not None:
        reasons.append("at the same place" if away < 20 else f"{away:.0f} m away")
    reasons += shared
    if "same charity number" in shared:
        return Likeness(other.entry_id, 100.0, tuple(reasons), away)
    if shared and name >= LIKE_WITH_CONTACT:
        return Likeness(other.entry_id, min(99.0, 60 + name * 0.4), tuple(reasons), away)
    near = away is not None and away <= NEAR_M
    far = away is not None and away > FURTHEST_M
    least = LIKE_WHEN_NEAR if near else LIKE_WHEN_FAR
    if far or name < least:
        return None
    penalty = 0.0 if away is None else min(10.0, away / FURTHEST_M * 10)
    return Likeness(other.entry_id, max(1.0, name - penalty), tuple(reasons), away)


def alike(one: str, other: str) -> float:
    """How alike two folded names are, out of 100: shared words count, so do missing ones."""
    return (fuzz.token_set_ratio(one, other) + fuzz.token_sort_ratio(one, other)) / 2


def refs_of(session: Session, keys: Collection[int]) -> dict[int, str]:
    """The reference of each of these entries, as people read it out."""
    rows = session.execute(select(Entry.id, Entry.kind).where(Entry.id.in_(keys)))
    return {key: f"{Kind(kind).prefix}-{key:06d}" for key, kind in rows}


def ranked(found: Iterable[Likeness | None], most: int) -> list[Likeness]:
    """The likeliest few."""
    there = [one for one in found if one is not None]
    return sorted(there, key=lambda one: (-one.score, one.entry_id))[:most]


def _columns(kind: Kind, viewer: Viewer) -> Select[str]:
    return columns(sorted(family_of(kind)), viewer)


def _may_be(candidates: Sequence[Candidate], viewer: Viewer) -> ColumnElement[bool]:
    """Entries that any of these may be the same as: of its name, near it, or reached as it is.

    Each way is a query of its own, because one that asks for this or that in several tables reads
    all of them.
    """
    ways: list[Select[int]] = [_known_by(Entry.title_folded, [one.title for one in candidates])]
    if places := [place for one in candidates if (place := _place(one))]:
        boxes = [spatial.box_around(*place, NEAR_M).bounds for place in places]
        ways.append(select(Entry.id).where(spatial.in_boxes(Entry.location, boxes)))
    own, known = Asset.__table__.c, access.may_read(viewer, SharedField.CONTACT)
    for column, said in (
        (own.phone_digits, [one.phone for one in candidates if one.phone]),
        (own.email, [one.email for one in candidates if one.email]),
    ):
        if said:
            reached = _known_by(column, said).join(Asset.__table__, own.id == Entry.id)
            ways.append(reached.where(known))
    if numbers := [one.charity_number for one in candidates if one.charity_number]:
        group = Group.__table__.c
        ways.append(
            _known_by(group.charity_number, numbers).join(Group.__table__, group.id == Entry.id)
        )
    return spatial.among(Entry.id, union_all(*ways).scalar_subquery())


def _known_by(column: Any, said: Iterable[str]) -> Select[int]:
    return select(Entry.id).where(one_of(column, sorted(set(said))))


def _contacts(one: Candidate) -> list[str]:
    keys = [f"p{one.phone}" if one.phone else "", f"e{one.email}" if one.email else ""]
    keys += [f"c{one.charity_number}" if one.charity_number else "", f"t{one.title}"]
    return [key for key in keys if key]


def _shared(one: Candidate, other: Candidate) -> list[str]:
    said = (
        ("same charity number", one.charity_number, other.charity_number),
        ("same phone", one.phone, other.phone),
        ("same e-mail", one.email, (other.email or "").lower()),
    )
    return [words for words, mine, theirs in said if mine and mine == theirs]


def _distance_m(one: Candidate, other: Candidate) -> float | None:
    here, there = _place(one), _place(other)
    if here is None or there is None:
        return None
    # a plane is near enough here, and a hundred times faster than the ellipsoid
    east = (here[0] - there[0]) * math.cos(math.radians(here[1]))
    return math.hypot(east, here[1] - there[1]) * 111_320


def _place(one: Candidate) -> tuple[float, float] | None:
    if one.longitude is None or one.latitude is None:
        return None
    return one.longitude, one.latitude


def _with_entries(session: Session, found: list[Likeness], viewer: Viewer) -> list[Suspect]:
    keys = [one.entry_id for one in found]
    hits = {hit.entry.id: hit for hit in search.load(session, keys, viewer=viewer)}
    return [Suspect(hits[one.entry_id], one) for one in found if one.entry_id in hits]
