"""What of a search the text index can answer beside its words: kinds, categories, areas, places."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assetmap import spatial
from assetmap.schemas.search import EntrySearch
from assetmap.textsearch import covering_cells, together

MOST_TOGETHER = 48
Group = tuple[str, ...]  # tokens of which one must be there


@dataclass(frozen=True)
class Terms:
    """Keys of the categories that are asked for: top terms, others, and the tops of all of them."""

    tops: Sequence[int] = ()
    others: Sequence[int] = ()
    roots: Sequence[int] = ()

    def __bool__(self) -> bool:
        return bool(self.roots)


def cells_of_box(wanted: EntrySearch) -> Group:
    """The cells of which everything that meets the box has one; none for a box too large."""
    return tuple(covering_cells(*wanted.bbox) or ()) if wanted.bbox else ()


def cells_around(wanted: EntrySearch) -> Group:
    """The same of everything that is near enough."""
    if wanted.near is None or not wanted.reach_m:
        return ()
    return tuple(covering_cells(*spatial.box_around(*wanted.near, wanted.reach_m).bounds) or ())


def groups(
    kinds: Iterable[str], terms: Terms, areas: Iterable[int], places: Iterable[Group]
) -> Iterator[Group]:
    """One token of each group must be there. places: cells, where there are any.

    Of a category in a place one token tells both, as long as they are few; of a category that is
    none at the top its own goes with them.
    """
    some = [group for group in places if group]
    both = [len(terms.roots) * len(group) <= MOST_TOGETHER for group in some]
    if kind := tuple(f"k:{one}" for one in kinds):
        yield kind
    if terms and (terms.others or not any(both)):
        yield (*(f"t:{key}" for key in terms.tops), *(f"c:{key}" for key in terms.others))
    if area := tuple(f"a:{key}" for key in areas):
        yield area
    for group, is_few in zip(some, both, strict=True):
        if terms and is_few:
            yield tuple(together(top, cell) for top in terms.roots for cell in group)
        else:
            yield group
