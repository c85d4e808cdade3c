"""One's own account: sessions, tokens, shared devices and the authenticator."""

import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.errors import Conflict
from assetmap.models import ApiToken, Authenticator, RecoveryCode, User, UserSession
from assetmap.register import authenticators, sign_in
from assetmap.register.authenticators import STEP_SECONDS, Vault
from assetmap.register.secret import hashed
from assetmap.settings import Settings
from tests.make import commit, make_team, make_user
from tests.web.pages import press
from tests.web.pages import sign_in as be

SECRET = re.compile(r'<code class="secret">(.*?)</code>')
CODE = re.compile(r"<li>([a-z2-9]{4}(?:-[a-z2-9]{4}){3})</li>")


def ask(client: FlaskClient, path: str, **fields: object) -> str:
    answer = press(client, path, page="/account/", **fields)
    assert answer.status_code in (200, 303), answer.text
    return client.get(str(answer.location)).text if answer.status_code == 303 else answer.text


def code(key: str, steps: int = 0) -> str:
    at = now() + timedelta(seconds=STEP_SECONDS * steps)
    return pyotp.TOTP(key).at(at)


def enrol(client: FlaskClient) -> tuple[str, list[str]]:
    """Set an authenticator up; its key and the recovery codes."""
    page = ask(client, "/account/authenticator/begin")
    found = SECRET.search(page)
    assert found
    key = found[1].replace(" ", "")
    return key, CODE.findall(ask(client, "/account/authenticator", code=code(key, -1)))


def came_by_link(session: Session, client: FlaskClient, user: User, **fields: str) -> str:
    """Open a fresh link and press its button; where it leads."""
    path = f"/sign-in/{sign_in.make_link(session, user, minutes=5)}"
    commit()
    answer = press(client, path, page=path, **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


class TestSessions:
    def test_signing_out_ends_the_session_also_for_whoever_kept_the_cookie(
        self, app: Flask, client: FlaskClient, editor: User
    ) -> None:
        kept = client.get_cookie("session")
        assert kept
        press(client, "/sign-out", page="/account/")
        thief = app.test_client()
        thief.set_cookie("session", kept.value)
        assert thief.get("/account/").status_code == 401

    def test_signing_in_renews_the_session_and_ends_the_one_before(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        before = session.scalars(select(UserSession.secret_hash)).all()
        came_by_link(session, client, editor)
        after = session.scalars(select(UserSession.secret_hash)).all()
        assert (len(before), len(after)) == (1, 1)
        assert before != after

    def test_other_places_are_signed_out_one_by_one_or_all_together(
        self, app: Flask, client: FlaskClient, session: Session, editor: User
    ) -> None:
        others = [app.test_client() for _ in range(3)]
        for one in others:
            be(one, editor)
        page = client.get("/account/").text
        ends = re.findall(r'action="(/account/sessions/\d+/end)"', page)
        assert len(ends) == 3
        assert "Signed out there." in ask(client, ends[0])
        assert "already" in ask(client, ends[0])
        assert [one.get("/account/").status_code for one in others].count(401) == 1
        assert "everywhere else" in ask(client, "/account/sessions/end-others")
        assert [one.get("/account/").status_code for one in others] == [401] * 3
        assert client.get("/account/").status_code == 200

    def test_somebody_elses_session_is_not_ended(
        self, app: Flask, client: FlaskClient, session: Session, editor: User
    ) -> None:
        other = app.test_client()
        be(other, make_user(session, make_team(session, "Hilltop"), email="b@example.org"))
        theirs = session.scalars(select(UserSession.id).order_by(UserSession.id.desc())).first()
        ask(client, f"/account/sessions/{theirs}/end")
        assert other.get("/account/").status_code == 200

    def test_a_shared_device_keeps_nothing_but_what_was_not_sent_yet(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        path = f"/sign-in/{sign_in.make_link(session, editor, minutes=5)}"
        answer = press(client, path, page=path, shared="yes")
        cookie = answer.headers["Set-Cookie"]
        assert "Expires" not in cookie
        assert "Max-Age" not in cookie
        assert "HttpOnly" in cookie
        assert "Shared device" in client.get("/account/").text
        gone = press(client, "/sign-out", page="/account/")
        assert gone.headers["Clear-Site-Data"] == '"cache"'  # which leaves the cookie alone
        assert gone.headers["Set-Cookie"].startswith("assetmap_left=yes")

    def test_a_shared_device_that_rested_too_long_lets_go_of_what_it_keeps(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        came_by_link(session, client, editor, shared="yes")
        session.execute(update(UserSession).values(last_seen_at=now() - timedelta(minutes=16)))
        commit()
        gone = client.get("/account/")
        assert gone.status_code == 401
        assert gone.headers["Clear-Site-Data"] == '"cache"'
        assert "Clear-Site-Data" not in client.get("/account/").headers

    def test_ones_own_device_keeps_what_the_phone_has_not_sent_yet(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        came_by_link(session, client, editor)
        gone = press(client, "/sign-out", page="/account/")
        assert "Clear-Site-Data" not in gone.headers

    def test_who_rested_too_long_is_asked_to_sign_in(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        session.execute(update(UserSession).values(last_seen_at=now() - timedelta(minutes=241)))
        assert client.get("/account/").status_code == 401

    def test_a_cookie_of_our_own_making_with_a_guess_in_it_is_nobody(
        self, client: FlaskClient, editor: User
    ) -> None:
        for guess in ("", "x", 1, None, ["a"]):
            with client.session_transaction() as cookie:
                cookie["session"] = guess
            assert client.get("/account/").status_code == 401


class TestTokens:
    def test_a_token_is_shown_once_works_and_is_revoked(
        self, app: Flask, client: FlaskClient, session: Session, editor: User
    ) -> None:
        page = ask(client, "/account/tokens", name="<b>Map</b>", scope="read", days="30")
        found = SECRET.search(page)
        assert found
        bearer = {"Authorization": f"Bearer {found[1]}"}
        program = app.test_client()
        assert program.get("/api/entries", headers=bearer).status_code == 200
        page = client.get("/account/").text
        assert found[1] not in page
        assert "&lt;b&gt;Map" in page
        token = session.scalars(select(ApiToken)).one()
        ask(client, f"/account/tokens/{token.id}/revoke")
        assert program.get("/api/entries", headers=bearer).status_code == 401

    def test_the_page_of_a_token_loaded_again_shows_the_same_token(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        fields = {"once": "one page", "name": "Map", "scope": "read", "days": "30"}
        first, second = (ask(client, "/account/tokens", **fields) for _ in range(2))
        other = ask(client, "/account/tokens", **(fields | {"name": "Another"}))
        nothing_said = [ask(client, "/account/tokens", **(fields | {"once": ""})) for _ in range(2)]
        shown = [SECRET.findall(page) for page in (first, second, other, *nothing_said)]
        assert shown[0] == shown[1]
        assert len({one for (one,) in shown}) == 4
        assert len(session.scalars(select(ApiToken)).all()) == 4

    def test_the_page_of_a_token_that_was_revoked_makes_no_other(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        fields = {"once": "one page", "scope": "read", "days": "30"}
        ask(client, "/account/tokens", **fields)
        token = session.scalars(select(ApiToken)).one()
        ask(client, f"/account/tokens/{token.id}/revoke")
        answer = press(client, "/account/tokens", page="/account/", **fields)
        assert answer.status_code == 409
        assert "made and has ended" in answer.text

    def test_two_people_who_send_the_same_form_have_two_tokens(
        self, app: Flask, client: FlaskClient, session: Session, editor: User
    ) -> None:
        fields = {"once": "one page", "scope": "read", "days": "30"}
        mine = SECRET.findall(ask(client, "/account/tokens", **fields))
        assert mine
        colleague = app.test_client()
        be(colleague, make_user(session, make_team(session, "Next door"), email="c@demo.example"))
        assert SECRET.findall(ask(colleague, "/account/tokens", **fields)) != mine

    def test_each_page_shown_asks_for_a_token_of_its_own(
        self, client: FlaskClient, editor: User
    ) -> None:
        pages = [client.get("/account/").text for _ in range(2)]
        said = [re.findall(r'name="once" value="(.{43})"', page) for page in pages]
        assert len({one for (one,) in said}) == 2

    @pytest.mark.parametrize(
        ("field", "value"),
        [("scope", "all"), ("days", "366"), ("days", "x"), ("name", "n" * 81), ("team", "Other")],
    )
    def test_a_token_that_makes_no_sense_is_given_back(
        self, client: FlaskClient, session: Session, editor: User, field: str, value: str
    ) -> None:
        answer = press(client, "/account/tokens", page="/account/", **{field: value})
        assert answer.status_code == 422
        assert "There is a problem" in answer.text
        assert session.scalars(select(ApiToken)).all() == []


class TestAuthenticator:
    def test_one_that_is_set_up_is_asked_for_after_the_link(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        key, codes = enrol(client)
        assert len(set(codes)) == 10
        assert came_by_link(session, client, editor, next="/hotspots/") == "/sign-in/code"
        assert client.get("/account/").status_code == 401
        page = client.get("/sign-in/code").text
        assert "authenticator app" in page
        answer = press(client, "/sign-in/code", page="/sign-in/code", code=code(key))
        assert answer.location == "/hotspots/"
        assert client.get("/account/").status_code == 200

    def test_a_code_signs_in_once(
        self, app: Flask, client: FlaskClient, session: Session, editor: User
    ) -> None:
        key, _ = enrol(client)
        right = code(key)
        got = []
        for browser in (client, app.test_client()):
            came_by_link(session, browser, editor)
            got.append(
                press(browser, "/sign-in/code", page="/sign-in/code", code=right).status_code
            )
        assert got == [303, 422]

    def test_a_recovery_code_signs_in_once_however_it_is_typed(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        _, codes = enrol(client)
        typed = codes[0].upper().replace("-", " ")
        got = []
        for _ in range(2):
            came_by_link(session, client, editor)
            page = "/sign-in/code"
            got.append(press(client, page, page=page, code=typed).status_code)
        assert got == [303, 422]

    def test_whoever_signs_in_with_few_recovery_codes_left_is_told(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        _, codes = enrol(client)
        page, told = "/sign-in/code", []
        for one in (codes[0], *codes[-2:]):
            came_by_link(session, client, editor)
            press(client, page, page=page, code=one)
            told.append("Make new ones" in client.get("/account/").text)
            last = [hashed(one.replace("-", "")) for one in codes[-2:]]
            session.execute(delete(RecoveryCode).where(RecoveryCode.code_hash.not_in(last)))
            commit()
        assert told == [False, True, True]
        for path in ("/account/", "/account/authenticator"):
            assert "No recovery code is left." in client.get(path).text, path
        came_by_link(session, client, editor)
        refused = press(client, page, page=page, code=codes[-1]).text
        assert "A recovery code works once." in refused

    def test_five_wrong_codes_and_even_the_right_one_waits(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        key, codes = enrol(client)
        came_by_link(session, client, editor)
        page = "/sign-in/code"
        wrong = [press(client, page, page=page, code="000 000").status_code for _ in range(5)]
        late = press(client, page, page=page, code=code(key)).status_code
        other = press(client, page, page=page, code=codes[0]).status_code
        assert (wrong, late, other) == ([422] * 5, 429, 429)
        for minutes in (-16, 3_000):  # or the clock was put back since
            at = now() + timedelta(minutes=minutes)
            waits = {"failures": 5, "failing_since": at, "last_step": 0}
            session.execute(update(Authenticator).values(waits))
            commit()
            came_by_link(session, client, editor)
            assert press(client, page, page=page, code=code(key)).status_code == 303

    def test_the_key_is_kept_encrypted_and_another_signing_key_does_not_open_it(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        key, _ = enrol(client)
        kept = session.scalars(select(Authenticator)).one()
        assert key not in kept.sealed_key
        assert Vault("test").open(kept.sealed_key) == key
        with pytest.raises(Conflict, match="signing key has changed"):
            Vault("another").open(kept.sealed_key)

    @pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (1, True), (2, False)])
    def test_a_phones_clock_may_be_half_a_minute_wrong(
        self, session: Session, editor: User, steps: int, right: bool
    ) -> None:
        key = pyotp.random_base32()
        at = now()
        drifted = pyotp.TOTP(key).at(at + timedelta(seconds=STEP_SECONDS * steps))
        assert (authenticators.step_of(drifted, key, at) is not None) is right

    def test_taking_it_away_needs_a_code(
        self, client: FlaskClient, session: Session, editor: User
    ) -> None:
        key, codes = enrol(client)
        wrong = press(client, "/account/authenticator/remove", page="/account/", code="1")
        assert wrong.status_code == 422
        again = CODE.findall(ask(client, "/account/authenticator/codes", code=code(key)))
        assert len(again) == 10
        refused = press(client, "/account/authenticator/remove", page="/account/", code=codes[0])
        assert refused.status_code == 422
        assert "taken away" in ask(client, "/account/authenticator/remove", code=again[0])
        assert came_by_link(session, client, editor) == "/"

    def test_a_second_one_is_not_begun_beside_the_first(
        self, client: FlaskClient, editor: User
    ) -> None:
        enrol(client)
        answer = press(client, "/account/authenticator/begin", page="/account/")
        assert answer.status_code == 409

    def test_without_a_link_there_is_no_code_to_give(self, client: FlaskClient) -> None:
        assert client.get("/sign-in/code").location == "/sign-in"
        answer = press(client, "/sign-in/code", code="000000")
        assert answer.location == "/sign-in"

    def test_the_picture_of_the_key_is_drawn_here(self, client: FlaskClient, editor: User) -> None:
        page = ask(client, "/account/authenticator/begin")
        assert "<svg" in page
        assert "otpauth:" not in page


class TestPrivileged:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"totp": "privileged"})

    def test_roles_of_weight_wait_for_the_authenticator(
        self, client: FlaskClient, session: Session
    ) -> None:
        team = make_team(session)
        be(client, make_user(session, team, "admin"))
        refused = client.get("/people/")
        assert (refused.status_code, "waiting for a code" in refused.text) == (403, True)
        assert "needs a code of an authenticator app" in client.get("/account/").text
        enrol(client)
        assert client.get("/people/").status_code == 200

    def test_other_roles_wait_for_nothing(self, client: FlaskClient, editor: User) -> None:
        assert client.get("/add").status_code == 200
        assert "needs a code" not in client.get("/account/").text
