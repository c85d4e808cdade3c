"""Reading a panel that was drawn out of an invite list: who is on it, and what that comes to."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from assetmap.access import Viewer
from assetmap.errors import NotFound
from assetmap.models import InviteList, InvitePanel, InvitePlace, Person, User
from assetmap.register import balancing, panel_replies, person_access, together
from assetmap.register.area_index import in_parts
from assetmap.register.invite_people import Built
from assetmap.sortition import pools


@dataclass(frozen=True)
class Whole:
    """A panel as its page shows it. places: of those the viewer may know; hidden: how many more
    are; met: as `met` says; agreements: by key of a person, which alone shows them."""

    panel: InvitePanel
    drawn_by: str
    places: Sequence[InvitePlace]
    hidden: int
    met: Sequence[tuple[int, int]]
    answers: Mapping[int, str]
    agreements: Mapping[int, int | None]


def queries(made: InviteList, uid: uuid.UUID) -> list[together.Query]:
    """What `whole` needs to have been asked along with a list."""
    this = InvitePanel.list_id == made.id, InvitePanel.uid == uid
    panel = select(InvitePanel, User.name).outerjoin(User, User.id == InvitePanel.drawn_by_id)
    key = select(InvitePanel.id).where(*this)
    places = select(InvitePlace).where(InvitePlace.panel_id.in_(key))
    return [panel.where(*this), places, panel_replies.query(made, key)]


def whole(session: Session, built: Built, *, viewer: Viewer, may_ask: frozenset[int]) -> Whole:
    """A panel of a list that was built with `queries` beside it. Raises NotFound."""
    panels, drawn_of, replies = built.beside
    if not panels:
        raise NotFound(panel_replies.NO_SUCH_PANEL)
    panel, drawn_by = panels[0]
    places = [place for (place,) in drawn_of]
    of_it = [place for place in places if place.state != "pool"]
    known = _known(session, built, [place.person_id for place in of_it], viewer=viewer)
    shown = [place for place in of_it if place.person_id in known]
    for place in shown:
        set_committed_value(place, "person", known[place.person_id][0])
    return Whole(
        panel,
        drawn_by or "",
        _in_order(shown),
        len(of_it) - len(shown),
        _met(panel, places) if panel.state == "drawn" else [],
        panel_replies.answers(replies, may_ask),
        {key: agreement for key, (_, agreement) in known.items()},
    )


def _known(
    session: Session, built: Built, keys: Sequence[int], *, viewer: Viewer
) -> dict[int, tuple[Person, int | None]]:
    """Those of these people whom the viewer may know of, each with the agreement that alone shows
    them: most are on the list still."""
    on_list = (*built.rows, *built.asked, *(row for one in built.left_out for row in one.all))
    found = {row.person.id: (row.person, row.agreement_id) for row in on_list}
    used = person_access.agreement_used(viewer)
    for part in in_parts(sorted(set(keys) - found.keys())):
        seen = person_access.visible_people(viewer)
        for person, agreement in session.execute(
            select(Person, used).where(Person.id.in_(part), seen)
        ):
            found[person.id] = person, agreement
    return {key: found[key] for key in keys if key in found}


def drawn(made: InviteList) -> together.Query:
    """The last panels of a list, each with who drew it."""
    last = select(InvitePanel.id).where(InvitePanel.list_id == made.id)
    last = last.order_by(InvitePanel.id.desc()).limit(balancing.MOST_SHOWN)
    query = select(InvitePanel, User.name).outerjoin(User, User.id == InvitePanel.drawn_by_id)
    return query.where(InvitePanel.id.in_(select(last.subquery().c.id)))


def people_of(
    session: Session, panel: InvitePanel, *, viewer: Viewer
) -> tuple[Sequence[InvitePlace], int]:
    """Who is on it, declined or stands by, of those the viewer may know; and how many more are."""
    of_it = InvitePlace.panel_id == panel.id, InvitePlace.state != "pool"
    many = session.scalar(select(func.count()).select_from(InvitePlace).where(*of_it)) or 0
    shown = session.scalars(
        select(InvitePlace)
        .join(Person, Person.id == InvitePlace.person_id)
        .where(*of_it, person_access.visible_people(viewer))
        .options(joinedload(InvitePlace.person))
    ).all()
    return _in_order(shown), many - len(shown)


def _in_order(shown: Sequence[InvitePlace]) -> list[InvitePlace]:
    return sorted(shown, key=lambda one: (one.turn, one.person.name.casefold(), one.id))


def met(session: Session, panel: InvitePanel) -> list[tuple[int, int]]:
    """For each quota, how many of those who have a seat count for it, and how many of the pool."""
    return _met(panel, balancing.places_of(session, panel))


def _met(panel: InvitePanel, places: Sequence[InvitePlace]) -> list[tuple[int, int]]:
    pool = balancing.pool_of(panel, places)
    seated = [number for number, place in enumerate(places) if place.state == "seated"]
    there = pools.counts(pool, range(len(places)))
    return list(zip(pools.counts(pool, seated), there, strict=True))
