"""What somebody typed into the search box, as a query of the text index."""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, Text, bindparam, select, union_all
from sqlalchemy.orm import Session

from assetmap import access, layers, textsearch
from assetmap.access import PUBLIC
from assetmap.connections import is_one_of
from assetmap.models import SearchWordCut
from assetmap.register.common_knowledge import Facts
from assetmap.textsearch import AnyOf, Phrase, Query

MOST_WORDS = 12
MOST_CANDIDATES = 400
MOST_CORRECTIONS = 12  # so many that words nobody has any more leave room for those that are had


def groups(session: Session, typed: str, facts: Facts | None = None) -> tuple[AnyOf, ...]:
    """For each word typed: its stem, what means the same, and what it may be a slip of.

    facts: what is known of the register by now; more is added to it.
    """
    said = textsearch.words(typed)[:MOST_WORDS]
    kept = [word for word in said if word not in textsearch.STOP_WORDS] or said
    meant = _meanings()
    unusual = [word for word in kept if (textsearch.stem(word),) not in meant]
    slips = corrections(session, unusual) if facts is None else _slips(session, unusual, facts)
    for word in slips:
        slips[word] += textsearch.corrections(word, _meant_alone())
    return tuple(_group(phrase, slips) for phrase in _phrases(kept))


def _slips(session: Session, words: list[str], facts: Facts) -> dict[str, list[str]]:
    if unknown := [word for word in words if word not in facts.slips]:
        found = corrections(session, unknown)
        facts.slips.update((word, found.get(word)) for word in unknown)
    known = ((word, facts.slips[word]) for word in words)
    return {word: [*slips] for word, slips in known if slips is not None}


def corrections(session: Session, words: list[str]) -> dict[str, list[str]]:
    """For each word that no public entry has now: known words a slip or two away, to look for too.

    Words may be remembered for a day after the last public entry that had them (see `clearing`):
    they find nothing that whoever searches may not see, and are shown to nobody.
    """
    long_enough = sorted({word for word in words if len(word) >= textsearch.TYPO_FROM})
    if not long_enough:
        return {}
    asked: dict[str, Any] = {}
    for n, word in enumerate(long_enough):
        cuts = sorted(textsearch.cuts_of_either(word))
        asked |= {f"word_{n}": word, f"public_{n}": _public(word), f"cuts_{n}": cuts}
    candidates: dict[str, list[str]] = {}
    for typed, word in session.connection().execute(_near(len(long_enough)), asked):
        candidates.setdefault(typed, []).append(word)
    return {
        word: textsearch.corrections(word, candidates.get(word, ()), MOST_CORRECTIONS)
        for word in long_enough
        if word not in candidates.get(word, ())
    }


@lru_cache(maxsize=2000)
def also_said(name: str, note: str = "") -> tuple[str, ...]:
    """Words that mean the same as something a name says, or as a phrase of its note, by the shipped
    synonyms; none that they have themselves."""
    named, noted = textsearch.stems(name), textsearch.stems(note)
    there = {*named, *noted}
    said: dict[str, None] = {}
    for group in layers.synonyms():
        phrases = [textsearch.stems(phrase) for phrase in group]
        longer = (phrase for phrase in phrases if len(phrase) > 1)  # one word of a note is chance
        if any(_holds(named, one) for one in phrases) or any(_holds(noted, one) for one in longer):
            words = (word for phrase in group for word in textsearch.words(phrase))
            said.update(dict.fromkeys(w for w in words if textsearch.stem(w) not in there))
    return tuple(said)


def _holds(words: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether a phrase stands among the words, in its order."""
    length = len(phrase)
    starts = range(len(words) - length + 1)
    return length > 0 and any(list(words[at : at + length]) == list(phrase) for at in starts)


def unheld(session: Session, words: Sequence[str]) -> list[str]:
    """Those of these words that no public entry has now."""
    if not words:
        return []
    asked = {f"public_{n}": _public(word) for n, word in enumerate(words)}
    row = session.execute(select(*map(textsearch.held, asked)), asked).one()
    return [word for word, is_held in zip(words, row, strict=True) if not is_held]


@cache
def _near(number: int) -> CompoundSelect[str, str]:
    """Of so many words: the known words that share one of its `cuts` with each, or the word alone
    where a `public` entry has it."""
    return union_all(*map(_near_one, range(number)))


def _near_one(n: int) -> Select[str, str]:
    typed = bindparam(f"word_{n}", type_=Text)
    has_it = textsearch.held(f"public_{n}")
    near = (
        select(SearchWordCut.word)
        .where(is_one_of(SearchWordCut.cut, f"cuts_{n}"), SearchWordCut.word != typed, ~has_it)
        .distinct()
        .order_by(SearchWordCut.word)
        .limit(MOST_CANDIDATES)
    )
    found = union_all(select(typed.label("word")).where(has_it), select(near.subquery()))
    return select(typed, found.subquery().c.word)


def _public(word: str) -> Query:
    said: AnyOf = ((textsearch.stem(word),),)
    return Query((said,), (access.visible_tokens(PUBLIC),))


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
        for other in slips.get(phrase[0], ()):
            stem: Phrase = (textsearch.stem(other),)
            same += [stem, *_meanings().get(stem, ())]
    return tuple(dict.fromkeys(same))


@cache
def _meant_alone() -> frozenset[str]:
    """The words that the shipped synonyms know by themselves."""
    return frozenset(phrase for group in layers.synonyms() for phrase in group if " " not in phrase)


@cache
def _meanings() -> dict[Phrase, tuple[Phrase, ...]]:
    """Each phrase of the shipped synonyms, as stems, and what means the same."""
    found: dict[Phrase, dict[Phrase, None]] = {}
    for group in layers.synonyms():
        phrases = [tuple(textsearch.stems(words)) for words in group]
        for phrase in phrases:
            found.setdefault(phrase, {}).update(dict.fromkeys(p for p in phrases if p != phrase))
    return {phrase: tuple(others) for phrase, others in found.items()}
