"""Logging and editing through forms: what is kept, refused, asked again and merged."""

import itertools
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.models import Entry, Team, User
from assetmap.register import links, snapshots
from assetmap.schemas import stops
from assetmap.vocabulary import Kind
from tests.make import (
    CATEGORIES,
    commit,
    make_area,
    make_category,
    make_entry,
)
from tests.real_data import real
from tests.web.filled import filled, send
from tests.web.pages import press

KINDS = [kind.value for kind in Kind]
LEAST = {
    "offer": {"person_role": "Retired cook", "precision": "exact"},
    "walkabout": {"starts_at": "2026-05-01T10:00"},
    "engagement": {"starts_at": "2026-05-01T10:00", "ends_at": "2026-05-01T12:00"},
    "hotspot": {"period_from": "2026-01-01"},
}
OWN: dict[str, dict[str, Any]] = {
    "asset": {"website": "https://example.org", "languages": ["en", "cy"], "capacity": 30},
    "group": {"meeting_pattern": "FREQ=MONTHLY;BYDAY=1TU", "alt_names": ["One, two", "Three"]},
    "offer": {"cost_pence": 250, "pattern": "FREQ=DAILY;INTERVAL=2", "quantity": "1.5"},
    "finding": {"observed_at": "2026-07-01T10:11:12Z"},
    "walkabout": {
        "participants": {"residents": 4, "dogs": 2},
        "stops": ["Mill Lane, the shops", "Ford | 53.735, -1.92"],
        "starts_at": "2026-07-01T09:59:30Z",
    },
    "engagement": {"attendance_count": 0, "tier": 3},
    "hotspot": {"value": "3.25", "rank": 1},
}


def least(session: Session, kind: str) -> dict[str, str]:
    """What a new entry of a kind must be given."""
    needed = {"title": f"A new {kind}", **LEAST.get(kind, {})}
    if kind in CATEGORIES:
        scheme = "asset" if kind == "group" else kind
        make_category(session, scheme, CATEGORIES[kind])
        needed["category"] = CATEGORIES[kind]
    return needed


def only(session: Session, kind: str) -> Entry:
    db.session.expire_all()
    return session.scalars(select(Entry).where(Entry.kind == kind)).one()


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_is_logged_through_its_form_and_then_edited(
    client: FlaskClient, session: Session, editor: User, kind: str
) -> None:
    needed = least(session, kind)
    commit()
    answer = send(client, f"/{kind}s/new", **needed, longitude="-1.92", latitude="53.735")
    assert answer.status_code == 303, answer.text
    made = only(session, kind)
    assert answer.location == f"{made.path}/logged"
    assert (made.title, made.longitude) == (f"A new {kind}", -1.92)
    assert made.ref in client.get(answer.location).text
    answer = send(client, f"{made.path}/edit", title="Another name", why="Misspelt")
    assert answer.location == made.path
    assert only(session, kind).title == "Another name"
    assert "Misspelt" in client.get(made.path).text


def test_a_stop_stands_in_its_form_as_it_was_typed() -> None:
    for line in ("Ford | -1.925, 53.7", "Line | 0.00001, 51.4779", "Mill Lane"):
        assert stops.as_line(stops.of_line(line)) == line


@pytest.mark.parametrize("kind", KINDS)
def test_sending_an_untouched_form_changes_nothing(
    client: FlaskClient, session: Session, team: Team, editor: User, kind: str
) -> None:
    ward = make_area(session)
    more = OWN[kind]
    entry = make_entry(
        session, kind, team, tags=["a", "b"], covers_areas=[ward.code], radius_m=50, **more
    )
    path, before = entry.path, snapshots.of(session, entry)
    commit()
    assert send(client, f"{path}/edit").status_code == 303
    after = only(session, kind)
    assert after.version == 1
    assert snapshots.of(session, after) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_form_keeps_what_was_typed_and_names_each_mistake(
    client: FlaskClient, session: Session, editor: User, kind: str
) -> None:
    commit()
    answer = send(client, f"/{kind}s/new", title="", description="Kept as it was", radius_m="far")
    assert answer.status_code == 422
    assert "Error: Add" in answer.text
    assert 'href="#title"' in answer.text
    assert 'href="#radius_m"' in answer.text
    again = filled(answer.text, f"/{kind}s/new")
    assert (again["description"], again["radius_m"]) == ("Kept as it was", "far")
    assert session.scalar(select(func.count()).select_from(Entry)) == 0


def test_sending_a_form_twice_logs_one_entry(
    client: FlaskClient, session: Session, editor: User
) -> None:
    said = filled(client.get("/findings/new").text, "/findings/new")
    for name, value in (least(session, "finding") | {"placeless": "yes"}).items():
        said[name] = value
    commit()
    first = client.post("/findings/new", data=said)
    second = client.post("/findings/new", data=said)
    assert first.location == second.location
    only(session, "finding")


def test_a_form_changed_on_the_way_back_changes_what_it_had_logged(
    client: FlaskClient, session: Session, editor: User
) -> None:
    said = filled(client.get("/findings/new").text, "/findings/new")
    for name, value in (least(session, "finding") | {"placeless": "yes"}).items():
        said[name] = value
    commit()
    client.post("/findings/new", data=said)
    said["title"] = "Mended title"
    assert client.post("/findings/new", data=said).status_code == 303
    assert only(session, "finding").title == "Mended title"


def test_what_is_logged_on_a_walkabout_is_linked_to_it_and_its_chain_says_so(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    walk = make_entry(session, "walkabout", team, title="Mill Lane walk")
    uid, path = walk.uid, walk.path
    needed = least(session, "asset")
    commit()
    answer = send(client, f"/assets/new?from={uid}", **needed)
    assert answer.location.endswith(f"/logged?from={uid}")
    done = client.get(answer.location).text
    assert "Log another on this walkabout" in done
    assert f"/assets/new?from={uid}" in done
    assert "Mill Lane walk" in client.get(only(session, "asset").path).text
    walked = client.get(path).text
    assert "What came of this walkabout" in walked
    assert "A new asset" in walked


def test_the_map_of_what_is_logged_on_a_walkabout_opens_where_it_was_walked(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    at = {"type": "Point", "coordinates": [-1.92, 53.735]}
    uid = make_entry(session, "walkabout", team, geometry=at).uid
    needed = {"from": str(uid)}
    commit()
    shown = re.search(r'data-bounds="([^"]+)"', client.get(f"/findings/new?from={uid}").text)
    assert shown is not None
    west, south, east, north = map(float, shown[1].split(","))
    assert west < -1.92 < east
    assert south < 53.735 < north
    assert east - west < 0.02
    refused = send(client, f"/findings/new?from={uid}", **needed)
    assert refused.status_code == 422
    assert shown[0] in refused.text


def test_a_likely_duplicate_is_shown_before_it_is_saved_and_may_be_chosen(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    walk = make_entry(session, "walkabout", team)
    there = make_entry(session, "asset", team, title="Riverside Hall", phone="01632 960123")
    uid, path, walked = there.uid, there.path, walk.uid
    needed = least(session, "asset") | {"title": "Riverside hall", "where": "-1.92,53.735"}
    commit()
    answer = send(client, f"/assets/new?from={walked}", **needed)
    assert answer.status_code == 200
    assert "Is it one of these?" in answer.text
    assert "01632 960123" in answer.text
    again = press(client, f"{path}/again", path + "/edit", **{"from": str(walked)})
    assert again.location == path
    db.session.expire_all()
    assert [
        tie.other.uid for tie in links.direct(session, only(session, "asset"), viewer=OPERATOR)
    ] == [walked]
    assert client.get(path).status_code == 200
    assert uid == only(session, "asset").uid


def test_mine_is_added_anyway_when_it_is_another(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    make_entry(session, "asset", team, title="Riverside Hall")
    needed = least(session, "asset") | {"title": "Riverside Hall", "where": "-1.92,53.735"}
    commit()
    assert send(client, "/assets/new", **needed, anyway="yes").status_code == 303
    assert session.scalar(select(func.count()).select_from(Entry)) == 2


def test_what_has_no_place_is_asked_about_once_and_says_so_when_it_is_saved(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    make_area(session)
    make_entry(session, "asset", team, title="Riverside Hall", geometry=None)
    needed = least(session, "asset") | {"title": "Riverside Hall", "placeless": ""}
    commit()
    asked = send(client, "/assets/new", **needed)
    assert asked.status_code == 200
    assert "It has no place yet" in asked.text
    assert "None of these: add mine anyway" in asked.text
    assert session.scalar(select(func.count()).select_from(Entry)) == 1
    said = filled(asked.text, "/new")
    again = client.post("/assets/new", data=said | {"anyway": "yes"}).text  # one of two buttons
    assert "It has no place yet" in again
    assert "None of these" not in again
    said = filled(again, "/new")
    done = client.post("/assets/new", data=said | {"placeless": "yes"})
    assert done.status_code == 303, done.text
    page = client.get(done.location).text
    assert "nobody finds it by area or distance" in page
    assert "/edit#where" in page
    for place in ({"where": "-1.92,53.735"}, {"covers_areas": "E05000001"}):
        answer = send(client, "/assets/new", **needed, **place, anyway="yes")
        assert answer.status_code == 303, answer.text
        assert "nobody finds it" not in client.get(answer.location).text


def test_two_who_change_different_fields_both_get_their_way(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    entry = make_entry(session, "asset", team)
    path = entry.path
    commit()
    mine = filled(client.get(f"{path}/edit").text, "/edit")
    send(client, f"{path}/edit", phone="01632 960123")
    mine["title"] = "My title"
    assert client.post(f"{path}/edit", data=mine).status_code == 303
    after = only(session, "asset")
    assert (after.title, after.phone) == ("My title", "01632 960123")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("keep", "title"), [("mine", "My title"), ("theirs", "Their title")])
def test_two_who_change_one_field_see_both_values_and_choose(
    client: FlaskClient, session: Session, team: Team, editor: User, keep: str, title: str
) -> None:
    entry = make_entry(session, "asset", team)
    path = entry.path
    commit()
    mine = filled(client.get(f"{path}/edit").text, "/edit")
    send(client, f"{path}/edit", title="Their title", phone="01632 960123")
    mine["title"], mine["description"] = "My title", "And more"
    clash = client.post(f"{path}/edit", data=mine)
    assert clash.status_code == 409
    assert "Somebody else changed this while you did" in clash.text
    assert "Their title" in clash.text
    again = filled(clash.text, "/edit")
    assert (again["title"], again["phone"]) == ("My title", "01632 960123")
    again["keep.title"] = keep
    assert client.post(f"{path}/edit", data=again).status_code == 303
    after = only(session, "asset")
    assert (after.title, after.description) == (title, "And more")


def test_two_who_name_different_operators_see_both_by_name(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    hall = make_entry(session, "asset", team).path
    groups = [make_entry(session, "group", team, title=title) for title in ("Old Club", "New Club")]
    refs = [group.ref for group in groups]
    commit()
    mine = filled(client.get(f"{hall}/edit").text, "/edit")
    send(client, f"{hall}/edit", operator=refs[0])
    mine["operator"] = refs[1]
    clash = client.post(f"{hall}/edit", data=mine)
    assert clash.status_code == 409
    said = re.findall(r'clash-value">([^<]*)<', clash.text)
    assert said == [f"{refs[1]} New Club", f"{refs[0]} Old Club"]


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_in_any_box_is_shown_as_text(
    client: FlaskClient, session: Session, editor: User, kind: str
) -> None:
    lines = real("security/blns.txt").read_text("utf-8").splitlines()
    naughty = [line for line in lines if line.strip() and not line.startswith("#")]
    hostile = [line for line in naughty if "<" in line and len(line) < 150]
    rest = [line for line in naughty if "<" not in line and len(line) < 150]
    needed = least(session, kind)
    commit()
    page = client.get(f"/{kind}s/new").text
    boxes = [
        name
        for name, value in filled(page, "/new").items()
        if not value and name not in needed and re.search(rf'name="{name}"[^>]*type="text"', page)
    ]
    assert "tags" in boxes
    strings = itertools.cycle([*hostile, *rest])
    for _ in range(8):
        given = {name: next(strings) for name in boxes}
        title, description = next(strings), next(strings)
        said = given | needed | {"title": title, "description": description, "anyway": "yes"}
        answer = send(client, f"/{kind}s/new", **said)
        assert answer.status_code in (303, 422), said
        shown = [answer.text]
        if answer.location:
            shown.append(client.get(answer.location.partition("/logged")[0]).text)
        for text in (*given.values(), title, description):
            dangerous = "<" in text and text not in page
            assert not (dangerous and any(text in one for one in shown)), text


def test_a_nul_in_a_box_is_refused_in_words(
    client: FlaskClient, session: Session, editor: User
) -> None:
    needed = least(session, "asset")
    commit()
    answer = send(client, "/assets/new", **needed | {"title": "Nul\0l"})
    assert answer.status_code == 422
    assert "Take out the NUL character." in answer.text


@pytest.mark.parametrize("title", ["\u202e\u200b", "\u00ad", "\x01\x7f", " \u2060 "])
def test_a_name_that_nobody_sees_is_no_name(
    client: FlaskClient, session: Session, editor: User, title: str
) -> None:
    needed = least(session, "asset")
    commit()
    answer = send(client, "/assets/new", **needed | {"title": title})
    assert answer.status_code == 422
    assert "Give it a name that people will know." in answer.text


def test_nothing_was_seen_or_checked_on_a_day_still_to_come(
    client: FlaskClient, session: Session, editor: User
) -> None:
    needed = least(session, "finding")
    commit()
    for name, day in (("checked_on", "2199-01-01"), ("observed_at", "2199-01-01T10:00")):
        answer = send(client, "/findings/new", **needed | {name: day})
        assert answer.status_code == 422
        assert "This is still to come." in answer.text
