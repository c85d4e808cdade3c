"""What those on a panel answered to their invitations, whichever way the answer came, and whom it
is that "invite the panel" asks."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from assetmap.errors import NotFound
from assetmap.models import InviteList, InvitePanel, InvitePlace, Person
from assetmap.models.invite_list import Invitation
from assetmap.models.invite_reply import InviteReply
from assetmap.register import together

NO_SUCH_PANEL = "There is no such panel of this list."
NOT_ASKED, BOUNCED, STOPPED = "not_asked", "bounced", "stopped"
OTHER_WAYS = "other_ways"  # reached by another
FREE = frozenset({"declined", BOUNCED, STOPPED})  # somebody else may have the seat
OPEN = FREE | {NOT_ASKED, OTHER_WAYS}  # no invitation of theirs stands


def of(session: Session, panel: InvitePanel, may_ask: Collection[int] = ()) -> Mapping[int, str]:
    """By the keys of people on it who were asked: how their answer stands, or that no message
    reaches them, of those in `may_ask` that another way does. Who is not named was not asked."""
    of_it = select(InvitePanel.id).where(InvitePanel.id == panel.id)
    asked = session.execute(_asked(of_it).where(Invitation.list_id == panel.list_id))
    return answers([tuple(row) for row in asked], may_ask)


def query(made: InviteList, panel: Select[int]) -> together.Query:
    """What `answers` needs to have been asked. panel: a query of its key."""
    return _asked(panel).where(Invitation.list_id == made.id)


def _asked(panel: Select[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Invitation.id,
            Invitation.person_id,
            Invitation.taken_back_at,
            InviteReply.state,
            InviteReply.mail,
        )
        .join(InvitePlace, InvitePlace.person_id == Invitation.person_id)
        .outerjoin(InviteReply, InviteReply.invitation_id == Invitation.id)
        .where(InvitePlace.panel_id.in_(panel), InvitePlace.state != "pool")
    )


def answers(asked: together.Rows, may_ask: Collection[int] = ()) -> Mapping[int, str]:
    """The same of what was asked for already."""
    found: dict[int, str] = {}
    in_order = sorted(asked, key=lambda row: (row[2] is None, row[0]))  # the one that stands last
    for _, person, taken_back_at, state, mail in in_order:
        if taken_back_at is None:
            found[person] = state or "asked"
        elif mail in (BOUNCED, STOPPED):
            found[person] = OTHER_WAYS if person in may_ask else mail
    return found


def seated(session: Session, made: InviteList, uid: uuid.UUID) -> Sequence[uuid.UUID]:
    """Who has a seat on a panel of a list. Raises NotFound."""
    sits = and_(InvitePlace.panel_id == InvitePanel.id, InvitePlace.state == "seated")
    query = select(InvitePanel.id, Person.uid).outerjoin(InvitePlace, sits)
    query = query.outerjoin(Person, Person.id == InvitePlace.person_id)
    query = query.where(InvitePanel.list_id == made.id, InvitePanel.uid == uid)
    rows = session.execute(query.order_by(InvitePlace.id)).all()
    if not rows:
        raise NotFound(NO_SUCH_PANEL)
    return [person for _, person in rows if person is not None]


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
