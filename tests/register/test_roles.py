"""What each role in a team may change, and within which limits."""

from typing import Any

import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import NotAllowed
from assetmap.models import Entry, Membership, User
from assetmap.register.entries import change, check
from assetmap.schemas.entries import DRAFTS
from assetmap.vocabulary import Kind
from tests.make import draft_fields, make_area, make_entry, make_team, make_user, point

WEST = shapely.box(-1.95, 53.70, -1.93, 53.75)
IN_WEST = point(-1.94, 53.72)
EAST = point(-1.91, 53.72)


class House:
    """A team with somebody of each role."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.team = make_team(session, "Ours")

    def viewer(self, role: str, **limits: list[str]) -> Viewer:
        """Somebody new who holds the role, perhaps within limits."""
        count = len(self.session.scalars(select(User)).all())
        user = make_user(self.session, self.team, role, f"{role}{count}@example.org")
        held = self.session.scalars(select(Membership).where(Membership.user_id == user.id)).one()
        for name, values in limits.items():
            setattr(held, name, values)
        self.session.flush()
        return access.viewer_of(self.session, user.id)

    def change(self, entry: Entry, viewer: Viewer, **fields: Any) -> bool:
        """Whether the viewer may change the entry's title."""
        given = draft_fields(self.session, Kind(entry.kind), **fields) | {"title": "Changed"}
        draft = DRAFTS[Kind(entry.kind)].model_validate(given)
        try:
            change(self.session, entry, draft, viewer=viewer, base_version=entry.version)
        except NotAllowed:
            return False
        return True


@pytest.fixture
def one(session: Session) -> House:
    return House(session)


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        ("viewer", set()),
        ("logger", set()),
        ("editor", {"asset", "engagement", "hotspot"}),
        ("organiser", {"engagement"}),
        ("analyst", {"hotspot"}),
        ("approver", set()),
        ("data_officer", set()),
        ("auditor", set()),
        ("admin", set()),
    ],
)
def test_each_role_changes_what_it_is_for_of_what_others_logged(
    one: House, session: Session, role: str, kinds: set[str]
) -> None:
    viewer = one.viewer(role)
    made = {
        kind: make_entry(session, kind, one.team) for kind in ("asset", "engagement", "hotspot")
    }
    assert {kind for kind, entry in made.items() if one.change(entry, viewer)} == kinds


def test_whoever_logs_may_change_what_they_logged_and_say_of_all_that_it_is_there(
    one: House, session: Session
) -> None:
    viewer = one.viewer("logger")
    own = make_entry(session, "asset", one.team, viewer=viewer)
    others = make_entry(session, "asset", one.team)
    assert one.change(own, viewer)
    assert not one.change(others, viewer)
    check(session, others, viewer=viewer)
    assert others.checked_on == now().date()


def test_a_limited_role_writes_nothing_outside_its_limits(one: House, session: Session) -> None:
    make_area(session, "E05000007", shape=WEST)
    viewer = one.viewer("editor", areas=["ward:E05000007"])
    west = make_entry(session, "asset", one.team, viewer=viewer, geometry=IN_WEST)
    east = make_entry(session, "asset", one.team, geometry=EAST, visibility="public")
    with pytest.raises(NotAllowed, match="covers other areas"):
        make_entry(session, "asset", one.team, viewer=viewer, geometry=EAST)
    assert not one.change(east, viewer, geometry=EAST)
    with pytest.raises(NotAllowed):
        check(session, east, viewer=viewer)
    assert not one.change(west, viewer, geometry=EAST)  # nor carries what is inside out of it
