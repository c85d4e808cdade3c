"""Taking people's details away as a file: weighed first, and on the audit before it leaves."""

from collections.abc import Iterable, Sequence

from sqlalchemy import case, literal, or_, select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.models import Person
from assetmap.register import audit, classification, person_access, person_reading
from assetmap.register.person_reading import Known
from assetmap.register.weighing import Taking
from assetmap.schemas.persons import PersonSearch
from assetmap.vocabulary import AuditAction, Channel


def weigh(session: Session, wanted: PersonSearch, *, viewer: Viewer, most: int) -> Taking:
    """What a download would take away, and how it is classified."""
    access.require_sign_in(viewer)
    where = person_reading.conditions(wanted, viewer=viewer)
    order, falling = person_reading.order_of(wanted.sort)
    rows = session.execute(
        select(
            Person.id,
            Person.uid,
            Person.team_id,
            literal("contact").label("kind"),
            case((or_(Person.email != "", Person.phone != ""), 1), else_=0).label("contacts"),
            person_access.agreement_used(viewer).label("agreement_id"),
        )
        .where(person_access.visible_people(viewer), *where)
        .order_by(*(key.desc() if falling else key for key in order))
        .limit(most)
    ).all()
    level = classification.highest(session, [])
    return Taking(rows, sum(row.contacts for row in rows), level)


def took(
    session: Session, taking: Taking, *, viewer: Viewer, purpose: str, filters: Iterable[str]
) -> None:
    """Keep account of a download of people; a row for each agreement that opened some."""
    for agreement_id in sorted({row.agreement_id or 0 for row in taking.rows}) or [0]:
        rows = [row for row in taking.rows if (row.agreement_id or 0) == agreement_id]
        audit.note(
            session,
            AuditAction.EXPORTED,
            viewer=viewer,
            entity="person",
            entries=rows,
            fields=["contact", "name", "role"],
            purpose=purpose,
            agreement_id=agreement_id or None,
            channel=Channel.CSV.value,
            teams=() if rows else viewer.roles,
            details={"kind": "contact", "filters": sorted(filters)},
        )


def to_take(
    session: Session, wanted: PersonSearch, taking: Taking, *, viewer: Viewer, most: int
) -> Sequence[Known]:
    """Those that are accounted for, whole."""
    keys = {row.id for row in taking.rows}
    order, falling = person_reading.order_of(wanted.sort)
    by = [key.desc() if falling else key for key in order]
    where = list(person_reading.conditions(wanted, viewer=viewer))
    query = person_reading.whole_query(viewer).where(*where).order_by(*by).limit(most)
    rows = session.execute(query).all()
    return person_reading.whole(session, [row for row in rows if row[0].id in keys], viewer=viewer)
