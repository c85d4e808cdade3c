"""Somebody who is kept twice: fold one into the other, and keep the stricter of what they said."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Invalid
from assetmap.models import HelpAsk, Invitation, InviteAct, Person, PersonRole
from assetmap.register import balancing, consents, event_contacts, persons, replies
from assetmap.register.consents import by_way, standing
from assetmap.vocabulary import AuditAction, ContactPurpose, SuppressionReason

_FILLED = ("display_name", "email", "phone", "phone_digits", "preferred_channel", "home_area_code")
_BLANKED = ("name", *_FILLED, "no_role_reason", "notes")


def merge(session: Session, keep: Person, gone: Person, *, viewer: Viewer) -> None:
    """Fold `gone` into `keep`, for good: its roles move over and blanks are filled.

    What `keep` agreed to holds on only where `gone` has not said no, or let it run out; what
    `gone` alone agreed to is not taken over: they are asked again. "Do not contact" of either is
    that of both. Raises NotAllowed unless both are the viewer's to change, Invalid for two that
    cannot be one, Conflict when either is gone.
    """
    if keep.id == gone.id or keep.team_id != gone.team_id:
        raise Invalid.field("into", "Choose another person whom the same team keeps.")
    for person in sorted((keep, gone), key=lambda one: one.id):
        persons.require_change(session, person, viewer=viewer)
    _end_what_was_refused(session, keep, gone, viewer=viewer)
    if keep.do_not_contact or gone.do_not_contact:
        for person in (keep, gone):
            persons.put_on_the_list(session, person, SuppressionReason.OBJECTION)
        keep.do_not_contact, keep.stopped_at = True, keep.stopped_at or gone.stopped_at or now()
    for role in session.scalars(select(PersonRole).where(PersonRole.person_id == gone.id)):
        role.person_id = keep.id
    _move_invitations(session, keep, gone)
    event_contacts.move(session, keep, gone)
    session.execute(  # whoever was merged into the one that goes now leads to the one that stays
        update(Person).where(Person.merged_into_id == gone.id).values(merged_into_id=keep.id)
    )
    for name in _FILLED:
        if not getattr(keep, name):
            setattr(keep, name, getattr(gone, name))
    keep.told_on = keep.told_on or gone.told_on
    for name in _BLANKED:
        setattr(gone, name, "")
    gone.merged_into_id = keep.id
    for person in (keep, gone):
        person.version += 1
        person.updated_at, person.updated_by_id = now(), viewer.user_id
        persons.note(session, AuditAction.MERGED, person, viewer=viewer)
    session.flush()  # a clash with somebody else shows here


def _move_invitations(session: Session, keep: Person, gone: Person) -> None:
    """What one was asked, both were; where a list has asked both, or two lists to one event, one
    invitation stands with what was answered last."""
    of_both = select(Invitation).where(Invitation.person_id.in_([keep.id, gone.id]))
    found = session.scalars(of_both.order_by(Invitation.id)).all()
    hold = [one for one in found if one.person_id == keep.id and one.taken_back_at is None]
    for asked in found:
        if asked.person_id == gone.id:
            same = (one for one in hold if _is_to_the_same(one, asked))
            if asked.taken_back_at is None and (stays := next(same, None)):
                replies.join(session, stays, asked)
            asked.person_id = keep.id
    for act in session.scalars(select(InviteAct).where(InviteAct.person_id == gone.id)):
        act.person_id = keep.id
    session.execute(update(HelpAsk).where(HelpAsk.person_id == gone.id).values(person_id=keep.id))
    balancing.move(session, keep, gone)


def _is_to_the_same(one: Invitation, other: Invitation) -> bool:
    is_to_event = one.engagement_id is not None and one.engagement_id == other.engagement_id
    return is_to_event or one.list_id == other.list_id


def _end_what_was_refused(session: Session, keep: Person, gone: Person, *, viewer: Viewer) -> None:
    """Withdraw from `keep` what `gone` withdrew or let run out; the earlier end holds for both."""
    at = now()
    refused = {
        way
        for way, rows in by_way(consents.of(session, gone)).items()
        if standing(rows, at).state in ("withdrawn", "expired")
    }
    shown = ContactPurpose.SHARING in {purpose for purpose, _ in refused}
    for way, rows in by_way(consents.of(session, keep)).items():
        no = way in refused or (shown and way[0] == ContactPurpose.SHARING)
        if no and standing(rows, at).is_current:
            consents.end_on_merging(session, keep, *way, viewer=viewer)
