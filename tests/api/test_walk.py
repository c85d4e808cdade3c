"""What the phone app asks for before it leaves the signal behind."""

import gzip
import json
from pathlib import Path

import pytest
from flask import Flask
from pmtiles.reader import MemorySource, Reader
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.demo.basemap import tile_at
from assetmap.models import AuditEntry, User
from assetmap.register import links, packs
from assetmap.vocabulary import Relation
from tests.api.conftest import Place
from tests.make import commit, make_entry, make_team, make_user, viewer_for
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.pages import sign_in

HEADER = {
    "tile_type": TileType.MVT,
    "tile_compression": Compression.NONE,
    "min_zoom": 14,
    "max_zoom": 14,
    "min_lon_e7": -20000000,
    "min_lat_e7": 530000000,
    "max_lon_e7": -10000000,
    "max_lat_e7": 540000000,
    "center_zoom": 14,
    "center_lon_e7": -15000000,
    "center_lat_e7": 535000000,
}
AREA = {
    "type": "Polygon",
    "coordinates": [
        [[-1.93, 53.73], [-1.91, 53.73], [-1.91, 53.74], [-1.93, 53.74], [-1.93, 53.73]]
    ],
}


def test_the_session_names_who_is_signed_in_and_gives_a_token_that_works(
    app: Flask, session: Session, place: Place
) -> None:
    assert place.public.get("/api/walk/session").status_code == 401
    client = app.test_client()
    sign_in(client, session.get_one(User, 1))
    commit()
    said = client.get("/api/walk/session").get_json()
    assert (said["user"]["name"], [team["name"] for team in said["teams"]]) == (
        session.get_one(User, 1).name,
        [place.team],
    )
    made = client.put(
        f"/api/assets/{said['user']['uid']}",
        json={"title": "Hall", "category": "pla_hall"},
        headers={"X-CSRFToken": said["csrf_token"]},
    )
    assert made.status_code == 201
    assert made.headers["X-Assetmap"] == "1"


def test_one_joins_the_live_walkabouts_of_ones_own_teams(session: Session, place: Place) -> None:
    team = make_team(session, "Riverside again")
    user = make_user(session, team, "logger", "walker@demo.example")
    walk = make_entry(session, "walkabout", team, title="Ours", geometry=AREA)
    make_entry(session, "walkabout", team, title="Over", status="cancelled")
    viewer = viewer_for(user, team, "logger")
    (found,) = packs.walks(session, viewer=viewer)
    assert found.walkabout.id == walk.id
    assert found.box == pytest.approx((-1.93, 53.73, -1.91, 53.74))
    listed = place.ours.get("/api/walk/walkabouts").get_json()["walkabouts"]
    assert [one["uid"] for one in listed] == [place.entries["walkabout"]]


def test_a_pack_holds_what_is_there_and_may_be_seen_the_nearest_first(
    session: Session, place: Place
) -> None:
    team = make_team(session, "Walkers")
    user = make_user(session, team, "logger", "walker@demo.example")
    walk = make_entry(session, "walkabout", team, geometry=AREA)
    far = make_entry(
        session, "asset", team, title="Far", geometry={"type": "Point", "coordinates": [-1.5, 53.9]}
    )
    edge = make_entry(
        session,
        "asset",
        team,
        title="Edge",
        geometry={"type": "Point", "coordinates": [-1.9299, 53.7301]},
    )
    viewer = viewer_for(user, team, "logger")
    with counted() as sent:
        made = packs.pack(session, walk.uid, viewer=viewer)
    assert len(sent) <= MOST_ON_A_PAGE
    uids = [str(line.uid) for line in made.lines]
    assert {place.entries[kind] for kind in ("asset", "group", "offer", "finding")} <= set(uids)
    assert uids[-1] == str(edge.uid)
    assert str(far.uid) not in uids
    assert place.hidden not in uids  # another team's
    assert {line.kind for line in made.lines} == {"asset", "group", "offer", "finding"}
    fields = {line.kind: line.fields for line in made.lines if str(line.uid) != str(edge.uid)}
    assert set(fields.values()) == {None}  # another team's: nothing of it to be changed here
    logged = packs.pack(session, walk.uid, viewer=viewer_for(user, team, "editor")).lines[-1]
    assert logged.fields is not None
    assert sorted(logged.fields) == ["address", "description", "geometry", "opening_hours", "phone"]
    assert {term.scheme for term in made.terms} == {"asset", "offer", "finding"}


def test_a_walkabout_without_an_area_is_packed_where_it_went_for_who_cannot_say_where_they_are(
    place: Place, session: Session
) -> None:
    team = make_team(session, "Walkers")
    walk = make_entry(session, "walkabout", team, geometry=None, visibility="public")
    here = {"type": "Point", "coordinates": [-1.92, 53.735]}
    hall = make_entry(session, "asset", team, title="Mill", geometry=here)
    links.link(session, hall, Relation.FOUND_ON, walk, viewer=OPERATOR)
    commit()
    west, south, east, north = place.ours.get(f"/api/walk/packs/{walk.uid}").get_json()["bbox"]
    assert (west + east) / 2 == pytest.approx(-1.92, abs=0.001)
    assert (south + north) / 2 == pytest.approx(53.735, abs=0.001)


def test_a_walkabout_without_an_area_is_packed_around_where_one_stands(
    place: Place, session: Session
) -> None:
    team = make_team(session, "Walkers")
    walk = make_entry(session, "walkabout", team, geometry=None, visibility="public")
    commit()
    address = f"/api/walk/packs/{walk.uid}"
    unsaid = place.ours.get(address)
    assert (unsaid.status_code, list(unsaid.get_json()["problems"])) == (422, ["near"])
    abroad = place.ours.get(f"{address}?near=20,20")
    assert (abroad.status_code, list(abroad.get_json()["problems"])) == (422, ["near"])
    said = place.ours.get(f"{address}?near=-1.92,53.735")
    assert said.status_code == 200
    assert said.get_json()["area"] is None
    small = place.ours.get(f"{address}?near=-1.92,53.735", headers={"Accept-Encoding": "gzip"})
    assert small.content_encoding == "gzip"
    assert json.loads(gzip.decompress(small.data))["entries"] == said.get_json()["entries"]
    again = place.ours.get(
        f"{address}?near=-1.92,53.735", headers={"If-None-Match": said.headers["ETag"]}
    )
    assert again.status_code == 304
    session.rollback()
    (row, _) = session.scalars(select(AuditEntry).where(AuditEntry.action == "exported"))
    assert (row.channel, row.subject_count) == ("json", len(said.get_json()["entries"]))
    assert place.public.get(f"{address}?near=-1.92,53.735").status_code == 401
    assert place.ours.get("/api/walk/packs/" + place.hidden).status_code == 404


def test_the_map_of_the_area_comes_whole_and_is_a_small_part(
    app: Flask, session: Session, place: Place
) -> None:
    walk = make_entry(session, "walkabout", make_team(session, "Walkers"), geometry=AREA)
    commit()
    address = f"/api/walk/maps/{walk.uid}.pmtiles"
    assert place.ours.get(address).status_code == 404
    path: Path = app.extensions["settings"].instance / "basemap.pmtiles"
    path.parent.mkdir(parents=True, exist_ok=True)
    inside, outside = tile_at(14, -1.92, 53.735), tile_at(14, -1.5, 53.9)
    with path.open("wb") as file:
        writer = Writer(file)
        for tile in sorted((inside, outside), key=lambda one: zxy_to_tileid(14, *one)):
            writer.write_tile(zxy_to_tileid(14, *tile), b"roads")
        writer.finalize(HEADER, {"attribution": "Drawn by us", "vector_layers": []})
    pack = place.ours.get(f"/api/walk/packs/{walk.uid}").get_json()
    assert pack["map"] == {"url": address, "style": "protomaps", "attribution": "Drawn by us"}
    cut = place.ours.get(address)
    reader = Reader(MemorySource(cut.data))
    assert reader.get(14, *inside) == b"roads"
    assert reader.get(14, *outside) is None
    assert (
        place.ours.get(address, headers={"If-None-Match": cut.headers["ETag"]}).status_code == 304
    )
    assert place.public.get(address).status_code == 401
