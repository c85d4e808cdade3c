"""The people a team knows: adding, changing and taking them out, and their roles.

Everything that shows a person's details is in `person_reading`; whether they may be contacted is
decided in `contacting`. Each write is on the audit, by names of fields and never by what they hold.
"""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Entry, Person, PersonRole
from assetmap.register import audit, entries, person_access, suppressions, writing
from assetmap.schemas.persons import PersonDraft, RoleDraft
from assetmap.vocabulary import AuditAction, Kind, SuppressionReason

AT = (Kind.GROUP.value, Kind.ASSET.value)
FIELDS = tuple(PersonDraft.model_fields)
NO_SUCH_PERSON = "There is no such person, or they are not open to you."
OTHERS_CHANGED = "Somebody else has changed what is kept of this person. Look at it again."
NO_REASON = "Say why they are kept without a role at a group or place."
_LIMITED = "Your role covers other areas or categories than where this person has a role."


def log(
    session: Session,
    draft: PersonDraft,
    *,
    viewer: Viewer,
    team_id: int | None = None,
    role: RoleDraft | None = None,
    uid: uuid.UUID | None = None,
) -> Person:
    """Add somebody, with a role or a reason why they have none.

    team_id: of the team that keeps them; none: the viewer's first. uid: none: a new one. Raises
    NotAllowed; Invalid for an address that the team has already, or whose owner was erased because
    they asked.
    """
    team_id = _team_to_add_to(viewer) if team_id is None else team_id
    person_access.require_add_to(viewer, team_id)
    if role is None and not draft.no_role_reason:
        raise Invalid.field("no_role_reason", NO_REASON)
    person = Person(team_id=team_id, version=1, created_by_id=viewer.user_id)
    if uid is not None:
        person.uid = uid
    _apply(session, person, draft, viewer=viewer, writes_notes=True)
    session.add(person)
    session.flush()  # the role needs its key
    if role is not None:
        session.add(_role(session, person, role, viewer=viewer))
        session.flush()  # whether it is in reach is asked next
    if not _may_change(session, person, viewer):
        raise NotAllowed(_LIMITED)
    held = [name for name in FIELDS if getattr(person, name) not in ("", None)]
    note(session, AuditAction.CREATED, person, viewer=viewer, fields=held)
    return person


def change(
    session: Session, person: Person, draft: PersonDraft, *, viewer: Viewer, base_version: int
) -> None:
    """Change what is kept of somebody. Who may not read the notes leaves them as they are.

    Raises NotAllowed, Conflict when somebody else changed it since `base_version`, Invalid.
    """
    require_change(session, person, viewer=viewer)
    if person.version != base_version:
        raise Conflict(OTHERS_CHANGED)
    if not draft.no_role_reason and not _has_role(session, person):
        raise Invalid.field("no_role_reason", NO_REASON)
    before = {name: getattr(person, name) for name in FIELDS}
    writes_notes = person_access.may_read_notes(viewer, person)
    _apply(session, person, draft, viewer=viewer, writes_notes=writes_notes)
    changed = [name for name in FIELDS if getattr(person, name) != before[name]]
    if changed:
        _touch(session, person, viewer=viewer)
        note(session, AuditAction.CHANGED, person, viewer=viewer, fields=changed)


def withdraw(session: Session, person: Person, *, viewer: Viewer, why: str) -> None:
    """Take somebody out of every list; nothing is sent to them any more. Retention erases later."""
    require_change(session, person, viewer=viewer, stopping=True)
    if not why.strip():
        raise Invalid.field("why", "Say why they are taken out.")
    person.withdrawn_at, person.withdrawn_why = now(), why.strip()[:300]
    _touch(session, person, viewer=viewer)
    note(session, AuditAction.WITHDRAWN, person, viewer=viewer)


def stop(session: Session, person: Person, *, viewer: Viewer) -> None:
    """Do not contact: from now on, for anything, by anybody, at any address they have here.

    Pressing it again changes nothing.
    """
    require_change(session, person, viewer=viewer, stopping=True)
    put_on_the_list(session, person, SuppressionReason.OBJECTION)
    if not person.do_not_contact:
        person.do_not_contact, person.stopped_at = True, now()
        _touch(session, person, viewer=viewer)
        note(session, AuditAction.SUPPRESSED, person, viewer=viewer, details={"stopped": True})


def start_again(session: Session, person: Person, *, viewer: Viewer) -> None:
    """They asked to hear from the team again. What they had agreed to still has to be current.

    Raises NotAllowed for anybody but a data officer of the team.
    """
    require_change(session, person, viewer=viewer)
    if not person_access.is_officer(viewer, person):
        raise NotAllowed("Only a data officer lifts “do not contact”, when the person asks.")
    hashes = suppressions.hashes_of(session, person)
    why = frozenset({SuppressionReason.OBJECTION})
    suppressions.lift(session, hashes, why, viewer=viewer)
    if person.do_not_contact:
        person.do_not_contact = False
        _touch(session, person, viewer=viewer)
        note(session, AuditAction.SUPPRESSED, person, viewer=viewer, details={"stopped": False})


def told(session: Session, person: Person, *, viewer: Viewer) -> None:
    """They have been told today where their details came from; a second time changes nothing."""
    require_change(session, person, viewer=viewer)
    if person.told_on is None:
        person.told_on = local_day(now())
        _touch(session, person, viewer=viewer)
        note(session, AuditAction.CHANGED, person, viewer=viewer, fields=["told_on"])


def put_on_the_list(session: Session, person: Person, reason: SuppressionReason) -> None:
    """Suppress all addresses of somebody, for everything. For erasing: call it before blanking."""
    for one in suppressions.hashes_of(session, person):
        suppressions.suppress(session, one, reason)


def contacted(session: Session, person: Person, on: date) -> None:
    """Keep the last day on which they were reached; for whatever sends."""
    if person.last_contacted_on is None or person.last_contacted_on < on:
        person.last_contacted_on = on
        person.version += 1


def give_role(session: Session, person: Person, draft: RoleDraft, *, viewer: Viewer) -> PersonRole:
    """Give somebody a role at a group or place that the viewer sees. Raises NotAllowed, Invalid."""
    require_change(session, person, viewer=viewer)
    made = _role(session, person, draft, viewer=viewer)
    session.add(made)
    _touch(session, person, viewer=viewer)
    note(session, AuditAction.CHANGED, person, viewer=viewer, fields=["role"])
    return made


def end_role(
    session: Session, person: Person, role_uid: uuid.UUID, *, viewer: Viewer, on: date | None = None
) -> PersonRole:
    """End a role: `on` is its last day, today where nothing is said. It stays in what was.

    Raises NotFound for a role that is not theirs, Invalid for a day before it began.
    """
    require_change(session, person, viewer=viewer)
    found = session.scalar(
        select(PersonRole).where(PersonRole.uid == role_uid, PersonRole.person_id == person.id)
    )
    if found is None:
        raise NotFound("They have no such role.")
    last = on or local_day(now())
    if found.from_on is not None and last < found.from_on:
        raise Invalid.field("to_on", "The last day is before the first.")
    found.to_on = last
    _touch(session, person, viewer=viewer)
    note(session, AuditAction.CHANGED, person, viewer=viewer, fields=["role"])
    return found


def to_change(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Person:
    """Somebody whom the viewer sees, to be changed; nothing of them is shown by this.

    Raises NotFound. Each write checks for itself whether it is allowed.
    """
    person = session.scalar(
        select(Person).where(Person.uid == uid, person_access.visible_people(viewer))
    )
    if person is None:
        raise NotFound(NO_SUCH_PERSON)
    return person


def require_change(
    session: Session, person: Person, *, viewer: Viewer, stopping: bool = False
) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer may change the person, Conflict when they
    are gone. stopping: what only ends things is done also while their details are left alone."""
    person_access.require_add_to(viewer, person.team_id)
    spatial.lock_for_writing(session, f"person {person.uid}")
    if not _may_change(session, person, viewer):
        raise NotAllowed("Your role does not let you change this person.")
    if not person.is_live:
        raise Conflict("This person has been taken out.")
    if person.restricted_at is not None and not stopping:
        raise Conflict("They asked that their details be left alone until that is settled.")


def note(
    session: Session,
    action: AuditAction,
    person: Person,
    *,
    viewer: Viewer,
    fields: Any = (),
    details: audit.Details | None = None,
) -> None:
    """Keep account of something done to a person; fields: their names, never what they hold."""
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="person",
        uid=person.uid,
        teams=[person.team_id],
        fields=fields,
        details=details,
    )


def _apply(
    session: Session, person: Person, draft: PersonDraft, *, viewer: Viewer, writes_notes: bool
) -> None:
    writing.refuse_to_come(draft)  # who was contacted later would be kept for longer
    for name in FIELDS:
        if name != "notes" or writes_notes:
            setattr(person, name, getattr(draft, name))
    person.phone_digits = suppressions.normal_phone(draft.phone)
    if suppressions.is_erased(session, person):
        raise Invalid.field("email" if draft.email else "phone", suppressions.TAKEN_OUT)
    if draft.email:
        # two who write the same address down at once take turns
        spatial.lock_for_writing(session, f"contact {person.team_id} {draft.email}")
        same = select(Person.id).where(
            Person.team_id == person.team_id,
            Person.email == draft.email,
            Person.withdrawn_at.is_(None),
            Person.merged_into_id.is_(None),
            Person.erased_at.is_(None),
        )
        if set(session.scalars(same)) - {person.id}:
            raise Invalid.field("email", "Your team has somebody with this address already.")
    if person.do_not_contact:
        put_on_the_list(session, person, SuppressionReason.OBJECTION)


def _role(session: Session, person: Person, draft: RoleDraft, *, viewer: Viewer) -> PersonRole:
    entry = _entry(session, draft.entry, viewer=viewer)
    if entry is not None:
        entries.wait_for(session, entry)  # somebody may be merging it
    if entry is None or entry.kind not in AT or not entry.is_live:
        raise Invalid.field("entry", "Give the reference of a group or place, such as GRP-000012.")
    return PersonRole(
        person_id=person.id,
        entry_id=entry.id,
        title=draft.title,
        from_on=draft.from_on,
        to_on=draft.to_on,
        is_public=draft.is_public,
    )


def _entry(session: Session, given: str, *, viewer: Viewer) -> Entry | None:
    try:
        return entries.find(session, uuid.UUID(given), viewer=viewer)
    except NotFound:
        return None
    except ValueError:
        return entries.by_ref(session, given, viewer=viewer)


def _has_role(session: Session, person: Person) -> bool:
    held = select(PersonRole.id).where(
        PersonRole.person_id == person.id, person_access.holds(now())
    )
    return session.scalar(held.limit(1)) is not None


def _may_change(session: Session, person: Person, viewer: Viewer) -> bool:
    found = select(Person.id).where(Person.id == person.id, person_access.changeable(viewer))
    return session.scalar(found) is not None


def _team_to_add_to(viewer: Viewer) -> int:
    teams = viewer.teams_where(person_access.ADDERS)
    if not teams:
        raise NotAllowed("You are not in a team that adds people.")
    return teams[0]


def _touch(session: Session, person: Person, *, viewer: Viewer) -> None:
    person.version += 1
    person.updated_at, person.updated_by_id = now(), viewer.user_id
    session.flush()  # a clash with somebody else shows here
