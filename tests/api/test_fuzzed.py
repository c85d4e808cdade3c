"""Every operation of the OpenAPI document, tried with what it allows and with what it does not."""

import contextvars
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from assetmap.formats import sounds
from tests.api.conftest import Place
from tests.make import CATEGORIES, point

EXAMPLES = {True: 4, False: 2}  # with a token; without one little is answered but 401
SENSIBLE = st.dates(date(1900, 1, 1), date(2200, 12, 31)).map(date.isoformat)
schemathesis.openapi.format("date", SENSIBLE)
schemathesis.serializer.alias(list(sounds.TYPES), "application/octet-stream")
CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize("signed_in", [True, False], ids=["with a token", "without"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
def test_every_operation_answers_as_its_document_says(
    app: Flask, place: Place, mode: GenerationMode, signed_in: bool
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    headers = {"Authorization": f"Bearer {place.ours.token}"} if signed_in else {}
    schema = schemathesis.openapi.from_dict(place.public.get("/api/openapi.json").get_json())
    schema.app = app
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # an error here fails the test

        @seed(1)
        @settings(
            max_examples=EXAMPLES[signed_in],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(case=cases(operation, mode, place))
        def answers(case: Any) -> None:
            if mode is GenerationMode.POSITIVE:
                make_likely(case)
            contextvars.Context().run(case.call_and_validate, headers=headers, checks=CHECKS)

        with suppress(Unsatisfiable):  # what takes nothing can't be asked wrongly
            answers()
        tried += 1
    assert tried > 30


def cases(operation: Any, mode: GenerationMode, place: Place) -> st.SearchStrategy[Any]:
    """Of any entry, and of one that is there."""
    anything: st.SearchStrategy[Any] = operation.as_strategy(generation_mode=mode)
    if "{uid}" not in operation.path:
        return anything
    kinds = {f"{kind}s": uid for kind, uid in place.entries.items()}
    there = {"uid": kinds.get(operation.path.split("/")[2], place.entries["offer"])}
    this: st.SearchStrategy[Any] = operation.as_strategy(
        generation_mode=mode, path_parameters=there
    )
    return anything | this


def make_likely(case: Any) -> None:
    """Put right what a schema can't say, so that most of what is put gets in."""
    if not isinstance(case.body, dict) or case.method != "PUT":
        return
    kind = case.operation.path.split("/")[2].removesuffix("s")
    said = case.body.get("properties", case.body)
    if not isinstance(said, dict):
        return
    case.body.pop("id", None)
    case.body["geometry"] = point()
    said |= {name: value for name, value in LIKELY.items() if name in said}
    said |= {"category": CATEGORIES.get(kind)}
    said |= OFFERED if kind == "offer" else {}
    said |= TIMES if "starts_at" in said else {}


OFFERED = {"person_role": "Cook", "group": None, "asset": None, "available_from": None}
TIMES = {"starts_at": "2026-05-01T10:00:00Z", "ends_at": "2026-05-01T12:00:00Z"}
LIKELY: dict[str, Any] = {
    "team": None,
    "status": None,
    "found_on": None,
    "raised_at": None,
    "about": None,
    "operator": None,
    "covers_areas": [],
    "website": "",
    "email": "",
    "phone": "",
    "postcode": None,
    "meeting_pattern": "",
    "pattern": "FREQ=WEEKLY",
    "period_to": None,
}
