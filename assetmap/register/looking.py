"""Looking as somebody else: what the public or a partner is shown, of what one may see oneself."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import KEEPERS, Viewer
from assetmap.errors import NotAllowed, NotFound
from assetmap.models import Partner

THE_PUBLIC = "public"


def may_look_as_partners(viewer: Viewer) -> bool:
    """Whoever keeps a team's records may see how partners are shown them."""
    return viewer.is_operator or bool(viewer.teams_where(KEEPERS))


def viewer_named(session: Session, wanted: str, *, viewer: Viewer) -> Viewer:
    """The viewer that "public" or the uid of a partner names, never seeing more than `viewer`.

    Raises NotAllowed for people who may not look as partners, NotFound when there is none.
    """
    access.require_sign_in(viewer)
    if wanted == THE_PUBLIC:
        return access.as_public(viewer)
    if not may_look_as_partners(viewer):
        raise NotAllowed("Only editors and data officers can look as a partner.")
    try:
        partner = session.scalar(select(Partner).where(Partner.uid == uuid.UUID(wanted)))
    except ValueError:
        partner = None
    if partner is None:
        raise NotFound("There is no such partner.")
    return access.as_partner(session, partner, viewer)


def called(viewer: Viewer) -> str:
    """What to call whom somebody looks as."""
    return viewer.name if viewer.bodies else "the public"
