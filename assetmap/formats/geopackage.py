"""GeoPackage out: some thousands of features at a time, so that none need wait in memory."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from assetmap.formats.csv import plain
from assetmap.formats.geojson import DECIMALS

LAYER = "entries"
AS_NUMBERS = ("longitude", "latitude", "distance_m")
AS_DAYS = ("checked_on", "review_due", "expires_on")


@dataclass(frozen=True)
class Part:
    """Rows with a shape each, or None, in EPSG:4326; of a row, the columns named are kept."""

    rows: Sequence[Mapping[str, Any]]
    shapes: Sequence[BaseGeometry | None]
    columns: Sequence[str]


def append(path: Path, part: Part, *, is_new: bool, description: str = "", **said: str) -> None:
    """Put a part behind what is in the file, or into a new one; all of it, or nothing of it.

    description, said: what a new file says of its layer and of itself. Text is as it is: no
    spreadsheet runs what is in a GeoPackage.
    """
    import pyogrio.raw  # brings geopandas with it, a second that only files should cost

    new = {
        "dataset_metadata": said,
        "layer_metadata": said,
        "layer_options": {"DESCRIPTION": description, "FID": "fid", "GEOMETRY_NAME": "geom"},
    }
    pyogrio.raw.write(
        path,
        _shapes(part.shapes),
        [_column(name, [row.get(name) for row in part.rows]) for name in part.columns],
        list(part.columns),
        layer=LAYER,
        driver="GPKG",
        geometry_type="Unknown",
        crs="EPSG:4326",
        append=not is_new,
        **(new if is_new else {}),
    )


def last(path: Path, column: str) -> tuple[int, str]:
    """How many features the file holds, and what the last of them has in a column; 0 and "" where
    it is not there, or was broken off before the first part was whole."""
    about = (
        f"SELECT (SELECT count(*) FROM {LAYER}), {column} FROM {LAYER} ORDER BY fid DESC LIMIT 1"  # noqa: S608  # our own names
    )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as file:
            found = file.execute(about).fetchone()
    except sqlite3.DatabaseError:
        found = None
    return (int(found[0]), str(found[1])) if found else (0, "")


def every(path: Path, column: str, *, at_once: int) -> Iterator[list[str]]:
    """What the features of a file have in a column, so many at a time."""
    query = f"SELECT {column} FROM {LAYER} ORDER BY fid"  # noqa: S608  # our own names
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
        rows = file.execute(query)
        while part := rows.fetchmany(at_once):
            yield [str(row[0]) for row in part]


def _shapes(shapes: Sequence[BaseGeometry | None]) -> NDArray[np.object_]:
    found = np.empty(len(shapes), dtype=object)
    for at, shape in enumerate(shapes):
        if shape is not None and not shape.is_empty:
            found[at] = shapely.to_wkb(shapely.transform(shape, lambda c: np.round(c, DECIMALS)))
    return found


def _column(name: str, cells: Sequence[Any]) -> NDArray[Any]:
    if name in AS_NUMBERS:
        return np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    if name in AS_DAYS:
        return np.array([cell or "NaT" for cell in cells], dtype="datetime64[D]")
    if name == "version":
        return np.array(cells, dtype=np.int64)
    return np.array([plain(cell).replace("\0", "") or None for cell in cells], dtype=object)
