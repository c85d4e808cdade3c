"""Asking for help: a need, the offers near it, who may be asked and how, answers by link and by
phone, what was used and who was thanked, with a real mail server."""

import re
import uuid
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import local_day, now
from assetmap.models import (
    AuditEntry,
    Engagement,
    HelpAsk,
    HelpRequest,
    Link,
    Offer,
)
from assetmap.register import consents, help_requests, merging
from assetmap.schemas.help_requests import HelpDraft
from assetmap.vocabulary import ContactChannel, ContactPurpose, Relation
from tests.make import (
    commit,
    make_consent,
    make_entry,
    make_person,
    make_team,
    make_user,
    point,
)
from tests.outside import mail_server
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press, sign_in
from tests.web.test_invite_answers import link, mailed, person

EMAIL, SERVICE = ContactChannel.EMAIL, ContactPurpose.SERVICE
NEEDED = now() + timedelta(days=9)
PAST = now().date() - timedelta(days=3)
SAID = {
    "title": "Tea for forty",
    "words": "Two hours, urn and cups",
    "place": "Mill Hall",
    "needed_on": NEEDED.date().isoformat(),
    "answer_by": (NEEDED - timedelta(days=3)).date().isoformat(),
    "wanted": "1",
    "ask_who": "Jo",
    "ask_how": "01632 960 111",
}


def town(session: Session, *, agreed: tuple[str, ...] = ("email",)) -> Any:
    """An organiser, an event, and three offers: two of a choir whose Ann agreed to be written to,
    one of a hall where nobody did."""
    team = make_team(session)
    choir = make_entry(session, "group", team, title="Choir", geometry=point())
    hall = make_entry(session, "asset", team, title="Mill Hall", geometry=point())
    for title, giver in (("Tea urn", choir), ("Singing", choir), ("A warm room", hall)):
        by: dict[str, Any] = {"group" if giver is choir else "asset": giver.uid}
        make_entry(session, "offer", team, title=title, geometry=point(), **by)
    reached: dict[str, Any] = {"email": "ann@people.example", "phone": "01632 960 555"}
    ann = make_person(session, team, at=choir, name="Ann", **reached)
    if agreed:
        make_consent(session, ann, "service", *agreed)
    at: dict[str, Any] = {"starts_at": NEEDED, "ends_at": NEEDED + timedelta(hours=2)}
    make_entry(session, "engagement", team, title="Secret hub", geometry=point(), **at)
    olu = make_user(session, team, "organiser", "olu@demo.example")
    commit()
    return olu


def uid_of(session: Session, title: str) -> str:
    session.rollback()
    return str(session.scalars(select(Offer.uid).where(Offer.title == title)).one())


def event(session: Session) -> Engagement:
    session.rollback()
    return session.scalars(select(Engagement)).one()


def begun(client: FlaskClient, session: Session, **more: str) -> str:
    """Where a request for the event is, made by the form."""
    need = str(event(session).uid)
    sent = {"uid": str(uuid.uuid4()), "need": need, **SAID, **more}
    answer = press(client, "/help-requests/new", f"/help-requests/new?need={need}", **sent)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location).removesuffix("/choose")


def ask(client: FlaskClient, path: str, *uids: str, **more: str) -> Any:
    return press(client, f"{path}/ask", f"{path}/choose", offers=list(uids), **more)


def asked(session: Session) -> dict[str, HelpAsk]:
    session.rollback()
    rows = session.execute(select(Offer.title, HelpAsk).join(HelpAsk, HelpAsk.offer_id == Offer.id))
    return {title: one for title, one in rows}  # noqa: C416  # rows are no pairs to mypy


def done(client: FlaskClient, path: str, one: HelpAsk, what: str, **sent: str) -> Any:
    return press(client, f"{path}/asked/{one.uid}/{what}", path, **sent)


def words_of(letter: EmailMessage) -> str:
    return " ".join(letter.get_content().split())


def test_a_need_is_sent_to_a_chosen_offer_answered_by_link_used_and_thanked(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    urn = uid_of(session, "Tea urn")
    choices = client.get(f"{path}/choose").get_data(as_text=True)
    assert all(title in choices for title in ("Tea urn", "Singing", "A warm room"))
    assert ask(client, path, urn, by="email").status_code == 303
    assert ask(client, path, urn, by="email").status_code == 303  # twice asks once
    visitor = app.test_client()
    with mail_server.running() as server:
        (letter,) = mailed(app, server).values()
        assert mailed(app, server) == {}
        said = words_of(letter)
        assert letter["Subject"] == "Can you help? Tea for forty"
        assert "Secret hub" not in said  # nothing of the entry it is for leaves
        assert all(word in said for word in ("Two hours", "Mill Hall", "Jo", "01632 960 111"))
        assert "List-Unsubscribe" in letter
        reply = link(letter, "helping")
        page = visitor.get(reply)
        assert "no-store" in page.headers["Cache-Control"]
        answer = press(visitor, reply, reply, answer="accepted", words="From two")
        assert answer.status_code == 303
        assert "You said yes" in visitor.get(reply).get_data(as_text=True)
        shown = client.get(path).get_data(as_text=True)
        assert "Said yes: 1" in shown
        assert "From two" in shown
        one = asked(session)["Tea urn"]
        today = local_day(now()).isoformat()
        assert done(client, path, one, "used", used_on=today, words="Ran dry").status_code == 303
        thanks = {"words": "Forty people had tea", "by": "email"}
        assert done(client, path, one, "thanks", **thanks).status_code == 303
        assert done(client, path, one, "thanks", **thanks).status_code == 303
        (letter,) = mailed(app, server).values()
    assert letter["Subject"] == "Thank you: Tea for forty"
    assert "Forty people had tea" in words_of(letter)
    offer = client.get(f"/offers/{urn}").get_data(as_text=True)
    assert "Asked for once, used once" in offer
    assert "used, and thanked" in " ".join(offer.split())
    tied = session.scalars(select(Link).where(Link.relation == Relation.ANSWERS)).one()
    assert tied.to_id == event(session).id
    done_by = set(session.scalars(select(AuditEntry.action)))
    assert "asked_help" in done_by


def test_who_did_not_agree_is_not_mailed_and_can_be_kept_as_rung(
    client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    room = uid_of(session, "A warm room")
    refused = ask(client, path, room, by="email")
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert "Nobody has agreed to be asked by e-mail" in page
    assert re.search(rf'value="{room}"\s+checked', page)
    assert asked(session) == {}
    assert ask(client, path, room, by="phone").status_code == 303
    one = asked(session)["A warm room"]
    assert one.person_id is None
    assert done(client, path, one, "answer", answer="declined", by="phone").status_code == 303
    today = local_day(now()).isoformat()
    said_no = done(client, path, one, "used", used_on=today)
    assert said_no.status_code == 409
    assert "They said no." in said_no.get_data(as_text=True)


def test_one_person_is_asked_once_by_a_request(client: FlaskClient, session: Session) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    both = uid_of(session, "Tea urn"), uid_of(session, "Singing")
    refused = ask(client, path, *both, by="email")
    assert refused.status_code == 422
    assert "is asked for another offer already" in refused.get_data(as_text=True)
    assert asked(session) == {}


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        ("title", "", "What is needed"),
        ("answer_by", "", "Answer by"),
        ("answer_by", (NEEDED + timedelta(days=1)).date().isoformat(), "after the day"),
        ("wanted", "0", "How many"),
        ("wanted", "lots", "How many"),
        ("ask_how", "x" * 121, "How they are reached"),
        ("words", "Ring Mrs Alma Brook on 01632 960 222", "I have looked"),
        ("role", "king", "At the event"),
        ("needed_on", "2026-02-31", "Needed on"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(
    client: FlaskClient, session: Session, field: str, given: str, said: str
) -> None:
    sign_in(client, town(session))
    sent = {"uid": str(uuid.uuid4()), **SAID, field: given}
    answer = press(client, "/help-requests/new", "/help-requests/new", **sent)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said in page
    assert "Mill Hall" in page
    assert session.scalars(select(HelpRequest)).all() == []


def test_whoever_was_asked_often_enough_rests(client: FlaskClient, session: Session) -> None:
    sign_in(client, town(session))
    urn = uid_of(session, "Tea urn")
    for number in range(3):
        path = begun(client, session, title=f"Tea, time {number}")
        assert ask(client, path, urn, by="email").status_code == 303
    path = begun(client, session, title="Tea, once more")
    page = client.get(f"{path}/choose").get_data(as_text=True)
    assert "Asked 3 times of late: not before" in page
    refused = ask(client, path, uid_of(session, "Singing"), by="email")  # the same Ann
    assert "was asked often enough" in refused.get_data(as_text=True)
    assert len(session.scalars(select(HelpAsk)).all()) == 3


def test_a_request_changed_by_two_keeps_what_each_typed(
    client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    first = press(client, f"{path}/edit", f"{path}/edit", **SAID | {"version": "1", "title": "Tea"})
    assert first.status_code == 303
    late = SAID | {"version": "1", "title": "Coffee"}
    refused = press(client, f"{path}/edit", f"{path}/edit", **late)
    assert refused.status_code == 409
    assert 'value="Coffee"' in refused.get_data(as_text=True)
    assert session.scalars(select(HelpRequest.title)).one() == "Tea"


def test_what_was_taken_away_or_closed_comes_back(client: FlaskClient, session: Session) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    press(client, f"{path}/remove", path)
    assert client.get(path).status_code == 404
    press(client, f"{path}/put-back", "/help-requests/")
    assert client.get(path).status_code == 200
    press(client, f"{path}/close", path)
    urn = uid_of(session, "Tea urn")
    assert ask(client, path, urn, by="email").status_code == 409
    press(client, f"{path}/close", path, closed="false")
    assert ask(client, path, urn, by="email").status_code == 303


def test_what_was_asked_follows_an_offer_that_is_folded_into_another(
    client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    ask(client, path, uid_of(session, "Tea urn"), by="email")
    keep, gone = (
        session.scalars(select(Offer).where(Offer.title == title)).one()
        for title in ("Singing", "Tea urn")
    )
    merging.merge(session, keep, gone, why="Both are tea", viewer=OPERATOR)
    commit()
    assert "Asked for once" in client.get(f"/offers/{keep.uid}").get_data(as_text=True)


def test_a_consent_that_ended_is_offered_for_nobody(client: FlaskClient, session: Session) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    ann = person(session, "Ann")
    consents.withdraw(session, ann, SERVICE, EMAIL, viewer=OPERATOR)
    commit()
    page = client.get(f"{path}/choose").get_data(as_text=True)
    assert "Ann" not in page
    assert "Nobody there has agreed to be written to" in page


def test_a_stranger_and_another_team_read_nothing_of_it(
    client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    ask(client, path, urn := uid_of(session, "Tea urn"), by="email")
    other = make_team(session, "Elsewhere")
    ola = make_user(session, other, "organiser", "ola@demo.example")
    commit()
    sign_in(client, ola)
    assert client.get(path).status_code == 404
    assert client.get(f"{path}/choose").status_code == 404
    assert "Tea for forty" not in client.get("/help-requests/").get_data(as_text=True)
    assert "Asked for" not in client.get(f"/offers/{urn}").get_data(as_text=True)


def test_pages_of_it_ask_no_more_questions_the_more_there_is(
    client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    offer = f"/offers/{uid_of(session, 'Tea urn')}"
    pages = ("/help-requests/", "/help-requests/new", path, f"{path}/edit", f"{path}/choose", offer)
    few = {}
    for address in pages:
        with counted() as queries:
            assert client.get(address).status_code == 200
        few[address] = len(questions(queries))
        assert few[address] <= MOST_ON_A_PAGE, questions(queries)
    ask(client, path, uid_of(session, "Tea urn"), by="email")
    ask(client, path, uid_of(session, "Singing"), uid_of(session, "A warm room"), by="in_person")
    for address in pages:
        with counted() as queries:
            assert client.get(address).status_code == 200
        on_account = 2 if address == path else 0  # now that somebody is named
        assert len(questions(queries)) <= few[address] + on_account, questions(queries)


def test_the_need_is_found_again_whoever_asks_and_the_team_that_asks_is_chosen(
    session: Session,
) -> None:
    olu = town(session)
    need = event(session)
    draft = HelpDraft.model_validate({**SAID, "need": need.uid})
    made, is_new = help_requests.put(session, uuid.uuid4(), draft, viewer=OPERATOR)
    assert is_new
    assert made.team_id == need.team_id
    assert olu
