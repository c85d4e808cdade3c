"""Suggestions on pages: made by anybody, answered by whoever may change the entry."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.app import create_app
from assetmap.db import db, now
from assetmap.jobs.letters import post
from assetmap.models import AuditEntry, Entry, Letter, Proposal, Team, User
from assetmap.outside.mail import Mail
from assetmap.register.sign_in import make_token
from assetmap.settings import Settings
from tests.make import commit, make_category, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.pages import press, sign_in, token

HOSTILE = "<script>alert(1)</script>{{7*7}}' OR 1=1;--"
STRANGER = "stranger@example.org"
_BOX = re.compile(r'<(?:input|textarea)[^>]*?name="([^"]+)"(?:[^>]*?value="([^"]*)")?[^>]*>([^<]*)')


def filled(page: str) -> dict[str, str]:
    """What the suggestion form of a page would send, its ticks left alone."""
    form = page[page.index('id="suggestion"') :]
    form = form[: form.index("</form>")]
    ticks = re.findall(r'<input[^>]*type="(?:radio|checkbox)"[^>]*>', form)
    for tick in ticks:
        form = form.replace(tick, "")
    boxes = {name: unescape(value or said) for name, value, said in _BOX.findall(form)}
    return {name: value.lstrip("\n") for name, value in boxes.items()}


def a_hall(session: Session, team: Team, **fields: Any) -> Entry:
    usual: dict[str, Any] = {
        "title": "Riverside hall",
        "phone": "01632 960 001",
        "description": "One\nTwo",
    }
    return make_entry(session, "asset", team, **(usual | fields))


def the_one(session: Session) -> Proposal:
    session.expire_all()
    return session.scalars(select(Proposal)).one()


def test_a_stranger_suggests_and_an_editor_accepts(
    client: FlaskClient, session: Session, team: Team
) -> None:
    hall = a_hall(session, team)
    path, editor = hall.path, make_user(session, team)
    commit()
    page = client.get(path).text
    assert "Suggest a correction" in page
    assert 'href="/proposals/"' not in page
    form = filled(client.get(f"{path}/suggest").text)
    assert (form["title"], form["phone"]) == ("Riverside hall", "01632 960 001")
    form |= {
        "title": "River hall",
        "note": f"{HOSTILE} Ring 07700 900123",
        "reply_to": STRANGER,
        "about": "details",
    }
    form["description"] = "One\r\nTwo"  # as browsers send lines
    for _ in range(2):  # a double press
        answer = client.post(f"{path}/suggest", data=form)
        assert (answer.status_code, answer.location) == (303, path)
    assert "Thank you" in client.get(path).text
    made = the_one(session)
    where = made.path
    assert made.changes == {"title": "River hall"}
    assert client.get(where).status_code == 401
    sign_in(client, editor)
    assert "1 suggestion waits" in client.get(path).text
    other = a_hall(session, team, title="Another hall").path
    commit()
    assert "for an answer" not in client.get(other).text
    inbox = client.get("/proposals/").text
    assert 'Suggestions <span class="count-badge">1' in inbox
    assert STRANGER not in inbox
    shown = client.get(where).text
    assert STRANGER in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert "<mark>07700 900123</mark>" in shown
    assert press(client, f"{where}/accept", where, version="1", field="title").status_code == 303
    page = client.get(path).text
    assert "River hall" in page
    assert "It is on the register now" in page
    assert STRANGER not in client.get(where).text
    assert press(client, f"{where}/undo", where).status_code == 303
    assert press(client, f"{where}/undo", "/account/").status_code == 409
    kept = str([[vars(row) for row in session.scalars(select(AuditEntry))]])
    assert "reply_to" in kept
    for said in (STRANGER, "script", "River hall"):
        assert said not in kept


def test_a_form_for_strangers_holds_nothing_that_they_may_not_read(
    client: FlaskClient, session: Session, team: Team
) -> None:
    home = a_hall(
        session,
        team,
        precision="lsoa",
        address="1 Mill Lane",
        notes="Key under the mat",
        contact_visibility="team",
        geometry={"type": "Point", "coordinates": [-1.9123456, 53.7123456]},
    )
    path = home.path
    commit()
    page = client.get(f"{path}/suggest").text
    for secret in ("01632", "Mill Lane", "the mat", "1.9123", "53.7123", 'name="where"'):
        assert secret not in page
    form = filled(page) | {"about": "details", "phone": "01632 960 001", "address": "1 Mill Lane"}
    answer = client.post(f"{path}/suggest", data=form)
    assert (answer.status_code, "Say what is wrong" in answer.text) == (422, True)
    assert "01632" not in answer.text.replace("01632 960 123", "")


def test_who_sees_an_entry_and_may_not_change_it_is_led_to_suggesting(
    client: FlaskClient, session: Session, team: Team
) -> None:
    hall = a_hall(session, team)
    path = hall.path
    person = make_user(session, make_team(session, "Others"), "viewer", "other@demo.example")
    sign_in(client, person)
    commit()
    assert "Suggest a change" in client.get(path).text
    answer = client.get(f"{path}/edit")
    assert (answer.status_code, answer.location) == (303, f"{path}/suggest")
    form = filled(client.get(f"{path}/suggest").text) | {"about": "moved", "where": "-1.93,53.72"}
    answer = client.post(f"{path}/suggest", data=form)
    made = the_one(session)
    assert answer.location == made.path
    assert made.changes["geometry"]["coordinates"] == [-1.93, 53.72]
    assert "Your suggestions" in client.get("/proposals/").text
    for verb, code in (("accept", 403), ("refuse", 403), ("withdraw", 303), ("withdraw", 303)):
        answer = press(client, f"{made.path}/{verb}", "/account/", why="No", field="geometry")
        assert answer.status_code == code, verb
    assert the_one(session).state == "withdrawn"


def test_a_page_sent_late_proposes_only_what_was_typed(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    hall = a_hall(session, team)
    path = hall.path
    commit()
    late = client.application.test_client()
    form = filled(late.get(f"{path}/suggest").text)
    changed = press(
        client,
        f"{path}/edit",
        f"{path}/edit",
        base_version="1",
        title="Meanwhile hall",
        category="pla_hall",
        visibility="public",
        precision="exact",
        confidence="told",
        contact_visibility="public",
    )
    assert changed.status_code == 303, changed.text
    form |= {"about": "details", "description": "Three"}
    assert late.post(f"{path}/suggest", data=form).status_code == 303
    made = the_one(session)
    assert (made.changes, made.base_version) == ({"description": "Three"}, 1)
    page = client.get(made.path).text
    assert "Changed since" in page
    assert "One" in page


def test_something_missing_is_told_and_put_on_the_register(
    client: FlaskClient, session: Session, team: Team
) -> None:
    make_category(session, "asset", "pla_hall", "Hall")
    editor = make_user(session, team)
    commit()
    assert "/proposals/new" in client.get("/?text=nosuchthing").text
    form = filled(client.get("/proposals/new").text) | {"title": "Tool library"}
    assert client.post("/proposals/new", data=form).status_code == 422
    form |= {"category": "pla_hall", "where": "-1.93,53.72", "opening_hours": HOSTILE}
    for _ in range(2):
        assert client.post("/proposals/new", data=form).status_code == 303
    made = the_one(session)
    sign_in(client, editor)
    assert "Hall" in client.get(made.path).text
    accepted = press(client, f"{made.path}/accept", made.path)
    assert accepted.status_code == 303
    assert "Tool library" in client.get(str(accepted.location)).text
    again = press(client, f"{made.path}/accept", "/account/")
    assert (again.status_code, again.location) == (303, made.path)
    assert len(session.scalars(select(Entry)).all()) == 1


def test_no_page_of_suggestions_asks_more_than_eight_questions(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    hall = a_hall(session, team)
    path = hall.path
    commit()
    stranger = client.application.test_client()
    for note in ("One", "Two", "Three"):
        form = filled(stranger.get(f"{path}/suggest").text)
        form |= {"about": "moved", "note": note, "where": "-1.93,53.72", "title": "River hall"}
        assert stranger.post(f"{path}/suggest", data=form).status_code == 303
    one = session.scalars(select(Proposal.uid).order_by(Proposal.id).limit(1)).one()
    for address in ("/proposals/?state=all", f"/proposals/{one}", f"{path}/suggest", path):
        with counted() as sent:
            assert client.get(address).status_code == 200
        assert len(sent) <= MOST_ON_A_PAGE, (address, sent)


def test_the_answer_is_mailed_where_an_address_was_left(
    app: Flask,
    client: FlaskClient,
    session: Session,
    team: Team,
    editor: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[str, str, str]] = []
    monkeypatch.setattr(Mail, "send", lambda _self, *given, **_: sent.append(given))
    hall = a_hall(session, team)
    path = hall.path
    commit()
    stranger = client.application.test_client()
    form = filled(stranger.get(f"{path}/suggest").text)
    form |= {"about": "other", "note": "Shut", "reply_to": STRANGER}
    stranger.post(f"{path}/suggest", data=form)
    where = the_one(session).path
    assert press(client, f"{where}/refuse", where, why="").status_code == 422
    assert press(client, f"{where}/refuse", where, why="It is open").status_code == 303
    old = Letter(email="old@example.org", subject="Old", text="Old")
    old.created_at = now() - timedelta(days=8)
    session.add(old)
    commit()
    post(app)
    assert sent == []  # without a server they wait for one, and none goes to the log
    sign_in(client, make_user(session, team, "admin", "admin@demo.example"))
    assert "1 letter waits, because no mail server is set" in client.get("/people/").text
    sign_in(client, editor)
    form |= {"note": "Shut again"}
    stranger.post(f"{path}/suggest", data=form)
    where = session.scalars(select(Proposal).where(Proposal.state == "open")).one().path
    app.extensions["mail"].is_set = True
    press(client, f"{where}/refuse", where, why="It is open")
    for _ in range(2):
        post(app)  # once
    assert session.scalars(select(Letter)).all() == []
    assert [one[0] for one in sent] == [STRANGER, STRANGER]
    assert "The reason given: It is open" in sent[0][2]
    assert "“Riverside hall”" in sent[0][2]


def test_the_seventh_suggestion_in_a_minute_waits(
    settings: Settings, session: Session, editor: User
) -> None:
    bearer = {"Authorization": f"Bearer {make_token(session, editor.email)}"}
    commit()
    app = create_app(settings, config={"TESTING": True, "RATELIMIT_ENABLED": True})
    client = app.test_client()
    with app.app_context():
        form = {"csrf_token": token(client), "kind": "asset"}
        codes = [client.post("/proposals/new", data=form).status_code for _ in range(7)]
        assert client.get("/proposals/new").status_code == 200
        by_program = client.post("/api/proposals", json={}, headers=bearer)
        assert (by_program.status_code, by_program.mimetype) == (429, "application/problem+json")
        db.session.rollback()
        db.engine.dispose()
    assert codes == [422] * 6 + [429]


def test_somebody_who_mails_owners_by_the_dozen_waits(
    settings: Settings, session: Session, team: Team, editor: User
) -> None:
    hall = a_hall(session, team)
    commit()
    app = create_app(settings, config={"TESTING": True, "RATELIMIT_ENABLED": True})
    client = app.test_client()
    with app.app_context():
        sign_in(client, editor)
        form = {"csrf_token": token(client, "/account/"), "entry": hall.uid, "email": "nobody"}
        codes = [client.post("/claims/", data=form).status_code for _ in range(11)]
        db.session.rollback()
        db.engine.dispose()
    assert codes == [422] * 10 + [429]


def test_an_owner_is_invited_by_mail_and_says_that_a_listing_is_still_right(
    app: Flask,
    client: FlaskClient,
    session: Session,
    team: Team,
    editor: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[str, str, str]] = []
    monkeypatch.setattr(Mail, "send", lambda _self, *given, **_: sent.append(given))
    hall = a_hall(session, team)
    path, uid = hall.path, hall.uid
    commit()
    assert f"/claims/new?entry={uid}" in client.get(path).text
    page = f"/claims/new?entry={uid}"
    assert press(client, "/claims/", page, entry=uid, email="nobody").status_code == 422
    assert press(client, "/claims/", page, entry=uid, email=STRANGER).status_code == 303
    assert "waits; it works until" in client.get(page).text
    ((to, _, text),) = sent
    link = re.findall(r"/claims/\S+", text)[0]
    assert (to, "Riverside hall" in text) == (STRANGER, True)
    owner = app.test_client()
    opened = owner.get(link)
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    assert STRANGER not in opened.text
    assert press(owner, link, link, name="").status_code == 422
    assert press(owner, link, link, name="Jo").location == "/proposals/"
    assert "Riverside hall" in owner.get("/proposals/").text
    assert press(owner, link, "/account/", name="Jo").status_code == 404
    assert owner.get(link).status_code == 404
    assert "Say that it is still right" in owner.get(path).text
    form = filled(owner.get(f"{path}/suggest").text) | {"about": "right"}
    made = str(owner.post(f"{path}/suggest", data=form).location)
    assert "Jo, its owner" in client.get(made).text
    assert press(client, f"{made}/accept", made, version="1").status_code == 303
    page = client.get(path).text
    assert "Checked today" in page
    assert "It is on the register now" not in page  # no detail was suggested


def test_of_two_who_answer_in_the_same_moment_one_is_told(
    app: Flask, client: FlaskClient, session: Session, team: Team
) -> None:
    hall = a_hall(session, team)
    uid, path = hall.uid, hall.path
    people = [make_user(session, team, email=f"{name}@example.org") for name in "ab"]
    commit()
    form = filled(client.get(f"{path}/suggest").text) | {"about": "details", "title": "River hall"}
    client.post(f"{path}/suggest", data=form)
    where = the_one(session).path
    asked = []
    for person, verb in zip(people, ("accept", "refuse"), strict=True):
        browser = app.test_client()
        sign_in(browser, person)
        said = {"csrf_token": token(browser), "version": "1", "field": "title", "why": "No"}
        asked.append((browser, f"{where}/{verb}", said))
    session.commit()
    with ThreadPoolExecutor(2) as both:
        codes = list(both.map(lambda one: one[0].post(one[1], data=one[2]).status_code, asked))
    assert sorted(codes) == [303, 409]
    accepted = codes[0] == 303
    assert the_one(session).state == ("accepted" if accepted else "refused")
    kept = session.scalars(select(Entry).where(Entry.uid == uid)).one()
    assert (kept.title, kept.version) == (("River hall", 2) if accepted else ("Riverside hall", 1))
