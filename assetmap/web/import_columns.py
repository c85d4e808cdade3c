"""The page where columns are matched to fields: what it shows, and what it sends back."""

from itertools import islice
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from assetmap.errors import Invalid
from assetmap.formats.table import Table
from assetmap.register import import_mapping
from assetmap.schemas.imports import ImportMapping, ImportOptions, StoredImport, fields
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind

SAMPLES = 3
LONGEST_SAMPLE = 80
OPTIONS = ("source", "licence", "duplicates")


def page(session: Session, table: Table, kind: Kind, stored: StoredImport) -> dict[str, Any]:
    """What the page shows: every column with samples, the category's words, the choices."""
    mapping = stored.mapping
    rows = [row.values for row in islice(table.rows(), 50)]
    chosen = {name: field for field, columns in mapping.columns.items() for name in columns}
    values = import_mapping.category_values(table, mapping)
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
        "options": stored.options,
        "has_geometry": table.has_geometry,
    }


def chosen(
    form: MultiDict[str, str], table: Table, kind: Kind, before: ImportMapping
) -> StoredImport:
    """What was chosen on the page. Raises Invalid for each choice that does not make sense."""
    columns: dict[str, list[str]] = {}
    for number, name in enumerate(table.columns):
        if field := form.get(f"column-{number}", ""):
            columns.setdefault(field, []).append(name)
    several = [field for field, names in columns.items() if len(names) > 1]
    if bad := [field for field in several if field not in ("title", "description", "address")]:
        label = fields(kind).get(bad[0], bad[0])
        raise Invalid.field("columns", f"Two columns are set to “{label}”. Choose one of them.")
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
    options = {name: form.get(name, "") for name in OPTIONS if form.get(name)}
    return StoredImport(
        mapping=checked(ImportMapping, given), options=checked(ImportOptions, options)
    )


def _samples(rows: list[dict[str, str]], name: str) -> list[str]:
    """A few different things that a column says."""
    found = dict.fromkeys(value for row in rows if (value := row.get(name, "").strip()))
    return [value[:LONGEST_SAMPLE] for value in islice(found, SAMPLES)]
