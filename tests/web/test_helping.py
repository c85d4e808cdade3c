"""Requests for help on their way and back: the mail server away, consent withdrawn, links that are
late, tampered with or somebody's who was erased."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import HelpAsk, HelpRequest, Person, Suppression
from assetmap.register import person_blanking, subject_search
from tests.make import commit, make_request
from tests.outside import mail_server
from tests.web.pages import press, sign_in
from tests.web.test_help_requests import PAST, ask, asked, begun, town, uid_of
from tests.web.test_invite_answers import change, link, mailed, person


def test_consent_withdrawn_before_the_message_goes_stops_it_and_says_so(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    ask(client, path, uid_of(session, "Tea urn"), by="email")
    change(session, Person, do_not_contact=True)
    with mail_server.running() as server:
        assert mailed(app, server) == {}
    shown = client.get(path).get_data(as_text=True)
    assert "Not sent, or come back: 1" in shown
    assert asked(session)["Tea urn"].taken_back_at is not None


def test_a_mail_server_that_is_away_loses_nothing_and_sends_nothing_twice(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    ask(client, begun(client, session), uid_of(session, "Tea urn"), by="email")
    with mail_server.running() as server:
        pass
    assert mailed(app, server) == {}  # nobody listens there any more
    assert asked(session)["Tea urn"].mail == "waiting"
    change(session, HelpAsk, tried_at=None)
    with mail_server.running() as server:
        assert set(mailed(app, server)) == {"ann@people.example"}
        assert mailed(app, server) == {}


def test_an_address_that_takes_no_mail_is_not_written_to_again(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    ask(client, path, uid_of(session, "Tea urn"), by="email")
    with mail_server.running(refuses=True) as server:
        mailed(app, server)
    assert session.scalars(select(Suppression.reason)).all() == ["bounce"]
    assert asked(session)["Tea urn"].mail == "bounced"
    assert ask(client, path, uid_of(session, "Tea urn"), by="email").status_code == 422


@pytest.mark.parametrize(
    "then",
    [{"closed_at": now()}, {"answer_by": PAST}, {"removed_at": now()}],
    ids=["closed", "late", "taken away"],
)
def test_a_link_takes_no_answer_once_the_request_is_settled(
    app: Flask, client: FlaskClient, session: Session, then: Mapping[str, Any]
) -> None:
    sign_in(client, town(session))
    path = begun(client, session, needed_on="")
    ask(client, path, uid_of(session, "Tea urn"), by="email")
    visitor = app.test_client()
    with mail_server.running() as server:
        (letter,) = mailed(app, server).values()
    reply = link(letter, "helping")
    assert visitor.get(reply).status_code == 200
    change(session, HelpRequest, **then)
    page = visitor.get(reply)
    assert page.status_code == 200
    assert "Send my answer" not in page.get_data(as_text=True)
    late = press(visitor, reply, answer="accepted")
    assert late.status_code == 409
    assert asked(session)["Tea urn"].state == "asked"


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "x" * 3000])
def test_a_link_that_was_tampered_with_opens_nothing(client: FlaskClient, token: str) -> None:
    answer = client.get(f"/helping/{token}")
    assert answer.status_code in (400, 404, 414)


def test_whoever_is_erased_is_in_no_answer_and_their_link_is_gone(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    sign_in(client, town(session))
    path = begun(client, session)
    ask(client, path, uid_of(session, "Tea urn"), by="email")
    visitor = app.test_client()
    with mail_server.running() as server:
        (letter,) = mailed(app, server).values()
    reply = link(letter, "helping")
    press(visitor, reply, reply, answer="tentative", words="My knee is bad")
    ann = person(session, "Ann")
    request = make_request(session, name="Ann", email="ann@people.example")
    texts = [hit.text for hit in subject_search.look(session, request)]
    assert any(
        "asked for help: Tea for forty" in text and "My knee is bad" in text for text in texts
    )
    person_blanking.blank(session, ann, viewer=OPERATOR)
    commit()
    assert visitor.get(reply).status_code == 404
    assert "My knee" not in client.get(path).get_data(as_text=True)
    assert asked(session)["Tea urn"].words == ""
