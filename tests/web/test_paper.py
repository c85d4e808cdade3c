"""A walkabout's paper pack: what is in it, and what never is."""

import re

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.errors import Invalid
from assetmap.formats import basemap, briefing
from assetmap.models import AuditEntry, Entry, PaperPack, Team
from tests.make import commit, make_entry, make_team, make_user, shape_json
from tests.web.pages import sign_in

AREA = shape_json(shapely.box(-1.93, 53.73, -1.91, 53.74))
HOSTILE = (
    '<img src=x onerror="window.PWN=1">',
    "${window.PWN=1}",
    "`);window.PWN=1;(`",
    "</script><script>window.PWN=1</script>",
    "{{ 7*191 }}",
    "{{ cycler.__init__.__globals__.os.getpid() }}",
    "{% raw %}",
    '"};window.PWN=1;//',
    "<!--<script>",
    "O'Brien & Söns “café” 😀",
)


@pytest.fixture
def walk(session: Session, client: FlaskClient) -> Entry:
    """A walkabout with an area, of a team whose logger has signed in."""
    team = make_team(session, "Walkers <b>")
    user = make_user(session, team, "logger", "walker@demo.example")
    made = make_entry(session, "walkabout", team, title="Round {{ 7*191 }}", geometry=AREA)
    commit()
    sign_in(client, user)
    return made


def test_a_pack_holds_what_may_be_seen_without_contact_details_and_is_accounted_for(
    client: FlaskClient, session: Session, walk: Entry
) -> None:
    team, others = session.get_one(Team, walk.team_id), make_team(session, "Others")
    make_entry(session, "asset", team, title="Old hut", review_due="2020-01-01")
    make_entry(session, "asset", team, title="Hall", phone="01632 960123", email="a@b.example")
    make_entry(session, "finding", others, title="Not for you", visibility="team")
    path = walk.path
    commit()
    answer = client.get(f"{path}/pack.html")
    assert answer.status_code == 200
    assert 'attachment; filename="walkabout-WLK' in answer.headers["Content-Disposition"]
    listed = re.findall(r'<td class="no">(\d+)</td>\s*<td class="name">([^<]+)</td>', answer.text)
    assert listed == [("1", "Old hut"), ("2", "Hall")]
    assert not {"960123", "a@b.example", "Not for you"} & set(re.findall(r"[\w@.]+", answer.text))
    assert "Not for you" not in answer.text
    assert client.get(f"{path}/pack.html").status_code == 200
    session.rollback()
    (row, _) = session.scalars(select(AuditEntry).where(AuditEntry.action == "exported"))
    assert (row.channel, row.subject_count, row.fields) == ("paper", 2, [])
    (kept,) = session.scalars(select(PaperPack))
    titles = [session.get_one(Entry, key).title for key in kept.entries]
    assert (kept.number, titles) == (1, ["Old hut", "Hall"])


def test_hostile_names_stay_words_and_the_file_needs_nothing_from_outside(
    client: FlaskClient, session: Session, walk: Entry
) -> None:
    team = session.get_one(Team, walk.team_id)
    for name in HOSTILE:
        make_entry(session, "asset", team, title=name)
    path = walk.path
    commit()
    page = client.get(f"{path}/pack.html").text
    assert "1337" not in page
    assert page.count("{{ 7*191 }}") >= 3  # the title, a place, and the block that maps it
    assert briefing.check(page) == page
    assert "<img" not in page.split("<script>")[0]
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe" not in policy[1]


@pytest.mark.parametrize(
    "bad",
    [
        '<img src="https://example.org/a.png">',
        "<script src=//example.org/a.js></script>",
        '<link rel="stylesheet" href="/s/1/a.css">',
        "<p onclick=go()>",
        "<style>a { background: url(https://example.org/a.png) }</style>",
    ],
)
def test_a_page_that_would_fetch_something_or_has_a_handler_is_refused(bad: str) -> None:
    with pytest.raises(briefing.Remote):
        briefing.check(f"<!DOCTYPE html><p>Words</p>{bad}")


def test_a_walkabout_without_an_area_says_what_is_missing(
    client: FlaskClient, session: Session, walk: Entry
) -> None:
    bare = make_entry(session, "walkabout", session.get_one(Team, walk.team_id), geometry=None)
    path = bare.path
    commit()
    answer = client.get(f"{path}/pack.html")
    assert (answer.status_code, "planned area" in answer.text) == (422, True)


def test_a_base_map_too_large_to_take_along_leaves_the_numbers_on_white(
    client: FlaskClient, session: Session, walk: Entry, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(path: object, box: briefing.Box) -> bytes:
        raise Invalid.field("map", "The area is too large to take its map along.")

    (app.extensions["settings"].instance / "basemap.pmtiles").write_bytes(b"a whole county")
    drawn = basemap.Described("town", "", (-2.0, 53.0, -1.0, 54.0))
    monkeypatch.setattr(basemap, "described", lambda path, at: drawn)
    monkeypatch.setattr(basemap, "cut", too_large)
    assert client.get(f"{walk.path}/pack.html").status_code == 200
