"""Balance: a panel drawn out of an invite list on its page and for programs, and who it is of."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.test import TestResponse

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.formats.profiles import ProfileRead, ProfilesRead
from assetmap.models import InvitePlace, Person
from assetmap.register import (
    balancing,
    invite_lists,
    person_blanking,
    person_merging,
    profiles,
    subject_search,
)
from assetmap.schemas.invite_lists import InviteListDraft
from tests.make import (
    commit,
    make_area,
    make_consent,
    make_entry,
    make_person,
    make_request,
    make_team,
    make_user,
    point,
)
from tests.web.pages import press, sign_in, token

LIVE = {"0-15": 150, "16-24": 200, "25-64": 500, "65": 150}
GROUPS = {"Lunch club": ("Over 60s", 6), "Toddlers": ("children", 5), "Choir": ("singers", 5)}


def town(session: Session) -> tuple[Any, str]:
    """An organiser, and a list of people of three groups; two say for whom they are."""
    team = make_team(session)
    make_area(session)
    read = ProfilesRead([ProfileRead("age", "ward", "2022", "2021", {"E05000001": LIVE})], [])
    profiles.load(session, read, viewer=OPERATOR)
    for title, (serves, people) in GROUPS.items():
        made = make_entry(session, "group", team, title=title, serves=[serves], geometry=point())
        for number in range(people):
            name = f"{title[:3]} {number}"
            mail = f"{title[:3]}{number}@people.example"
            make_consent(session, make_person(session, team, at=made, name=name, email=mail))
    event = make_entry(session, "engagement", team, title="Hub")
    draft = InviteListDraft(name="Hub", event=event.uid, area=["E05000001"])
    path = invite_lists.put(session, uuid.uuid4(), draft, viewer=OPERATOR).made.path
    olu = make_user(session, team, "organiser", "olu@demo.example")
    commit()
    return olu, path


def wish(**more: Any) -> dict[str, str]:
    return {"uid": str(uuid.uuid4()), "seats": "6", "reserves": "4", "seed": "7"} | more


def ask(client: FlaskClient, path: str, said: Mapping[str, str]) -> TestResponse:
    return client.post(f"{path}/balance", data={"csrf_token": token(client)} | dict(said))


def people_of(session: Session, state: str) -> list[InvitePlace]:
    session.expire_all()
    query = select(InvitePlace).where(InvitePlace.state == state).order_by(InvitePlace.id)
    query = query.options(joinedload(InvitePlace.person))
    return list(session.scalars(query))


def test_a_panel_is_drawn_by_its_quotas_again_by_its_seed_and_who_declines_is_replaced(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session)
    assert client.get(f"{path}/balance").status_code in (302, 401)
    sign_in(client, olu)
    assert f"{path}/balance" in client.get(path).text
    filled = client.get(f"{path}/balance?fill=1&seats=6").text
    assert re.search(r'name="age-25-64-least"[^>]*value="2"', filled)
    asked = wish(**{"age-65-least": "3", "age-65-most": "3", "age-0-15-least": "2"}, why="Jury")
    page = ask(client, path, asked)
    assert page.status_code == 303
    assert ask(client, path, asked).location == page.location
    shown = client.get(page.location).text
    assert "6 have a seat" in shown
    assert "4 stand by" in shown
    assert "no fair lot could give more" in shown
    body = client.get(f"/api{page.location}").get_json()
    assert [one["counted"] for one in body["quotas"] if one["code"] == "65"] == [3]
    assert (body["seed"], body["why"], body["hidden"]) == (7, "Jury", 0)
    chances = [one.chance for one in session.scalars(select(InvitePlace))]
    assert round(sum(chances), 6) == 6
    headers = {"X-CSRFToken": token(client)}
    again = str(uuid.uuid4())
    quotas = [
        {"dimension": "age", "code": "65", "least": 3, "most": 3},
        {"dimension": "age", "code": "0-15", "least": 2},
    ]
    said = {"seats": 6, "reserves": 4, "seed": 7, "quotas": quotas[::-1]}
    assert client.put(f"/api{path}/panels/{again}", json=said, headers=headers).status_code == 200
    same = client.get(f"/api{path}/panels/{again}").get_json()
    assert same["people"] == body["people"]
    assert len(client.get(f"/api{path}/panels").get_json()["panels"]) == 2
    old = next(one for one in body["people"] if one["called"].startswith("Lun"))
    assert press(client, f"{page.location}/declined", person=old["person"]).status_code == 303
    after = client.get(f"/api{page.location}").get_json()
    assert [one["counted"] for one in after["quotas"] if one["code"] == "65"] == [3]
    states = {one["person"]: one["state"] for one in after["people"]}
    was = {one["person"]: one["state"] for one in body["people"]}
    (instead,) = (one for one in states if states[one] == "seated" and was.get(one) == "reserve")
    assert states[old["person"]] == "declined"
    back = press(client, f"{page.location}/declined/take-back", person=old["person"])
    assert back.status_code == 303
    later = client.get(f"/api{page.location}").get_json()["people"]
    assert {one["person"]: one["state"] for one in later} == was
    assert instead in was
    other = make_user(session, make_team(session, "Others"), "organiser", "eve@demo.example")
    commit()
    sign_in(client, other)
    for door in (page.location, f"/api{page.location}", f"{page.location}/progress"):
        assert client.get(door).status_code == 404
    sign_in(client, olu)
    headers = {"X-CSRFToken": token(client)}
    nobody = client.post(
        f"/api{page.location}/declined", json={"person": str(uuid.uuid4())}, headers=headers
    )
    assert nobody.status_code == 404


def test_what_cannot_be_is_said_with_what_was_typed_and_the_least_that_would_work(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session)
    sign_in(client, olu)
    for field, said in (
        ("seats", {"seats": "17"}),
        ("reserves", {"reserves": "11"}),
        ("age-65-least", {"age-65-least": "4", "age-65-most": "3"}),
        ("age-0-15-least", {"age-65-least": "4", "age-0-15-least": "4"}),
        ("age-65-most", {"age-65-most": "some"}),
        ("why", {"why": "Ring her on 01632 960 123"}),
    ):
        page = ask(client, path, wish(**said))
        assert page.status_code == 422
        assert f'href="#{field}"' in page.text
        for name, value in said.items():
            assert re.search(rf'name="{name}"[^>]*value="{value}"', page.text)
    headers = {"X-CSRFToken": token(client)}
    empty = client.put(f"/api{path}/panels/{uuid.uuid4()}", json={"seats": 0}, headers=headers)
    assert empty.status_code == 422
    unknown = [{"dimension": "age", "code": "900"}]
    refused = client.put(
        f"/api{path}/panels/{uuid.uuid4()}", json={"seats": 2, "quotas": unknown}, headers=headers
    )
    assert "quotas" in refused.text
    page = ask(client, path, wish(**{"age-16-24-least": "2"}))
    shown = client.get(page.location).text
    assert "Age: Young people of 16 to 24, at least 0 instead" in shown
    like = re.search(r"/balance\?like=[\w-]+", shown)
    assert like
    form = client.get(path + like.group()).text
    assert re.search(r'name="age-16-24-least"[^>]*value="0"', form)
    capped = ask(client, path, wish(seats="16", each_group="4", reserves="0"))
    assert 'href="#each_group"' in capped.text
    assert "add up to 12 only, and there are 16 seats" in capped.text


def test_a_place_on_a_panel_is_told_to_whom_it_is_of_moves_when_merged_and_is_forgotten(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session)
    sign_in(client, olu)
    ask(client, path, wish(**{"age-65-least": "3"}))
    gone, keep = (people_of(session, state)[0].person for state in ("seated", "pool"))
    places = list(session.scalars(select(InvitePlace).where(InvitePlace.person_id == keep.id)))
    places += session.scalars(select(InvitePlace).where(InvitePlace.person_id == gone.id))
    chance = min(1, sum(place.chance for place in places))
    person_merging.merge(session, keep, gone, viewer=OPERATOR)
    session.expire_all()
    keys = [keep.id, gone.id]
    (kept,) = session.scalars(select(InvitePlace).where(InvitePlace.person_id.in_(keys)))
    assert (kept.person_id, kept.state, kept.chance) == (keep.id, "seated", chance)
    request = make_request(session, name=keep.name, email=keep.email)
    said = "\n".join(hit.text for hit in subject_search.look(session, request))
    assert "drawn by lot: 6 seats from “Hub”" in said
    assert "has a seat" in said
    person_blanking.blank(session, keep, viewer=OPERATOR)
    session.expire_all()
    assert session.get_one(InvitePlace, kept.id).counts_for == []


def test_of_whom_two_are_merged_while_it_is_drawn_a_panel_is_drawn_again(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    olu, path = town(session)
    sign_in(client, olu)
    solved, to_merge = balancing.solved, ["Lun 0", "Lun 1"]

    def meanwhile(*given: Any, **more: Any) -> balancing.Solved:
        if len(to_merge) > 1:
            named = (Person.name == to_merge[0], Person.name == to_merge.pop())
            keep, gone = (db.session.scalars(select(Person).where(one)).one() for one in named)
            person_merging.merge(db.session, keep, gone, viewer=OPERATOR)
            db.session.commit()
        return solved(*given, **more)

    monkeypatch.setattr(balancing, "solved", meanwhile)
    page = ask(client, path, wish(**{"age-65-least": "3"}))
    assert "6 have a seat" in client.get(page.location).text
    session.expire_all()
    places = list(session.scalars(select(InvitePlace)))
    assert (len(places), round(sum(place.chance for place in places), 6)) == (15, 6)
    to_merge[:] = ["Lun 2", "Lun 3"]
    page = ask(client, path, wish(seats="15", reserves="0"))
    assert "Fewer people are there by now than there are seats" in client.get(page.location).text


def test_who_goes_back_and_asks_for_something_else_gets_another_panel(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session)
    sign_in(client, olu)
    first = wish(**{"age-65-least": "3"}, each_group="4")
    page = ask(client, path, first)
    assert ask(client, path, first).location == page.location
    for other in ({"seats": "5"}, {"age-65-least": "2"}, {"seed": "8"}, {"each_group": ""}):
        again = ask(client, path, first | other)
        assert again.status_code == 303
        assert again.location != page.location
    assert (
        "A panel of 5 seats" in client.get(ask(client, path, first | {"seats": "5"}).location).text
    )


def test_a_draw_that_takes_too_long_says_so_and_lets_others_go_on(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balancing, "LONGEST", 0)
    olu, path = town(session)
    sign_in(client, olu)
    page = ask(client, path, wish())
    assert "no panel was found in five minutes" in client.get(page.location).text
