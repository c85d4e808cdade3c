"""What the figures of who is missing mean, in sentences."""

from collections.abc import Sequence

from assetmap.register import bridging, invite_missing, populations, representation
from assetmap.register.bridging import Suggestion
from assetmap.register.invite_missing import Dimension, Left
from assetmap.register.populations import People
from assetmap.register.representation import Chance
from assetmap.vocabulary import AREA_TYPE_LABELS, AREA_TYPE_PLURALS

_WHY_NOT = {
    invite_missing.FEW_PEOPLE: "Too few people are on this list to show any figure: 5 at least.",
    invite_missing.FEW_COUNTED: (
        f"Not compared: fewer than {representation.LEAST_COUNTED} are on the list through a group"
        " that says which of these it is for."
    ),
    invite_missing.NOT_COVERED: (
        f"Not compared: the groups of fewer than {representation.LEAST_COVERED:.0%} of those on the"
        " list say which of these they are for."
    ),
}
NOT_FOUND_YET = (
    f"No group that says it is for them is known here or within {bridging.NEAR_M // 1000} km. Not"
    " found yet, which does not mean that there is none."
)


def where_from(people: People) -> str:
    """Of which year the figures are, and how they were put together for the place."""
    profile = people.profile
    year = f"Figures of {profile.year}"
    if people.how == populations.PUBLISHED:
        return f"{year}, as published for the area."
    kinds = AREA_TYPE_LABELS if people.areas == 1 else AREA_TYPE_PLURALS
    kind = kinds[profile.area_type]
    vintage = f" of {profile.area_vintage}" if profile.area_vintage else ""
    many = f"{people.areas:,} {kind[:1].lower()}{kind[1:]}{vintage}"
    how = (
        "each whole that has more than half of its ground here (best fit)"
        if people.how == populations.WHOLE
        else "of each as large a part of its people as of its ground lies here"
    )
    return f"{year} of {many}, {how}.{_not_covered(people)}"


def verdict(one: Dimension) -> str:
    """How a dimension compares, against chance."""
    if one.chance is None or one.index is None:
        return _WHY_NOT[one.why_not]
    return against(one.chance, is_rough=one.is_rough)


def against(chance: Chance, *, is_rough: bool = False) -> str:
    """What chance alone would make of it, and whether it is beyond that."""
    by_chance = (
        f"Drawn by lot, so many would come to {index(chance.expected)} on average, and to"
        f" between {index(chance.high)} and {index(chance.low)} nine times out of ten:"
    )
    if not chance.is_beyond:
        return f"{by_chance} in line with chance."
    if is_rough:
        return f"{by_chance} beyond chance."
    return f"{by_chance} beyond chance. {chance.percentile:.0%} of such draws are more alike."


def index(unlike: float) -> int:
    """The index of so much dissimilarity, in hundredths."""
    return round(100 * (1 - unlike))


def left(one: Left, on_list: int) -> str:
    """Why a section is named."""
    lives = f"They are {share(one.share)} of those who live here"
    if one.rule == invite_missing.NOBODY:
        return (
            "Nobody is on the list through a group that says it is for them."
            f" {lives}: {whole(one.wanted)} of {on_list} would match that."
        )
    few = "Fewer are on the list through a group for them than their share, by more than chance."
    short = "" if one.short is None else f" {whole(one.short).capitalize()} more would match that."
    return f"{few} {lives}.{short}"


def why(one: Suggestion) -> str:
    """Why a group is suggested."""
    where = {
        bridging.ON_LIST: "on the list already, but nobody of it may be asked",
        bridging.THERE: "here, or serving this place",
        bridging.NEAR: f"within {bridging.NEAR_M // 1000} km",
    }[one.where]
    said = [f"for {', '.join(one.group.reach)}", where]
    if one.together:
        said.append(f"a bridge: also for {' and '.join(one.together)}, who are on the list")
    if one.linked:
        said.append(f"a bridge: linked with {', '.join(one.linked[:3])}")
    return "; ".join(said)


def what_next(left: Sequence[Left]) -> str:
    """How those who are missing come onto the list."""
    where = {one.where for section in left for one in section.suggestions}
    said = []
    if bridging.ON_LIST in where:
        said.append(
            "At a group that is on the list already, nobody may be asked yet: ask the group itself"
            " who would come, and add them as a contact with what they agree to."
        )
    if where - {bridging.ON_LIST} or not where:
        said.append("Any other group comes onto the list by its name, where the list comes from.")
    return " ".join(said)


def share(part: float) -> str:
    """A part of all as people read it, to 0.1%."""
    return f"{100 * part:.1f}%"


def whole(people: float) -> str:
    """How many people that is, about."""
    near = round(people)
    return "about 1" if near <= 1 else f"about {near:,}"


def _not_covered(people: People) -> str:
    """Where a part of the place has no figures."""
    if people.covered >= 1 - 5 * populations.SLIVER:
        return ""
    return f" There are figures for {people.covered:.0%} of the ground only."
