"""Signing in with a work account, at a certified OpenID provider that runs here."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import playwright
import pyotp
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from assetmap import spatial
from assetmap.access import OPERATOR, viewer_of
from assetmap.models import AuditEntry, Membership, User
from assetmap.outside.sign_in_provider import ProviderDown, Refused, SignInProvider
from assetmap.register import authenticators, people
from assetmap.settings import Settings
from tests.make import commit, make_team, make_user

HERE = Path(__file__).parents[1] / "oidc"
INSTALLED = Path(sys.prefix) / "oidc"
# Debian's own is too old for it
NODE = str(Path(playwright.__file__).parent / "driver" / "node")
BACK = "http://127.0.0.1:5000/sign-in/provider/back"


@dataclass(frozen=True)
class RealProvider:
    """The provider, up and listening; whoever comes is signed in there as the account named."""

    issuer: str

    def be(self, account: str, *amr: str) -> None:
        query = urlencode([("amr", one) for one in amr])
        requests.post(f"{self.issuer}/be/{account}?{query}", timeout=10).raise_for_status()

    def visit(self, address: str) -> str:
        """Follow an address through the provider, as a browser does; where it leads us back to."""
        with requests.Session() as browser:
            while not address.startswith(BACK):
                answer = browser.get(address, timeout=10, allow_redirects=False)
                assert answer.is_redirect, answer.text
                address = str(requests.compat.urljoin(address, answer.headers["Location"]))
        return address


@pytest.fixture(scope="session")
def provider() -> Iterator[RealProvider]:
    if not (INSTALLED / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("no OpenID provider to sign in at: npm could not install it here")
    program = INSTALLED / "provider.mjs"  # Node looks for packages beside it
    shutil.copy(HERE / program.name, program)
    command = [NODE, "--no-warnings", str(program), BACK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        issuer = next(
            (line.decode().strip() for line in running.stdout if line.startswith(b"http://")), ""
        )
        assert issuer, "the provider did not start"
        yield RealProvider(issuer)
        running.kill()
        running.stdout.close()
        assert running.stderr is not None
        running.stderr.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, provider: RealProvider) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key=SecretStr("test"),
        instance=tmp_path / "i",
        public_url="http://127.0.0.1:5000",
        oidc_issuer=provider.issuer,
        oidc_client_id="assetmap",
        oidc_client_secret=SecretStr("secret of assetmap"),
        oidc_name="Council account",
    )


@pytest.fixture
def known(session: Session, provider: RealProvider) -> User:
    user = make_user(session, make_team(session), email="Known@council.example")
    commit()
    provider.be("known")
    return user


def start(client: FlaskClient, query: str = "") -> str:
    answer = client.get(f"/sign-in/provider{query}")
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def come_back(client: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def is_in(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 200


def test_somebody_known_signs_in_and_goes_on_to_where_they_were_going(
    client: FlaskClient, session: Session, provider: RealProvider, known: User
) -> None:
    page = client.get("/sign-in?next=/hotspots/").text
    assert "Sign in with Council account" in page
    there = start(client, "?next=/hotspots/")
    asked = parse_qs(urlsplit(there).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [BACK]
    assert asked["response_type"] == ["code"]
    answer = come_back(client, provider.visit(there))
    assert (answer.status_code, answer.location) == (303, "/hotspots/")
    assert is_in(client)
    session.rollback()
    assert "signed_in" in session.scalars(select(AuditEntry.action)).all()


def test_a_state_that_is_not_ours_is_refused(
    client: FlaskClient, provider: RealProvider, known: User
) -> None:
    back = provider.visit(start(client))
    state = parse_qs(urlsplit(back).query)["state"][0]
    for forged in (back.replace(state, "x" * len(state)), back.replace(f"state={state}", "")):
        start(client)
        answer = come_back(client, forged)
        assert (answer.status_code, "could not be signed in" in answer.text) == (403, True)
    assert not is_in(client)


def test_an_answer_in_a_browser_that_asked_nothing_is_refused(
    app_client: FlaskClient, client: FlaskClient, provider: RealProvider, known: User
) -> None:
    back = provider.visit(start(client))
    assert come_back(app_client, back).status_code == 403
    assert not is_in(app_client)


@pytest.fixture
def app_client(client: FlaskClient) -> FlaskClient:
    """Another browser."""
    return client.application.test_client()


def test_a_code_is_taken_once(
    client: FlaskClient, app_client: FlaskClient, provider: RealProvider, known: User
) -> None:
    back = provider.visit(start(client))
    with client.session_transaction() as cookie:
        sent = cookie["provider"]
    assert come_back(client, back).status_code == 303
    assert come_back(client, back).status_code == 403  # our own memory of it is gone
    with app_client.session_transaction() as cookie:
        cookie["provider"] = sent  # and the provider takes it once, too
    assert come_back(app_client, back).status_code == 403
    assert not is_in(app_client)


@pytest.mark.parametrize("part", ["nonce", "verifier"])
def test_an_answer_to_somebody_elses_question_is_refused(
    client: FlaskClient, provider: RealProvider, known: User, part: str
) -> None:
    back = provider.visit(start(client))
    with client.session_transaction() as cookie:
        cookie["provider"] = {**cookie["provider"], part: "x" * 43}
    assert come_back(client, back).status_code == 403
    assert not is_in(client)


def test_an_id_token_for_another_service_is_refused(provider: RealProvider) -> None:
    provider.be("known")
    other = SignInProvider(provider.issuer, "other", "secret of other")
    started = other.start(BACK)
    code = parse_qs(urlsplit(provider.visit(started.address)).query)["code"][0]
    id_token = requests.post(
        f"{provider.issuer}/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": started.verifier,
        },
        auth=("other", "secret%20of%20other"),
        timeout=10,
    ).json()["id_token"]
    assert other.read(id_token, started.nonce)["sub"] == "known"
    ours = SignInProvider(provider.issuer, "assetmap", "secret of assetmap")
    with pytest.raises(Refused, match="aud"):
        ours.read(id_token, started.nonce)
    with pytest.raises(Refused, match="nonce"):
        other.read(id_token, "another")
    head, claims, signature = id_token.split(".")
    for forged in (f"{head}.{claims}.{signature[::-1]}", f"{head}.{claims}.", "", "a.b.c"):
        with pytest.raises(Refused):
            other.read(forged, started.nonce)


@pytest.mark.parametrize("account", ["stranger", "unverified.known"])
def test_who_is_not_known_or_not_verified_is_refused_in_the_same_words_and_not_added(
    client: FlaskClient, session: Session, provider: RealProvider, known: User, account: str
) -> None:
    make_user(session, make_team(session, "B"), email="unverified.known@council.example")
    commit()
    provider.be(account)
    with capture_logs() as said:
        answer = come_back(client, provider.visit(start(client)))
    assert answer.status_code == 403
    assert "Nobody may have let you in yet" in answer.text
    assert account not in str(said)
    assert not is_in(client)
    session.rollback()
    assert len(session.scalars(select(User)).all()) == 2


def test_an_account_is_known_by_its_key_and_another_with_its_address_waits_for_an_administrator(
    app: Flask, session: Session, provider: RealProvider, known: User
) -> None:
    def comes_in(account: str) -> bool:
        provider.be(account)
        browser = app.test_client()
        come_back(browser, provider.visit(start(browser)))
        return is_in(browser)

    assert comes_in("known")
    session.rollback()
    spatial.writing(session)
    known.email = "renamed@council.example"
    commit()
    assert comes_in("known")
    known.email = "known@council.example"
    commit()
    assert not comes_in("known~2")
    people.reset(session, known, viewer=OPERATOR)
    commit()
    assert comes_in("known~2")
    assert not comes_in("known")


def test_somebody_shut_out_stays_out(
    client: FlaskClient, session: Session, provider: RealProvider, known: User
) -> None:
    known.is_active = False
    commit()
    assert come_back(client, provider.visit(start(client))).status_code == 403


def test_the_authenticator_is_asked_for_unless_the_provider_had_a_second_factor(
    client: FlaskClient, session: Session, provider: RealProvider, known: User
) -> None:
    vault, viewer = authenticators.Vault("test"), viewer_of(session, known.id)
    authenticators.begin(session, known, vault, viewer=viewer)
    enrolment = authenticators.begun(session, known, vault, viewer=viewer)
    assert enrolment is not None
    code = pyotp.TOTP(enrolment.key).now()
    assert authenticators.confirm(session, known, code, vault, viewer=viewer)
    commit()
    assert come_back(client, provider.visit(start(client))).location == "/sign-in/code"
    assert not is_in(client)
    provider.be("known", "pwd", "mfa")
    assert come_back(client, provider.visit(start(client))).location == "/"
    assert is_in(client)


def test_a_shared_device_is_one_after_the_provider_too(
    client: FlaskClient, provider: RealProvider, known: User
) -> None:
    answer = come_back(client, provider.visit(start(client, "?shared=yes")))
    assert "Expires" not in answer.headers["Set-Cookie"]
    assert "Shared device" in client.get("/account/").text


@pytest.mark.parametrize("query", ["", "?error=access_denied&state=x", "?code=x", "?code=&state="])
def test_coming_back_with_nothing_is_a_page_and_no_error(
    client: FlaskClient, known: User, query: str
) -> None:
    start(client)
    assert client.get(f"/sign-in/provider/back{query}").status_code == 403


class TestTeamForStrangers:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"oidc_team": "Council"})

    def test_a_stranger_is_let_in_as_a_viewer_where_that_is_set(
        self, client: FlaskClient, session: Session, provider: RealProvider
    ) -> None:
        provider.be("stranger")
        assert come_back(client, provider.visit(start(client))).status_code == 303
        assert is_in(client)
        session.rollback()
        assert session.scalars(select(User.name)).all() == ["Work stranger"]
        assert session.scalars(select(Membership.role)).all() == ["viewer"]


class TestDown:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})

    def test_a_provider_that_does_not_answer_is_said_in_words(self, client: FlaskClient) -> None:
        answer = client.get("/sign-in/provider")
        assert answer.status_code == 503
        assert "does not answer" in answer.text
        assert client.get("/sign-in").status_code == 200


def test_a_provider_that_calls_itself_otherwise_is_not_used(provider: RealProvider) -> None:
    with pytest.raises(ProviderDown):
        SignInProvider(provider.issuer + "/", "assetmap", "x").start(BACK)


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_issuer": "http://council.example", "oidc_client_id": "a"},
        {"oidc_issuer": "ftp://council.example", "oidc_client_id": "a"},
        {"oidc_issuer": "https://council.example"},
        {"oidc_client_id": "a"},
    ],
)
def test_a_provider_that_is_half_set_or_not_encrypted_stops_the_start(
    tmp_path: Path, given: dict[str, str]
) -> None:
    with pytest.raises(ValidationError):
        Settings(instance=tmp_path, **given)  # type: ignore[arg-type]
