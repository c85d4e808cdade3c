"""Offers are linked to the group or place that gives them, whatever door they came by."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Entry, Link, Offer
from assetmap.register.area_index import in_parts
from assetmap.vocabulary import Relation

GIVERS = frozenset({"group", "asset"})  # fields of an offer that name who gives it


def tie(session: Session, offers: Collection[int], *, viewer: Viewer) -> None:
    """Link offers, given by key, to who gives them, where they are not linked yet."""
    offer, giver = Offer.__table__.c, func.coalesce(Offer.group_id, Offer.asset_id)
    tied = exists().where(
        Link.from_id == offer.id, Link.to_id == giver, Link.relation == Relation.OFFERED_BY
    )
    for part in in_parts(list(offers)):
        untied = select(offer.id, giver).where(offer.id.in_(part), giver.is_not(None), ~tied)
        said = {"relation": Relation.OFFERED_BY.value, "created_by_id": viewer.user_id}
        made = [
            {"from_id": key, "to_id": to, "created_at": now(), **said}
            for key, to in session.execute(untied).all()
        ]
        if made:
            session.execute(insert(Link), made)


def follow(
    session: Session, offer_id: int, changes: Mapping[str, list[Any]], *, viewer: Viewer
) -> None:
    """The same after an offer was written, which may have been somebody else's before.

    changes: by field, [before, after]; givers as uids.
    """
    named = [changes[name][0] for name in GIVERS & changes.keys()]
    if was := [uuid.UUID(str(uid)) for uid in named if uid]:
        former = select(Entry.id).where(Entry.uid.in_(was))
        session.execute(
            delete(Link).where(
                Link.from_id == offer_id,
                Link.relation == Relation.OFFERED_BY,
                Link.to_id.in_(former),
            )
        )
    tie(session, [offer_id], viewer=viewer)
