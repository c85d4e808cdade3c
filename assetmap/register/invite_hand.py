"""Changing an invite list by hand: somebody added or removed with a reason, undone, and told of."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Invalid, NotFound
from assetmap.models import InviteAct, InviteList, Person
from assetmap.register import audit, person_access, person_reading, text_hygiene
from assetmap.schemas.invite_lists import HandDraft
from assetmap.schemas.persons import PersonSearch
from assetmap.vocabulary import AuditAction

MOST_SHOWN = 100
BY_HAND = ("added", "removed")
NOBODY = "Nobody you may know of is called that. Give a name or an e-mail address of a contact."
SEVERAL = "Several people are called that. Give their e-mail address."


@dataclass(frozen=True)
class Hand:
    """By key of a person, what was done by hand and holds."""

    added: Mapping[int, InviteAct] = field(default_factory=dict)
    removed: Mapping[int, InviteAct] = field(default_factory=dict)


def of(session: Session, made: InviteList) -> Hand:
    """What holds."""
    acts = select(InviteAct).where(InviteAct.list_id == made.id, holds())
    return hand(session.scalars(acts.order_by(InviteAct.id)))


def holds() -> ColumnElement[bool]:
    """Acts by hand that were not undone."""
    return and_(InviteAct.verb.in_(BY_HAND), InviteAct.undone_at.is_(None))


def is_held(act: InviteAct) -> bool:
    """Whether one is such."""
    return act.verb in BY_HAND and act.undone_at is None


def hand(acts: Iterable[InviteAct]) -> Hand:
    """Of acts that hold, in order: of two about one person, the later one."""
    last = {act.person_id: act for act in acts if act.person_id is not None}
    return Hand(
        {key: act for key, act in last.items() if act.verb == "added"},
        {key: act for key, act in last.items() if act.verb == "removed"},
    )


def change(session: Session, made: InviteList, draft: HandDraft, *, viewer: Viewer) -> Person:
    """Add or remove somebody, for who may change the list; the same again changes nothing.

    Raises Invalid for "who" and "reason".
    """
    spatial.lock_for_writing(session, f"invite list {made.uid}")
    person = _somebody(session, draft.who, viewer=viewer)
    text_hygiene.refuse("reason", draft.reason)
    held = of(session, made)
    last = held.added.get(person.id) or held.removed.get(person.id)
    if last is None or last.verb != draft.verb:
        note(session, made, draft.verb, viewer=viewer, person=person, reason=draft.reason)
        audit.note(
            session,
            AuditAction.CHANGED,
            viewer=viewer,
            entity="person",
            entries=[person],
            fields=["invitation"],
            details={"kind": "contact", "by_hand": draft.verb},
        )
    return person


def undo(session: Session, made: InviteList, act_uid: uuid.UUID, *, viewer: Viewer) -> InviteAct:
    """Take back what was done by hand, for who may change the list. Raises NotFound."""
    act = session.scalar(
        select(InviteAct).where(
            InviteAct.uid == act_uid,
            InviteAct.list_id == made.id,
            InviteAct.verb.in_(BY_HAND),
            InviteAct.undone_at.is_(None),
        )
    )
    if act is None:
        raise NotFound("There is nothing of this kind to undo.")
    act.undone_at, act.undone_by_id = now(), viewer.user_id
    session.flush()  # whoever works the list out next
    return act


def note(
    session: Session,
    made: InviteList,
    verb: str,
    *,
    viewer: Viewer,
    person: Person | None = None,
    reason: str = "",
) -> None:
    """Keep in the history of a list what was done."""
    session.add(
        InviteAct(
            list_id=made.id,
            verb=verb,
            person_id=person.id if person else None,
            reason=reason,
            by_id=viewer.user_id,
        )
    )
    session.flush()  # whoever works the list out next


def _somebody(session: Session, typed: str, *, viewer: Viewer) -> Person:
    """The one person the viewer may know of who is called so. Raises Invalid."""
    seen = person_access.visible_people(viewer)
    try:
        where = [Person.uid == uuid.UUID(typed)]
    except ValueError:
        where = list(person_reading.conditions(PersonSearch(text=typed), viewer=viewer))
    query = select(Person).where(seen, *where).order_by(Person.id)
    found = session.scalars(query.limit(20)).all()
    whole = [
        one for one in found if typed.casefold() in (one.name.casefold(), one.email.casefold())
    ]
    if len(whole or found) > 1:
        raise Invalid.field("who", SEVERAL)
    if not found:
        raise Invalid.field("who", NOBODY)
    return (whole or found)[0]
