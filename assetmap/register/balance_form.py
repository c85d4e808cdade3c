"""What quotas may be set for a panel: the sections of a list, how many could be drawn of each, and
what its share of those who live there comes to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from assetmap import privacy
from assetmap.access import Viewer
from assetmap.models import InviteList, InvitePanel
from assetmap.register import (
    invite_lists,
    invite_missing,
    panel_reading,
    populations,
    profiles,
    reach,
    together,
)
from assetmap.register.invite_hand import Hand
from assetmap.register.invite_places import Places
from assetmap.register.invite_sources import Found

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
    """What a form offers. people: how many could be drawn; drawn: the panels of the list, the last
    first, each with who drew it."""

    people: int
    dimensions: Sequence[tuple[str, Sequence[Section]]]
    drawn: Sequence[tuple[InvitePanel, str]] = ()

    @property
    def has_shares(self) -> bool:
        """Whether it is known who lives there."""
        return any(one.share is not None for _, some in self.dimensions for one in some)


def choices(
    session: Session, made: InviteList, *, viewer: Viewer, hand: Hand | None = None
) -> Choices:
    """For who may change the list. hand: as of a list that is built."""
    frozen = invite_missing.of_frozen(session, made, viewer=viewer)

    def along(found: Found) -> list[together.Query]:
        there = (frozen or found.places or Places()).there
        counted = populations.queries(invite_missing.place_of(there)) if there else []
        return [panel_reading.drawn(made), *counted]

    built = invite_lists.build(session, made, viewer=viewer, hand=hand, beside=along)
    there = (frozen or built.places or Places()).there
    rows, (panels, *counted) = built.rows, built.beside
    counts: dict[reach.Section, int] = {}
    for row in rows:
        for section in reach.of(tag for way in row.through for tag in way.group.reach):
            counts[section] = counts.get(section, 0) + 1
    shares: Mapping[reach.Section, float] = {}
    if there:
        shares = invite_missing.shares(session, invite_missing.place_of(there), counted)
    found = [
        (profiles.label_of(code), _sections(kinds, counts, shares))
        for code, kinds in reach.kinds().items()
    ]
    return Choices(len(rows), found, [(panel, who or "") for panel, who in reversed(panels)])


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
