"""Who may see and read what: bodies, agreements, limits of roles, and guarded fields."""

from datetime import timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import PUBLIC, Viewer
from assetmap.db import now
from assetmap.errors import NotAllowed
from assetmap.models import Attachment, Entry, Membership, Partner, SharingAgreement, Team, User
from assetmap.register import (
    attachments,
    downloads,
    duplicates,
    features,
    histories,
    search,
)
from assetmap.register.entries import change
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, SharedField
from tests.make import (
    draft_fields,
    make_agreement,
    make_area,
    make_category,
    make_entry,
    make_partner,
    make_team,
    make_user,
    point,
)

WEST = shapely.box(-1.95, 53.70, -1.93, 53.75)
PHONE = {"phone": "01632 960009", "contact_visibility": "team"}
IN_WEST = point(-1.94, 53.72)
EAST = point(-1.91, 53.72)


class Two:
    """A body that keeps the register, and a partner with a person of its own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ours = make_team(session, "Ours")
        self.partner = make_partner(session)
        self.theirs = make_team(session, "Theirs")
        self.theirs.partner_id = self.partner.id
        session.flush()
        self.person = make_user(session, self.theirs, "viewer", "pat@example.org")

    @property
    def viewer(self) -> Viewer:
        """The partner's person as they are now."""
        return access.viewer_of(self.session, self.person.id)

    def sees(self, viewer: Viewer | None = None) -> set[str]:
        """Titles of all that a viewer, the partner's person unless said, is shown."""
        where = access.visible_entries(viewer or self.viewer)
        return set(self.session.scalars(select(Entry.title).where(where)))

    def make(self, title: str, kind: str = "asset", team: Team | None = None, **more: Any) -> Entry:
        """An entry for partners."""
        fields: dict[str, Any] = {"visibility": "partner"} | more
        return make_entry(self.session, kind, team or self.ours, title=title, **fields)


@pytest.fixture
def two(session: Session) -> Two:
    return Two(session)


def test_a_partner_without_an_agreement_sees_only_what_is_public(two: Two) -> None:
    two.make("For partners")
    two.make("For all", visibility="public")
    two.make("For us", visibility="team")
    assert two.sees() == {"For all"}


def test_within_one_body_nothing_needs_an_agreement(two: Two, session: Session) -> None:
    two.make("For partners")
    two.make("For us", visibility="team")
    colleague = make_user(session, make_team(session, "Next door"), "viewer", "jo@example.org")
    assert two.sees(access.viewer_of(session, colleague.id)) == {"For partners"}


def test_an_agreement_opens_its_kinds_areas_and_categories_and_no_others(
    two: Two, session: Session
) -> None:
    make_area(session, "E05000007", shape=WEST)
    make_category(session, "asset", "pla_park")
    two.make("Hall in the west", geometry=IN_WEST, category="pla_hall")
    two.make("Park in the west", geometry=IN_WEST, category="pla_park")
    two.make("Hall in the east", geometry=EAST, category="pla_hall")
    two.make("Offer in the west", "offer", geometry=IN_WEST)
    two.make("Hall of the team", geometry=IN_WEST, category="pla_hall", visibility="team")
    make_agreement(
        session, two.partner, kinds=["asset"], areas=["ward:E05000007"], categories=["pla_hall"]
    )
    assert two.sees() == {"Hall in the west"}


def test_a_top_term_in_an_agreement_stands_for_all_below_it(two: Two, session: Session) -> None:
    two.make("Hall", category="pla_hall")
    two.make("Group", "group")
    two.make("A walk", "walkabout")
    make_agreement(session, two.partner, kinds=["asset", "group", "walkabout"], categories=["pla"])
    assert two.sees() == {"Hall", "A walk"}


def test_an_agreement_opens_only_what_its_giver_keeps(two: Two, session: Session) -> None:
    third = make_partner(session, "Fire and rescue", "fire")
    station = make_team(session, "Station")
    station.partner_id = third.id
    session.flush()
    two.make("Ours")
    two.make("The station's", team=station)
    make_agreement(session, two.partner, giver=third)
    assert two.sees() == {"The station's"}


@pytest.mark.parametrize(
    ("changed", "seen"),
    [
        ({}, True),
        ({"starts_on": 1}, False),
        ({"starts_on": -9, "ends_on": -1}, False),
        ({"ends_on": 0}, True),
        ({"signed_on": None}, False),
    ],
)
def test_an_agreement_opens_nothing_before_it_is_signed_or_outside_its_days(
    two: Two, session: Session, changed: dict[str, int | None], seen: bool
) -> None:
    today = now().date()
    days: dict[str, Any] = {
        name: None if days is None else today + timedelta(days=days)
        for name, days in changed.items()
    }
    two.make("For partners")
    agreed = make_agreement(session, two.partner, **days)
    assert agreed.runs_on(today) is seen
    assert bool(two.sees()) is seen


def test_ending_an_agreement_closes_it_at_once(two: Two, session: Session) -> None:
    two.make("For partners")
    agreed = make_agreement(session, two.partner)
    assert two.sees()
    agreed.ended_at = now()
    session.flush()
    assert not two.sees()


def test_a_download_under_way_stops_when_the_agreement_is_changed(
    two: Two, session: Session
) -> None:
    for number in range(201):
        two.make(f"Hall {number}", geometry=None)
    agreed = make_agreement(session, two.partner)
    viewer = two.viewer
    hits = downloads.every(session, EntrySearch(), viewer=viewer)
    assert next(hits).entry.title
    session.get_one(SharingAgreement, agreed.id).kinds = ["offer"]
    session.flush()
    with pytest.raises(NotAllowed, match="has changed since you began"):
        list(hits)


def test_a_role_limited_to_an_area_sees_its_teams_entries_there_alone(
    two: Two, session: Session
) -> None:
    make_area(session, "E05000007", shape=WEST)
    held = session.scalars(select(Membership).where(Membership.user_id == two.person.id)).one()
    held.areas = ["ward:E05000007"]
    session.flush()
    two.make("West", team=two.theirs, visibility="team", geometry=IN_WEST)
    two.make("East", team=two.theirs, visibility="team", geometry=EAST)
    assert two.sees() == {"West"}
    session.add(Membership(user_id=two.person.id, team_id=two.theirs.id, role="analyst"))
    session.flush()
    assert two.sees() == {"West", "East"}


def test_an_agreement_covers_an_entry_by_where_it_is_shown_not_where_it_is(
    two: Two, session: Session
) -> None:
    """The agreement must not tell that the exact place is in an area where it is not shown."""
    make_area(session, "E05000007", shape=WEST)
    two.make("Nowhere", "offer", geometry=IN_WEST, precision="none")
    make_agreement(session, two.partner, areas=["ward:E05000007"])
    assert two.sees() == set()


def reads_of(session: Session, entry: Entry, viewer: Viewer) -> set[str]:
    (hit,) = search.load(session, [entry.id], viewer=viewer)
    return {field.value for field in hit.reads}


def test_each_guarded_field_is_read_by_whom_it_is_open_to(two: Two, session: Session) -> None:
    hall = two.make("Hall", contact_visibility="partner", email="hall@example.org", notes="Key")
    team = make_user(session, two.ours, "editor", "ed@example.org")
    analyst = make_user(session, two.ours, "analyst", "ana@example.org")
    assert reads_of(session, hall, access.viewer_of(session, team.id)) == {
        field.value for field in SharedField
    }
    assert "contact" not in reads_of(session, hall, access.viewer_of(session, analyst.id))
    agreed = make_agreement(session, two.partner)
    assert reads_of(session, hall, two.viewer) == set()
    agreed.fields = ["contact", "notes"]
    session.flush()
    assert reads_of(session, hall, two.viewer) == {"contact", "notes"}
    hall.contact_visibility = "team"
    session.flush()
    assert reads_of(session, hall, two.viewer) == {"notes"}


def test_contact_details_of_a_public_entry_are_read_by_all_unless_it_says_otherwise(
    two: Two, session: Session
) -> None:
    open_hall = two.make("Open", visibility="public", phone="01632 960001")
    kept = two.make("Kept", visibility="public", phone="01632 960002", contact_visibility="team")
    said = [
        features.properties(hit, now().date())
        for hit in search.load(session, [open_hall.id, kept.id], viewer=PUBLIC)
    ]
    assert [one["phone"] for one in said] == ["01632 960001", ""]
    assert not any("notes" in one for one in said)


def test_a_likely_same_entry_is_not_given_away_by_a_phone_that_may_not_be_read(
    two: Two, session: Session
) -> None:
    two.make("Mill Lane Hall", visibility="public", phone="01632 960002", contact_visibility="team")
    fields = draft_fields(
        session, Kind.ASSET, title="Mill Hall", geometry=point(-1.99, 53.9), phone="01632960002"
    )
    draft = DRAFTS[Kind.ASSET].model_validate(fields)
    assert duplicates.likely_same(session, draft, viewer=two.viewer) == []
    team = make_user(session, two.ours, "editor", "ed@example.org")
    (found,) = duplicates.likely_same(session, draft, viewer=access.viewer_of(session, team.id))
    assert "same phone" in found.likeness.reasons


def test_history_tells_an_old_phone_number_to_nobody_who_may_not_read_the_new_one(
    two: Two, session: Session
) -> None:
    hall = two.make("Hall", phone="01632 960001", notes="Ask Sam", contact_visibility="team")
    team = access.viewer_of(session, make_user(session, two.ours, "editor", "ed@example.org").id)
    fields = draft_fields(session, Kind.ASSET, title="Hall", notes="Ask Jo", **PHONE)
    draft = DRAFTS[Kind.ASSET].model_validate(fields)
    change(session, hall, draft, viewer=team, base_version=1)
    analyst = make_user(session, two.ours, "analyst", "ana@example.org")
    told = {
        viewer.name: set(histories.of(session, hall, viewer=viewer)[0].changes)
        for viewer in (PUBLIC, team, access.viewer_of(session, analyst.id))
    }
    assert told == {"public": set(), "Ed": {"phone", "notes"}, "Ana": {"notes"}}


def test_looking_as_somebody_else_never_shows_more_than_one_may_see(
    two: Two, session: Session
) -> None:
    station = make_team(session, "Station")
    station.partner_id = make_partner(session, "Fire and rescue", "fire").id
    session.flush()
    fire = session.get_one(Partner, station.partner_id)
    two.make("Ours")
    two.make("The station's", team=station)
    two.make("For all", visibility="public")
    make_agreement(session, two.partner)
    make_agreement(session, two.partner, giver=fire)
    assert two.sees() == {"Ours", "The station's", "For all"}
    keeper = access.viewer_of(session, make_user(session, two.ours, "editor", "e@example.org").id)
    assert two.sees(access.as_partner(session, two.partner, keeper)) == {"Ours", "For all"}
    assert two.sees(access.as_public(keeper)) == {"For all"}
    assert not access.as_partner(session, two.partner, keeper).may_log


def test_a_person_in_no_team_sees_what_the_public_sees(two: Two, session: Session) -> None:
    two.make("For partners")
    two.make("For all", visibility="public")
    loner = User(name="Loner", email="loner@example.org")
    session.add(loner)
    session.flush()
    assert two.sees(access.viewer_of(session, loner.id)) == {"For all"}


def test_photos_for_partners_are_seen_by_those_whose_agreement_says_so(
    two: Two, session: Session
) -> None:
    hall = two.make("Hall")
    for scope in ("internal", "partners", "public"):
        session.add(
            Attachment(
                entry_id=hall.id,
                mime="image/jpeg",
                bytes=1,
                width=1,
                height=1,
                sha256=scope,
                alt_text=scope,
                consent_scope=scope,
            )
        )
    session.flush()

    def seen(viewer: Viewer) -> set[str]:
        return {photo.alt_text for photo in attachments.of(session, hall, viewer=viewer)}

    agreed = make_agreement(session, two.partner)
    assert seen(two.viewer) == {"public"}
    agreed.fields = ["photos"]
    session.flush()
    assert seen(two.viewer) == {"public", "partners"}
    team = access.viewer_of(session, make_user(session, two.ours, "viewer", "v@example.org").id)
    assert seen(team) == {"public", "partners", "internal"}
