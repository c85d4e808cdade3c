"""People, partners and teams on pages, for administrators."""

from urllib.parse import urlsplit

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import viewer_of
from assetmap.models import Membership, Partner, Team, User
from assetmap.register import authenticators, sign_in
from tests.make import commit, make_partner, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.pages import press
from tests.web.pages import sign_in as be

HOSTILE = "<b>{{7*7}}' OR 1=1;--"


@pytest.fixture
def admin(session: Session, team: Team, client: FlaskClient) -> User:
    """The administrator of the team, signed in."""
    user = make_user(session, team, "admin", "admin@demo.example")
    be(client, user)
    return user


def send(client: FlaskClient, path: str, **fields: object) -> tuple[int, str]:
    answer = press(client, path, page="/account/", **fields)
    if answer.status_code == 303:
        assert not urlsplit(str(answer.location)).netloc
        return 303, client.get(str(answer.location)).text
    return answer.status_code, answer.text


def test_somebody_is_let_in_given_a_role_and_taken_out(
    client: FlaskClient, session: Session, team: Team, admin: User
) -> None:
    status, page = send(
        client, "/people/", email="jo@example.org", name=HOSTILE, team=team.name, role="editor"
    )
    assert status == 303
    assert "&lt;b&gt;{{7*7}}" in page
    assert "<b>{{7*7}}" not in page
    jo = session.scalars(select(User).where(User.email == "jo@example.org")).one()
    address = f"/people/{jo.uid}"
    assert (
        "The role is given" in send(client, f"{address}/roles", team=team.name, role="auditor")[1]
    )
    assert "already" in send(client, f"{address}/roles", team=team.name, role="auditor")[1]
    assert "is taken" in send(client, f"{address}/take-out", team=team.name, role="auditor")[1]
    status, page = send(client, f"{address}/take-out", team=team.name, role="editor")
    assert (status, "1 person" in page) == (303, True)
    assert client.get(address).status_code == 404


def test_what_is_wrong_is_said_beside_the_field(
    client: FlaskClient, team: Team, admin: User
) -> None:
    status, page = send(client, "/people/", email="nobody", team=team.name, role="king")
    assert status == 422
    assert "There is a problem" in page
    assert "E-mail address: " in page
    status, page = send(client, f"/people/{admin.uid}/roles", team=team.name, role="king")
    assert status == 422


def test_shutting_somebody_out_needs_a_tick_and_ends_their_session_at_once(
    app: Flask, client: FlaskClient, session: Session, team: Team, admin: User
) -> None:
    jo = make_user(session, team, email="jo@example.org")
    theirs = app.test_client()
    be(theirs, jo)
    token = sign_in.make_token(session, jo.email)
    assert theirs.get("/account/").status_code == 200
    status, page = send(client, f"/people/{jo.uid}/shut-out")
    assert (status, "There is a problem" in page) == (422, True)
    assert theirs.get("/account/").status_code == 200
    assert "is shut out" in send(client, f"/people/{jo.uid}/shut-out", confirmed="yes")[1]
    assert theirs.get("/account/").status_code == 401
    bearer = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/entries", headers=bearer).status_code == 401


def test_a_lost_authenticator_is_taken_away_but_not_ones_own(
    client: FlaskClient, session: Session, team: Team, admin: User
) -> None:
    jo = make_user(session, team, email="jo@example.org")
    vault = authenticators.Vault("test")
    for user in (admin, jo):
        viewer = viewer_of(session, user.id)
        authenticators.begin(session, user, vault, viewer=viewer)
        enrolment = authenticators.begun(session, user, vault, viewer=viewer)
        assert enrolment is not None
        code = pyotp.TOTP(enrolment.key).now()
        assert authenticators.confirm(session, user, code, vault, viewer=viewer)
    commit()
    assert "lost authenticator" in client.get(f"/people/{jo.uid}").text
    assert "A link alone" in send(client, f"/people/{jo.uid}/reset")[1]
    assert not authenticators.has_one(session, jo.id)
    assert "lost authenticator" not in client.get(f"/people/{admin.uid}").text
    assert send(client, f"/people/{admin.uid}/reset")[0] == 403
    assert authenticators.has_one(session, admin.id)


def test_the_last_administrator_stays(
    client: FlaskClient, session: Session, team: Team, admin: User
) -> None:
    status, page = send(client, f"/people/{admin.uid}/take-out", team=team.name, role="admin")
    assert status == 409
    assert "no administrator" in page
    status, _ = send(client, f"/people/{admin.uid}/shut-out", confirmed="yes")
    assert status == 409
    assert session.scalars(select(Membership.role)).all() == ["admin"]


@pytest.mark.parametrize("path", ["/people/", "/partners/"])
def test_only_administrators_see_who_signs_in(
    client: FlaskClient, session: Session, team: Team, path: str
) -> None:
    commit()
    assert client.get(path).status_code == 401
    for role in ("editor", "data_officer", "auditor"):
        be(client, make_user(session, team, role, f"{role}@demo.example"))
        assert client.get(path).status_code == 403
        assert press(client, path, page="/account/", name="X", kind="fire").status_code == 403


def test_people_of_other_teams_are_not_there(
    client: FlaskClient, session: Session, admin: User
) -> None:
    other = make_team(session, "Hilltop team")
    boss = make_user(session, other, "admin", "boss@demo.example")
    commit()
    assert "boss@demo.example" not in client.get("/people/").text
    for path in ("", "/roles", "/take-out", "/reset", "/shut-out"):
        fields = {"team": other.name, "role": "admin", "confirmed": "yes"}
        address = f"/people/{boss.uid}{path}"
        got = press(client, address, "/account/", **fields) if path else client.get(address)
        assert got.status_code == 404
    status, _ = send(client, "/people/", email="a@example.org", team=other.name, role="viewer")
    assert status == 403


def test_a_token_does_nothing_with_people_or_accounts(
    app: Flask, session: Session, admin: User
) -> None:
    bearer = {"Authorization": f"Bearer {sign_in.make_token(session, admin.email)}"}
    commit()
    client = app.test_client()
    for path in ("/people/", "/partners/", "/account/", "/account/authenticator"):
        assert client.get(path, headers=bearer).status_code == 403
    fields = {"email": "x@example.org", "team": "Riverside team", "role": "admin"}
    assert client.post("/people/", data=fields, headers=bearer).status_code == 403
    assert client.post("/account/tokens", data={}, headers=bearer).status_code == 403


def test_a_partner_and_its_team_are_made_and_its_administrator_let_in(
    client: FlaskClient, session: Session, admin: User
) -> None:
    _, page = send(client, "/partners/", name=HOSTILE, kind="housing")
    assert "&lt;b&gt;{{7*7}}" in page
    assert "<b>{{7*7}}" not in page
    status, page = send(client, "/partners/teams", team="Homes team", partner=HOSTILE)
    assert (status, "Homes team is there" in page) == (303, True)
    status, _ = send(client, "/people/", email="h@example.org", team="Homes team", role="admin")
    assert status == 303
    partner = session.scalars(select(Partner)).one()
    assert session.scalars(select(Team.partner_id).where(Team.name == "Homes team")).one() == (
        partner.id
    )
    # from now on its own administrator looks after it
    assert (
        send(client, "/people/", email="b@example.org", team="Homes team", role="admin")[0] == 403
    )


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/partners/", {"name": "", "kind": "fire"}, 422),
        ("/partners/", {"name": "X", "kind": "army"}, 422),
        ("/partners/", {"name": "Alder Homes", "kind": "fire"}, 409),
        ("/partners/teams", {"team": "Riverside team", "partner": ""}, 409),
        ("/partners/teams", {"team": " ", "partner": ""}, 422),
        ("/partners/teams", {"team": "New", "partner": "Nobody"}, 422),
    ],
)
def test_a_body_or_team_that_makes_no_sense_is_given_back(
    client: FlaskClient,
    session: Session,
    admin: User,
    path: str,
    fields: dict[str, str],
    status: int,
) -> None:
    make_partner(session)
    got, page = send(client, path, **fields)
    assert got == status
    assert "There is a problem" in page


def test_a_partners_administrator_sees_bodies_and_makes_none(
    client: FlaskClient, session: Session, team: Team
) -> None:
    team.partner_id = make_partner(session).id
    be(client, make_user(session, team, "admin"))
    page = client.get("/partners/").text
    assert "Alder Homes" in page
    assert "Add a partner" not in page
    assert send(client, "/partners/", name="X", kind="fire")[0] == 403


def test_pages_of_many_people_take_few_queries(
    client: FlaskClient, session: Session, team: Team, admin: User
) -> None:
    for n in range(30):
        make_user(session, team, email=f"p{n}@example.org")
    commit()
    for path in ("/people/?text=p1", "/partners/", f"/people/{admin.uid}", "/account/"):
        with counted() as sent:
            assert client.get(path).status_code == 200
        assert len(sent) <= MOST_ON_A_PAGE, sent


def test_the_own_account_takes_few_queries_with_agreements_and_suggestions_to_answer(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session, "Wharfside")
    team.partner_id = make_partner(session).id
    be(client, make_user(session, team, "organiser"))
    with counted() as sent:
        assert client.get("/account/").status_code == 200
    assert len(sent) <= MOST_ON_A_PAGE, sent
