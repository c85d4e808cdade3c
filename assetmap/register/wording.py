"""What somebody typed into the search box, as a query of the text index."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import Session

from assetmap import layers, textsearch
from assetmap.models import SearchWord, SearchWordCut
from assetmap.textsearch import AnyOf, Phrase

MOST_WORDS = 12
MOST_CANDIDATES = 400


def groups(session: Session, typed: str) -> tuple[AnyOf, ...]:
    """For each word typed: its stem, what means the same, and what it may be a slip of."""
    said = textsearch.words(typed)[:MOST_WORDS]
    kept = [word for word in said if word not in textsearch.STOP_WORDS] or said
    slips = corrections(session, kept)
    return tuple(_group(phrase, slips) for phrase in _phrases(kept))


def corrections(session: Session, words: list[str]) -> dict[str, list[str]]:
    """For each word no entry has: the known words a slip or two away."""
    long_enough = {word for word in words if len(word) >= textsearch.TYPO_FROM}
    if not long_enough:
        return {}
    candidates: dict[str, list[str]] = {}
    for typed, word in session.execute(union_all(*map(_near, sorted(long_enough)))):
        candidates.setdefault(typed, []).append(word)
    return {
        word: textsearch.corrections(word, candidates.get(word, ()))
        for word in long_enough
        if word not in candidates.get(word, ())
    }


def _near(word: str) -> Select[Any]:
    """The words that share a cut with one; the word itself alone, when some entry has it."""
    same = select(SearchWord.word).where(SearchWord.word == word)
    near = (
        select(SearchWordCut.word)
        .where(SearchWordCut.cut.in_(textsearch.cuts(word)), ~same.exists())
        .distinct()
        .order_by(SearchWordCut.word)
        .limit(MOST_CANDIDATES)
    )
    found = union_all(same, select(near.subquery().c.word)).subquery()
    return select(literal(word), found.c.word)


def _phrases(words: list[str]) -> Iterator[tuple[str, ...]]:
    """The words, those that make a known phrase together, the longest first."""
    meanings, start = _meanings(), 0
    while start < len(words):
        for length in (3, 2):
            phrase = tuple(textsearch.stem(word) for word in words[start : start + length])
            if len(phrase) == length and phrase in meanings:
                yield tuple(words[start : start + length])
                start += length
                break
        else:
            yield (words[start],)
            start += 1


def _group(phrase: tuple[str, ...], slips: dict[str, list[str]]) -> AnyOf:
    own: Phrase = tuple(textsearch.stem(word) for word in phrase)
    same = [own, *_meanings().get(own, ())]
    if len(phrase) == 1:
        same += [(textsearch.stem(other),) for other in slips.get(phrase[0], ())]
    return tuple(dict.fromkeys(same))


@cache
def _meanings() -> dict[Phrase, tuple[Phrase, ...]]:
    """Each phrase of the shipped synonyms, as stems, and what means the same."""
    found: dict[Phrase, dict[Phrase, None]] = {}
    for group in layers.synonyms():
        phrases = [tuple(textsearch.stems(words)) for words in group]
        for phrase in phrases:
            found.setdefault(phrase, {}).update(dict.fromkeys(p for p in phrases if p != phrase))
    return {phrase: tuple(others) for phrase, others in found.items()}
