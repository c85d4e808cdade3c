"""Signing in through the pages."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import escape, unescape
from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from uuid6 import uuid7
from werkzeug.test import TestResponse

from assetmap.app import create_app
from assetmap.db import db, now
from assetmap.gate import SESSION_KEY
from assetmap.models import SignInLink, UserSession
from assetmap.register import sign_in
from assetmap.register.secret import hashed
from assetmap.settings import Settings
from assetmap.web.sign_in import own_path
from tests.make import commit, make_team, make_user
from tests.outside import mail_server

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
LINK = re.compile(r"https?://[^/\s]+(/sign-in/[\w-]+)(\S*)")
SENT = "If that address belongs to someone who uses Assetmap"


def csrf(client: FlaskClient, path: str = "/sign-in") -> str:
    g.pop("csrf_token", None)  # the tests' own context outlives a request, real ones don't
    found = TOKEN.search(client.get(path).text)
    assert found
    return found[1]


def ask(client: FlaskClient, email: str, **more: str) -> TestResponse:
    return client.post("/sign-in", data={"csrf_token": csrf(client), "email": email} | more)


def link_for(session: Session, email: str = "local@demo.example") -> str:
    user = make_user(session, make_team(session), email=email)
    secret = sign_in.make_link(session, user, minutes=30)
    commit()
    return f"/sign-in/{secret}"


def press(client: FlaskClient, path: str, **more: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf(client, path)} | more)


def who(client: FlaskClient) -> int | None:
    with client.session_transaction() as cookie:
        secret = cookie.get(SESSION_KEY, "")
    return db.session.scalar(
        select(UserSession.user_id).where(UserSession.secret_hash == hashed(secret))
    )


def bare(page: str) -> str:
    """A page without what differs each time."""
    return re.sub(r'nonce="[^"]*"|value="[^"]*"', "", page)


def test_a_link_that_is_asked_for_is_in_the_log_and_signs_its_person_in(
    client: FlaskClient, session: Session
) -> None:
    user_id = make_user(session, make_team(session)).id
    commit()
    with capture_logs() as said:
        answer = ask(client, " LOCAL@demo.example ")
    assert answer.status_code == 200
    found = LINK.search(" ".join(one["event"] for one in said))
    assert found
    page = client.get(found[1])
    assert "Sign in as Local" in page.text
    assert who(client) is None
    assert press(client, found[1]).location == "/"
    assert who(client) == user_id
    assert "Sign out" in client.get("/sign-in").text


def test_a_stranger_gets_the_same_page_in_the_same_words(
    client: FlaskClient, session: Session
) -> None:
    make_user(session, make_team(session))
    commit()
    with capture_logs() as said:
        known = ask(client, "local@demo.example")
        told = len(said)
        stranger = ask(client, "stranger@demo.example")
    assert told
    assert len(said) == told
    assert (known.status_code, stranger.status_code) == (200, 200)
    assert SENT in known.text
    assert bare(known.text) == bare(stranger.text)
    assert session.scalar(select(func.count()).select_from(SignInLink)) == 1


def test_somebody_shut_out_gets_the_same_page_and_no_link(
    client: FlaskClient, session: Session
) -> None:
    make_user(session, make_team(session)).is_active = False
    commit()
    assert SENT in ask(client, "local@demo.example").text
    assert session.scalar(select(func.count()).select_from(SignInLink)) == 0


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", "<script>x</script>@{{7*7}}"])
def test_what_is_not_an_address_is_given_back_with_what_is_wrong(
    client: FlaskClient, typed: str
) -> None:
    answer = ask(client, typed)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "<script>x" not in answer.text
    assert "49" not in answer.text.partition("{{7*7}}")[0][-20:]


def test_whoever_meets_a_closed_page_is_led_back_to_it_by_signing_in(
    client: FlaskClient, session: Session
) -> None:
    page = f"/walkabouts/{uuid7()}/rekey?pack=1&sheet=2"
    closed = client.get(page)
    assert closed.status_code == 401
    on = re.search(r'href="(/sign-in\?next=[^"]+)"', closed.text)
    assert on
    assert f'name="next" value="{escape(page)}"' in client.get(unescape(on[1])).text


def test_a_link_works_once(client: FlaskClient, app: Flask, session: Session) -> None:
    path = link_for(session)
    assert press(client, path).status_code == 303
    other = app.test_client()
    assert other.get(path).status_code == 404
    answer = other.post(path, data={"csrf_token": csrf(other)})
    assert answer.status_code == 404
    assert "no longer works" in answer.text
    assert who(other) is None


def test_two_presses_at_once_sign_one_in(client: FlaskClient, app: Flask, session: Session) -> None:
    path = link_for(session)
    other = app.test_client()
    mine, theirs = csrf(client, path), csrf(other, path)
    assert client.post(path, data={"csrf_token": mine}).status_code == 303
    assert other.post(path, data={"csrf_token": theirs}).status_code == 404


def test_a_link_that_is_too_old_says_so(client: FlaskClient, session: Session) -> None:
    path = link_for(session)
    session.execute(update(SignInLink).values(expires_at=now() - timedelta(seconds=1)))
    commit()
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Ask for a new link" in answer.text


def test_opening_a_link_does_not_spend_it(client: FlaskClient, session: Session) -> None:
    path = link_for(session)
    for _ in range(3):
        answer = client.get(path)
        assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert press(client, path).status_code == 303


def test_a_form_without_its_token_is_refused(client: FlaskClient, session: Session) -> None:
    path = link_for(session)
    assert client.post(path).status_code == 400
    assert client.post("/sign-in", data={"email": "local@demo.example"}).status_code == 400
    assert client.get(path).status_code == 200


def test_signing_in_keeps_nothing_of_the_session_before(
    client: FlaskClient, session: Session
) -> None:
    path = link_for(session)
    with client.session_transaction() as before:
        before["planted"] = "by somebody else"
    press(client, path)
    with client.session_transaction() as after:
        assert "planted" not in after
        assert after.permanent


def test_signing_out_forgets_who_was_here(client: FlaskClient, session: Session) -> None:
    press(client, link_for(session))
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    answer = client.post("/sign-out", data={"csrf_token": csrf(client)})
    assert (answer.status_code, answer.location) == (303, "/")
    assert who(client) is None


def test_the_way_on_survives_the_mail(client: FlaskClient, session: Session) -> None:
    make_user(session, make_team(session))
    commit()
    with capture_logs() as said:
        ask(client, "local@demo.example", next="/walk/?a=1&b=2")
    found = LINK.search(" ".join(one["event"] for one in said))
    assert found
    page = client.get(found[1] + found[2])
    assert 'value="/walk/?a=1&amp;b=2"' in page.text
    answer = press(client, found[1], next="/walk/?a=1&b=2")
    assert answer.location == "/walk/?a=1&b=2"


@pytest.mark.parametrize(
    "away",
    [
        "",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "evil",
        "/\n/evil.example",
        "/sign-out",
        "/" + "x" * 3000,
    ],
)
def test_only_our_own_paths_are_gone_on_to(away: str) -> None:
    assert own_path(away) == "/"


def test_a_way_on_that_leads_away_is_dropped(client: FlaskClient, session: Session) -> None:
    answer = press(client, link_for(session), next="//evil.example/")
    assert answer.location == "/"


def test_without_the_demo_nobody_is_let_in_by_a_button(
    client: FlaskClient, session: Session
) -> None:
    make_user(session, make_team(session))
    commit()
    assert "/sign-in/demo" not in client.get("/sign-in").text
    form = {"csrf_token": csrf(client), "email": "local@demo.example"}
    assert client.post("/sign-in/demo", data=form).status_code == 404
    assert who(client) is None


class TestDemo:
    @pytest.fixture
    def settings(self, database_url: str, tmp_path: Path) -> Settings:
        return Settings(
            database_url=database_url,
            secret_key=SecretStr("test"),
            instance=tmp_path / "i",
            demo=True,
        )

    def test_a_demo_person_signs_in_with_one_press(
        self, client: FlaskClient, session: Session
    ) -> None:
        user_id = make_user(session, make_team(session), role="data_officer").id
        commit()
        page = client.get("/sign-in").text
        assert "data officer in Riverside team" in page
        form = {"csrf_token": csrf(client), "email": "local@demo.example", "next": "/walk/"}
        assert client.post("/sign-in/demo", data=form).location == "/walk/"
        assert who(client) == user_id

    def test_a_demo_person_who_signed_in_is_not_said_never_to_have(
        self, client: FlaskClient, session: Session
    ) -> None:
        make_user(session, make_team(session), role="admin")
        commit()
        form = {"csrf_token": csrf(client), "email": "local@demo.example"}
        client.post("/sign-in/demo", data=form)
        assert "Never" not in client.get("/people/").text

    def test_real_people_are_never_let_in_by_a_button(
        self, client: FlaskClient, session: Session
    ) -> None:
        make_user(session, make_team(session), email="real@council.example")
        commit()
        assert "real@council.example" not in client.get("/sign-in").text
        form = {"csrf_token": csrf(client), "email": "real@council.example"}
        assert client.post("/sign-in/demo", data=form).status_code == 404
        assert who(client) is None


class TestMailed:
    @pytest.fixture
    def server(self) -> Iterator[mail_server.MailServer]:
        with mail_server.running() as server:
            yield server

    @pytest.fixture
    def settings(
        self, database_url: str, tmp_path: Path, server: mail_server.MailServer
    ) -> Settings:
        return Settings(
            database_url=database_url,
            secret_key=SecretStr("test"),
            instance=tmp_path / "i",
            mail_server=server.url,
        )

    def test_the_mailed_link_never_leads_where_the_asker_said(
        self, client: FlaskClient, session: Session, server: mail_server.MailServer
    ) -> None:
        make_user(session, make_team(session))
        commit()
        form = {"csrf_token": csrf(client), "email": "local@demo.example"}
        client.post("/sign-in", data=form, headers={"X-Forwarded-Host": "evil.example"})
        client.post("/sign-in", data=form, base_url="http://evil.example/")
        letter = server.next_letter()
        assert letter["To"] == "local@demo.example"
        found = LINK.search(letter.get_content())
        assert found
        assert found[0].startswith("http://127.0.0.1:5000/sign-in/")
        assert press(client, found[1]).status_code == 303


def test_the_eleventh_try_in_a_minute_waits(settings: Settings) -> None:
    app = create_app(settings, config={"TESTING": True, "RATELIMIT_ENABLED": True})
    client = app.test_client()
    found = TOKEN.search(client.get("/sign-in").text)
    assert found
    form = {"csrf_token": found[1], "email": "stranger@demo.example"}
    answers = [client.post("/sign-in", data=form) for _ in range(11)]
    with app.app_context():
        db.engine.dispose()
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "can be done 10 times in a minute at most. Try again in a minute." in answers[-1].text
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_without_a_provider_there_is_neither_button_nor_page(client: FlaskClient) -> None:
    assert "/sign-in/provider" not in client.get("/sign-in").text
    for path in ("/sign-in/provider", "/sign-in/provider/back?code=x&state=y"):
        assert client.get(path).status_code == 404
