"""The page where columns are matched to fields: what it shows, and what it sends back."""

from itertools import islice
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from assetmap.errors import Invalid
from assetmap.formats.table import Table
from assetmap.register import import_mapping
from assetmap.schemas.imports import ImportMapping, ImportOptions, StoredImport, check, fields
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind

SAMPLES = 3
LONGEST_SAMPLE = 80
OPTIONS = ("source", "licence", "duplicates")


def page(
    session: Session,
    table: Table,
    kind: Kind,
    stored: StoredImport,
    refused: StoredImport | None = None,
) -> dict[str, Any]:
    """What the page shows: every column with samples, the category's words, the choices kept, or
    those that were refused. The words are always of the column kept: the form counts them."""
    shown = refused or stored
    mapping = shown.mapping
    rows = [row.values for row in islice(table.rows(), 50)]
    chosen = {name: field for field, columns in mapping.columns.items() for name in columns}
    values = import_mapping.category_values(table, stored.mapping)
    known = import_mapping.beyond_doubt(session, kind, values) | mapping.categories
    return {
        "columns": [
            {
                "number": number,
                "name": name,
                "samples": _samples(rows, name),
                "field": chosen.get(name, ""),
            }
            for number, name in enumerate(table.columns)
        ],
        "fields": list(fields(kind).items()),
        "values": [
            {"said": said, "rows": count, "code": known.get(said, "")}
            for said, count in values.items()
        ],
        "categories": import_mapping.choices(session, kind),
        "mapping": mapping,
        "options": shown.options,
        "has_geometry": table.has_geometry,
    }


def typed(form: MultiDict[str, str], table: Table, before: ImportMapping) -> StoredImport:
    """What was chosen on the page, just so: nothing of it is checked."""
    columns: dict[str, list[str]] = {}
    for number, name in enumerate(table.columns):
        if field := form.get(f"column-{number}", ""):
            columns.setdefault(field, []).append(name)
    values = import_mapping.category_values(table, before)
    said = {one: form.get(f"value-{number}", "") for number, one in enumerate(values)}
    given = before.model_dump() | {
        "columns": columns,
        "categories": {**before.categories, **said},
        "default_category": form.get("default_category", ""),
        "epsg": form.get("epsg", "").strip() or None,
        "pair_order": form.get("pair_order") or before.pair_order,
        "keep_without_place": bool(form.get("keep_without_place")),
    }
    options: dict[str, Any] = {name: form.get(name, "") for name in OPTIONS if form.get(name)}
    return StoredImport.model_construct(
        mapping=ImportMapping.model_construct(**given),
        options=ImportOptions.model_construct(**options),
    )


def chosen(typed: StoredImport, table: Table, kind: Kind) -> StoredImport:
    """The same, checked. Raises Invalid for each choice that does not make sense."""
    columns = typed.mapping.columns
    several = [field for field, names in columns.items() if len(names) > 1]
    if bad := [field for field in several if field not in ("title", "description", "address")]:
        label = fields(kind).get(bad[0], bad[0])
        raise Invalid.field("columns", f"Two columns are set to “{label}”. Choose one of them.")
    given = typed.model_dump(warnings=False)
    problems: dict[str, str] = {}
    for model, said in ((ImportMapping, given["mapping"]), (ImportOptions, given["options"])):
        try:
            checked(model, said)
        except Invalid as error:
            problems |= error.problems
    if problems:
        raise Invalid("; ".join(problems.values()), problems)
    stored = StoredImport.model_validate(given)
    try:
        check(stored.mapping, kind, table.columns)
    except Invalid as error:
        raise Invalid.field("columns", next(iter(error.problems.values()))) from error
    return stored


def _samples(rows: list[dict[str, str]], name: str) -> list[str]:
    """A few different things that a column says."""
    found = dict.fromkeys(value for row in rows if (value := row.get(name, "").strip()))
    return [value[:LONGEST_SAMPLE] for value in islice(found, SAMPLES)]
