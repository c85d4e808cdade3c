"""Opening an invite list for one of its pages: with what every one of them asks for next."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import NotFound
from assetmap.models import InviteAct, InviteList
from assetmap.register import invite_hand, invite_lists, proposal_reading
from assetmap.register.invite_hand import Hand


@dataclass(frozen=True)
class Opened:
    """A list with what its pages ask for next. hand: what was changed by hand and holds; waiting:
    how many suggestions wait for the viewer, which every page says; acts: what was done to
    it, where that was asked for."""

    made: InviteList
    hand: Hand
    waiting: int
    acts: Sequence[InviteAct] = ()


def read(session: Session, uid: uuid.UUID, *, with_history: bool = False, viewer: Viewer) -> Opened:
    """with_history: with all acts, the last first, and who did each. Raises SignInFirst,
    NotFound."""
    access.require_sign_in(viewer)
    acts = InviteAct.list_id == InviteList.id
    if not with_history:
        acts = and_(acts, invite_hand.holds())
    rows = session.execute(
        invite_lists.whole()
        .add_columns(InviteAct, proposal_reading.beside(viewer)[0])
        .outerjoin(InviteAct, acts)
        .where(InviteList.uid == uid, invite_lists.readable(viewer))
        .options(*[joinedload(InviteAct.by)] * with_history)
        .order_by(InviteAct.id)
    ).all()
    if not rows:
        raise NotFound(invite_lists.NO_SUCH_LIST)
    made, _, waiting = rows[0]
    acts_read = [act for _, act, _ in rows if act is not None]
    held = [act for act in acts_read if invite_hand.is_held(act)]
    history = acts_read[::-1] if with_history else ()
    return Opened(made, invite_hand.hand(held), waiting, history)
