"""Who is missing from an invite list, on its page and for programs."""

import re
import uuid
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.formats.profiles import ProfileRead, ProfilesRead
from assetmap.models import Team
from assetmap.register import invite_lists, profiles
from assetmap.schemas.invite_lists import InviteListDraft
from tests.make import (
    commit,
    make_area,
    make_consent,
    make_entry,
    make_person,
    make_team,
    make_user,
    point,
)
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import sign_in

LIVE = {"0-15": 150, "16-24": 200, "25-64": 500, "65": 150}
ON_LIST = {"Lunch <i>club": ("Over 60s", 9), "Toddlers": ("children", 5)}


def town(session: Session) -> tuple[Any, str, dict[str, str]]:
    """A list of a ward with people of two groups, who is its organiser, and groups by name."""
    team = make_team(session)
    make_area(session)
    profile = ProfileRead("age", "ward", "2022", "2021", {"E05000001": LIVE})
    loaded = ProfilesRead([profile], [])
    profiles.load(session, loaded, source="Office for <b>Counting", viewer=OPERATOR)
    for title, (serves, people) in ON_LIST.items():
        made = make_entry(session, "group", team, title=title, serves=[serves], geometry=point())
        for number in range(people):
            mail = f"{uuid.uuid4().hex}@people.example"
            name = f"{title[:3]} {number}"
            make_consent(session, make_person(session, team, at=made, name=name, email=mail))
    youth = make_entry(
        session, "group", team, title="Youth <b>", serves=["teenagers"], geometry=point(-1.895)
    )
    event = make_entry(session, "engagement", team, title="Hub")
    draft = InviteListDraft(name="Hub", event=event.uid, area=["E05000001"], reach=[])
    listed = invite_lists.put(session, uuid.uuid4(), draft, viewer=OPERATOR).made
    olu = make_user(session, team, "organiser", "olu@demo.example")
    path = listed.path
    named = {"youth": str(youth.uid)}
    commit()
    return olu, path, named


def test_the_page_says_who_is_missing_who_reaches_them_and_every_figure_it_rests_on(
    client: FlaskClient, session: Session
) -> None:
    olu, path, groups = town(session)
    assert client.get(f"{path}/missing").status_code in (302, 401)
    sign_in(client, olu)
    assert f"{path}/missing" in client.get(path).text
    with counted() as queries:
        page = client.get(f"{path}/missing").text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "2 sections are missing" in said
    assert "They are 20.0% of those who live here: about 3 of 14 would match that." in said
    assert f"/groups/{groups['youth']}" in page
    assert "Youth &lt;b&gt;" in page
    assert "for teenagers; within 2 km" in said
    assert "Office for &lt;b&gt;Counting" in page
    n, whole = 14, sum(LIVE.values())
    counts = {"0-15": 5, "16-24": 0, "25-64": 0, "65": 9}
    unlike = sum(abs(counts[code] / n - live / whole) for code, live in LIVE.items()) / 2
    assert f"{round(100 * (1 - unlike))} of 100: how far the list is like the place" in said
    body = client.get(f"/api{path}/missing").get_json()
    (age,) = body["dimensions"]
    for code, live in LIVE.items():
        share, count = live / whole, counts[code]
        (line,) = (one for one in age["sections"] if one["code"] == code)
        assert (line["people"], line["counted"]) == (live, count)
        row = f"{100 * share:.1f}% {live} {count} {count / n / share:.2f}"
        row += f" {100 * (count / n - share):+.1f} {max(0, share * n - count):.1f}"
        assert f"{line['label']} {row} " in said
    assert (age["index"], age["counted"], age["covered"]) == (round(100 * (1 - unlike)), n, 1)
    rules = {one["code"]: one["rule"] for one in body["missing"]}
    assert rules == {"25-64": "too_few", "16-24": "nobody"}
    (_, young) = sorted(body["missing"], key=lambda one: one["rule"], reverse=True)
    assert [(one["group"], one["where"]) for one in young["suggestions"]] == [
        (groups["youth"], "near")
    ]


def test_another_place_or_year_is_compared_with_and_what_is_none_is_said(
    client: FlaskClient, session: Session
) -> None:
    olu, path, _ = town(session)
    sign_in(client, olu)
    wrong = client.get(f"{path}/missing?area=Nowhere")
    assert wrong.status_code == 422
    assert 'href="#area"' in wrong.text
    assert client.get(f"{path}/missing?area=riverside").status_code == 200
    earlier = client.get(f"{path}/missing?until=2020")
    assert "No figures of who lives there are loaded" in earlier.text
    assert client.get(f"{path}/missing?until=soon").status_code == 422
    assert client.get(f"/api{path}/missing?until=soon").status_code == 400
    assert client.get(f"/api{path}/missing?area=nowhere").status_code == 400


def test_where_nothing_could_be_compared_nobody_is_told_that_none_is_missing(
    client: FlaskClient, session: Session
) -> None:
    olu, path, _ = town(session)
    nobody = InviteListDraft(name="Nobody", area=["E05000001"], reach=["martians"])
    empty = invite_lists.put(session, uuid.uuid4(), nobody, viewer=OPERATOR).made.path
    team = session.scalars(select(Team)).one()
    make_entry(session, "group", team, title="Empty", geometry=point())
    commit()
    sign_in(client, olu)
    page = client.get(f"{empty}/missing").text
    assert "Who is missing cannot be told yet" in page
    assert "No section is missing" not in page
    seen = " ".join(client.get(f"{path}/missing").text.split())
    assert "at 1 of the groups you know nobody" in seen


def test_figures_of_nobody_compare_nothing_and_break_nothing(
    client: FlaskClient, session: Session
) -> None:
    olu, path, _ = town(session)
    nobody = ProfileRead("age", "ward", "2023", "2021", {"E05000001": dict.fromkeys(LIVE, 0)})
    profiles.load(session, ProfilesRead([nobody], []), viewer=OPERATOR)
    commit()
    sign_in(client, olu)
    for page in ("missing", "missing?until=2023", "balance?fill=1&seats=6"):
        assert client.get(f"{path}/{page}").status_code == 200
