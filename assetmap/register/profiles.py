"""Population profiles: loading what was published, beside other years and other sorts of area."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from assetmap import access, layers, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Invalid
from assetmap.formats.profiles import ProfileRead, ProfilesRead
from assetmap.models import Area, Population, PopulationProfile
from assetmap.register import audit
from assetmap.register.area_index import in_parts
from assetmap.vocabulary import AuditAction

FIRST_YEAR, LAST_YEAR = 1801, 2100
MOST = 200
SAY_YEAR = "The file does not say of which year its figures are. Say --year, such as 2021."
Counted = Callable[[int], None]  # how many areas have been kept


@dataclass
class Loaded:
    """What loading did. dimensions: which, in words; nowhere: how many of its areas have no
    outline in this register, so that nothing can be compared with them yet."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    nowhere: int = 0
    dimensions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Profile:
    """One that is loaded, and of how many areas."""

    profile: PopulationProfile
    label: str
    areas: int


def load(
    session: Session,
    found: ProfilesRead,
    *,
    year: str = "",
    source: str = "",
    viewer: Viewer,
    progress: Counted | None = None,
) -> Loaded:
    """Add figures, or bring those of the same dimension, year and area up to date; other years and
    other sorts of area stay beside them. Loading the same again changes nothing.

    Raises NotAllowed unless the viewer is an administrator, Invalid for a year that nobody says or
    that the file contradicts.
    """
    access.require_admin(viewer)
    for one in found.profiles:
        _check_year(one.year, year)
    spatial.lock_for_writing(session, "population profiles")
    done = Loaded(dimensions=[label_of(one.dimension) for one in found.profiles])
    for one in found.profiles:
        kept = _profile(session, one, one.year or year, source)
        for part in in_parts(sorted(one.people)):
            _write(session, kept, {code: one.people[code] for code in part}, done)
            if progress is not None:
                progress(done.added + done.updated + done.unchanged)
    done.nowhere = _nowhere(session, found)
    if done.added or done.updated:
        said = {"added": done.added, "updated": done.updated}
        note = AuditAction.LOADED
        audit.note(session, note, viewer=viewer, entity="population", details=said)
    return done


def every(session: Session) -> Sequence[Profile]:
    """Those that are loaded, by dimension, the newest first."""
    areas = func.count(Population.area_code)
    query = (
        select(PopulationProfile, areas)
        .outerjoin(Population, Population.profile_id == PopulationProfile.id)
        .group_by(PopulationProfile.id)
        .order_by(
            PopulationProfile.dimension,
            PopulationProfile.year.desc(),
            PopulationProfile.area_type,
            PopulationProfile.area_vintage,
        )
        .limit(MOST)
    )
    rows = session.execute(query)
    return [Profile(one, label_of(one.dimension), count) for one, count in rows]


def label_of(dimension: str) -> str:
    """What a dimension is called."""
    return next(row["label"] for row in layers.population() if row["dimension"] == dimension)


def _check_year(said: str, given: str) -> None:
    """Raise Invalid unless one of them says the year, and neither another than the other."""
    year = said or given
    if not year:
        raise Invalid(SAY_YEAR)
    if not (year.isascii() and year.isdigit() and FIRST_YEAR <= int(year) <= LAST_YEAR):
        raise Invalid(f"“{year[:20]}” is no year. Say one such as 2021.")
    if said and given and said != given:
        raise Invalid(f"The file says that its figures are of {said}, not of {given}.")


def _profile(session: Session, one: ProfileRead, year: str, source: str) -> PopulationProfile:
    its = {
        "dimension": one.dimension,
        "year": year,
        "area_type": one.area_type,
        "area_vintage": one.area_vintage,
    }
    kept = session.scalar(select(PopulationProfile).filter_by(**its))
    if kept is None:
        kept = PopulationProfile(**its)
        session.add(kept)
    if source:
        kept.source = source[:200]
    session.flush()  # its rows point at it
    return kept


def _write(
    session: Session, kept: PopulationProfile, people: dict[str, dict[str, int]], done: Loaded
) -> None:
    its = Population.profile_id == kept.id
    query = select(Population.area_code, Population.people)
    known = session.execute(query.where(its, Population.area_code.in_(people)))
    there = {row.area_code: row.people for row in known}
    fresh = [code for code in people if code not in there]
    other = [code for code in there if there[code] != people[code]]
    done.unchanged += len(there) - len(other)
    done.added += len(fresh)
    done.updated += len(other)
    if fresh or other:
        kept.loaded_at = now()
    for rows, statement in ((fresh, insert(Population)), (other, update(Population))):
        if rows:
            session.execute(
                statement,
                [
                    {"profile_id": kept.id, "area_code": code, "people": people[code]}
                    for code in rows
                ],
            )


def _nowhere(session: Session, found: ProfilesRead) -> int:
    """How many of the areas of a file have no outline here."""
    codes = sorted(set(chain.from_iterable(one.people for one in found.profiles)))
    known: set[str] = set()
    for part in in_parts(codes):
        known |= set(session.scalars(select(Area.code).where(Area.code.in_(part))))
    return len(codes) - len(known)
