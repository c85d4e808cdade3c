"""Who is missing from an invite list: its reach beside those who live there, and who reaches them.

The reach of a list is what its groups say whom they are for: somebody who is on it through a group
for older people is counted there once, whoever they are themselves. Nothing is known or guessed of
anybody. Counts of people are shown as the small-number rule of `privacy` has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import shapely
from sqlalchemy.orm import Session

from assetmap import privacy
from assetmap.access import Viewer
from assetmap.models import InviteList
from assetmap.register import (
    bridging,
    invite_lists,
    invite_places,
    populations,
    profiles,
    reach,
    representation,
    together,
)
from assetmap.register.bridging import Suggestion
from assetmap.register.invite_hand import Hand
from assetmap.register.invite_people import Built
from assetmap.register.invite_places import Places
from assetmap.register.invite_sources import Found
from assetmap.register.populations import People, Place
from assetmap.register.reach import Kind, Section
from assetmap.register.representation import Category, Chance
from assetmap.schemas.invite_lists import Criteria
from assetmap.schemas.invite_missing import Compared

STEP = 5  # of an index, in hundredths, where it would give away a count that is hidden
NOBODY, TOO_FEW = "nobody", "too_few"
FEW_PEOPLE, FEW_COUNTED, NOT_COVERED = "few_people", "few_counted", "not_covered"


@dataclass(frozen=True)
class Line:
    """One section: people: how many live there, and what part of all that is. counted: on the list
    through groups for them; that, ratio, gap and short are None where they are not shown."""

    kind: Kind
    people: float
    share: float
    counted: int | None
    ratio: float | None = None
    gap: float | None = None
    short: float | None = None


@dataclass(frozen=True)
class Dimension:
    """One dimension. counted: how often somebody on the list is there through a group for a
    section of it, None where that is fewer than is shown; covered: what part of all on the list
    that is. why_not: why there is no index; index: in hundredths, in fives where is_rough."""

    code: str
    label: str
    population: People
    lines: Sequence[Line]
    counted: int | None = None
    covered: float | None = None
    why_not: str = ""
    index: int | None = None
    is_rough: bool = False
    chance: Chance | None = None
    diversity: float | None = None

    @property
    def longest(self) -> float:
        """The longest bar of its picture, as a part of all."""
        lines = [line.share for line in self.lines]
        if self.counted:
            lines += [line.counted / self.counted for line in self.lines if line.counted]
        return max(lines)


@dataclass(frozen=True)
class Left:
    """A section that is missing: nobody is on the list through a group for them, or too_few are.
    wanted: how many of those on it would be of them by their share, and how many fewer are."""

    dimension: str
    kind: Kind
    rule: str
    share: float
    people: float
    wanted: float
    short: float | None
    suggestions: Sequence[Suggestion] = ()


@dataclass(frozen=True)
class Missing:
    """What a list is compared with, how it compares, and who is missing. on_list: how many are on
    it, as far as the viewer may know them; unknown: groups of which they know nobody; silent: words
    of its groups that say nothing of a section; too_many: as of a list."""

    on_list: int
    groups: int
    places: Sequence[str] = ()
    dimensions: Sequence[Dimension] = ()
    left: Sequence[Left] = ()
    silent: Sequence[str] = ()
    notes: Sequence[str] = ()
    years: Sequence[str] = ()
    too_many: int = 0
    unknown: int = 0

    @property
    def is_compared(self) -> bool:
        """Whether of any dimension it could be told how like the place the list is."""
        return any(one.index is not None for one in self.dimensions)


@dataclass(frozen=True)
class _Reached:
    """How many people of a list are there through groups for each section, and how many through
    one for any of a dimension."""

    people: int
    of: Mapping[Section, int] = field(default_factory=dict)
    any_of: Mapping[str, int] = field(default_factory=dict)


def of(
    session: Session,
    made: InviteList,
    asked: Compared,
    *,
    viewer: Viewer,
    hand: Hand | None = None,
) -> Missing:
    """Who is missing from a list, for who has found it; of the groups and people that they may
    know. hand: as of a list that is built. Raises Invalid for an area that is not loaded."""
    chosen = _chosen(session, made, asked, viewer=viewer)

    def along(found: Found) -> list[together.Query]:
        there = (chosen or found.places or Places()).there
        if not there:
            return []
        place = place_of(there)
        return [*populations.queries(place), *bridging.queries(found, place, viewer=viewer)]

    built = invite_lists.build(session, made, viewer=viewer, hand=hand, beside=along)
    where = chosen or built.places or Places()
    reached = _reached(built)
    plain = Missing(
        reached.people,
        len(built.groups),
        too_many=built.too_many,
        unknown=len(built.silent),
    )
    if not where.there or built.too_many:
        return replace(plain, notes=where.notes)
    place = place_of(where.there)
    known = populations.published(built.beside[:2])
    found = populations.of_place(session, place, until=asked.until, known=known)
    dimensions = [_dimension(code, found[code], reached) for code in reach.kinds() if code in found]
    left = [one for dimension in dimensions for one in _left(dimension, reached)]
    sections = [(one.kind.dimension, one.kind.code) for one in left]
    suggested = bridging.suggest(sections, built, place, built.beside[2:])
    return replace(
        plain,
        places=[one.label for one in where.there],
        dimensions=dimensions,
        left=[
            replace(one, suggestions=suggested[one.kind.dimension, one.kind.code]) for one in left
        ],
        silent=reach.silent(tag for group in built.groups for tag in group.reach),
        notes=where.notes,
        years=known.years,
    )


def shares(
    session: Session, place: Place, asked: Sequence[together.Rows]
) -> Mapping[Section, float]:
    """What part of those who live in a place each section is; none where it is not known who lives
    there. asked: what it takes to count them, as `populations` has it."""
    found = populations.of_place(session, place, known=populations.published(asked))
    kinds = [code for code in reach.kinds() if code in found]
    shown = {code: _dimension(code, found[code], _Reached(0)) for code in kinds}
    return {(code, one.kind.code): one.share for code in shown for one in shown[code].lines}


def _chosen(
    session: Session, made: InviteList, asked: Compared, *, viewer: Viewer
) -> Places | None:
    """Where those live whom a list is compared with; None where it is where its groups are looked
    for."""
    if asked.area:
        return Places([*invite_places.places(session, Criteria(area=asked.area), viewer=viewer)])
    return of_frozen(session, made, viewer=viewer)


def of_frozen(session: Session, made: InviteList, *, viewer: Viewer) -> Places | None:
    """Where the groups of a list were looked for that is frozen; None for any other."""
    if made.frozen_at is None:
        return None
    return invite_places.known(session, invite_lists.criteria_of(made), viewer=viewer)


def place_of(there: Sequence[invite_places.Place]) -> Place:
    """All of them as one, to count people in."""
    shape = shapely.union_all([one.shape for one in there])
    are_areas = all(one.area is not None for one in there)
    return Place(shape, [(one.type, one.code) for one in there] if are_areas else [])


def _reached(built: Built) -> _Reached:
    """Each person counts once for every section that any of their groups is for."""
    of: dict[Section, int] = {}
    any_of: dict[str, int] = {}
    people = [*built.rows, *built.asked]
    for row in people:
        sections = reach.of(tag for way in row.through for tag in way.group.reach)
        for section in sections:
            of[section] = of.get(section, 0) + 1
        for dimension in {dimension for dimension, _ in sections}:
            any_of[dimension] = any_of.get(dimension, 0) + 1
    return _Reached(len(people), of, any_of)


def _dimension(code: str, population: People, reached: _Reached) -> Dimension:
    kinds = reach.kinds()[code]
    people = [population.people.get(kind.code, 0.0) for kind in kinds]
    counts = [reached.of.get((code, kind.code), 0) for kind in kinds]
    found = representation.categories(counts, people)
    n = sum(counts)
    covered = reached.any_of.get(code, 0) / reached.people if reached.people else 0.0
    why_not = _why_not(n, covered, reached)
    enough = privacy.enough(reached.people)
    shown = privacy.counts_shown(counts) if enough else [None] * len(counts)
    has_hidden = None in shown
    lines = [
        _line(kind, live, one, count, n, is_compared=not why_not)
        for kind, live, one, count in zip(kinds, people, found, shown, strict=True)
    ]
    tells = enough and (privacy.enough(n) or n == 0)
    whole = Dimension(
        code,
        profiles.label_of(code),
        population,
        lines,
        counted=n if tells else None,
        covered=covered if tells else None,
        why_not=why_not,
    )
    if why_not:
        return whole
    index = 100 * (1 - representation.dissimilarity(found))
    return replace(
        whole,
        index=round(index / STEP) * STEP if has_hidden else round(index),
        is_rough=has_hidden,
        chance=representation.chance(found),
        diversity=representation.diversity(found),
    )


def _why_not(n: int, covered: float, reached: _Reached) -> str:
    """Why a dimension is not compared; "" where it is."""
    if not privacy.enough(reached.people):
        return FEW_PEOPLE
    if n < representation.LEAST_COUNTED:
        return FEW_COUNTED
    return NOT_COVERED if covered < representation.LEAST_COVERED else ""


def _line(
    kind: Kind, people: float, one: Category, counted: int | None, n: int, *, is_compared: bool
) -> Line:
    if counted is None or not is_compared:
        return Line(kind, people, one.expected_share, counted)
    short = representation.short(one, n)
    return Line(kind, people, one.expected_share, counted, one.ratio, one.gap, short)


def _left(dimension: Dimension, reached: _Reached) -> list[Left]:
    """The sections of a dimension that are missing, the largest first."""
    found: list[Left] = []
    if dimension.why_not == FEW_PEOPLE:
        return found
    counts = [reached.of.get((dimension.code, line.kind.code), 0) for line in dimension.lines]
    n = sum(counts)
    are_unlike = dimension.chance is not None and dimension.chance.is_beyond
    categories = representation.categories(counts, [line.people for line in dimension.lines])
    for line, one in zip(dimension.lines, categories, strict=True):
        nobody = one.counted == 0 and line.kind.has_words
        if nobody and representation.is_left_out(line.share, reached.people):
            wanted = line.share * reached.people
            found.append(_left_one(dimension, line, NOBODY, wanted, wanted))
        elif are_unlike and representation.is_too_few(one, n):
            found.append(_left_one(dimension, line, TOO_FEW, line.share * n, line.short))
    return sorted(found, key=lambda one: -one.share)


def _left_one(
    dimension: Dimension, line: Line, rule: str, wanted: float, short: float | None
) -> Left:
    return Left(dimension.label, line.kind, rule, line.share, line.people, wanted, short)
