"""Where phones went on a walkabout: for its own team, once, and gone when they say so."""

import io
import uuid
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import Team, Track, User, Walkabout
from assetmap.register import links, tracks
from assetmap.vocabulary import Relation
from tests.api.conftest import Place
from tests.make import commit, make_entry, make_team, make_user, viewer_for
from tests.web.pages import sign_in, token

GPX = '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="t">{}</gpx>'
START = 1_777_629_600_000


def body(count: int = 60, **more: Any) -> dict[str, Any]:
    points = [[-1.93 + n * 0.0002, 53.735, 8, START + n * 10_000] for n in range(count)]
    return {"points": points} | more


def address(place: Place, uid: str = "") -> str:
    return f"/api/walkabouts/{place.entries['walkabout']}/tracks/{uid or uuid.uuid4()}"


def test_a_track_is_kept_once_grows_and_is_forgotten(place: Place, session: Session) -> None:
    where = address(place)
    first = place.ours.put(where, body(30))
    assert first.status_code == 200, first.get_json()
    again = place.ours.put(where, body(60))
    assert again.get_json()["length_m"] > first.get_json()["length_m"]
    (kept,) = session.scalars(select(Track)).all()
    assert len(kept.lines[0]) == 2  # a straight street
    assert kept.lines[0][0][0] > -1.93
    numbered = {"X-Device": str(uuid.uuid4()), "X-Number": "1"}
    for _ in range(2):
        assert place.ours.put(where, body(60), headers=numbered).status_code == 200
    assert place.theirs.delete(where).status_code == 403
    assert place.ours.delete(where).status_code == 204
    assert place.ours.delete(where).status_code == 404
    commit()
    assert session.scalars(select(Track)).all() == []


def test_a_way_that_a_clock_ahead_has_timed_ended_now(place: Place, session: Session) -> None:
    ahead = int((now() + timedelta(days=3)).timestamp() * 1000)
    points = [[-1.93 + n * 0.0002, 53.735, 8, ahead + n * 10_000] for n in range(60)]
    assert place.ours.put(address(place), {"points": points}).status_code == 200
    (kept,) = session.scalars(select(Track)).all()
    assert kept.ended_at <= now()
    assert kept.ended_at - kept.started_at == timedelta(seconds=590)


def test_only_those_who_log_for_the_team_send_and_see_where_it_went(
    place: Place, session: Session
) -> None:
    assert place.public.put(address(place), body()).status_code == 401
    assert place.theirs.put(address(place), body()).status_code == 403
    assert place.ours.put(address(place), body()).status_code == 200
    walk = session.scalars(select(Walkabout)).one()
    others = make_team(session, "Others")
    stranger = viewer_for(make_user(session, others, "editor", "x@demo.example"), others, "editor")
    assert tracks.of(session, walk, viewer=stranger) is None


def test_what_makes_no_track_is_refused_by_name(place: Place) -> None:
    cases: list[tuple[Any, str]] = [
        ({"points": []}, "points"),
        ({"points": [[1, 2]]}, "points"),
        ({"points": [["a", 53.7, 5, START]]}, "points"),
        (body(1), "points"),
        (body(5), "points"),
        (body(trim_m=-1), "trim_m"),
        (body(trim_m=0), "trim_m"),  # both ends are always cut off
        (body(trim_m=10_000), "trim_m"),
        (body(speed=3), "speed"),
        (
            {
                "points": [
                    [-1.93 + n % 2 * 0.003, 53.735, 8, START + n * 20_000] for n in range(2400)
                ]
            },
            "points",
        ),
        ({"points": [[20 + n * 0.0002, 20, 8, START + n * 10_000] for n in range(60)]}, "points"),
    ]
    for said, name in cases:
        refused = place.ours.put(address(place), said)
        assert (refused.status_code, list(refused.get_json()["problems"])) == (422, [name]), said


def test_the_page_measures_the_way_against_the_plan_and_takes_gpx(
    app: Flask, place: Place, session: Session
) -> None:
    user = session.scalars(select(User).where(User.email == "ours@demo.example")).one()
    plan = {"type": "LineString", "coordinates": [[-1.93, 53.735], [-1.91, 53.735]]}
    team = session.scalars(select(Team).where(Team.name == place.team)).one()
    walk = make_entry(session, "walkabout", team, geometry=plan)
    finding = make_entry(session, "finding", team)
    links.link(session, finding, Relation.FOUND_ON, walk, viewer=OPERATOR)
    path = f"{walk.path}/tracks"
    commit()
    client = app.test_client()
    sign_in(client, user)
    assert "No way is kept" in client.get(path).text
    points = "".join(f'<trkpt lat="53.735" lon="{-1.93 + n * 0.0002}"/>' for n in range(101))
    gpx = GPX.format(f"<trk><trkseg>{points}</trkseg></trk>")
    sent = {
        "csrf_token": token(client),
        "file": (io.BytesIO(gpx.encode()), "a.gpx"),
        "trim_m": "50",
    }
    assert client.post(path, data=sent).status_code == 303
    page = client.get(path).text
    assert "1.2 km" in page
    assert "95 %" in page or "96 %" in page or "97 %" in page
    assert "0.8" in page
    begun_at = session.scalars(select(Walkabout.starts_at).where(Walkabout.id == walk.id)).one()
    assert session.scalars(select(Track.started_at)).one().date() == begun_at.date()
    out = client.get(f"{path}.gpx")
    assert (out.mimetype, "<time>" in out.text) == ("application/gpx+xml", False)
    stops = '<wpt lat="53.735" lon="-1.92"><name>Mill Lane</name></wpt>'
    planned = {"file": (io.BytesIO(GPX.format(stops).encode()), "b.gpx"), "takes": "stops"}
    assert client.post(path, data=planned | {"csrf_token": token(client)}).status_code == 303
    assert "<li>Mill Lane</li>" in client.get(walk.path).text
    assert '<rtept lat="53.735" lon="-1.92">' in client.get(f"{path}.gpx").text
    public = place.public.get(f"/api{walk.path}").get_json()["properties"]["stops"]
    assert public == [{"name": "Mill Lane"}]
    bad = {"csrf_token": token(client), "file": (io.BytesIO(b"no"), "a.gpx"), "trim_m": "5000"}
    refused = client.post(path, data=bad)
    assert (refused.status_code, "Give 50 to 500 metres" in refused.text) == (422, True)
    assert 'value="5000"' in refused.text
