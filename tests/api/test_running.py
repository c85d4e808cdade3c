"""The running order, the tables and the notes of an event, for programs and phones."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import Engagement, EventNote, Team
from assetmap.register import gathered
from assetmap.vocabulary import Role
from tests.api.conftest import Place, tagged
from tests.make import commit, make_entry, make_team, make_user, viewer_for

PART = {"title": "Welcome", "minutes": 20, "kind": "opening"}
NOTE = {"text": "Lamps along the towpath", "table": 2}


@pytest.fixture
def at(place: Place) -> str:
    return f"/api/engagements/{place.entries['engagement']}"


def test_parts_are_added_changed_from_a_version_and_read_with_their_times(
    place: Place, at: str
) -> None:
    one, other = (f"{at}/running/{uuid.uuid4()}" for _ in range(2))
    made = place.ours.put(one, PART)
    assert (made.status_code, made.headers["ETag"]) == (200, '"1"')
    assert place.ours.put(other, PART | {"title": "Tables", "kind": "solve"}).status_code == 200
    assert place.ours.put(one, PART | {"minutes": 30}).status_code in (409, 412)
    assert place.ours.put(one, PART | {"minutes": 30}, headers=tagged(1)).status_code == 200
    parts = place.public.get(f"{at}/running").get_json()["parts"]
    assert [one["title"] for one in parts] == ["Welcome", "Tables"]
    assert parts[0]["ends_at"] == parts[1]["starts_at"]
    assert place.theirs.put(one, PART).status_code == 403
    assert place.ours.put(other, {"title": "x"}).status_code == 422


def test_tables_are_added_one_after_another_and_only_their_team_reads_them(
    place: Place, at: str
) -> None:
    assert place.ours.put(f"{at}/tables/1", {"seats": 9}).status_code == 200
    assert place.ours.put(f"{at}/tables/3", {"seats": 9}).status_code == 404
    changed = place.ours.put(f"{at}/tables/1", {"theme": "Light"}, headers=tagged(1))
    assert changed.get_json()["theme"] == "Light"
    assert [one["number"] for one in place.ours.get(f"{at}/tables").get_json()["tables"]] == [1]
    assert place.theirs.get(f"{at}/tables").status_code == 403


def test_a_note_that_a_phone_sends_twice_is_kept_once_and_its_number_is_received(
    session: Session, place: Place, at: str
) -> None:
    device, note = str(uuid.uuid4()), f"{at}/notes/{uuid.uuid4()}"
    headers = {"X-Device": device, "X-Number": "1"}
    first, again = (place.ours.put(note, NOTE, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert "note" not in again.get_json()
    assert session.scalar(select(func.count()).select_from(EventNote)) == 1
    got = place.ours.get(f"/api/walk/receipts/{device}").get_json()
    assert (got["count"], got["missing"]) == (1, [])
    refused = place.ours.put(
        f"{at}/notes/{uuid.uuid4()}",
        {"text": "Ring 07700 900123"},
        headers=headers | {"X-Number": "2"},
    )
    assert refused.status_code == 422
    assert "text" in refused.get_json()["problems"]
    assert place.ours.get(f"/api/walk/receipts/{device}").get_json()["count"] == 1
    assert len(place.ours.get(f"{at}/notes", query_string={"table": 2}).get_json()["notes"]) == 1
    assert place.ours.get(f"{at}/notes", query_string={"table": 1}).get_json()["notes"] == []
    assert place.theirs.get(f"{at}/notes").status_code == 403
    changed = NOTE | {"votes": 4}
    assert place.ours.put(note, changed, headers=tagged(1)).get_json()["note"]["votes"] == 4
    assert place.ours.put(note, NOTE, headers=tagged(1)).status_code in (409, 412)


def test_a_phone_takes_along_the_events_of_its_teams_that_are_on_or_near(session: Session) -> None:
    team, others = make_team(session), make_team(session, "Others")
    user = make_user(session, team, "logger", "ours@demo.example")

    def event(title: str, hours: int, of: Team = team, **more: Any) -> Engagement:
        begins = now() + timedelta(hours=hours)
        fields = {"starts_at": begins, "ends_at": begins + timedelta(hours=2), "title": title}
        made = make_entry(session, "engagement", of, **{"status": "planned", **fields, **more})
        assert isinstance(made, Engagement)
        return made

    event("Tomorrow", 24)
    event("Now", -1)
    event("Last week", -24 * 7)
    event("Next month", 24 * 30)
    event("Elsewhere", 1, others)
    event("Called off", 1, status="cancelled")
    event("Restricted", 1, visibility="restricted")
    commit()
    for role, titles in ((Role.LOGGER, ["Now", "Tomorrow"]), (Role.VIEWER, [])):
        viewer = viewer_for(user, team, role.value)
        found = gathered.to_note_at(session, viewer=viewer)
        assert [one.event.title for one in found] == titles


def test_a_survey_is_set_up_opened_and_answered_where_its_answer_says(
    place: Place, at: str
) -> None:
    survey = f"{at}/survey"
    assert place.ours.get(survey).status_code == 404
    asks = {"measures": ["trust"], "choices": "Which way?\nOn foot\nBy bus"}
    made = place.ours.put(survey, asks)
    assert (made.status_code, made.headers["ETag"]) == (200, '"1"')
    assert place.ours.put(survey, asks | {"open_for": "before"}).status_code in (409, 412)
    opened = place.ours.put(survey, asks | {"open_for": "before"}, headers=tagged(1)).get_json()
    assert [one["options"] for one in opened["questions"]] == [None, ["On foot", "By bus"]]
    address = "/answer/" + opened["address"].rpartition("/")[2]
    assert place.public.get(address).status_code == 200
    assert place.ours.get(survey).get_json()["sheets"] == {"before": 0, "after": 0}
    assert place.theirs.get(survey).status_code == 403
    assert place.ours.put(survey, {"measures": ["nothing"]}, headers=tagged(2)).status_code == 422
