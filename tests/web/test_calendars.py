"""Events for people's calendars, as the programs that read them understand them."""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import AuditEntry, Engagement, Entry, Team
from assetmap.register import calendars, entries, feeds, links, merging
from assetmap.vocabulary import AuditAction, Relation
from tests.make import commit, make_area, make_entry, make_team, make_user, viewer_for
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def team(session: Session) -> Team:
    make_area(session)
    return make_team(session)


def event_of(session: Session, team: Team, title: str = "Canal hub", **more: Any) -> Entry:
    begins = (now() + timedelta(days=9)).replace(microsecond=0)
    said: dict[str, Any] = {"starts_at": begins, "ends_at": begins + timedelta(hours=3)}
    said |= {"status": "confirmed", "visibility": "public"}
    made = make_entry(session, "engagement", team, title=title, **(said | more))
    commit()
    return made


def read(client: FlaskClient, address: str = "/engagements/calendar.ics") -> dict[str, Any]:
    """The events of a feed by uid."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.data)
    return {str(one["uid"]).partition("@")[0]: one for one in calendar.walk("VEVENT")}


def test_a_feed_says_what_when_and_where_by_the_clock_on_the_wall(
    client: FlaskClient, session: Session, team: Team
) -> None:
    begins = datetime(2026, 12, 4, 18, 30, tzinfo=LONDON)
    hall = make_entry(session, "asset", team, title="The Bobbin Mill")
    event = event_of(
        session,
        team,
        "Light; and, life\\n",
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        focal_question="What would help?",
        engagement_kind="focus_group",
    )
    links.link(session, event, Relation.HELD_AT, hall, viewer=OPERATOR)
    commit()
    one = read(client)[str(event.uid)]
    assert str(one["summary"]) == "Light; and, life\\n"
    assert one.decoded("dtstart") == begins
    assert one["dtstart"].params["TZID"] == "Europe/London"
    assert str(one["location"]) == "The Bobbin Mill"
    assert (one["geo"].latitude, one["geo"].longitude) == (event.latitude, event.longitude)
    assert (str(one["status"]), int(one["sequence"])) == ("CONFIRMED", 1)
    assert str(one["url"]).endswith(event.path)
    text = client.get("/engagements/calendar.ics").text
    assert "BEGIN:VTIMEZONE" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_what_is_changed_or_called_off_keeps_its_uid_and_says_so(
    client: FlaskClient, session: Session, team: Team
) -> None:
    event = event_of(session, team)
    entries.move(session, event, "cancelled", viewer=OPERATOR)
    commit()
    one = read(client)[str(event.uid)]
    assert (str(one["status"]), int(one["sequence"])) == ("CANCELLED", 1)


def test_what_is_withdrawn_or_merged_is_called_off_without_its_words(
    client: FlaskClient, session: Session, team: Team
) -> None:
    event, keep = event_of(session, team, "Secret name"), event_of(session, team, "Kept")
    twice = event_of(session, team, "Twice there")
    entries.withdraw(session, event, viewer=OPERATOR, why="A mistake")
    merging.merge(session, keep, twice, viewer=OPERATOR)
    commit()
    found = read(client)
    for gone in (event, twice):
        one = found[str(gone.uid)]
        assert (str(one["status"]), str(one["summary"])) == ("CANCELLED", "Called off")
        assert "location" not in one
    assert str(found[str(keep.uid)]["summary"]) == "Kept"


def test_only_what_is_open_to_everybody_and_no_draft_is_in_a_feed_whoever_asks(
    client: FlaskClient, session: Session, team: Team
) -> None:
    seen = event_of(session, team)
    for more in ({"visibility": "team"}, {"visibility": "partner"}):
        event_of(session, team, **more)
    draft = event_of(session, team, status="draft")
    assert isinstance(draft, Engagement)
    hidden = event_of(session, team, visibility="team")
    entries.withdraw(session, hidden, viewer=OPERATOR, why="A mistake")
    long_ago = now() - timedelta(days=120)
    event_of(session, team, starts_at=long_ago, ends_at=long_ago + timedelta(hours=1))
    commit()
    assert set(read(client)) == {str(seen.uid)}
    alone = calendars.single(session, draft, viewer=OPERATOR, root="")
    assert alone.status == "TENTATIVE"


def test_what_runs_for_months_is_in_the_feed_as_long_as_it_is_on(
    client: FlaskClient, session: Session, team: Team
) -> None:
    begun = (now() - timedelta(days=120)).replace(microsecond=0)
    event = event_of(session, team, starts_at=begun, ends_at=now() + timedelta(days=3))
    assert set(read(client)) == {str(event.uid)}


def test_where_there_are_more_than_a_feed_holds_what_is_to_come_is_in_it(
    client: FlaskClient, session: Session, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "MOST", 2)
    ago = (now() - timedelta(days=9)).replace(microsecond=0)
    for title in ("Been", "Been too"):
        event_of(session, team, title, starts_at=ago, ends_at=ago + timedelta(hours=1))
    event_of(session, team, "To come")
    titles = {str(one["summary"]) for one in read(client).values()}
    assert "To come" in titles
    assert len(titles) == 2


def test_an_event_that_gets_another_place_is_a_later_version_of_itself(
    client: FlaskClient, session: Session, team: Team
) -> None:
    event = event_of(session, team)
    hall, hotspot = (
        make_entry(session, kind, team, visibility="public") for kind in ("asset", "hotspot")
    )
    seen = []
    for relation, end in ((Relation.HELD_AT, hall), (Relation.ABOUT, hotspot)):
        links.link(session, event, relation, end, viewer=OPERATOR)
        commit()
        seen.append(int(read(client)[str(event.uid)]["sequence"]))
    links.unlink(session, event, Relation.HELD_AT, hall, viewer=OPERATOR)
    commit()
    assert [*seen, int(read(client)[str(event.uid)]["sequence"])] == [1, 1, 2]


def test_what_is_put_back_comes_after_what_was_called_off(
    client: FlaskClient, session: Session, team: Team
) -> None:
    event = event_of(session, team)
    seen = [int(read(client)[str(event.uid)]["sequence"])]
    entries.withdraw(session, event, viewer=OPERATOR, why="A mistake")
    commit()
    seen.append(int(read(client)[str(event.uid)]["sequence"]))
    entries.bring_back(session, event.uid, viewer=OPERATOR)
    commit()
    seen.append(int(read(client)[str(event.uid)]["sequence"]))
    assert seen == [0, 1, 2]


def test_an_event_in_the_hour_that_comes_twice_begins_and_ends_when_it_does(
    client: FlaskClient, session: Session, team: Team
) -> None:
    begins = datetime(2027, 10, 31, 0, 45, tzinfo=UTC)  # 01:45, before the clocks go back
    ends = datetime(2027, 10, 31, 1, 15, tzinfo=UTC)  # 01:15, after it
    event = event_of(session, team, starts_at=begins, ends_at=ends)
    one = read(client)[str(event.uid)]
    told = [one.decoded(name).astimezone(UTC) for name in ("dtstart", "dtend")]
    assert told == [begins, ends]


def test_the_time_zone_changes_when_the_clocks_do(client: FlaskClient, team: Team) -> None:
    (zone,) = Calendar.from_ical(client.get("/engagements/calendar.ics").data).walk("VTIMEZONE")
    assert str(zone["TZID"]) == LONDON.key
    assert {one.name for one in zone.subcomponents} == {"DAYLIGHT", "STANDARD"}
    for one in zone.subcomponents:
        first, was = one.decoded("DTSTART"), one.decoded("TZOFFSETFROM")
        for onset in islice(rrulestr(one["RRULE"].to_ical().decode(), dtstart=first), 35):
            at = (onset - was).replace(tzinfo=UTC)
            before, after = (at - timedelta(seconds=1)).astimezone(LONDON), at.astimezone(LONDON)
            assert (before.utcoffset(), after.utcoffset()) == (was, one.decoded("TZOFFSETTO"))


def test_a_feed_of_nothing_is_still_a_calendar(client: FlaskClient, team: Team) -> None:
    answer = client.get("/engagements/calendar.ics")
    assert [one.name for one in Calendar.from_ical(answer.data).subcomponents] == ["VTIMEZONE"]


def test_a_feed_narrows_by_area_team_and_type(
    client: FlaskClient, session: Session, team: Team
) -> None:
    other = make_team(session, "Next door")
    here = event_of(session, team, engagement_kind="surgery")
    there = event_of(session, other, geometry=None)
    at = "/engagements/calendar.ics"
    assert set(read(client, f"{at}?area=E05000001")) == {str(here.uid)}
    assert set(read(client, f"{at}?type=surgery,training")) == {str(here.uid)}
    assert set(read(client, f"{at}?team={other.uid}")) == {str(there.uid)}
    page = client.get(there.path).text
    assert f'href="{at}?team={other.uid}"' in page
    assert f'href="{at}?type=' in page
    for wrong in ("area=E09", "type=party", "team=us", "colour=red"):
        answer = client.get(f"{at}?{wrong}")
        assert answer.status_code == 400
        assert wrong.partition("=")[0] in answer.text


def test_a_feed_that_has_not_changed_is_not_sent_again_and_takes_few_queries(
    client: FlaskClient, session: Session, team: Team
) -> None:
    for number in range(4):
        event_of(session, team, f"Event {number}")
    with counted() as sent:
        first = client.get("/engagements/calendar.ics")
    assert len(sent) <= MOST_ON_A_PAGE
    again = client.get(
        "/engagements/calendar.ics", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


def test_one_event_goes_into_a_calendar_over_the_night_the_clocks_change(
    client: FlaskClient, session: Session, team: Team
) -> None:
    begins = datetime(2027, 3, 27, 23, 0, tzinfo=LONDON)
    event = event_of(session, team, starts_at=begins, ends_at=datetime(2027, 3, 28, 3, tzinfo=UTC))
    answer = client.get(f"{event.path}/event.ics")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{event.ref}.ics"'
    (one,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert one.decoded("dtend") - one.decoded("dtstart").astimezone(UTC) == timedelta(hours=4)
    assert one.decoded("dtend").astimezone(LONDON).hour == 4
    hidden = event_of(session, team, visibility="team")
    assert client.get(f"{hidden.path}/event.ics").status_code == 404


def test_somebodys_own_calendar_has_their_teams_events_until_its_address_is_ended(
    client: FlaskClient, session: Session, team: Team
) -> None:
    olu = make_user(session, team, "organiser", "olu@demo.example")
    other = make_team(session, "Others")
    ours = event_of(session, team, "Staff only", visibility="team")
    event_of(session, other, "Theirs")
    event_of(session, team, "Sealed", visibility="restricted")
    sign_in(client, olu)
    once = filled.filled(client.get("/account/").text, "/account/calendar")["shown"]
    page = press(client, "/account/calendar", "/account/", shown=once).text
    found = re.search(r"/engagements/mine/[\w-]+\.ics", page)
    assert found is not None
    address, program = found[0], client.application.test_client()
    assert set(read(program, address)) == {str(ours.uid)}
    with counted() as queries:
        assert program.get(address).headers["Cache-Control"] == "private, no-cache"
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    noted = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (noted.action, noted.actor_id) == (AuditAction.READ, olu.id)
    assert address not in client.get("/account/").text

    again = press(client, "/account/calendar", "/account/", shown=once).text
    assert address in again  # pressed twice, it is the same
    fresh = press(client, "/account/calendar", "/account/", shown="another").text
    assert address not in fresh
    assert program.get(address).status_code == 404
    latest = re.search(r"/engagements/mine/[\w-]+\.ics", fresh)
    assert latest is not None
    assert set(read(program, latest[0])) == {str(ours.uid)}
    assert press(client, "/account/calendar", "/account/", shown=once).status_code == 409
    press(client, "/account/calendar/end", "/account/")
    assert program.get(latest[0]).status_code == 404


def test_the_calendar_of_somebody_who_was_shut_out_is_closed(
    client: FlaskClient, session: Session, team: Team
) -> None:
    olu = make_user(session, team, "organiser", "olu@demo.example")
    feeds.make(session, olu, "s" * 43, viewer=viewer_for(olu, team, "organiser"))
    commit()
    address = f"/engagements/mine/{'s' * 43}.ics"
    assert client.get(address).status_code == 200
    olu.is_active = False
    commit()
    assert client.get(address).status_code == 404
