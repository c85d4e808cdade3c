"""Inviting by e-mail and tracking: what is mailed, what is answered by link and otherwise, and who
came, with a real mail server."""

import re
import smtplib
import uuid
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assetmap import connections
from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.jobs.invitations import post
from assetmap.jobs.tidying import tidy
from assetmap.models import (
    AuditEntry,
    Engagement,
    Entry,
    Invitation,
    InviteReply,
    Person,
    Suppression,
)
from assetmap.outside.mail import Mail
from assetmap.register import consents, invite_lists, invite_sending, subject_search
from assetmap.schemas.invite_lists import InviteListDraft, SendDraft
from assetmap.vocabulary import ContactChannel, ContactPurpose
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
from tests.outside import mail_server
from tests.web.pages import press, sign_in, token

EMAIL, INVITE = ContactChannel.EMAIL, ContactPurpose.ENGAGEMENT_INVITE
TOLD = {
    "aims": "To choose lamps",
    "influence_level": "involve",
    "influence_statement": "Which lamps stand where",
    "ask_who": "Jo",
    "ask_how": "01632 960 111",
}


def town(session: Session, *names: str, **event_is: Any) -> tuple[Any, str]:
    """An organiser, and where the list for an event is, of people who may all be e-mailed."""
    team = make_team(session)
    make_area(session)
    choir = make_entry(session, "group", team, title="Choir", geometry=point())
    for name in names:
        made = make_person(session, team, at=choir, name=name, email=f"{name}@people.example")
        make_consent(session, made)
    at = {"starts_at": now() + timedelta(days=9), "ends_at": now() + timedelta(days=9, hours=2)}
    event = make_entry(session, "engagement", team, title="Hub", **(TOLD | at | event_is))
    olu = make_user(session, team, "organiser", "olu@demo.example")
    draft = InviteListDraft(name="Hub list", event=event.uid, area=["E05000001"])
    made_list = invite_lists.put(session, uuid.uuid4(), draft, viewer=OPERATOR).made
    path = made_list.path
    commit()
    return olu, path


def mailed(app: Flask, server: mail_server.MailServer) -> dict[str, EmailMessage]:
    """All that the job hands over now, by whom it is to."""
    app.extensions["mail"] = Mail(server.url, "map@example.org")
    post(app)
    found = {}
    while not server.is_empty:
        letter = server.next_letter()
        assert letter["To"] not in found, "sent twice"
        found[letter["To"]] = letter
    return found


def link(letter: EmailMessage, what: str = "reply") -> str:
    found = re.search(rf"http\S+(/{what}/\S+)", letter.get_content())
    assert found
    return found[1]


def person(session: Session, name: str) -> Person:
    return session.scalars(select(Person).where(Person.name == name)).one()


def states(session: Session) -> dict[str, tuple[str, int]]:
    session.rollback()
    rows = session.execute(
        select(Person.name, InviteReply.state, InviteReply.party)
        .join(Invitation, Invitation.person_id == Person.id)
        .join(InviteReply, InviteReply.invitation_id == Invitation.id)
    )
    return {name: (state, party) for name, state, party in rows}


def change(session: Session, model: Any, **values: Any) -> None:
    """Have it so, whatever the clock says."""
    session.rollback()
    connections.writing(session)
    session.execute(update(model).values(**values))
    commit()


def turn(session: Session, status: str) -> None:
    """Have the event in this state, whatever else it asks for."""
    session.rollback()
    connections.writing(session)
    session.execute(update(Entry).where(Entry.kind == "engagement").values(status=status))
    commit()


def answer(client: FlaskClient, at: str, **said: Any) -> Any:
    return press(client, at, at, **said)


def test_invitations_are_mailed_once_with_what_they_must_say_and_answered_by_their_link(  # noqa: PLR0915
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben", "cat", capacity=2)
    sign_in(client, olu)
    assert "Invite 3 people" in client.get(f"{at}/send").text
    for _ in range(2):  # a double press
        assert press(client, f"{at}/send", at, words="Do come").status_code == 303
    cat = person(session, "cat")
    consents.withdraw(session, cat, INVITE, EMAIL, viewer=OPERATOR)  # before it goes
    commit()
    with mail_server.running() as server:
        letters = mailed(app, server)
        assert mailed(app, server) == {}
    assert letters.keys() == {"ann@people.example", "ben@people.example"}
    letter = letters["ann@people.example"]
    text = letter.get_content()
    for part in ("Do come", *(TOLD[name] for name in TOLD if name != "influence_level"), "/stop/"):
        assert part in text
    assert "What you say shapes" in text
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    ann, ben = link(letter), link(letters["ben@people.example"])
    assert ann.rpartition("/")[2] not in set(session.scalars(select(InviteReply.token_hash)))

    stranger = app.test_client()
    asked = stranger.get(ann)
    assert (asked.status_code, "To choose lamps" in asked.text) == (200, True)
    assert asked.headers["Referrer-Policy"] == "no-referrer"
    assert stranger.get(f"{ann}x").status_code == 404
    nothing = answer(stranger, ann, party="0")
    assert (nothing.status_code, 'href="#answer"' in nothing.text) == (422, True)
    assert answer(stranger, ann, answer="accepted", party="9").status_code == 422
    needs = "A ramp, and time"
    assert answer(stranger, ann, answer="accepted", party="1", needs=needs).status_code == 303
    assert "You said yes, with 1 more" in stranger.get(ann).text
    assert answer(stranger, ben, answer="accepted", party="0").status_code == 303
    assert "waiting list" in stranger.get(ben).text
    assert states(session)["ben"] == ("waiting", 0)
    sealed = session.scalars(select(InviteReply.needs_sealed)).all()
    assert needs not in str(sealed)
    shown = client.get(f"{at}/answers").text
    assert f"Needs: {needs}" in shown
    assert "1: they said stop, or nothing may go to their address" in shown
    assert "left out" in client.get(at).text  # cat stands under their own reason again

    assert answer(stranger, ann, answer="declined").status_code == 303  # they change their mind
    assert states(session)["ann"] == ("declined", 0)
    assert states(session)["ben"] == ("accepted", 0)  # and who waited moves up
    assert not any(session.scalars(select(InviteReply.needs_sealed)))
    with mail_server.running() as server:
        letters = mailed(app, server)
    assert letters.keys() == {"ben@people.example"}
    assert letters["ben@people.example"]["Subject"] == "There is a place for you: Hub"
    change(session, Engagement, starts_at=now() - timedelta(minutes=5))
    late = stranger.get(ben)
    assert (late.status_code, "has begun or is over" in late.text) == (200, True)
    assert "Send my answer" not in late.text
    form = {"csrf_token": "", "answer": "declined", "party": "0"}
    assert answer_late(stranger, ben, form) == 409


def answer_late(client: FlaskClient, at: str, form: dict[str, str]) -> int:
    return client.post(at, data=form | {"csrf_token": token(client)}).status_code


def test_a_mail_server_that_is_down_loses_nothing_and_sends_nothing_twice(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, at = town(session, *(f"p{number}" for number in range(5)))
    made = invite_lists.find(session, uuid.UUID(at.rpartition("/")[2]), viewer=OPERATOR)
    assert len(invite_sending.send(session, made, SendDraft(), viewer=OPERATOR)) == 5
    commit()
    app.extensions["mail"] = Mail("smtp://127.0.0.1:9", "map@example.org")
    post(app)  # nobody is there, so that nothing has to wait its turn anew
    with mail_server.running() as server:
        quits = monkeypatch.context()
        with quits as patch:  # it takes the message, and breaks off before it says goodbye
            patch.setattr(smtplib.SMTP, "quit", _fails)
            letters = mailed(app, server)
        assert len(letters) == 5
        assert mailed(app, server) == {}
    assert set(session.scalars(select(InviteReply.mail))) == {"sent"}
    keys = {letter["Message-ID"] for letter in letters.values()}
    assert len(keys) == 5
    again = Invitation(
        list_id=made.id, person_id=person(session, "p0").id, channel="email", asked_at=now()
    )
    session.add(again)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def _fails(_: smtplib.SMTP) -> None:
    raise smtplib.SMTPServerDisconnected


def test_an_address_that_bounces_is_kept_so_and_not_asked_again(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben")
    sign_in(client, olu)
    ann = str(person(session, "ann").uid)
    commit()
    assert press(client, f"{at}/send", at, people=ann).status_code == 303
    with mail_server.running(refuses=True) as server:
        assert mailed(app, server) == {}
    assert session.scalars(select(Suppression.reason)).all() == ["bounce"]
    page = client.get(f"{at}/answers").text
    assert "their address takes no mail" in page
    assert f'<a href="/contacts/{ann}">ann</a>' in page
    assert "Invite 1 person" in client.get(f"{at}/send").text
    refused = press(client, f"{at}/send", at, people=ann)
    assert (refused.status_code, "may not be asked by e-mail now" in refused.text) == (422, True)
    assert press(client, f"{at}/send", at).status_code == 303
    with mail_server.running() as server:
        assert mailed(app, server).keys() == {"ben@people.example"}
    ben = person(session, "ben").uid
    commit()
    assert press(client, f"{at}/answers/came-back", at, person=str(ben)).status_code == 303
    assert len(session.scalars(select(Suppression.id)).all()) == 2
    session.rollback()
    built = invite_lists.build(
        session,
        invite_lists.find(session, uuid.UUID(at.rpartition("/")[2]), viewer=OPERATOR),
        viewer=OPERATOR,
    )
    assert (built.rows, built.asked) == ([], [])


def test_answers_by_phone_reminders_and_who_came_are_kept_and_needs_go_later(  # noqa: PLR0915
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben", "cat")
    sign_in(client, olu)
    uids = {name: str(person(session, name).uid) for name in ("ann", "ben", "cat")}
    commit()
    press(client, f"{at}/asked", at, people=uids["cat"], channel="email")  # asked by hand
    press(client, f"{at}/send", at)
    with mail_server.running() as server:
        letters = mailed(app, server)
        assert letters.keys() == {"ann@people.example", "ben@people.example"}
        said = {"person": uids["cat"], "answer": "accepted", "by": "phone", "needs": "Loop"}
        assert press(client, f"{at}/answers", at, **said).status_code == 303
        said = {"person": uids["ann"], "answer": "tentative", "by": "post"}
        assert press(client, f"{at}/answers", at, **said).status_code == 303
        wrong = press(client, f"{at}/answers", at, **(said | {"party": "6"}))
        assert (wrong.status_code, 'href="#party"' in wrong.text) == (422, True)
        assert press(client, f"{at}/answers/remind", at).status_code == 422
        press(client, f"{at}/answers/remind", at, states="tentative")
        assert mailed(app, server) == {}  # not within a day
        change(session, InviteReply, sent_at=now() - timedelta(days=2))
        press(client, f"{at}/answers/remind", at, states="tentative")
        reminded = mailed(app, server)
        assert reminded.keys() == {"ann@people.example"}
        assert link(reminded["ann@people.example"]) == link(letters["ann@people.example"])
    headers = {"X-CSRFToken": "", "Accept": "application/json"}
    given: Any = client.get(f"/api{at}/answers", headers=headers).get_json()
    assert {one["called"]: one["state"] for one in given["answers"]} == {
        "ann": "tentative",
        "ben": "asked",
        "cat": "accepted",
    }
    came = press(client, f"{at}/answers/came", at, person=uids["cat"], came="true")
    assert came.status_code == 303
    assert "has not come yet" in client.get(f"{at}/answers").text
    answer(app.test_client(), link(letters["ben@people.example"]), answer="accepted", party="0")
    change(session, Engagement, starts_at=now() - timedelta(hours=3))
    door = link(letters["ann@people.example"]).replace("/reply/", "/came/")
    assert app.test_client().get(door).status_code == 401
    assert "Said perhaps" in client.get(door).text
    assert press(client, door, door).status_code == 303
    change(session, Engagement, ends_at=now() - timedelta(hours=1))
    page = client.get(f"{at}/answers").text
    assert "Ticked off as they came: 1" in page
    assert page.count("Did not come") == 2  # said yes
    assert "Needs: Loop" in page
    read = session.scalars(select(AuditEntry).where(AuditEntry.action == "read")).all()
    assert ["access_needs", "invitation", "name"] in [sorted(row.fields) for row in read]
    other = InviteListDraft(name="Other", area=["E05000001"], team=None)
    kept = invite_lists.put(session, uuid.uuid4(), other, viewer=OPERATOR).made
    rows = invite_lists.build(session, kept, viewer=OPERATOR).rows
    assert {row.person.name: (row.times, row.came) for row in rows} == {
        "ann": (1, 1),
        "ben": (1, 0),
        "cat": (1, 0),
    }
    request = make_request(session, name="cat", email="cat@people.example")
    texts = [hit.text for hit in subject_search.look(session, request)]
    assert any("invited: to Hub by email" in text and "needs: Loop" in text for text in texts)
    long_ago = now() - timedelta(days=31)
    change(session, Engagement, starts_at=long_ago - timedelta(hours=1), ends_at=long_ago)
    tidy(app)
    session.rollback()
    assert not any(session.scalars(select(InviteReply.needs_sealed)))


def test_whoever_was_invited_is_told_once_that_the_event_is_cancelled(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben", "cat", "dan")
    sign_in(client, olu)
    uids = [str(person(session, name).uid) for name in ("ann", "ben", "cat")]
    commit()
    press(client, f"{at}/send", at, people=uids)
    answers = f"{at}/answers"
    with mail_server.running() as server:
        letters = mailed(app, server)
        answer(app.test_client(), link(letters["ben@people.example"]), answer="declined", party="0")
        assert "does not take place" not in client.get(answers).text
        headers = {"X-CSRFToken": token(client)}
        too_early = client.post(f"/api{at}/call-off", json={}, headers=headers)
        assert too_early.status_code == 409
        turn(session, "cancelled")
        consents.withdraw(session, person(session, "cat"), INVITE, EMAIL, viewer=OPERATOR)
        commit()
        assert "2 people were invited by e-mail and have not been told" in client.get(answers).text
        long = press(client, f"{answers}/call-off", answers, words="x" * 2001)
        assert (long.status_code, 'href="#words"' in long.text) == (422, True)
        for _ in range(2):  # a double press
            press(client, f"{answers}/call-off", answers, words="The hall is <b>flooded</b>.")
        assert "2 messages that say so wait for the mail server" in client.get(answers).text
        (told,) = mailed(app, server).items()
        assert (told[0], told[1]["Subject"]) == ("ann@people.example", "Cancelled: Hub")
        said = told[1].get_content()
        assert "The hall is <b>flooded</b>." in said
        assert "Jo, 01632 960 111" in said
        assert "It would have been:" in said
        assert "/reply/" not in said
        assert "has been told" in client.get(answers).text
        again = client.post(f"/api{at}/call-off", json={"words": "Again"}, headers=headers)
        assert (again.status_code, again.get_json()) == (200, {"count": 0})
        turn(session, "planned")
        change(session, InviteReply, sent_at=now() - timedelta(days=2))
        press(client, f"{answers}/remind", answers, states="asked")
        assert mailed(app, server).keys() == {"ann@people.example"}
        turn(session, "cancelled")
        press(client, f"{answers}/call-off", answers)
        turn(session, "planned")  # before it goes
        assert mailed(app, server) == {}


def test_programs_send_remind_and_keep_answers_as_the_pages_do(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben")
    sign_in(client, olu)
    ann = str(person(session, "ann").uid)
    commit()
    headers = {"X-CSRFToken": token(client)}

    def sent(end: str, **body: Any) -> tuple[int, Any]:
        given = client.post(f"/api{at}/{end}", json=body, headers=headers)
        return given.status_code, given.get_json()

    assert sent("send", people=[ann]) == (200, {"count": 1})
    assert sent("send", people=[ann]) == (200, {"count": 0})
    assert sent("remind", states=["asked"]) == (200, {"count": 0})
    code, stands = sent("answers", person=ann, answer="accepted", by="in_person", party=2)
    assert (code, stands["state"], stands["party"]) == (200, "accepted", 2)
    assert sent("answers", person=ann, answer="perhaps", by="phone")[0] == 422
    assert sent("came", person=ann)[0] == 409  # the day has not come
    assert sent("came", person=str(uuid.uuid4()))[0] == 404
    assert press(client, f"{at}/remove", at).status_code == 303
    with mail_server.running() as server:
        assert mailed(app, server) == {}  # what waited does not go once the list is taken away
    change(session, Engagement, aims="")
    assert press(client, f"{at}/put-back", "/invite-lists/").status_code == 303
    assert sent("send")[0] == 409  # the event does not say what it is for
    assert "what it is for" in client.get(f"{at}/send").text
