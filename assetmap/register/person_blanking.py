"""Taking out of a contact all that is personal, for good; what they agreed to stays, of nobody."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Consent, EventContact, InviteAct, Person, PersonRole
from assetmap.register import balancing, help_replies, persons, replies
from assetmap.vocabulary import AuditAction

PERSONAL = (
    *("name", "display_name", "email", "phone", "phone_digits", "home_area_code"),
    *("preferred_channel", "no_role_reason", "notes", "withdrawn_why"),
)


def blank(session: Session, person: Person, *, viewer: Viewer) -> None:
    """Leave of somebody a row that says nothing, for the account and for what they agreed to."""
    session.execute(delete(PersonRole).where(PersonRole.person_id == person.id))
    session.execute(delete(EventContact).where(EventContact.person_id == person.id))
    session.execute(update(InviteAct).where(InviteAct.person_id == person.id).values(reason=""))
    replies.forget(session, person)
    help_replies.forget(session, person)
    balancing.forget(session, person)
    for name in PERSONAL:
        setattr(person, name, "")
    person.erased_at = person.updated_at = now()
    person.updated_by_id = viewer.user_id
    person.version += 1
    persons.note(session, AuditAction.ERASED, person, viewer=viewer)


def blank_many(session: Session, keys: Sequence[int], *, viewer: Viewer) -> Sequence[Person]:
    """Blank contacts that have been kept long enough. They may be written down again some day."""
    found = session.scalars(select(Person).where(Person.id.in_(keys)).order_by(Person.id)).all()
    for person in found:
        blank(session, person, viewer=viewer)
    session.flush()  # a clash with somebody else shows here
    return found


def clear_evidence(session: Session, keys: Sequence[int], *, viewer: Viewer) -> Sequence[Person]:
    """Let go of what people agreed to who were blanked long ago."""
    found = session.scalars(select(Person).where(Person.id.in_(keys)).order_by(Person.id)).all()
    for person in found:
        person.evidence_cleared_at = now()
        person.version += 1
        persons.note(session, AuditAction.ERASED, person, viewer=viewer, fields=["consent"])
    session.flush()  # the database lets go only of rows of people so marked
    for withdrawals in (True, False):  # a withdrawal points at what it withdraws
        points = Consent.withdraws_id.is_not(None) if withdrawals else Consent.id.is_not(None)
        session.execute(
            delete(Consent)
            .where(Consent.person_id.in_(keys), points)
            .execution_options(synchronize_session=False)
        )
    return found
