"""Events that people join online: by which link, and where that is told."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import Engagement, Team
from assetmap.register import calendars, invite_message
from tests.make import commit, make_area, make_entry, make_team, make_user, viewer_for
from tests.web import filled
from tests.web.pages import sign_in

LINK = "https://meet.example/j/82345678901?pwd=a-b"


@pytest.fixture
def team(session: Session) -> Team:
    make_area(session)
    return make_team(session)


def event_of(session: Session, team: Team, **said: Any) -> Engagement:
    begins = (now() + timedelta(days=9)).replace(microsecond=0)
    said |= {"starts_at": begins, "ends_at": begins + timedelta(hours=2), "status": "planned"}
    made = make_entry(session, "engagement", team, visibility="public", **said)
    commit()
    assert isinstance(made, Engagement)
    return made


def test_whoever_sees_an_event_finds_the_link_by_which_it_is_joined_online(
    session: Session, team: Team, client: FlaskClient
) -> None:
    event = event_of(session, team, format="hybrid", join_link=LINK, address="1 High Street")
    page = client.get(event.path).text
    assert f'<a href="{LINK}" rel="nofollow noopener">{LINK}</a>' in page
    said = client.get(f"{event.path}/event.ics").data.replace(b"\r\n ", b"").decode()
    assert f"LOCATION:1 High Street or online at {LINK}" in said


def test_no_link_is_told_of_an_event_where_all_come_in_person(
    session: Session, team: Team, client: FlaskClient
) -> None:
    event = event_of(session, team, format="in_person", join_link=LINK)
    assert "meet.example" not in client.get(event.path).text
    assert b"meet.example" not in client.get(f"{event.path}/event.ics").data


def test_a_link_is_kept_from_the_form_and_what_is_none_is_refused_by_name(
    session: Session, team: Team, client: FlaskClient
) -> None:
    editor = make_user(session, team, "editor")
    event = event_of(session, team, format="virtual")
    sign_in(client, editor)
    edit = f"{event.path}/edit"
    refused = filled.send(client, edit, join_link="javascript:alert(1)")
    assert refused.status_code == 422
    assert "Give a web address such as https://example.org." in refused.text
    assert 'value="javascript:alert(1)"' in refused.text
    assert filled.send(client, edit, join_link=LINK).status_code == 303
    session.expire_all()
    assert event.join_link == LINK
    assert LINK not in client.get(f"/engagements/new?like={event.uid}").text


def test_an_event_online_has_no_place_in_its_plan_until_it_has_a_link(
    session: Session, team: Team, client: FlaskClient
) -> None:
    sign_in(client, make_user(session, team, "editor"))
    event = event_of(session, team, format="virtual")
    lacking = "Give the link by which people join online."
    assert lacking in client.get(f"{event.path}/plan/").text
    event.join_link = LINK
    commit()
    assert lacking not in client.get(f"{event.path}/plan/").text


def test_a_text_message_holds_the_whole_link_or_none(session: Session, team: Team) -> None:
    viewer = viewer_for(make_user(session, team, "editor"), team)
    event = event_of(session, team, format="hybrid", join_link=LINK, address="1 High Street")
    told = invite_message.of(session, event, viewer=viewer)
    assert told.where == f"1 High Street or online at {LINK}"
    assert LINK in told.text()
    event.join_link = f"https://meet.example/{'x' * 250}"
    short = invite_message.at(event, calendars.venue(session, event, viewer=viewer)).text()
    assert "1 High Street." in short
    assert "meet.example" not in short
