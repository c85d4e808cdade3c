"""The OpenAPI 3.1 document, read off what each view states of itself in `contract.py`."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from pydantic import TypeAdapter
from werkzeug.routing import Rule

from assetmap.api.contract import JSON, MOST_BYTES, TAKEN, Operation
from assetmap.schemas.features import Problem
from assetmap.schemas.tables import MOST_TABLES

Schema = dict[str, Any]
REF = "#/components/schemas/{model}"
PROBLEM = "application/problem+json"
ALWAYS = (400, 401, 429, 503)
WITH_BODY = (413, 415, 422)
ANSWERS = {
    200: "As asked",
    202: "Kept as a suggestion for somebody to answer, or received before",
    204: "Done",
    304: "You have this answer: nothing in it changed",
    400: "A parameter, a header or the JSON is wrong; `problems` names each",
    401: "Sign in first, or the token is not known",
    403: "You may see this but not do this",
    404: "Not there, or not for you: the two look the same",
    409: "Someone else changed the same, or this can't be done as things are",
    412: "What you changed is not what is there",
    413: f"Larger than {MOST_BYTES // 2**20} MB, or than a photo may be",
    415: "Not of a type that is taken here",
    422: "What was sent does not make sense; `problems` names each field",
    428: "It is there already: say in If-Match which version you changed. Or it is restricted: say"
    " why you read it in X-Purpose",
    429: "Too many requests: wait as long as Retry-After says",
    503: "Busy: nothing was changed, try again as Retry-After says",
}
HEADERS: dict[str, Schema] = {
    "If-Match": {
        "description": 'The version that was changed, such as "3"',
        "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    },
    "X-Purpose": {
        "description": "Why you read a restricted record: a purpose, or a few words",
        "schema": {"type": "string", "maxLength": 150},
    },
    "X-Device": {
        "description": "uid of the phone's queue this comes from; goes with X-Number",
        "schema": {"type": "string", "format": "uuid"},
    },
    "X-Number": {
        "description": "its number in that queue: 1, 2, 3 …; received once, whatever is sent again",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    },
    "X-Alt-Text": {
        "description": "what a photo shows, in UTF-8, percent-encoded",
        "schema": {"type": "string", "maxLength": 900},
    },
    "X-Table": {
        "description": "at which table of an event a photo shows the flip chart",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_TABLES},
    },
    "Content-Digest": {
        "description": "sha-256 of the body, as RFC 9530 writes it",
        "schema": {"type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$"},
    },
    "If-None-Match": {
        "description": "The ETag of the answer you have",
        "schema": {"type": "string", "pattern": '^"[0-9a-f]{1,64}"$'},
    },
}
ABOUT = (
    "Search, read and write a neighbourhood's register of community assets, offers of support and"
    " findings. Everything is GeoJSON (RFC 7946), in degrees, longitude first. What goes wrong is"
    " a problem document (RFC 9457) that names each parameter or field. Lists page by cursor:"
    " follow the link whose rel is next. What you may see depends on who asks: send"
    " `Authorization: Bearer` with a token from whoever runs the service."
)


def document(app: Flask) -> Schema:
    """The whole document, of every view that states an Operation."""
    stated = list(operations(app))
    adapters: dict[str, TypeAdapter[Any]] = {"problem": TypeAdapter(Problem)}
    for rule, operation in stated:
        for part, kind in (
            ("gives", operation.gives),
            ("sends", operation.sends or operation.body),
            ("keeps", operation.kept),
        ):
            if kind is not None:
                adapters[f"{rule.endpoint} {part}"] = TypeAdapter(kind)
    made, shared = TypeAdapter.json_schemas(
        [
            (name, "validation" if name.endswith("sends") else "serialization", adapter)
            for name, adapter in adapters.items()
        ],
        ref_template=REF,
    )
    schemas = {name: schema for (name, _), schema in made.items()}
    paths: dict[str, Schema] = {}
    for rule, operation in stated:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        paths.setdefault(path, {})[method(rule)] = _operation(app, rule, operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Assetmap", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _with_geometry(shared.get("$defs", {})),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def operations(app: Flask) -> Iterator[tuple[Rule, Operation]]:
    """Each address of the JSON door with what its view states."""
    for rule in app.url_map.iter_rules():
        stated = getattr(app.view_functions[rule.endpoint], "operation", None)
        if stated is not None:
            yield rule, stated


def method(rule: Rule) -> str:
    """The one method of an address of ours, in small letters."""
    (only,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    return only.lower()


def _operation(app: Flask, rule: Rule, operation: Operation, schemas: dict[str, Schema]) -> Schema:
    view = app.view_functions[rule.endpoint]
    summary, _, more = (view.__doc__ or "").partition("\n\n")
    said: Schema = {
        "operationId": rule.endpoint.partition(".")[2] or rule.endpoint,
        "summary": " ".join(summary.split()),
        "description": " ".join(more.split()),
        "security": [{}, {"token": []}] if getattr(view, "is_public", False) else [{"token": []}],
        "parameters": [
            *({"in": "path", "name": n, "required": True, "schema": _UID} for n in rule.arguments),
            *_query(operation),
            *({"in": "header", "name": name} | HEADERS[name] for name in _headers(rule, operation)),
        ],
        "responses": _responses(rule, operation, schemas),
    }
    if body := schemas.get(f"{rule.endpoint} sends"):
        said["requestBody"] = {
            "required": True,
            "content": {media: {"schema": body} for media in TAKEN},
        }
    if operation.takes:
        said["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(operation.takes, _BYTES),
        }
    return said


def _is_read(rule: Rule, operation: Operation) -> bool:
    """Whether whoever has the answer already is spared it."""
    is_given = operation.gives is not None and not operation.is_sent_as_read
    return method(rule) == "get" and is_given


def _headers(rule: Rule, operation: Operation) -> Iterator[str]:
    if _is_read(rule, operation):
        yield "If-None-Match"
    yield from operation.headers


_BYTES: Schema = {"schema": {"type": "string", "format": "binary"}}
_UID: Schema = {"type": "string", "format": "uuid"}


def _query(operation: Operation) -> Iterator[Schema]:
    if operation.query is None:
        return
    schema = TypeAdapter(operation.query).json_schema(ref_template=REF)
    for name, given in schema.get("properties", {}).items():
        flat = _resolved(given, schema.get("$defs", {}))
        said = {
            "in": "query",
            "name": name,
            "required": name in schema.get("required", ()),
            "description": flat.pop("description", ""),
        }
        flat.pop("default", None) if flat.get("default") in (None, "", []) else None
        if flat.get("type") == "object":
            yield said | {"content": {JSON: {"schema": flat}}}
        elif flat.get("type") == "array":
            yield said | {"schema": flat, "style": "form", "explode": False}
        else:
            yield said | {"schema": flat}


def _resolved(given: Schema, shared: dict[str, Schema]) -> Schema:
    """Without references and without null, neither of which an address can hold."""
    flat = {name: part for name, part in given.items() if name not in ("title", "anyOf", "$ref")}
    for part in given.get("anyOf", ()):
        if part.get("type") != "null":
            flat |= _resolved(part, shared)
    if ref := given.get("$ref"):
        flat |= _resolved(shared[ref.rpartition("/")[2]], shared)
    if "items" in flat:
        flat["items"] = _resolved(flat["items"], shared)
    return flat


def _responses(rule: Rule, operation: Operation, schemas: dict[str, Schema]) -> Schema:
    given: Schema = {}
    known = {304: ANSWERS[304]} if _is_read(rule, operation) else {}
    named = {operation.status: ANSWERS[operation.status], **known, **operation.also}
    for status, words in named.items():
        given[str(status)] = {"description": words}
        if operation.gives is not None and status < 300:
            schema = schemas[f"{rule.endpoint} gives"]
            given[str(status)]["content"] = {operation.media: {"schema": schema}}
    if operation.kept is not None:
        schema = schemas[f"{rule.endpoint} keeps"]
        given["202"] = {"description": ANSWERS[202], "content": {JSON: {"schema": schema}}}
    refused = {*ALWAYS, *operation.refuses, *((404,) if rule.arguments else ())}
    if operation.takes or operation.body is not None or operation.sends is not None:
        refused |= set(WITH_BODY)
    for status in sorted(refused):
        given[str(status)] = {
            "description": ANSWERS[status],
            "content": {PROBLEM: {"schema": schemas["problem"]}},
        }
    return given


def _with_geometry(shared: dict[str, Schema]) -> dict[str, Schema]:
    """Say what a geometry is wherever one stands."""
    for schema in shared.values():
        if "geometry" in schema.get("properties", {}):
            words = schema["properties"]["geometry"].get("description", "")
            schema["properties"]["geometry"] = {
                "anyOf": [{"$ref": REF.format(model="Geometry")}, {"type": "null"}],
                "description": words or "degrees, longitude first",
            }
    return {**shared, "Geometry": GEOMETRY}


def _coordinates(depth: int, least: int = 1) -> Schema:
    if depth == 0:
        longitude = {"type": "number", "minimum": -180, "maximum": 180}
        latitude = {"type": "number", "minimum": -90, "maximum": 90}
        return {"type": "array", "prefixItems": [longitude, latitude], "minItems": 2, "maxItems": 2}
    return {"type": "array", "items": _coordinates(depth - 1), "minItems": least}


def _shape(name: str, coordinates: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"const": name}, "coordinates": coordinates},
    }


GEOMETRY: Schema = {
    "title": "Geometry",
    "oneOf": [
        _shape("Point", _coordinates(0)),
        _shape("MultiPoint", _coordinates(1)),
        _shape("LineString", _coordinates(1, 2)),
        _shape("MultiLineString", _coordinates(2)),
        _shape("Polygon", _coordinates(2)),
        _shape("MultiPolygon", _coordinates(3)),
    ],
}
