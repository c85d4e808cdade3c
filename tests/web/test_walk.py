"""The phone's app as it is served: the same for everybody, whole, small, and under one version."""

import gzip
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.app import create_app
from assetmap.settings import Settings
from assetmap.web.static_files import Tree
from assetmap.web.walk import ENTRANCE, WORKER, imported, the_app
from tests.make import make_team, make_user
from tests.web.pages import sign_in

on_one_database = pytest.mark.parametrize("database", ["spatialite"], indirect=True)
MOST_BYTES = 250_000
PACKED = (".js", ".css", ".svg")


def tree_of(app: Flask) -> Tree:
    tree: Tree = app.extensions["static_files"]
    return tree


@on_one_database
def test_the_shell_is_the_same_for_everybody_and_runs_no_script_of_its_own(
    client: FlaskClient, session: Session
) -> None:
    before = client.get("/walk/")
    sign_in(client, make_user(session, make_team(session)))
    after = client.get("/walk/")
    assert before.data == after.data
    assert re.findall(r"<script(?![^>]*src=)", after.text) == []
    for answer in (before, after):
        policy = answer.headers["Content-Security-Policy"]
        assert "nonce" not in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-cache"


@on_one_database
def test_without_scripts_the_shell_leads_to_the_usual_forms(client: FlaskClient) -> None:
    text = client.get("/walk/").text
    for address in ("/assets/new", "/offers/new", "/findings/new", "/sign-in?next=/walk/"):
        assert f'href="{address}"' in text


@on_one_database
def test_the_worker_keeps_exactly_what_the_app_consists_of(app: Flask, client: FlaskClient) -> None:
    worker = client.get("/walk/sw.js")
    assert worker.mimetype == "text/javascript"
    kept = set(re.findall(r'"(/[^"]*)"', worker.text.splitlines()[1]))
    with app.test_request_context():
        known = the_app()
    assert kept == {"/walk/", "/walk/manifest.webmanifest", *map(known.url, known.paths)}
    named = set(re.findall(r'(?:href|src)="(/s/[^"]+)"', client.get("/walk/").text))
    assert named <= kept
    assert {client.get(address).status_code for address in kept} == {200}
    ours = {path for path in tree_of(app).files if path.startswith("js/walk/")}
    desk = {"js/walk/desk.js", WORKER}
    assert ours - desk <= set(known.paths)


@on_one_database
def test_the_whole_app_is_under_250_kb_compressed(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        paths = the_app().paths
    tree = tree_of(app)
    sizes = [len(tree.packed(one) if one.endswith(PACKED) else tree.files[one]) for one in paths]
    assert sum(sizes) + len(gzip.compress(client.get("/walk/").data)) < MOST_BYTES


def test_an_import_of_a_module_that_is_not_there_is_told() -> None:
    tree = Tree({ENTRANCE: b'import { gone } from "./gone.js";'})
    with pytest.raises(KeyError):
        imported(tree, ENTRANCE)


@on_one_database
def test_a_register_that_shows_nothing_to_the_public_still_gives_the_empty_shell(
    settings: Settings,
) -> None:
    closed = settings.model_copy(update={"classification": "OFFICIAL-SENSITIVE"})
    client = create_app(closed, config={"TESTING": True}).test_client()
    assert client.get("/walk/").status_code == 200
    assert client.get("/walk/rescue").status_code == 401


@on_one_database
def test_the_manifest_names_icons_that_are_there(client: FlaskClient) -> None:
    manifest = client.get("/walk/manifest.webmanifest").get_json()
    assert (manifest["scope"], manifest["start_url"]) == ("/walk/", "/walk/")
    assert {one["purpose"] for one in manifest["icons"]} == {"any", "maskable"}
    assert {client.get(one["src"]).status_code for one in manifest["icons"]} == {200}
