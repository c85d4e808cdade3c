"""Which words of an entry a search found, so that people see why it is there.

The index keeps stems and no places of words, so they are looked for again in what is shown: the
same stems, what means the same and what a slip may stand for, as `wording.groups` made them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from assetmap import textsearch
from assetmap.models import Entry
from assetmap.register import indexing
from assetmap.textsearch import AnyOf
from assetmap.vocabulary import Visibility

LONGEST_EXTRACT = 160
MOST_EXTRACTS = 2
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

Pieces = list[tuple[str, bool]]  # of a text, in order, and whether each was looked for


@dataclass(frozen=True)
class Matched:
    """The words that were found: in what a card always shows, and in what it does not.

    extracts: by field of the entry, the part of it that has them.
    """

    title: Pieces
    category: Pieces
    address: Pieces
    extracts: dict[str, Pieces] = field(default_factory=dict)


def matched(entry: Entry, groups: Sequence[AnyOf]) -> Matched:
    """Where the groups of words are in an entry. Other fields are only looked at for the groups
    that neither its name, its category nor its address has."""
    label = entry.category.label if entry.category else ""
    wanted = _found(f"{label} {indexing.words_of(entry)}", groups)
    shown = (entry.title, label, entry.shown_address)
    told = _stems(" ".join(shown))
    extracts: dict[str, Pieces] = {}
    restricted = entry.visibility == Visibility.RESTRICTED  # read once it is said why
    for name, text in () if restricted else indexing.texts_of(entry):
        missing = _found(text, [group for group in groups if not _found_in(told, [group])])
        if missing and len(extracts) < MOST_EXTRACTS and text not in shown:
            extracts[name] = _extract(text, missing)
            told |= _stems(text)
    title, category, address = (pieces(text, wanted) for text in shown)
    return Matched(title, category, address, extracts)


def pieces(text: str, stems: Iterable[str]) -> Pieces:
    """A text cut into what has one of these stems and what has not."""
    wanted, cut, start = frozenset(stems), [], 0
    for at, end in _places(text, wanted):
        if at > start:
            cut.append((text[start:at], False))
        cut.append((text[at:end], True))
        start = end
    if start < len(text):
        cut.append((text[start:], False))
    return cut


def _places(text: str, wanted: frozenset[str]) -> Iterator[tuple[int, int]]:
    if not wanted:
        return
    for word in _WORD.finditer(text):
        if not wanted.isdisjoint(textsearch.stems(word[0])):
            yield word.span()


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(textsearch.stem, textsearch.words(text)))


def _found(text: str, groups: Sequence[AnyOf]) -> frozenset[str]:
    """The stems of these groups that a text has, of phrases that it has whole."""
    return _found_in(_stems(text), groups)


def _found_in(stems: frozenset[str], groups: Sequence[AnyOf]) -> frozenset[str]:
    whole = (phrase for group in groups for phrase in group if stems.issuperset(phrase))
    return frozenset(stem for phrase in whole for stem in phrase)


def _extract(text: str, stems: frozenset[str]) -> Pieces:
    """As much of a text as fits, with the first of these words and what stands round it."""
    flat = " ".join(text.split())
    first = next(_places(flat, stems), (0, 0))[0]
    start = 0
    if len(flat) > LONGEST_EXTRACT and first > LONGEST_EXTRACT // 2:
        start = flat.rfind(" ", 0, max(1, first - LONGEST_EXTRACT // 3)) + 1
    end = len(flat)
    if end - start > LONGEST_EXTRACT:
        end = max(flat.rfind(" ", start, start + LONGEST_EXTRACT), first + 1)
        end = end if flat[end : end + 1] == " " else start + LONGEST_EXTRACT
    cut = pieces(flat[start:end], stems)
    before = [("… ", False)] if start else []
    after = [(" …", False)] if end < len(flat) else []
    return [*before, *cut, *after]
