"""Who came to an event beside those who live round it.

It is drawn from the counts that are shown and from nothing else, so it tells nothing that they do
not tell: what is hidden of an answer is hidden of the section that the answer belongs to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from assetmap import layers, spatial
from assetmap.errors import Invalid
from assetmap.models import Area, Engagement, EntryArea
from assetmap.register import populations, profiles, reach, representation
from assetmap.register.monitoring import Came, Counted
from assetmap.register.populations import People, Place
from assetmap.register.reach import Kind
from assetmap.register.representation import Chance

FIRST = "ward"  # what people call where they live
MOST_AREAS = 40
NOT_IN = "Choose one of the areas that the event lies in."


@dataclass(frozen=True)
class Line:
    """One section. share: of those who live there; came: of those who said, how many are of it,
    and what part that is. Both None where it is not shown."""

    kind: Kind
    share: float
    came: int | None
    part: float | None


@dataclass(frozen=True)
class Dimension:
    """One thing that was asked. index: in hundredths, how far those who said are like those who
    live there; None where a count is hidden, or where fewer than ten said."""

    label: str
    population: People
    answered: int
    lines: Sequence[Line]
    index: int | None = None
    chance: Chance | None = None

    @property
    def longest(self) -> float:
        """The longest bar of its picture, as a part of all."""
        return max(max(line.share, line.part or 0.0) for line in self.lines)


@dataclass(frozen=True)
class Beside:
    """area: whose people it is compared with, None where there is nothing to compare. areas: those
    there are to choose from. without: what was said of which there are no figures."""

    area: Area | None
    areas: Sequence[Area]
    dimensions: Sequence[Dimension] = ()
    without: Sequence[str] = ()


def of(session: Session, event: Engagement, came: Came, wanted: str = "") -> Beside:
    """What a closed form shows, beside one of the areas that the event lies in.

    wanted: the code of that area, or "" for its ward, or else the smallest there is. Raises
    Invalid for "area" where the event does not lie in it.
    """
    areas = _areas(session, event)
    if wanted and all(one.code != wanted for one in areas):
        raise Invalid.field("area", NOT_IN)
    said = [one for one in came.counts if one.people is not None]
    if not areas or not said:
        return Beside(None, areas)
    chosen = next((one for one in areas if one.code == wanted), areas[0])
    found = populations.of_place(session, _place(chosen))
    asked = [(one, found.get(one.question.dimension)) for one in said]
    return Beside(
        chosen,
        areas,
        [_dimension(one, people) for one, people in asked if people is not None],
        [profiles.label_of(one.question.dimension) for one, people in asked if people is None],
    )


def _areas(session: Session, event: Engagement) -> list[Area]:
    """Those that an event lies in, each once in its newest edition: its ward first, then from
    small to large."""
    query = (
        select(Area)
        .join(EntryArea, EntryArea.area_id == Area.id)
        .where(EntryArea.entry_id == event.id, Area.type.in_(populations.SMALL_TO_LARGE))
        .order_by(Area.vintage, Area.id)
        .options(undefer(Area.boundary))
    )
    newest = {(one.type, one.code): one for one in session.scalars(query.limit(MOST_AREAS))}
    in_order = populations.SMALL_TO_LARGE.index
    return sorted(newest.values(), key=lambda one: (one.type != FIRST, in_order(one.type)))


def _place(area: Area) -> Place:
    return Place(spatial.shape_of(area.boundary) or shapely.Polygon(), [(area.type, area.code)])


def _dimension(counted: Counted, population: People) -> Dimension:
    question = counted.question
    kinds = reach.kinds()[question.dimension]
    came = _by_section(counted)
    people = [population.people.get(kind.code, 0.0) for kind in kinds]
    answered = counted.answered or 0
    shares = representation.categories([came.get(kind.code) or 0 for kind in kinds], people)
    lines = [
        Line(
            kind,
            one.expected_share,
            count := came.get(kind.code),
            None if count is None else count / answered,
        )
        for kind, one in zip(kinds, shares, strict=True)
    ]
    plain = Dimension(profiles.label_of(question.dimension), population, answered, lines)
    if any(line.came is None for line in lines) or answered < representation.LEAST_COUNTED:
        return plain
    unlike = representation.dissimilarity(shares)
    return Dimension(
        plain.label,
        population,
        answered,
        lines,
        round(100 * (1 - unlike)),
        representation.chance(shares),
    )


def _by_section(counted: Counted) -> Mapping[str, int | None]:
    """How many said an answer of each section; None where that of any such answer is hidden."""
    found: dict[str, int | None] = {}
    of_answer = _sections()
    answers = zip(counted.question.answers, counted.people or (), strict=True)
    for (code, _), people in answers:
        section = of_answer[counted.question.dimension, code]
        before = found.get(section, 0)
        found[section] = None if before is None or people is None else before + people
    return found


def _sections() -> Mapping[tuple[str, str], str]:
    return {(row["dimension"], row["code"]): row["section"] for row in layers.monitoring()}
