"""`assetmap users` and `assetmap categories`, as typed."""

import re

import pytest
from click import Group
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.cli.categories import categories
from assetmap.cli.partners import partners
from assetmap.cli.users import users
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.models import Category, User

ADD = ["add", "jo@example.org", "--team", "Riverside", "--role", "editor", "--name", "Jo B"]


def run(app: Flask, group: Group, *typed: str) -> str:
    result = app.test_cli_runner().invoke(group, list(typed))
    if result.exception is not None:
        raise result.exception
    return result.output


def test_somebody_is_added_and_adding_them_again_changes_nothing(
    app: Flask, session: Session
) -> None:
    session.rollback()
    assert run(app, users, *ADD) == "jo@example.org (Jo B) is editor in Riverside.\n"
    assert run(app, users, *ADD).startswith("Nothing to change")
    assert session.scalar(select(func.count()).select_from(User)) == 1
    assert run(app, users, "list") == "jo@example.org  Jo B  Riverside: editor\n"


def test_a_token_opens_the_json_door_as_its_person(app: Flask, client: FlaskClient) -> None:
    run(app, users, *ADD)
    token = run(app, users, "token", "jo@example.org").strip()
    assert token.startswith("am_")
    answer = client.get("/sign-in", headers={"Authorization": f"Bearer {token}"})
    assert "Jo B" in answer.text


def test_a_printed_link_signs_in(app: Flask, client: FlaskClient) -> None:
    run(app, users, *ADD)
    address = run(app, users, "link", "JO@example.org").strip()
    assert address.startswith("http://127.0.0.1:5000/sign-in/")
    path = re.sub("^http://[^/]*", "", address)
    assert "Sign in as Jo B" in client.get(path).text


def test_a_token_is_listed_with_what_it_may_do_and_revoked(app: Flask, client: FlaskClient) -> None:
    run(app, users, *ADD)
    bound = ("--name", "Map", "--scope", "read", "--team", "Riverside", "--days", "7")
    token = run(app, users, "token", "jo@example.org", *bound).strip()
    bearer = {"Authorization": f"Bearer {token}"}
    assert "Jo B" in client.get("/sign-in", headers=bearer).text
    db.session.rollback()  # what was read before is let go of
    listed = run(app, users, "tokens", "jo@example.org")
    assert "1  Map  read  Riverside  until " in listed
    assert " used 20" in listed
    assert token not in listed
    assert run(app, users, "revoke", "jo@example.org", "--token", "1") == "1 token revoked.\n"
    assert run(app, users, "revoke", "jo@example.org") == "0 tokens revoked.\n"
    assert run(app, users, "tokens", "jo@example.org") == ""
    assert client.get("/sign-in", headers=bearer).status_code == 401


def test_somebody_is_taken_out_of_a_team_and_shut_out(app: Flask, client: FlaskClient) -> None:
    run(app, users, *ADD)
    run(app, users, *ADD[:-3], "logger", "--name", "Jo B")
    out = ("remove", "jo@example.org", "--team", "Riverside", "--role", "logger")
    assert run(app, users, *out) == "jo@example.org is out: 1 role taken.\n"
    run(app, users, "token", "jo@example.org")
    said = run(app, users, "remove", "JO@example.org")
    assert said == ("jo@example.org is shut out: 1 role taken, 0 sessions and 1 tokens ended.\n")
    assert run(app, users, "list") == "jo@example.org  Jo B  (shut out)\n"


@pytest.mark.parametrize("command", ["remove", "tokens", "revoke", "reset"])
def test_nothing_is_done_to_a_stranger(app: Flask, command: str) -> None:
    with pytest.raises(Invalid, match="Nobody signs in as"):
        run(app, users, command, "nobody@example.org")


def test_partners_are_named_and_teams_are_theirs(app: Flask) -> None:
    assert run(app, partners, "add", "Alder Homes", "--kind", "housing") == (
        "Alder Homes (housing) is a partner.\n"
    )
    assert run(app, partners, "add", "Alder Homes", "--kind", "housing").startswith("Nothing")
    run(app, users, *ADD)
    team = ("team", "Riverside", "--partner", "Alder Homes")
    assert run(app, partners, *team) == "Riverside belongs to Alder Homes.\n"
    assert run(app, partners, *team).startswith("Nothing to change")
    assert run(app, partners, "list") == (
        "The body that keeps the register  no teams\nAlder Homes  housing  Riverside (1)\n"
    )
    with pytest.raises(Invalid):
        run(app, partners, "add", "Alder Army", "--kind", "army")


def test_a_lost_authenticator_is_taken_away(app: Flask) -> None:
    run(app, users, *ADD)
    said = run(app, users, "reset", "jo@example.org")
    none = "There was no authenticator and no work account"
    assert said == f"{none}; jo@example.org is signed out everywhere.\n"


@pytest.mark.parametrize("command", ["token", "link"])
def test_a_stranger_gets_neither_token_nor_link(app: Flask, command: str) -> None:
    with pytest.raises(Invalid, match="Nobody signs in as"):
        run(app, users, command, "nobody@example.org")


@pytest.mark.parametrize(
    ("email", "role"),
    [("nobody", "editor"), ("jo@example.org", "king"), ("a\0@b.example", "editor")],
)
def test_a_wrong_person_is_refused_and_nothing_is_kept(
    app: Flask, session: Session, email: str, role: str
) -> None:
    session.rollback()
    with pytest.raises(Invalid):
        run(app, users, "add", email, "--team", "Riverside", "--role", role)
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_the_classification_is_loaded_once_and_listed(app: Flask, session: Session) -> None:
    session.rollback()
    assert run(app, categories, "load") == "220 terms added.\n"
    assert run(app, categories, "load") == "0 terms added.\n"
    listed = run(app, categories, "list", "--scheme", "offer")
    assert len(listed.splitlines()) == 61
    assert "food_meal" in listed or "spa_room" in listed
    assert session.scalar(select(func.count()).select_from(Category)) == 220


def test_the_upgraded_database_has_the_classification(app: Flask, session: Session) -> None:
    session.rollback()
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.output.endswith("The database is up to date.\n")
    assert session.scalar(select(func.count()).select_from(Category)) == 220
