"""Invite lists on their pages, and for programs."""

import re
import uuid
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.access import OPERATOR
from assetmap.models import AuditEntry, InviteList
from assetmap.register import persons
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
from tests.web import filled
from tests.web.pages import press, sign_in


def town(session: Session) -> tuple[Any, Any, Any]:
    """An event, and a choir in a ward whose secretary may be asked and whose treasurer not."""
    team = make_team(session)
    make_area(session)
    choir = make_entry(session, "group", team, title="Choir <b>", geometry=point())
    for name, says_stop in (("Ann <i>", False), ("Ben", True)):
        mail = f"{name[:3].lower()}@people.example"
        made = make_person(session, team, at=choir, name=name, email=mail)
        make_consent(session, made)
        if says_stop:
            persons.stop(session, made, viewer=OPERATOR)
    event = make_entry(session, "engagement", team, title="Hub")
    olu = make_user(session, team, "organiser", "olu@demo.example")
    commit()
    return team, event, olu


def test_a_list_is_built_read_asked_changed_and_taken_away_and_back(
    client: FlaskClient, session: Session
) -> None:
    _, event, olu = town(session)
    sign_in(client, olu)
    start = f"/invite-lists/new?event={event.uid}"
    assert start in client.get(f"/invite-lists/?event={event.uid}").text
    nothing = filled.send(client, start, placeless="")
    assert (nothing.status_code, "Say where from" in nothing.text) == (422, True)
    wrong = filled.send(
        client, start, placeless="", area="Nowhere", near="Nowhere", groups="No one", search="/?x=1"
    )
    mistyped = filled.send(client, start, placeless="", groups="No one")
    assert "Nothing here is called “" in mistyped.text
    assert "Say where from" not in mistyped.text  # it was said
    for name in ("area", "near", "groups", "search"):
        assert f'href="#{name}"' in wrong.text
    sent = filled.send(client, start, placeless="", area="riverside", reach="", name="Hub list")
    assert sent.status_code == 303
    at = sent.location
    with counted() as queries:
        page = client.get(at).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    assert "Ann &lt;i&gt;" in page
    assert "is in Riverside (ward)" in page
    assert "consent, " in page
    assert "asked not to be contacted" in page
    ann = filled.filled(page, "/asked")
    assert ann.getlist("people") == []
    assert "Tick whom you have asked" in press(client, f"{at}/asked", at, channel="email").text
    (uid,) = _people(page)
    assert press(client, f"{at}/asked", at, channel="email", people=uid).status_code == 303
    assert "1 person asked already" in client.get(at).text
    assert press(client, f"{at}/asked/take-back", at, person=uid).status_code == 303
    assert "1 person may be asked" in client.get(at).text
    edit = f"{at}/edit"
    assert filled.send(client, edit, placeless="", name="Hub, again").status_code == 303
    stale = filled.send(client, edit, placeless="", version="1", name="Mine")
    assert (stale.status_code, "Somebody else changed" in stale.text) == (409, True)
    assert press(client, f"{at}/remove", at).status_code == 303
    assert client.get(at).status_code == 404
    assert f"{at}/put-back" in client.get("/invite-lists/").text
    assert press(client, f"{at}/put-back", "/invite-lists/").status_code == 303
    read = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "read", AuditEntry.entity == "person")
    ).all()
    assert {tuple(row.fields) for row in read} == {("name", "role")}


def _people(page: str) -> list[str]:
    """Keys of those who can be ticked."""
    return re.findall(r'name="people"\s+value="([^"]+)"', page)


def test_a_list_is_put_and_read_by_programs_with_why_and_on_what_basis(
    client: FlaskClient, session: Session
) -> None:
    _, event, olu = town(session)
    sign_in(client, olu)
    uid = uuid.uuid4()
    at = f"/api/invite-lists/{uid}"
    headers = {
        "X-CSRFToken": filled.filled(client.get("/invite-lists/new").text, "/new")["csrf_token"]
    }
    draft = {"name": "Hub", "event": str(event.uid), "area": ["ward:E05000001"]}
    assert client.put(at, json=draft, headers=headers).status_code == 201
    assert client.put(at, json=draft, headers=headers).status_code == 200
    assert client.put(at, json=draft | {"name": "Other"}, headers=headers).status_code == 409
    moved = client.put(at, json=draft | {"name": "Other"}, headers=headers | {"If-Match": '"1"'})
    assert (moved.status_code, _json(moved)["version"]) == (200, 2)
    wrong = client.put(
        at, json=draft | {"area": ["nowhere"]}, headers=headers | {"If-Match": '"2"'}
    )
    assert _json(wrong)["problems"].keys() == {"area"}
    answer = _json(client.get(at))
    (ann,) = answer["people"]
    assert [way["channel"] for way in ann["ways"]] == ["email"]
    assert ann["through"][0]["because"] == [
        {"rule": "at", "place": "Riverside (ward)", "words": "is in Riverside (ward)"}
    ]
    assert [(one["rule"], one["count"]) for one in answer["left_out"]] == [("do_not_contact", 1)]
    body = {"people": [ann["person"]], "channel": "email"}
    for _ in range(2):
        assert client.post(f"{at}/asked", json=body, headers=headers).status_code == 200
    assert [one["asked_by"] for one in _json(client.get(at))["asked"]] == ["email"]
    assert [one["uid"] for one in _json(client.get("/api/invite-lists"))["lists"]] == [str(uid)]
    assert session.scalars(select(InviteList.version)).all() == [2]
    said = {"verb": "removed", "who": "Ben", "reason": "Away that week"}
    for method, end, sent in (
        ("PUT", "frozen", None),
        ("PUT", "frozen", None),
        ("POST", "by-hand", said),
        ("DELETE", "frozen", None),
    ):
        done = client.open(f"{at}/{end}", method=method, json=sent, headers=headers)
        assert (done.status_code, _json(done)["version"]) == (200, 4 if method == "DELETE" else 3)
    changed = _json(client.get(f"{at}/changes"))
    assert (changed["came"], changed["went"], changed["stayed"]) == ([], [], 1)
    assert [one["is_frozen"] for one in changed["copies"]] == [True]


def test_a_list_is_frozen_compared_changed_by_hand_and_undone_on_its_pages(
    client: FlaskClient, session: Session
) -> None:
    _, event, olu = town(session)
    sign_in(client, olu)
    start = f"/invite-lists/new?event={event.uid}"
    at = filled.send(client, start, placeless="", area="riverside").location
    changes = f"{at}/changes"
    assert "No copy is kept yet" in client.get(changes).text
    assert press(client, f"{at}/freeze", at).status_code == 303
    assert "Frozen on" in client.get(at).text
    wrong = press(client, f"{at}/by-hand", changes, who="Nobody", reason="Why", verb="added")
    assert (wrong.status_code, 'href="#who"' in wrong.text) == (422, True)
    taken = press(client, f"{at}/by-hand", changes, who="ann <i>", reason="Ill", verb="removed")
    assert taken.status_code == 303
    assert "taken off by hand" in client.get(at).text
    page = client.get(changes).text
    assert "Went: 1" in page
    act = re.findall(r'name="act" value="([^"]+)"', page)[0]
    assert press(client, f"{at}/by-hand/undo", changes, act=act).status_code == 303
    assert "1 person may be asked" in client.get(at).text
    added = press(client, f"{at}/by-hand", changes, who="Ben", reason="Asks", verb="added")
    assert added.status_code == 303
    assert "stays off the list as long as this is so: asked not" in client.get(changes).text
    assert press(client, f"{at}/live", at).status_code == 303
    assert press(client, f"{at}/keep", changes).status_code == 303
    assert "Went: 0" in client.get(changes).text


def _json(answer: TestResponse) -> Any:
    return answer.get_json()
