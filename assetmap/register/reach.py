"""Whom groups say that they are for, as sections of a population. Nothing is guessed: only whole
phrases that stand for a section count, and what else is said is named as saying nothing of one."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from assetmap import layers

Section = tuple[str, str]  # dimension and code
NOT_ANSWERED = "not_answered"
_BETWEEN = re.compile(r"\s*(?:,|/|;|&|\+|\band\b|\bor\b)\s*")


@dataclass(frozen=True)
class Kind:
    """A section of a population. short: what it is called within a sentence."""

    dimension: str
    code: str
    label: str
    short: str
    has_words: bool


@cache
def kinds() -> Mapping[str, Sequence[Kind]]:
    """The sections of each dimension, in order; people who did not answer are none."""
    found: dict[str, list[Kind]] = {}
    for row in layers.population():
        if row["code"] != NOT_ANSWERED:
            kind = Kind(
                row["dimension"],
                row["code"],
                row["category"],
                row["short"] or row["category"],
                bool(row["words"]),
            )
            found.setdefault(row["dimension"], []).append(kind)
    return found


def of(tags: Iterable[str]) -> frozenset[Section]:
    """The sections that words such as "Children and young people" are for."""
    return frozenset(section for tag in tags for section in _of_one(_folded(tag)))


def silent(tags: Iterable[str]) -> list[str]:
    """Those that say nothing of any section, each once, by name."""
    found = {_folded(tag): tag for tag in tags if not _of_one(_folded(tag))}
    return [found[tag] for tag in sorted(found)]


@cache
def _of_one(tag: str) -> frozenset[Section]:
    if tag in _words():
        return frozenset({_words()[tag]})
    parts = [part for part in _BETWEEN.split(tag) if part]
    if len(parts) < 2:
        return frozenset()
    return frozenset(_words()[part] for part in parts if part in _words())


@cache
def _words() -> Mapping[str, Section]:
    return {
        _folded(word): (row["dimension"], row["code"])
        for row in layers.population()
        for word in row["words"].split("|")
        if word
    }


def _folded(tag: str) -> str:
    return " ".join(tag.casefold().replace("’", "'").split())
