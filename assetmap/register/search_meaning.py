"""What the codes of categories and areas in a search stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, undefer

from assetmap.connections import is_one_of
from assetmap.errors import BadRequest
from assetmap.models import Area, Category
from assetmap.register import categories, common_knowledge
from assetmap.register.common_knowledge import Facts
from assetmap.register.search_tokens import Terms
from assetmap.schemas.search import EntrySearch
from assetmap.textsearch import AnyOf

MOST_OF_ONE_CODE = 60
_CALLED = select(
    Category.id, Category.code, Category.level, Category.parent_id, Category.replaced_by_id
).where(is_one_of(Category.code, "codes"))
_OF_CODE = (
    select(Area.id, Area.type)
    .where(is_one_of(Area.code, "codes"))
    .order_by(Area.vintage, Area.id)
    .limit(MOST_OF_ONE_CODE)
)


@dataclass(frozen=True)
class Known:
    """What who asks has loaded already: areas by `type:code` or code, terms by
    their code, and what words typed stand for.

    It saves looking up again what a page looked up to show.
    """

    areas: Mapping[str, Sequence[Area]] = field(default_factory=dict)
    terms: Mapping[str, Sequence[Category]] = field(default_factory=dict)
    words: Mapping[str, tuple[AnyOf, ...]] = field(default_factory=dict)


NOTHING_KNOWN = Known()


def facts(session: Session, wanted: EntrySearch, known: Known) -> Facts:
    """What is known of the register by now; nothing where nothing has to be looked up."""
    said = not wanted.text or wanted.text in known.words
    of_terms = all(code in known.terms for code in wanted.category)
    of_areas = all(code in known.areas for code in wanted.area)
    return Facts(()) if said and of_terms and of_areas else common_knowledge.facts(session)


def areas(session: Session, codes: Sequence[str], known: Known, facts: Facts) -> list[Any]:
    """Key and type of each area."""
    if all(code in known.areas for code in codes):
        return [area for code in codes for area in known.areas[code]]
    for given in codes:
        if given in facts.areas:
            continue
        kind, _, code = given.rpartition(":")
        written = sorted({code, code.upper(), code.lower()})
        rows = session.connection().execute(_OF_CODE, {"codes": written}).all()
        newest = {row.type: row for row in rows if kind in ("", row.type)}  # the last is
        if not newest:
            return list(areas_called(session, codes))
        facts.areas[given] = [*newest.values()]
    return [area for given in codes for area in facts.areas[given]]


def areas_called(session: Session, codes: Sequence[str], *, outlined: bool = False) -> list[Area]:
    """Areas with these codes, `type:code` where types clash, of the newest vintage; with
    `@vintage` behind, of that one. outlined: with their boundaries. Raises BadRequest for "area".
    """
    called = [_Called.read(given) for given in codes]
    written = sorted({one for each in called for one in each.spellings})
    # has an index, as any spelling would not
    usual = _of_codes(session, Area.code.in_(written), len(written), outlined=outlined)
    found: list[Area] = []
    for given, one in zip(codes, called, strict=True):
        rows = [row for row in usual if row.code in one.spellings and one.fits(row)]
        if not rows:
            anyhow = _of_codes(
                session, func.lower(Area.code) == one.code.lower(), 1, outlined=outlined
            )
            rows = [row for row in anyhow if one.fits(row)]
        if not rows:
            raise BadRequest.field("area", f"No area is loaded with the code {given}.")
        found += {row.type: row for row in rows}.values()  # the last of each type is its newest
    return found


@dataclass(frozen=True)
class _Called:
    """An area as somebody named it; kind and vintage: "" where that is not said."""

    kind: str
    code: str
    vintage: str

    @classmethod
    def read(cls, given: str) -> Self:
        named, _, vintage = given.partition("@")
        kind, _, code = named.rpartition(":")
        return cls(kind, code, vintage)

    @property
    def spellings(self) -> tuple[str, ...]:
        return self.code, self.code.upper(), self.code.lower()

    def fits(self, area: Area) -> bool:
        return self.kind in ("", area.type) and self.vintage in ("", area.vintage)


def _of_codes(
    session: Session, where: ColumnElement[bool], codes: int, *, outlined: bool
) -> Sequence[Area]:
    """Areas of so many codes, the newest of each last."""
    query = select(Area).where(where).order_by(Area.vintage, Area.id)
    if outlined:
        query = query.options(undefer(Area.boundary))
    return session.scalars(query.limit(MOST_OF_ONE_CODE * codes)).all()


def terms(session: Session, codes: Sequence[str], known: Known, facts: Facts) -> Terms:
    """The categories with these codes. One that was merged into another has to be looked up: it
    stands for that other."""
    if all(code in known.terms for code in codes):
        return _stand_for(session, codes, [term for code in codes for term in known.terms[code]])
    key = tuple(codes)
    if key not in facts.terms:
        wanted = list(dict.fromkeys(code.strip() for code in codes))
        held: Sequence[Any] = session.connection().execute(_CALLED, {"codes": wanted}).all()
        if {row.code for row in held} != set(wanted):
            held = categories.resolve(session, None, codes)
        facts.terms[key] = _stand_for(session, codes, held)
    return facts.terms[key]


def _stand_for(session: Session, codes: Sequence[str], held: Sequence[Any]) -> Terms:
    if any(term.replaced_by_id for term in held):
        held = categories.resolve(session, None, codes)
    return Terms(
        [term.id for term in held if term.level == 1],
        [term.id for term in held if term.level != 1],
        [*dict.fromkeys(term.parent_id or term.id for term in held)],
    )
