"""A view is closed unless it says `@public`, and every answer leaves with its headers."""

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg.pq import TransactionStatus
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule, UUIDConverter

from assetmap import connections, gate
from assetmap.app import create_app
from assetmap.db import db
from assetmap.models import Entry
from assetmap.settings import Settings


def address(rule: Rule) -> str:
    """An address that reaches a rule."""
    values = {name: _value(converter) for name, converter in rule._converters.items()}
    built = rule.build(values)
    assert built is not None
    return str(built[1])


def _value(converter: BaseConverter) -> object:
    match converter:
        case UUIDConverter():
            return uuid.UUID(int=0)
        case IntegerConverter():
            return 1
        case AnyConverter():
            return min(converter.items)
        case _:
            return "x"


def test_whoever_has_not_signed_in_is_kept_out_of_every_view_that_is_not_public(
    app: Flask, client: FlaskClient
) -> None:
    closed = [
        rule
        for rule in app.url_map.iter_rules()
        if not getattr(app.view_functions[rule.endpoint], "is_public", False)
    ]
    assert closed
    for rule in closed:
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(address(rule), method=method)
            assert answer.status_code == 401, (method, rule.rule, answer.status_code)


def test_no_view_that_changes_something_is_open_to_a_forged_form(
    app: Flask, client: FlaskClient
) -> None:
    for rule in app.url_map.iter_rules():
        by_link = getattr(app.view_functions[rule.endpoint], "is_by_link", False)
        refused = (404,) if by_link else (400, 401)  # a link that is none leads nowhere
        for method in (rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}:
            answer = client.open(address(rule), method=method)
            assert answer.status_code in refused, (method, rule.rule, answer.status_code)


def test_no_page_or_list_that_is_open_fails_with_limits_on(settings: Settings) -> None:
    app = create_app(settings, config={"TESTING": True})
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if getattr(view, "is_public", False) and "GET" in (rule.methods or set()):
            answer = app.test_client().get(address(rule), buffered=True)
            assert answer.status_code < 500, (rule.rule, answer.status_code)
    gate.limiter.enabled = False  # it is one for the process, and other tests go past its limits
    with app.app_context():
        db.engine.dispose()


def test_every_answer_says_what_the_page_may_do(client: FlaskClient) -> None:
    for path in ("/", "/no-such-page", "/api/entries", "/%00"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Request-Id"]


def test_a_register_that_is_reached_by_https_is_so_from_then_on_and_its_cookie_too(
    settings: Settings,
) -> None:
    secure = settings.model_copy(update={"public_url": "https://assets.example"})
    for given, is_secure in ((settings, False), (secure, True)):
        app = create_app(given)
        with app.app_context():
            answer = app.test_client().get("/sign-in")
            assert ("Strict-Transport-Security" in answer.headers) is is_secure
            assert ("; Secure;" in answer.headers["Set-Cookie"]) is is_secure
            assert "; HttpOnly;" in answer.headers["Set-Cookie"]
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            db.engine.dispose()


def test_a_missing_page_is_a_page_for_people_and_a_problem_document_for_programs(
    client: FlaskClient,
) -> None:
    page = client.get("/no-such-page")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    problem = client.get("/api/no-such-thing")
    assert (problem.status_code, problem.mimetype) == (404, "application/problem+json")
    assert problem.json is not None
    assert problem.json["status"] == 404


def test_nobody_waits_for_a_turn_to_write_who_may_not_write(
    app: Flask, client: FlaskClient
) -> None:
    with db.engine.connect().execution_options(**{connections.WRITES: True}) as other:
        other.execute(text("SELECT 1"))  # on SQLite this takes the one turn there is
        assert client.post("/nowhere").status_code == 404
        assert client.post("/assets/new").status_code == 401
        assert client.post("/sign-out").status_code == 400


def test_of_two_who_write_one_row_at_once_a_person_is_told_and_a_program_tries_again(
    app: Flask,
) -> None:
    for path, status in (("/assets/new", 409), ("/api/assets", 503)):
        with app.test_request_context(path, method="POST"):
            gate.greet()
            told = gate.explain_stale(StaleDataError())
            assert told.status_code == status
            assert ("Retry-After" in told.headers) == (status == 503)


def test_who_writes_waits_thirty_seconds_for_a_turn(session: Session, database: str) -> None:
    if database == "spatialite":
        assert session.scalar(text("PRAGMA busy_timeout")) == 30_000


def test_the_log_of_a_large_write_is_cut_to_64_megabytes(session: Session, database: str) -> None:
    if database == "spatialite":
        assert session.scalar(text("PRAGMA journal_size_limit")) == 64 * 2**20


def test_what_postgresql_has_prepared_outlives_what_was_read(
    session: Session, database: str
) -> None:
    if database == "postgis":
        for _ in range(8):  # the sixth time something is asked it is prepared
            session.scalars(select(Entry.id)).all()
            connections.end_reading(session)
            session.rollback()
        asked = session.scalars(text("SELECT statement FROM pg_prepared_statements"))
        assert any("FROM entry" in one for one in asked)


def test_a_page_that_was_only_read_leaves_nothing_to_roll_back(app: Flask, database: str) -> None:
    if database == "postgis":
        assert app.test_client().get("/search").status_code == 200
        driver = db.session.connection().connection.driver_connection
        assert driver is not None
        assert driver.info.transaction_status == TransactionStatus.IDLE


def test_postgresql_compiles_no_query_and_starts_no_helpers_for_one(
    session: Session, database: str
) -> None:
    if database == "postgis":
        assert session.scalar(text("SHOW jit")) == "off"
        assert session.scalar(text("SHOW max_parallel_workers_per_gather")) == "0"


@pytest.mark.parametrize(
    ("basemap", "allowed"),
    [
        ("raster:https://{s}.tile.example/{z}/{x}/{y}.png|© Us", "https://*.tile.example"),
        ("raster:https://tiles.example:8443/{z}/{x}/{y}|Us", "https://tiles.example:8443"),
        ("raster:https://a.example; script-src */{z}|Us", ""),
        ("pmtiles:/srv/map.pmtiles", ""),
        ("demo", ""),
    ],
)
def test_a_raster_base_map_is_let_through_to_its_own_server_and_no_other(
    basemap: str, allowed: str
) -> None:
    assert gate.tile_origin(basemap) == allowed


def test_a_register_that_is_sensitive_as_a_whole_shows_passers_by_the_way_in_alone(
    app: Flask, client: FlaskClient
) -> None:
    settings: Settings = app.extensions["settings"]
    app.extensions["settings"] = settings.model_copy(
        update={"classification": "OFFICIAL-SENSITIVE"}
    )
    for path in ("/", "/api/entries", "/api/docs", "/search.csv", "/areas/", "/categories/"):
        assert client.get(path).status_code == 401, path
    for path in ("/sign-in", "/health", "/your-details/"):
        assert client.get(path).status_code == 200, path
    # such links are looked at, and refused
    for path in ("/stop/forged", "/claims/forged", "/reply/forged"):
        assert client.get(path).status_code == 404, path
    assert client.get("/claims/new").status_code == 401
