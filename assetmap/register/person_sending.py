"""A person as a program sends them: added under its own uid, or changed from a version."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.errors import Invalid, PreconditionFailed
from assetmap.models import Person, Team
from assetmap.register import person_access, persons
from assetmap.register.entries import PreconditionRequired
from assetmap.schemas.persons import PersonDraft, PersonSent


def put(
    session: Session,
    uid: uuid.UUID,
    sent: PersonSent,
    *,
    viewer: Viewer,
    base_version: int | None,
) -> bool:
    """Add or change somebody; says whether they are new. Sending the same twice changes nothing.

    Raises NotFound for somebody the viewer may not see, PreconditionRequired for a change that
    does not say which version it was made from, PreconditionFailed for one made from another.
    """
    draft = PersonDraft.model_validate(sent.model_dump(include=set(persons.FIELDS)))
    if session.scalar(select(Person.id).where(Person.uid == uid)) is None:
        if base_version is not None:
            raise PreconditionFailed("There is nobody with this uid to change.")
        team_id = _team(session, sent.team)
        persons.log(session, draft, viewer=viewer, team_id=team_id, role=sent.role, uid=uid)
        return True
    person = persons.to_change(session, uid, viewer=viewer)
    if base_version is None:
        persons.require_change(session, person, viewer=viewer)  # no guess at what others may read
        reads = set(persons.FIELDS)
        if not person_access.may_read_notes(viewer, person):
            reads.remove("notes")
        if all(getattr(person, name) == getattr(draft, name) for name in reads):
            return False
        raise PreconditionRequired("They are kept already. Say in If-Match which version changed.")
    if base_version != person.version:
        raise PreconditionFailed(persons.OTHERS_CHANGED, person.version)
    persons.change(session, person, draft, viewer=viewer, base_version=base_version)
    return False


def _team(session: Session, uid: uuid.UUID | None) -> int | None:
    if uid is None:
        return None
    found = session.scalar(select(Team.id).where(Team.uid == uid))
    if found is None:
        raise Invalid.field("team", "There is no such team.")
    return found
