"""Keeping that people were asked: who, by which channel, through which group. It is what counts
towards having been asked too often."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Invalid, NotFound
from assetmap.models import Invitation, InviteList, Person
from assetmap.register import audit, invite_approving, invite_lists, persons, replies
from assetmap.register.invite_people import Row
from assetmap.schemas.invite_lists import AskedDraft
from assetmap.vocabulary import AuditAction, ContactChannel

NOT_BY_IT = "{} may not be asked by this. Look at what stands beside the name."


def ask(session: Session, made: InviteList, draft: AskedDraft, *, viewer: Viewer) -> Sequence[Row]:
    """Keep that people on a list were asked just now; gives those who had not been.

    The list is worked out anew for it: whoever is not on it any more is refused, and so is a
    channel they did not agree to. Who is asked in writing gets a link, so that a list that needs
    approval has to have it. Raises NotAllowed, Conflict, Invalid for "people".
    """
    invite_lists.require_change(made, viewer=viewer)
    spatial.lock_for_writing(session, f"asking {made.engagement_id or made.uid}")
    built = invite_lists.build(session, made, viewer=viewer)
    open_ = {person.uid: row for row in built.rows for person in row.people}
    done = {person.uid for row in built.asked for person in row.people}
    wanted = [uid for uid in draft.people if uid not in done]
    if any(uid not in open_ for uid in wanted):
        raise Invalid.field("people", "Somebody who was ticked is not on the list any more.")
    rows = list({id(open_[uid]): open_[uid] for uid in wanted}.values())
    for row in rows:
        _refuse_other_ways(row, draft.channel)
    if rows and draft.channel in replies.TYPED:
        said = invite_approving.words(session, made, made.words)
        invite_approving.require(session, made, built, said, viewer=viewer)
    keep(session, made, rows, draft.channel, viewer=viewer)
    return rows


def keep(
    session: Session,
    made: InviteList,
    rows: Sequence[Row],
    channel: ContactChannel,
    *,
    viewer: Viewer,
) -> None:
    """Keep that these were asked by a channel just now; by post or text message with a link of
    their own to answer by."""
    kept = [invitation(made, row, channel, viewer=viewer) for row in rows]
    session.add_all(kept)
    for row in rows:
        persons.contacted(session, row.person, local_day(now()))
    session.flush()  # whoever works the list out next finds them asked
    if channel in replies.TYPED:
        replies.links(session, kept, by=viewer.user_id)
    note(session, AuditAction.INVITED, [row.person for row in rows], viewer=viewer)


def invitation(
    made: InviteList, row: Row, channel: ContactChannel, *, viewer: Viewer
) -> Invitation:
    """That somebody on a list is asked by a channel, to be kept."""
    return Invitation(
        list_id=made.id,
        engagement_id=made.engagement_id,
        person_id=row.person.id,
        through_id=row.through[0].group.id if row.through else None,
        channel=channel.value,
        asked_by_id=viewer.user_id,
    )


def take_back(
    session: Session, made: InviteList, person_uid: uuid.UUID, *, viewer: Viewer
) -> Person:
    """They were not asked after all: it counts no more. Raises NotAllowed, NotFound."""
    invite_lists.require_change(made, viewer=viewer)
    person = persons.to_change(session, person_uid, viewer=viewer)
    asked = session.scalar(
        select(Invitation).where(
            Invitation.list_id == made.id,
            Invitation.person_id == person.id,
            Invitation.taken_back_at.is_(None),
        )
    )
    if asked is None:
        raise NotFound("It is not kept here that they were asked.")
    asked.taken_back_at = now()
    session.flush()  # whoever works the list out next finds them on it
    if made.engagement is not None:
        replies.fill(session, made.engagement)
    note(session, AuditAction.CHANGED, [person], viewer=viewer)
    return person


def _refuse_other_ways(row: Row, channel: ContactChannel) -> None:
    if channel not in row.ways:
        raise Invalid.field("channel", NOT_BY_IT.format(row.person.called))


def note(
    session: Session, action: AuditAction, people: Sequence[Person], *, viewer: Viewer
) -> None:
    """Keep account of what was done about an invitation of theirs."""
    if people:
        audit.note(
            session,
            action,
            viewer=viewer,
            entity="person",
            entries=people,
            fields=["invitation"],
            details={"kind": "contact"},
        )
