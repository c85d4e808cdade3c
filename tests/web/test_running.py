"""Beginning an event from a template or another one, its running order, and since last time."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import Engagement, Entry, EventPart, Link, Team
from assetmap.register import actions, links, running
from assetmap.schemas.actions import ActionDraft
from assetmap.schemas.running import PartDraft
from assetmap.vocabulary import Relation
from tests.make import commit, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in

NEW = "/engagements/new"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def event(session: Session, client: FlaskClient, team: Team) -> Engagement:
    olu = make_user(session, team, "organiser", "olu@demo.example")
    twenty_days_ago = now() - timedelta(days=20)
    begins = twenty_days_ago.replace(hour=10, minute=0, second=0, microsecond=0)
    made = make_entry(
        session,
        "engagement",
        team,
        title="Autumn panel",
        aims="Three priorities",
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        attendance_count=31,
        checked_on=begins.date(),
        checked_how="told",
    )
    commit()
    sign_in(client, olu)
    assert isinstance(made, Engagement)
    return made


def titles(session: Session, uid: str) -> list[str]:
    found = session.scalar(select(Entry).where(Entry.uid == uuid.UUID(uid)))
    assert found is not None
    return [one.title for one in running.of(session, found, viewer=OPERATOR)]


def sent(client: FlaskClient, address: str, **changes: str) -> str:
    """The uid of the event that the form at this address makes."""
    answer = filled.send(client, address, **{"title": "Hub", **changes})
    assert answer.status_code == 303, answer.text
    found = re.search(r"/engagements/([0-9a-f-]{36})", answer.location)
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("event")
def test_an_event_begun_from_a_template_has_its_answers_its_parts_and_its_end(
    client: FlaskClient, session: Session
) -> None:
    page = client.get("/engagements/start").text
    assert "/engagements/new?template=hub_day" in page
    uid = sent(client, f"{NEW}?template=hub_day", starts_at="2027-03-04T10:00")
    made = session.scalars(select(Engagement).where(Engagement.uid == uuid.UUID(uid))).one()
    assert (made.engagement_kind, made.tier, made.capacity) == ("innovation_hub", 3, 60)
    assert made.ends_at - made.starts_at == timedelta(hours=6)
    assert titles(session, uid)[1] == "How did we get here?"
    shown = client.get(f"/engagements/{uid}/running/").text
    assert all(time in shown for time in (">10:00</time>", ">10:30</time>", "Ends at 16:00"))


def test_the_next_event_is_linked_and_brings_its_running_order_and_what_it_is_about(
    client: FlaskClient, session: Session, event: Engagement, team: Team
) -> None:
    hotspot = make_entry(session, "hotspot", team)
    links.link(session, event, Relation.ABOUT, hotspot, viewer=OPERATOR)
    running.begin(session, event, [PartDraft(title="Since then", minutes=15)], viewer=OPERATOR)
    uid, old, about = event.uid, event.id, hotspot.id
    commit()
    page = client.get(f"{NEW}?after={uid}").text
    assert "Three priorities</textarea>" in page
    assert 'value="31"' not in page
    begun = filled.filled(page, NEW)
    assert [begun.get(name) for name in ("checked_on", "checked_how", "review_due")] == [""] * 3
    made = sent(client, f"{NEW}?after={uid}", title="Winter panel")
    new = session.scalars(select(Entry).where(Entry.uid == uuid.UUID(made))).one()
    ties = session.execute(select(Link.from_id, Link.relation, Link.to_id)).all()
    assert (old, "led_to", new.id) in ties
    assert (new.id, "about", about) in ties
    assert titles(session, made) == ["Since then"]
    assert f"{new.path}/since" in client.get(new.path).text


def test_a_copy_is_tied_to_nothing_and_sent_twice_is_one(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    running.begin(session, event, [PartDraft(title="Welcome", minutes=15)], viewer=OPERATOR)
    uid = event.uid
    commit()
    form = filled.filled(client.get(f"{NEW}?like={uid}").text, NEW)
    form["title"], form["placeless"] = "Another", "yes"
    first, again = (client.post(NEW, data=form) for _ in range(2))
    assert first.status_code == again.status_code == 303
    assert session.scalars(select(EventPart.title)).all() == ["Welcome"] * 2
    assert session.scalars(select(Link.relation)).all() == []


@pytest.mark.usefixtures("event")
def test_a_change_of_clocks_is_said_and_nobody_is_told_before_the_event_is_over(
    client: FlaskClient,
) -> None:
    night = {"starts_at": "2027-03-28T00:30", "ends_at": "2027-03-28T06:00"}
    due = night | {"feedback_due": "2027-03-27"}
    assert "The event is not over by then." in filled.send(client, NEW, title="Walk", **due).text
    made = sent(client, NEW, **night, visibility="public")
    path = f"/engagements/{made}"
    assert "A draft, but open to everybody" in client.get(path).text
    new = f"{path}/running/new"
    press(client, new, new, title="Walk", kind="other", minutes="90", uid=str(uuid.uuid4()))
    assert "The clocks go forward an hour" in client.get(f"{path}/running/").text


def test_what_is_wrong_with_a_form_from_a_template_keeps_the_template(
    client: FlaskClient, event: Engagement
) -> None:
    answer = filled.send(client, f"{NEW}?template=ward_panel", title="", placeless="yes")
    assert answer.status_code == 422
    assert '<input type="hidden" name="template" value="ward_panel">' in answer.text
    assert client.get(f"{NEW}?template=none").status_code == 400
    assert client.get(f"{NEW}?after={uuid.uuid4()}").status_code == 404


def test_an_event_of_others_is_not_copied(client: FlaskClient, session: Session) -> None:
    theirs = make_entry(session, "engagement", make_team(session, "Others"))
    olu = make_user(session, make_team(session), "organiser", "olu@demo.example")
    uid = theirs.uid
    commit()
    sign_in(client, olu)
    assert client.get(f"{NEW}?like={uid}").status_code == 403
    assert str(uid) not in client.get("/engagements/start").text


def test_a_part_is_added_changed_moved_taken_away_and_put_back_on_its_page(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    at = f"{event.path}/running/"
    assert "Nothing is in it yet" in client.get(at).text
    for title in ("Welcome", "Questions <b>"):
        answer = filled.send(client, f"{at}new", placeless="", title=title, minutes="45")
        assert answer.status_code == 303, answer.text
    one, two = session.scalars(select(EventPart.uid).order_by(EventPart.number)).all()
    filled.send(client, f"{at}{one}/edit", placeless="", minutes="20", lead="Housing officer")
    press(client, f"{at}{two}/earlier", at)
    page = client.get(at).text
    assert page.index("Questions &lt;b&gt;") < page.index("Welcome")
    assert "The parts end 55 min before the event does." in page
    press(client, f"{at}{one}/remove", at)
    assert "1 part was taken away" in client.get(at).text
    press(client, f"{at}{one}/put-back", at)
    assert "Led by: Housing officer" in client.get(at).text
    client.delete_cookie("session")
    assert "Housing officer" not in client.get(at).text


def test_a_part_that_can_not_be_kept_comes_back_with_what_was_typed(
    client: FlaskClient, event: Engagement
) -> None:
    at = f"{event.path}/running/new"
    for minutes in ("0", "1441", "ten", ""):
        answer = filled.send(
            client, at, placeless="", title="Welcome", question="Why?", minutes=minutes
        )
        assert answer.status_code == 422
        assert ">Why?</textarea>" in answer.text
        assert 'href="#minutes"' in answer.text


def test_two_who_change_one_part_see_what_the_other_said(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    running.begin(session, event, [PartDraft(title="Welcome", minutes=15)], viewer=OPERATOR)
    commit()
    part = session.scalars(select(EventPart.uid)).one()
    page = f"{event.path}/running/{part}/edit"
    said = {"title": "Welcome", "day": "1", "kind": "other"}
    assert press(client, page, page, version="1", minutes="20", **said).status_code == 303
    answer = press(client, page, page, version="1", minutes="25", **said)
    assert answer.status_code == 409
    assert "it now says: “20”" in answer.text
    assert 'value="25"' in answer.text


def test_a_part_saved_twice_with_other_words_comes_back_as_a_change_of_the_first(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    new = f"{event.path}/running/new"
    typed = filled.filled(client.get(new).text, "/running/new")
    first = client.post(new, data=dict(typed, title="Welcome", minutes="15"))
    part = first.location.partition("#part-")[2]
    again = client.post(new, data=dict(typed, title="Welcome and tea", minutes="15"))
    assert again.status_code == 409
    assert "it now says: “Welcome”" in again.text
    change = f"{event.path}/running/{part}/edit"
    assert client.post(change, data=filled.filled(again.text, change)).status_code == 303
    assert titles(session, str(event.uid)) == ["Welcome and tea"]
    at = f"{event.path}/running/{part}"
    press(client, f"{at}/remove", f"{at}/edit")
    gone = client.post(new, data=dict(typed, title="Tea", minutes="15"))
    assert "taken away meanwhile" in gone.text
    assert client.post(new, data=filled.filled(gone.text, new)).status_code == 303
    assert titles(session, str(event.uid)) == ["Tea"]


def test_since_last_time_tells_the_public_what_was_opened_and_nothing_of_the_rest(
    client: FlaskClient, session: Session, event: Engagement, team: Team
) -> None:
    begins = now() + timedelta(days=70)
    ends = begins + timedelta(hours=2)
    new = make_entry(session, "engagement", team, starts_at=begins, ends_at=ends)
    links.link(session, event, Relation.LED_TO, new, viewer=OPERATOR)
    done: dict[str, Any] = {"status": "done", "we_did": "Lamps", "owner": "Lighting engineer"}
    for words, is_public in (("It is <dark>", True), ("Inside", False)):
        draft = ActionDraft(you_said=words, is_public=is_public, **done)
        actions.put(session, event, uuid.uuid4(), draft, viewer=OPERATOR)
    at, alone = f"{new.path}/since", f"{event.path}/since"
    commit()
    ours = client.get(at).text
    assert "1 of these is not open to everybody" in ours
    assert all(words in ours for words in ("It is &lt;dark&gt;", "Inside", "Lighting engineer"))
    client.delete_cookie("session")
    others = client.get(at).text
    assert "It is &lt;dark&gt;" in others
    assert not any(words in others for words in ("Inside", "Lighting engineer", "for your team"))
    assert "This event follows none" in client.get(alone).text


def test_the_pages_of_a_running_order_and_since_last_time_send_eight_queries_at_most(
    client: FlaskClient, session: Session, event: Engagement, team: Team
) -> None:
    new = make_entry(session, "engagement", team)
    links.link(session, event, Relation.LED_TO, new, viewer=OPERATOR)
    for one in (event, new):
        assert isinstance(one, Engagement)
        parts = [PartDraft(title=f"Part {n}", minutes=5) for n in range(12)]
        running.begin(session, one, parts, viewer=OPERATOR)
    paths = [f"{new.path}/running/", f"{new.path}/since", "/engagements/start"]
    paths.append(f"{NEW}?after={event.uid}")
    commit()
    for path in paths:
        with counted() as queries:
            assert client.get(path).status_code == 200
        assert len(questions(queries)) <= MOST_ON_A_PAGE, path


@pytest.mark.usefixtures("event")
def test_a_template_that_would_end_after_all_time_says_that_its_start_is_wrong(
    client: FlaskClient,
) -> None:
    answer = filled.send(
        client, f"{NEW}?template=hub_day", title="Hub", starts_at="9999-12-31T23:30"
    )
    assert answer.status_code == 422


def test_parts_that_end_on_a_later_day_than_the_event_are_said_to(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    over_night = PartDraft(title="Long", minutes=1_440)
    running.put(session, event, uuid.uuid4(), over_night, viewer=OPERATOR)
    commit()
    assert "The parts end 22 h after the event does." in client.get(f"{event.path}/running/").text


def test_what_is_not_open_to_everybody_is_not_counted_since_last_time(
    client: FlaskClient, session: Session, team: Team, event: Engagement
) -> None:
    begins = now()
    following = make_entry(
        session, "engagement", team, starts_at=begins, ends_at=begins + timedelta(hours=2)
    )
    links.link(session, event, Relation.LED_TO, following, viewer=OPERATOR)
    for number, is_public in enumerate((True, False, False)):
        done: dict[str, Any] = {"status": "done", "we_did": "Lamps", "owner": "Engineer"}
        draft = ActionDraft(you_said=f"Point {number}", is_public=is_public, **done)
        actions.put(session, event, uuid.uuid4(), draft, viewer=OPERATOR)
    commit()
    page = client.get(f"{following.path}/since").text
    assert "2 of these are not open to everybody" in page
    assert re.findall(r"<b>(\d+)</b>", page) == ["1"]


def test_an_event_can_be_copied_from_its_page(client: FlaskClient, event: Engagement) -> None:
    assert f"{NEW}?like={event.uid}" in client.get(event.path).text


def test_a_part_whose_title_begins_like_a_tie_leaves_the_event_readable(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    part = PartDraft(title="link road, what now", minutes=20)
    running.put(session, event, uuid.uuid4(), part, viewer=OPERATOR)
    path = event.path
    commit()
    page = client.get(path)
    assert (page.status_code, "link road, what now: minutes" in page.text.lower()) == (200, True)
