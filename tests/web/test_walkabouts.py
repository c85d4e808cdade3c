"""Lists of walkabouts, events and hotspots, and drawing where they are."""

import json

import pytest
import shapely
from flask.testing import FlaskClient
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.models import Entry, Team, User
from assetmap.register import entries, links
from assetmap.vocabulary import Relation
from tests.make import commit, make_area, make_entry, shape_json
from tests.web.filled import filled, send

SQUARE = shapely.box(-1.93, 53.72, -1.92, 53.73)
LINE = shapely.LineString([(-1.93, 53.72), (-1.92, 53.73)])


def saved(session: Session) -> BaseGeometry:
    db.session.expire_all()
    shape = spatial.shape_of(session.query(Entry).one().exact_location)
    assert shape is not None
    return shape


@pytest.mark.parametrize("shape", [SQUARE, LINE])
def test_a_drawn_shape_is_where_the_walk_goes(
    client: FlaskClient, session: Session, editor: User, shape: BaseGeometry
) -> None:
    commit()
    drawn = json.dumps(shape_json(shape))
    answer = send(
        client, "/walkabouts/new", title="Walk", starts_at="2026-05-01T10:00", geometry=drawn
    )
    assert saved(session).equals(shape)
    page = client.get(answer.location.replace("/logged", "/edit")).text
    assert json.loads(filled(page, "/edit")["geometry"])["type"] == shape.geom_type
    assert f'data-draw-kind="{"line" if shape is LINE else "polygon"}"' in page


def test_the_outline_of_a_ward_needs_no_drawing(
    client: FlaskClient, session: Session, editor: User
) -> None:
    ward = spatial.shape_of(make_area(session).boundary)
    commit()
    send(client, "/hotspots/new", title="Concern", period_from="2026-05-01", outline="E05000001")
    assert saved(session).equals(ward)


@pytest.mark.parametrize("typed", ["not json", "[1]", '{"type": "Polygon"}', "[" * 100_000])
def test_a_shape_that_is_none_is_refused(
    client: FlaskClient, session: Session, editor: User, typed: str
) -> None:
    commit()
    answer = send(client, "/hotspots/new", title="X", period_from="2026-05-01", geometry=typed)
    assert answer.status_code == 422
    assert 'href="#geometry"' in answer.text or 'href="#where"' in answer.text


def test_a_line_can_be_drawn_instead_with_nothing_typed_lost(
    client: FlaskClient, session: Session, editor: User
) -> None:
    commit()
    answer = send(client, "/walkabouts/new", title="Half typed", do="line")
    assert 'data-draw-kind="line"' in answer.text
    assert filled(answer.text, "/new")["title"] == "Half typed"


def test_the_clock_of_the_wall_is_what_people_type_and_read(
    client: FlaskClient, session: Session, editor: User
) -> None:
    commit()
    answer = send(client, "/walkabouts/new", title="Walk", starts_at="2026-07-01T10:00")
    path = answer.location.removesuffix("/logged")
    assert "1 July 2026, 10:00" in client.get(path).text
    assert filled(client.get(f"{path}/edit").text, "/edit")["starts_at"] == "2026-07-01T10:00"
    send(client, f"{path}/edit", starts_at="2 July 2026 7pm")
    assert "2 July 2026, 19:00" in client.get(path).text
    skipped = send(client, f"{path}/edit", starts_at="2027-03-28T01:30")
    assert skipped.status_code == 422
    assert "The clocks go forward then: there is no 01:30 that day." in skipped.text


def test_the_latest_comes_first_with_what_came_of_it(
    client: FlaskClient, session: Session, team: Team
) -> None:
    early = make_entry(session, "walkabout", team, title="Early", starts_at="2026-01-01T10:00Z")
    make_entry(session, "walkabout", team, title="Late", starts_at="2026-06-01T10:00Z")
    for kind in ("finding", "finding", "offer"):
        found = make_entry(session, kind, team)
        links.link(session, found, Relation.FOUND_ON, early, viewer=OPERATOR)
    hidden = make_entry(session, "finding", team, visibility="team")
    links.link(session, hidden, Relation.FOUND_ON, early, viewer=OPERATOR)
    commit()
    page = client.get("/walkabouts/").text
    assert page.index("Late") < page.index("Early")
    assert "1 offer, 2 findings" in page


def test_what_is_under_way_is_not_upcoming_whatever_its_hour(
    client: FlaskClient, session: Session, team: Team
) -> None:
    later = "2150-01-01T10:00Z"
    walk = make_entry(session, "walkabout", team, title="Walk", starts_at=later)
    entries.move(session, walk, "underway", viewer=OPERATOR)
    commit()
    assert "Upcoming" not in client.get("/walkabouts/").text
    make_entry(session, "walkabout", team, title="Another", starts_at=later)
    commit()
    assert client.get("/walkabouts/").text.count("Upcoming") == 1


def test_a_list_is_paged_in_a_stable_order(
    client: FlaskClient, session: Session, team: Team
) -> None:
    for number in range(23):
        make_entry(session, "hotspot", team, title=f"Spot {number:02}")
    commit()
    page = client.get("/hotspots/")
    assert "23 hotspots" in page.text
    onward = page.text.partition('rel="next"')[2].partition('href="')[2].partition('"')[0]
    rest = client.get(f"/hotspots/{onward}".replace("&amp;", "&")).text
    assert [f"Spot {number:02}" in rest for number in range(4)] == [True, True, True, False]
    assert "Spot 03" in page.text


def test_a_list_is_narrowed_by_words_and_state(
    client: FlaskClient, session: Session, team: Team
) -> None:
    make_entry(session, "engagement", team, title="Ward panel", status="planned")
    make_entry(session, "engagement", team, title="Surgery", status="cancelled")
    commit()
    assert "Surgery" not in client.get("/engagements/").text
    assert "Surgery" in client.get("/engagements/?status=any").text
    page = client.get("/engagements/?text=panel&status=planned").text
    assert "Ward panel" in page
    assert "Nothing matches" in client.get("/engagements/?text=regatta").text


@pytest.mark.parametrize("wrong", ["status=happy", "colour=red", "cursor=x", "text=" + "a" * 101])
def test_a_wrong_parameter_of_a_list_is_named(client: FlaskClient, wrong: str) -> None:
    answer = client.get(f"/walkabouts/?{wrong}")
    assert answer.status_code == 400
    assert wrong.partition("=")[0] in answer.text


def test_a_list_can_be_taken_away_as_csv(client: FlaskClient, session: Session, team: Team) -> None:
    make_entry(session, "walkabout", team, title="=cmd")
    commit()
    answer = client.get("/walkabouts.csv")
    assert answer.mimetype == "text/csv"
    assert "'=cmd" in answer.text
