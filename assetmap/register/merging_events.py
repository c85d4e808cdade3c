"""What lies beside an event goes along when it is folded into another, and back again."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session, aliased

from assetmap.models import (
    Entry,
    EventArrival,
    EventContact,
    EventCost,
    EventGuest,
    EventNote,
    EventPaper,
    EventPart,
    EventTable,
    Invitation,
    InviteList,
    Monitoring,
    PlanItem,
    Poll,
    RichPicture,
    Survey,
    Telling,
)
from assetmap.register import actions
from assetmap.vocabulary import Kind

_BESIDE: Mapping[str, type[Any]] = {
    "told": Telling,
    "plan": PlanItem,
    "survey": Survey,
    "polls": Poll,
    "monitoring": Monitoring,
    "parts": EventPart,
    "tables": EventTable,
    "notes": EventNote,
    "guests": EventGuest,
    "arrivals": EventArrival,
    "people_met": EventContact,
    "costs": EventCost,
    "papers": EventPaper,
    "pictures": RichPicture,
    "invite_lists": InviteList,
    "invitations": Invitation,
}
_SEEN_BY_ALL = ("told", "parts")  # by whoever sees the event
# of which an event has its own, or the other's whole
_ONE_SET = ("survey", "parts", "tables", "monitoring")


def left_behind(session: Session, keep: Entry, gone: Entry) -> list[str]:
    """What both events have, of which one stays with the event that is folded in: nobody sees it
    until the merge is undone. For who may change both."""
    if keep.kind != Kind.ENGAGEMENT:
        return []
    row = session.execute(
        select(
            *(
                and_(~_has_none(_BESIDE[name], keep.id), ~_has_none(_BESIDE[name], gone.id))
                for name in _ONE_SET
            )
        )
    ).one()
    return [name for name, both in zip(_ONE_SET, row, strict=True) if both]


def move_over(
    session: Session, old: int, new: int, *, keeps_open: bool, keeps_inside: bool
) -> dict[str, Any]:
    """Have another event hold what lies beside one that is folded into it, but for what it has of
    its own already. Gives what was moved, for `move_back`.

    keeps_open: whether what is open to whoever sees the old event may be as open at the new;
    keeps_inside: whether what is for its team may be for the new one's.
    """
    moved: dict[str, Any] = {
        "said": actions.move_over(session, old, new, keeps_open=keeps_open),
    }
    for name, model in _BESIDE.items():
        query = select(model.id).where(model.engagement_id == old)
        if name in _ONE_SET:
            query = query.where(_has_none(model, new))
        if name == "plan":
            held = select(PlanItem.number).where(PlanItem.engagement_id == new)
            query = query.where(PlanItem.number.not_in(held))
        closed = not (keeps_open if name in _SEEN_BY_ALL else keeps_inside)
        moved[name] = [] if closed else list(session.scalars(query))
        _point(session, model, moved[name], new)
    return moved


def move_back(session: Session, moved: Mapping[str, Any], gone: int, keep: int) -> None:
    """Give it back to the event it was beside, what is still where it was moved to."""
    for name, model in _BESIDE.items():
        _point(session, model, moved.get(name, []), gone, model.engagement_id == keep)
    actions.move_back(session, moved.get("said", []), gone, keep)


def _has_none(model: type[Any], event_id: int) -> ColumnElement[bool]:
    own = aliased(model)
    return ~select(own.id).where(own.engagement_id == event_id).exists()


def _point(
    session: Session, model: type[Any], keys: list[int], to: int, *also: ColumnElement[bool]
) -> None:
    if keys:
        table = model.__table__
        query = update(table).where(table.c.id.in_(keys), *also).values(engagement_id=to)
        session.execute(query)
        session.expire_all()  # what is loaded has the old key
