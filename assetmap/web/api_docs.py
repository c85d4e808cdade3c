"""/api/docs: the OpenAPI document as a page that people can read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template

from assetmap import gate

bp = Blueprint("api_docs", __name__)
Schema = dict[str, Any]
_GROUPS = {
    "entries": "Search, and any entry",
    "map": "The map",
    "categories": "Lists",
    "areas": "Lists",
    "openapi.json": "About the service",
    "health": "About the service",
}
# A test asks for it, so that what the page shows does work.
EXAMPLE = "/api/entries?kind=offer&text=food&limit=5"
_ONE_KIND = "One entry of a kind"
_ORDER = ("Search, and any entry", _ONE_KIND, "The map", "Lists", "About the service")


@dataclass(frozen=True)
class Documented:
    """One operation, as the page shows it."""

    anchor: str
    method: str
    path: str
    said: Schema
    sends: tuple[str, ...]
    gives: tuple[str, ...]


@bp.get("/api/docs")
@gate.public
def docs() -> str:
    """What programs can ask, in words."""
    document: Schema = current_app.extensions["openapi"]()
    groups: dict[str, list[Documented]] = {name: [] for name in _ORDER}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            one = Documented(
                said["operationId"],
                method.upper(),
                path,
                said,
                tuple(_names(said.get("requestBody", {}))),
                tuple(_names({status: _success(said, status) for status in said["responses"]})),
            )
            groups[_group(path)].append(one)
    schemas = document["components"]["schemas"]
    return render_template(
        "api/docs.html",
        about=document["info"]["description"],
        example=EXAMPLE,
        groups=groups,
        in_words=in_words,
        schemas={name: list(_fields(schema)) for name, schema in sorted(schemas.items())},
    )


def _group(path: str) -> str:
    parts = [part for part in path.split("/") if part and part != "api"]
    return _GROUPS.get(parts[0], _ONE_KIND)


def _success(said: Schema, status: str) -> Schema:
    found: Schema = said["responses"][status] if status < "300" else {}
    return found


def _names(part: Any) -> Iterator[str]:
    """The schemas that a part of the document points at, each once."""
    seen: dict[str, None] = {}
    waiting = [part]
    while waiting:
        now = waiting.pop(0)
        if isinstance(now, dict):
            if isinstance(ref := now.get("$ref"), str):
                seen[ref.rpartition("/")[2]] = None
            waiting += now.values()
        elif isinstance(now, list):
            waiting += now
    yield from seen


def _fields(schema: Schema) -> Iterator[tuple[str, str, bool, str]]:
    """Name, type in words, whether it must be there, description."""
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        yield name, in_words(part), name in required, part.get("description", "")


def in_words(schema: Schema) -> str:
    """A JSON schema as people say it."""
    if ref := schema.get("$ref"):
        return str(ref.rpartition("/")[2])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(in_words(one) for one in choices))
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("format") or schema.get("type") or "anything"
    if kind == "array":
        items = schema.get("items") or {}
        return "list of " + in_words(items) if items else f"{schema.get('minItems', '')} numbers"
    return f"{kind}{_bounds(schema)}"


def _bounds(schema: Schema) -> str:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum")
    if low is not None and high is not None:
        return f" {low:,} to {high:,}"
    if "maxLength" in schema:
        return f" up to {schema['maxLength']:,} characters"
    return ""
