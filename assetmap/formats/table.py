"""A table that has been looked at, and one row of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from assetmap.errors import Invalid
from assetmap.formats.limits import Limits

NUL_REMOVED = "A NUL character was taken out."


@dataclass(slots=True)
class Row:
    """One row. number: as a spreadsheet or text editor numbers it, or the feature counting from 1.

    geometry: what a geographic file gives, in EPSG:4326.
    problem: why the row cannot be read; such a row is refused. warnings: what was changed in it.
    """

    number: int
    values: dict[str, str] = field(default_factory=dict)
    geometry: BaseGeometry | None = None
    problem: str | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A table that has been looked at. `rows()` may be called again and again.

    format: csv, xlsx, geojson, geopackage or shapefile.
    encoding, delimiter: of a CSV. has_header: False where columns are called column_1, column_2 …
    """

    format: str
    columns: list[str]
    rows: Callable[[], Iterator[Row]]
    warnings: list[str] = field(default_factory=list)
    has_header: bool = True
    has_geometry: bool = False
    encoding: str | None = None
    delimiter: str | None = None


def check_columns(count: int, limits: Limits, filename: str) -> None:
    """Raise Invalid when there are too many columns."""
    if count > limits.columns:
        raise Invalid(
            f"{filename} has {count:,} columns; the most that can be read is {limits.columns:,}."
        )


def check_row(count: int, limits: Limits, filename: str) -> None:
    """Raise Invalid on the first row too many."""
    if count > limits.rows:
        raise Invalid(f"{filename} has more than {limits.rows:,} rows. Split it.")


def check_cell(text: str, number: int, column: str, limits: Limits) -> None:
    """Raise Invalid when a cell is too long, naming its row and column."""
    if len(text) > limits.cell_characters:
        raise Invalid(
            f"Row {number}, column {column}, has more than {limits.cell_characters:,} characters."
        )
