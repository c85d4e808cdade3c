"""How often an offer was asked for and used, and when whoever gives it was last thanked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import READS_CONTACTS, Viewer
from assetmap.models import Entry, HelpAsk, HelpRequest
from assetmap.register import help_requests

MOST = 100


@dataclass(frozen=True)
class Asked:
    """A time that it was asked for. may_read: whether the viewer may open the request itself."""

    ask: HelpAsk
    made: HelpRequest
    may_read: bool


@dataclass(frozen=True)
class Uses:
    """What came of an offer, as far as the viewer may know; the latest first."""

    rows: Sequence[Asked]

    @property
    def used(self) -> int:
        """How often it was used."""
        return sum(row.ask.used_on is not None for row in self.rows)

    @property
    def last_thanked_on(self) -> date | None:
        """When they were last thanked."""
        return max((row.ask.thanked_on for row in self.rows if row.ask.thanked_on), default=None)


def of(session: Session, offer: Entry, *, viewer: Viewer) -> Uses:
    """The requests that an offer was asked by: of the viewer's own teams, and where one of those
    keeps the offer of anybody's; none for an entry that the viewer may not see."""
    mine = viewer.teams_where(READS_CONTACTS)
    keeps = viewer.is_operator or (viewer.behind is None and offer.team_id in mine)
    seen = select(Entry.id).where(access.visible_entries(viewer)).correlate(None)
    of_anybody = and_(
        HelpRequest.removed_at.is_(None),
        or_(HelpRequest.need_id.is_(None), HelpRequest.need_id.in_(seen)),
    )
    readable = help_requests.readable(viewer)
    rows = session.execute(
        select(HelpAsk, HelpRequest)
        .join(HelpRequest, HelpRequest.id == HelpAsk.request_id)
        .where(
            HelpAsk.offer_id == offer.id,
            HelpAsk.taken_back_at.is_(None),
            or_(readable, of_anybody if keeps else false()),
        )
        .options(joinedload(HelpRequest.team))
        .order_by(HelpAsk.asked_at.desc(), HelpAsk.id.desc())
        .limit(MOST)
    )
    return Uses(
        [Asked(ask, made, viewer.is_operator or made.team_id in mine) for ask, made in rows]
    )
