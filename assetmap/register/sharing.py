"""Who may open, and change, what a person keeps for themselves or shares with a team of theirs."""

import uuid

from sqlalchemy import ColumnElement, and_, false, or_

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Invalid, NotAllowed
from assetmap.models import Collection, SavedSearch
from assetmap.vocabulary import Role

TIDIES = frozenset({Role.EDITOR})
IN_PERSON = "Only people keep searches and collections."
Shared = SavedSearch | Collection


def readable(model: type[Shared], viewer: Viewer) -> ColumnElement[bool]:
    """Those of one's own, and those shared with a team one is in."""
    if viewer.user_id is None or viewer.behind is not None:
        return false()
    return and_(
        model.removed_at.is_(None),
        or_(model.owner_id == viewer.user_id, model.team_id.in_(viewer.teams_where())),
    )


def may_change(viewer: Viewer, made: Shared) -> bool:
    """Its owner may, and the editors of the team that it is shared with."""
    if viewer.user_id is None or viewer.behind is not None:
        return False
    shared = viewer.roles.get(made.team_id, frozenset()) if made.team_id else frozenset()
    return made.owner_id == viewer.user_id or bool(shared & TIDIES)


def person(viewer: Viewer) -> int:
    """The key of the person who asks. Raises SignInFirst, NotAllowed for who is none."""
    access.require_sign_in(viewer)
    if viewer.user_id is None or viewer.behind is not None:
        raise NotAllowed(IN_PERSON)
    return viewer.user_id


def team_key(team: uuid.UUID | None, made: Shared, viewer: Viewer) -> int | None:
    """The key of the team to share it with, which must be one of the viewer's. Raises Invalid."""
    if team is None:
        return None
    for key, called in viewer.called.items():
        if called.uid == team:
            return key
    if made.team is not None and made.team.uid == team:
        return made.team_id  # it is shared with a team that they have left
    raise Invalid.field("team", "Choose a team of yours.")
