"""What those on a panel answered to their invitations, whichever way the answer came, and whom it
is that "invite the panel" asks."""

import uuid
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import InviteList, InvitePanel, InvitePlace, Person
from assetmap.models.invite_list import Invitation
from assetmap.models.invite_reply import InviteReply

NOT_ASKED, BOUNCED, STOPPED = "not_asked", "bounced", "stopped"
OTHER_WAYS = "other_ways"  # reached by another
FREE = frozenset({"declined", BOUNCED, STOPPED})  # somebody else may have the seat
OPEN = FREE | {NOT_ASKED, OTHER_WAYS}  # no invitation of theirs stands


def of(session: Session, panel: InvitePanel, may_ask: Collection[int] = ()) -> Mapping[int, str]:
    """By the keys of people on it who were asked: how their answer stands, or that no message
    reaches them, of those in `may_ask` that another way does. Who is not named was not asked."""
    rows = session.execute(
        select(
            Invitation.person_id,
            Invitation.taken_back_at.is_(None),
            InviteReply.state,
            InviteReply.mail,
        )
        .join(InvitePlace, InvitePlace.person_id == Invitation.person_id)
        .outerjoin(InviteReply, InviteReply.invitation_id == Invitation.id)
        .where(
            InvitePlace.panel_id == panel.id,
            InvitePlace.state != "pool",
            Invitation.list_id == panel.list_id,
        )
        .order_by(Invitation.taken_back_at.is_(None), Invitation.id)  # the one that stands last
    )
    found = {}
    for person, stands, state, mail in rows:
        if stands:
            found[person] = state or "asked"
        elif mail in (BOUNCED, STOPPED):
            found[person] = OTHER_WAYS if person in may_ask else mail
    return found


def seated(session: Session, panel: InvitePanel) -> Sequence[uuid.UUID]:
    """Who has a seat."""
    query = select(Person.uid).join(InvitePlace, InvitePlace.person_id == Person.id)
    query = query.where(InvitePlace.panel_id == panel.id, InvitePlace.state == "seated")
    return session.scalars(query.order_by(InvitePlace.id)).all()


def stands_for(session: Session, made: InviteList, person_id: int) -> str:
    """How the answer of somebody stands whose invitation was not taken back; "" where none is."""
    row = session.execute(
        select(Invitation.id, InviteReply.state)
        .outerjoin(InviteReply, InviteReply.invitation_id == Invitation.id)
        .where(
            Invitation.list_id == made.id,
            Invitation.person_id == person_id,
            Invitation.taken_back_at.is_(None),
        )
    ).first()
    return "" if row is None else row[1] or "asked"
