"""Words and tokens in one text index; the one place that knows FTS5 from tsvector.

An entry is indexed as three lists: the stems of its title, the stems of the rest, and tokens for
everything people filter by (`k:offer`, `c:12`, `a:7`, `q12:2025:1331`). A token has a colon in it
and a word never has, so one index holds both. Stems are made here, in Python, so that both
databases find the same entries.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import snowballstemmer
from rapidfuzz.distance import OSA
from sqlalchemy import ColumnElement, Dialect, Text, bindparam, func, literal, or_, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from assetmap.connections import Condition

MAX_WORD = 40
MAX_POSITION = 16_000  # a tsvector holds positions up to 16,383
CELL_ZOOMS = (8, 10, 12, 14)
MAX_CELLS = 12
TYPO_FROM = 4  # shorter words have too many neighbours
TYPO_TWO_FROM = 8
STOP_WORDS = frozenset(
    "a an and are as at be by for from has have in is it its of on or that the this to was we"
    " were who will with you your".split()
)

Bounds = tuple[float, float, float, float]  # west, south, east, north, in degrees
_WORD = re.compile(r"[^\W_]+")
_stemmer = snowballstemmer.stemmer("english")


def words(given: str) -> list[str]:
    """The words of a text: folded to lower case, without accents, apostrophes or punctuation."""
    if given.isascii():  # most are, and need none of what follows
        return [word[:MAX_WORD] for word in _WORD.findall(given.replace("'", "").lower())]
    flat = unicodedata.normalize("NFKD", given.replace("'", "").replace("’", "")).casefold()
    bare = "".join(c for c in flat if not unicodedata.combining(c))
    return [word[:MAX_WORD] for word in _WORD.findall(unicodedata.normalize("NFKC", bare))]


def has_part(column: ColumnElement[str], part: str) -> ColumnElement[bool]:
    """Rows whose column has these letters somewhere, large or small."""
    small = func.lower(column)
    return or_(*(small.contains(one, autoescape=True) for one in however_large(part)))


def however_large(part: str) -> list[str]:
    """The ways a part of a text may stand in what the database made small: SQLite makes only A to
    Z small."""
    written = {part, part.lower(), part.upper(), part.title()}
    return sorted({"".join(c.lower() if c.isascii() else c for c in one) for one in written})


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a folded word: "gardening" and "gardens" are both "garden"."""
    return str(_stemmer.stemWord(word))


def stems(given: str) -> list[str]:
    """The stems of a text, in order, without the words everybody uses."""
    return stemmed(words(given))


def stemmed(folded: Iterable[str]) -> list[str]:
    """The stems of folded words, in order, without the words everybody uses."""
    return [stem(word) for word in folded if word not in STOP_WORDS]


def cell(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Column and row of the web-map tile that holds a place, at a zoom."""
    size = 1 << zoom
    bounded = max(-85.0, min(85.0, latitude))
    south = (1 - math.asinh(math.tan(math.radians(bounded))) / math.pi) / 2
    return min(size - 1, int((longitude + 180) / 360 * size)), int(south * size)


def cells_of(bounds: Bounds) -> list[str]:
    """The cells that what reaches so far may lie in, of each zoom; in place of too many of them,
    one that says so."""
    covers = ((zoom, _cover(*bounds, zoom)) for zoom in CELL_ZOOMS)
    return [cell for zoom, cover in covers for cell in cover or [_too_wide(zoom)]]


def covering_cells(west: float, south: float, east: float, north: float) -> list[str] | None:
    """The finest few cells of which everything that meets a box has one; None when even the
    coarsest are too many."""
    for zoom in reversed(CELL_ZOOMS):
        if cover := _cover(west, south, east, north, zoom):
            return [*cover, _too_wide(zoom)]
    return None


def together(top: int, cell: str) -> str:
    """The token of what has both: a category under this top term, and this cell. To find one of
    few takes a part of the time of finding what two of many have in common."""
    return f"t:{top}{cell}"


def _too_wide(zoom: int) -> str:
    return f"q{zoom}:wide"


def _cover(west: float, south: float, east: float, north: float, zoom: int) -> list[str] | None:
    left, top = cell(west, north, zoom)
    right, bottom = cell(east, south, zoom)
    if (right - left + 1) * (bottom - top + 1) > MAX_CELLS:
        return None
    return [f"q{zoom}:{x}:{y}" for x in range(left, right + 1) for y in range(top, bottom + 1)]


@dataclass(frozen=True)
class Document:
    """What the index holds of one entry. title, body: their stems, with spaces between, as are the
    tokens."""

    entry_id: int
    title: str
    body: str
    tokens: str

    def as_vector(self) -> str:
        """The text form of a tsvector: title stems with weight A, the rest with D, tokens bare."""
        named = self.title.split()
        said = [*named, *self.body.split()][: MAX_POSITION - 1]
        ends = len(named)
        placed = [f"'{one}':{n}A" if n <= ends else f"'{one}':{n}" for n, one in enumerate(said, 1)]
        return " ".join([*placed, *(f"'{token}'" for token in self.tokens.split())])


Phrase = tuple[str, ...]  # stems that must all be there
AnyOf = tuple[Phrase, ...]  # one of these phrases must be


@dataclass(frozen=True)
class Query:
    """What to look for: every group of words, and one token out of every group of tokens."""

    words: tuple[AnyOf, ...] = ()
    tokens: tuple[tuple[str, ...], ...] = ()
    in_title: bool = field(default=False)

    def as_fts5(self) -> str:
        """In the language of FTS5."""
        said = [_any(group, '"{}"', " AND ", " OR ") for group in self.words]
        wanted = " AND ".join(said)
        if self.in_title and said:
            wanted = f"{{title}} : ({wanted})"
        kept = ["(" + " OR ".join(f'"{token}"' for token in group) + ")" for group in self.tokens]
        return " AND ".join([*([f"({wanted})"] if said else []), *kept])

    def as_tsquery(self) -> str:
        """In the language of tsquery."""
        form = "'{}':A" if self.in_title else "'{}'"
        said = [_any(group, form, " & ", " | ") for group in self.words]
        kept = ["(" + " | ".join(f"'{token}'" for token in group) + ")" for group in self.tokens]
        return " & ".join([*said, *kept])

    def __bool__(self) -> bool:
        return bool(self.words or self.tokens)


def _any(group: AnyOf, form: str, both: str, either: str) -> str:
    phrases = ["(" + both.join(form.format(one) for one in phrase) + ")" for phrase in group]
    return "(" + either.join(phrases) + ")"


class SearchVector(TypeDecorator[Any]):
    """A tsvector on PostgreSQL; unused on SQLite, where the index is a table of its own."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in this database."""
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())


class _QueryText(TypeDecorator[Query]):
    """A Query as the text that this database understands."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Query | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.as_fts5() if dialect.name == "sqlite" else value.as_tsquery()


class _matches(Condition):
    name = "matches"
    inherit_cache = True


def matches(tokens: Any, key: Any, query: Query) -> _matches:
    """True where an entry's document answers the query.

    tokens: the entry's SearchVector column; key: its integer key.
    """
    return _matches(tokens, key, literal(query, _QueryText()))


def asked_as(tokens: Any, key: Any, name: str) -> _matches:
    """The same for the query given as the parameter `name`."""
    return _matches(tokens, key, bindparam(name, type_=_QueryText()))


@compiles(_matches, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    tokens, _key, query = (compiler.process(c, **kw) for c in element.clauses)
    return f"({tokens} @@ CAST({query} AS tsquery))"


@compiles(_matches, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    _tokens, key, query = (compiler.process(c, **kw) for c in element.clauses)
    return f"({key} IN (SELECT rowid FROM entry_search WHERE entry_search MATCH {query}))"


class _held(Condition):
    name = "held"
    inherit_cache = True


def held(name: str) -> _held:
    """True when any entry's document answers the query given as the parameter `name`; the first one
    found settles it."""
    return _held(bindparam(name, type_=_QueryText()))


@compiles(_held, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    (query,) = (compiler.process(c, **kw) for c in element.clauses)
    return f"EXISTS (SELECT 1 FROM entry WHERE tokens @@ CAST({query} AS tsquery))"


@compiles(_held, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    (query,) = (compiler.process(c, **kw) for c in element.clauses)
    return f"EXISTS (SELECT 1 FROM entry_search WHERE entry_search MATCH {query})"


def keeps_in_row(session: Session) -> bool:
    """True where a document lies in its entry's own row, so that a new row can bring it along."""
    return session.get_bind().dialect.name == "postgresql"


def store(session: Session, documents: Iterable[Document]) -> None:
    """Put documents in the index in place of what it held of the same entries."""
    batch = list(documents)
    if not batch:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("UPDATE entry SET tokens = CAST(:vector AS tsvector) WHERE id = :id"),
            [{"id": one.entry_id, "vector": one.as_vector()} for one in batch],
        )
        return
    session.execute(
        text("DELETE FROM entry_search WHERE rowid = :id"), [{"id": one.entry_id} for one in batch]
    )
    session.execute(
        text(
            "INSERT INTO entry_search (rowid, title, body, tokens)"
            " VALUES (:id, :title, :body, :tokens)"
        ),
        [
            {"id": one.entry_id, "title": one.title, "body": one.body, "tokens": one.tokens}
            for one in batch
        ],
    )


def forget(session: Session, entry_ids: Sequence[int]) -> None:
    """Take entries out of the index."""
    if not entry_ids:
        return
    postgres = session.get_bind().dialect.name == "postgresql"
    statement = (
        "UPDATE entry SET tokens = NULL WHERE id = :id"
        if postgres
        else "DELETE FROM entry_search WHERE rowid = :id"
    )
    session.execute(text(statement), [{"id": entry_id} for entry_id in entry_ids])


def compact(session: Session) -> None:
    """Put the index together anew, so that it keeps nothing of what was taken out of it."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("INSERT INTO entry_search (entry_search) VALUES ('optimize')"))


def cuts(word: str) -> set[str]:
    """The word itself and the word with any one letter left out.

    Two words that one slip apart (a letter missing, added, changed or swapped with its
    neighbour) share a cut, so equality on an indexed column finds misspellings on any database.
    """
    return {word} | {word[:n] + word[n + 1 :] for n in range(len(word))}


def cuts_of_either(word: str) -> set[str]:
    """The cuts of a word as one and as many, so that “parsel” is near “parcels”."""
    one = _as_one(word)
    return cuts(word) | cuts(one) | cuts(f"{one}s")


def corrections(word: str, candidates: Iterable[str], at_most: int = 4) -> list[str]:
    """The candidates a slip or two away from the word, nearest first; a plural is no slip."""
    allowed, one = 2 if len(word) >= TYPO_TWO_FROM else 1, _as_one(word)
    scored: Iterator[tuple[int, str]] = (
        (OSA.distance(one, _as_one(other), score_cutoff=allowed), other)
        for other in set(candidates)
    )
    return [other for slips, other in sorted(scored) if slips <= allowed][:at_most]


def _as_one(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > TYPO_FROM else word
