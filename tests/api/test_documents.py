"""The OpenAPI document, the page made from it, and whether the service is well."""

import html
import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from assetmap.db import db
from tests.api.callers import Caller
from tests.make import commit, make_entry, make_team

PROBLEM = "application/problem+json"


def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = Caller(app).get("/api/openapi.json").get_json()
    return found


def operations(app: Flask) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document(app)["paths"].items():
        for method, said in methods.items():
            yield method.upper(), path, said


def test_every_route_of_the_json_door_states_an_operation(app: Flask) -> None:
    stated = {(method, path) for method, path, _ in operations(app)}
    routed = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule != "/api/docs"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routed <= stated
    assert ("GET", "/health") in stated


def test_the_page_of_docs_shows_every_operation_and_every_schema(app: Flask) -> None:
    page = Caller(app).get("/api/docs").get_data(as_text=True)
    for method, path, said in operations(app):
        assert f"{method} {path}" in page
        assert f'id="{said["operationId"]}"' in page
    for name, schema in document(app)["components"]["schemas"].items():
        assert not schema.get("properties") or f'id="schema-{name}"' in page


def test_the_page_of_docs_has_no_link_that_leads_nowhere(app: Flask) -> None:
    page = Caller(app).get("/api/docs").get_data(as_text=True)
    wanted = set(re.findall(r'href="#([^"]+)"', page)) - {"main", "menu"}
    assert wanted <= set(re.findall(r'id="([^"]+)"', page))
    assert len(re.findall(r'id="([^"]+)"', page)) == len(set(re.findall(r'id="([^"]+)"', page)))


def test_the_example_that_the_page_of_docs_shows_is_answered_as_it_says(
    app: Flask, session: Session
) -> None:
    team = make_team(session)
    for number in range(6):
        make_entry(session, "offer", team, title=f"Food parcels {number}")
    make_entry(session, "asset", team, title="Food hall")
    commit()
    page = html.unescape(Caller(app).get("/api/docs").get_data(as_text=True))
    [shown] = re.findall(r"<code>curl 'http://localhost(/[^']+)'</code>", page)
    assert f'href="{shown}"' in page
    answer = Caller(app).get(shown)
    assert answer.status_code == 200
    found = answer.get_json()
    assert found["type"] == "FeatureCollection"
    assert [one["properties"]["kind"] for one in found["features"]] == ["offer"] * 5


def test_the_page_of_docs_loads_nothing_from_elsewhere(app: Flask) -> None:
    page = Caller(app).get("/api/docs").get_data(as_text=True)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page)


def test_every_operation_says_what_it_does_and_how_it_refuses(app: Flask) -> None:
    names = []
    for method, path, said in operations(app):
        names.append(said["operationId"])
        assert said["summary"].endswith((".", "?")), path
        assert {"400", "401", "429", "503"} <= said["responses"].keys(), path
        for status, answer in said["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == [PROBLEM], (method, path, status)
        if "requestBody" in said:
            assert {"413", "415", "422"} <= said["responses"].keys(), path
        if method in ("PUT", "POST", "DELETE"):
            assert said["security"] == [{"token": []}]
            assert {"403", "404"} <= said["responses"].keys(), path
    assert len(names) == len(set(names))


def test_every_parameter_has_its_bounds(app: Flask) -> None:
    for _, path, said in operations(app):
        for parameter in said["parameters"]:
            schema = parameter.get("schema") or parameter["content"]["application/json"]["schema"]
            match schema.get("type"):
                case "integer" | "number":
                    assert "maximum" in schema, (path, parameter)
                    assert {"minimum", "exclusiveMinimum"} & schema.keys(), (path, parameter)
                case "array":
                    assert "maxItems" in schema, (path, parameter)
                case "string":
                    bounds = {"maxLength", "enum", "format", "pattern"}
                    assert bounds & schema.keys(), (path, parameter)


def test_the_document_is_not_sent_again_to_who_has_it(app: Flask) -> None:
    first = Caller(app).get("/api/openapi.json")
    again = Caller(app).get("/api/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_every_read_but_a_file_says_that_whoever_has_its_answer_is_spared_it(app: Flask) -> None:
    for method, path, said in operations(app):
        if method == "GET" and not path.startswith("/api/entries."):
            assert "304" in said["responses"], path
            assert "If-None-Match" in [one["name"] for one in said["parameters"]], path


def test_a_well_service_says_so_to_anyone(app: Flask) -> None:
    answer = Caller(app).get("/health")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_a_database_of_another_shape_makes_the_service_unwell(app: Flask) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = 'old'"))
    commit()
    answer = Caller(app).get("/health")
    assert answer.status_code == 503
    assert answer.content_type == PROBLEM
    assert "old" not in answer.get_data(as_text=True)


def test_a_missing_database_makes_the_service_unwell_without_a_word_of_why(app: Flask) -> None:
    db.session.execute(text("DROP TABLE alembic_version"))
    commit()
    answer = Caller(app).get("/health")
    assert answer.status_code == 503
    assert "alembic" not in answer.get_data(as_text=True)
