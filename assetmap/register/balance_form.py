"""What quotas may be set for a panel: the sections of a list, how many could be drawn of each, and
what its share of those who live there comes to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from assetmap import privacy
from assetmap.access import Viewer
from assetmap.models import InviteList
from assetmap.register import invite_lists, invite_missing, profiles, reach

TOLERANCE = 0.15  # of what a share comes to, either way
EXPECTED = 0.5  # of a seat: from there on one at least


@dataclass(frozen=True)
class Section:
    """One section. there: how many could be drawn who count for it, None where that is not shown;
    share: of those who live in the list's place, None where that is not known."""

    kind: reach.Kind
    there: int | None
    share: float | None

    @property
    def name(self) -> str:
        """What its boxes are called after."""
        return f"{self.kind.dimension}-{self.kind.code}"

    def by_share(self, seats: int) -> tuple[int, int] | None:
        """Least and most of so many seats, as its share has it; none for a section that no words
        of a group stand for, because nobody could count for it."""
        if self.share is None or not self.kind.has_words:
            return None
        wanted = seats * self.share
        least = math.floor(wanted * (1 - TOLERANCE))
        most = min(seats, math.ceil(wanted * (1 + TOLERANCE)))
        return max(least, 1 if wanted >= EXPECTED else 0), most


@dataclass(frozen=True)
class Choices:
    """What a form offers. people: how many could be drawn."""

    people: int
    dimensions: Sequence[tuple[str, Sequence[Section]]]

    @property
    def has_shares(self) -> bool:
        """Whether it is known who lives there."""
        return any(one.share is not None for _, some in self.dimensions for one in some)


def choices(session: Session, made: InviteList, *, viewer: Viewer) -> Choices:
    """For who may change the list."""
    rows = invite_lists.build(session, made, viewer=viewer).rows
    counts: dict[reach.Section, int] = {}
    for row in rows:
        for section in reach.of(tag for way in row.through for tag in way.group.reach):
            counts[section] = counts.get(section, 0) + 1
    shares = invite_missing.shares(session, made, viewer=viewer)
    found = [
        (profiles.label_of(code), _sections(kinds, counts, shares))
        for code, kinds in reach.kinds().items()
    ]
    return Choices(len(rows), found)


def _sections(
    kinds: Sequence[reach.Kind],
    counts: Mapping[reach.Section, int],
    shares: Mapping[reach.Section, float],
) -> list[Section]:
    keys = [(kind.dimension, kind.code) for kind in kinds]
    shown = privacy.counts_shown([counts.get(key, 0) for key in keys])
    return [
        Section(kind, there, shares.get(key))
        for kind, key, there in zip(kinds, keys, shown, strict=True)
    ]
