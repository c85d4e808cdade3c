"""Each kind that can be imported comes out of each format as the same entries."""

import zipfile
from pathlib import Path

import geopandas
import openpyxl
import pytest
from shapely.geometry import Point
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.formats import csv
from assetmap.models import Entry, Team
from assetmap.schemas.imports import KINDS
from assetmap.vocabulary import Kind
from tests.importing import counts, refusals, run, write
from tests.make import CATEGORIES, make_area, make_category, make_team

# A third row of each lies in no place that there can be.
PLACES = [(-1.92, 53.735), (-1.93, 53.73), (0.0, 0.0)]
OF_A_KIND: dict[Kind, list[dict[str, str]]] = {
    Kind.ASSET: [{"name": f"Hall {n}", "phone": "01482 300300"} for n in range(3)],
    Kind.GROUP: [{"name": f"Cooks {n}", "charity_no": "1234567"} for n in range(3)],
    Kind.OFFER: [
        {"name": f"Soup {n}", "person_role": "Cook", "covers_areas": "E05000001"}
        | {"precision": "exact"}
        for n in range(3)
    ],
    Kind.FINDING: [
        {"name": f"Litter {n}", "severity": "2", "date": "2026-05-01"} for n in range(3)
    ],
}


@pytest.fixture
def team(session: Session) -> Team:
    for scheme, code in CATEGORIES.items():
        make_category(session, "asset" if scheme == "group" else scheme, code)
    make_area(session)
    made = make_team(session)
    session.commit()
    return made


def written(folder: Path, suffix: str, rows: list[dict[str, str]]) -> Path:
    """The rows and their places, as a file of this format."""
    path = folder / f"rows{suffix}"
    placed = [
        row | {"longitude": str(lon), "latitude": str(lat)}
        for row, (lon, lat) in zip(rows, PLACES, strict=True)
    ]
    if suffix == ".csv":
        return write(folder, b"".join(csv.write(placed, list(placed[0]))), path.name)
    if suffix == ".xlsx":
        book = openpyxl.Workbook()
        assert book.active is not None
        for line in ([*placed[0]], *([*row.values()] for row in placed)):
            book.active.append(line)
        book.save(path)
        return path
    frame = geopandas.GeoDataFrame(rows, geometry=[Point(at) for at in PLACES], crs="EPSG:4326")
    if suffix != ".zip":
        frame.to_file(path)
        return path
    frame.rename(columns=lambda name: name[:10]).to_file(folder / "rows.shp")
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.glob("rows.[!z]*"):
            archive.write(part, part.name)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".geojson", ".gpkg", ".zip"])
def test_every_kind_is_imported_from_every_format(
    session: Session, team: Team, tmp_path: Path, suffix: str
) -> None:
    for kind in KINDS:
        rows = [
            {"id": f"{kind}{n}", "category": CATEGORIES[kind]} | row
            for n, row in enumerate(OF_A_KIND[kind])
        ]
        (folder := tmp_path / kind).mkdir()
        path = written(folder, suffix, rows)
        plan, _ = run(team, path, kind)
        assert counts(plan) == {"new": 2, "refused": 1}, (kind, refusals(plan))
        assert "A position of 0, 0" in next(iter(refusals(plan).values()))
        made = session.scalars(select(Entry).where(Entry.kind == kind).order_by(Entry.title)).all()
        assert [one.title for one in made] == [row["name"] for row in rows[:2]]
        assert [(one.longitude, one.latitude) for one in made] == PLACES[:2]
        assert counts(run(team, path, kind)[0]) == {"same": 2, "refused": 1}
