"""How fast a large file is imported, with areas, classification, history and the search index; and
how fast it is imported again with something new in every row, and taken back.

    python tests/measure_imports.py [ROWS] [AREAS]

It writes into an empty, migrated database: DATABASE_URL, or a new SpatiaLite file. Prints rows a
second and the most memory held, and the processor's share of it on a machine that others use.
"""

import csv
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import shapely

from assetmap import spatial
from assetmap.access import OPERATOR
from assetmap.app import create_app
from assetmap.cli.database import alembic_config
from assetmap.db import db
from assetmap.formats.boundaries import AreaShape, Boundaries
from assetmap.models import Team
from assetmap.register import areas, categories, import_mapping, imports
from assetmap.schemas.imports import ImportOptions, StoredImport
from assetmap.settings import Settings
from assetmap.start import settle
from assetmap.vocabulary import AreaType, Kind

WEST, SOUTH, SIDE = -2.0, 53.0, 0.02
ACROSS = 90


def write_rows(path: Path, count: int) -> None:
    """A file of made-up places, each with all that a place usually has."""
    rnd = random.Random(3)  # noqa: S311
    words = ["".join(rnd.choices("abcdeilnorstu", k=rnd.randint(4, 9))) for _ in range(8_000)]
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(
            "id,name,category,description,address,postcode,phone,website,longitude,latitude".split(
                ","
            )
        )
        for n in range(count):
            name = f"{rnd.choice(words).title()} {rnd.choice(words)} hall"
            where = f"{rnd.randint(1, 200)} {rnd.choice(words).title()} Street"
            code = f"HU{rnd.randint(1, 17)} {rnd.randint(1, 9)}A{rnd.choice('ABDEFG')}"
            place = WEST + rnd.random() * 1.79, SOUTH + rnd.random() * 1.7
            said = " ".join(rnd.choices(words, k=14))
            more = f"01482 {rnd.randint(100_000, 999_999)}", f"https://example.org/{n}"
            kind = rnd.choice(("pla_hall", "lyp_libr"))
            out.writerow([n, name, kind, said, where, code, *more, *place])


def small_areas(count: int) -> Boundaries:
    """So many areas of 41 corners beside one another."""
    found = []
    for n in range(count):
        west, south = WEST + n % ACROSS * SIDE, SOUTH + n // ACROSS * SIDE
        shape = shapely.box(west, south, west + SIDE, south + SIDE).segmentize(SIDE / 10)
        found.append(AreaShape(f"E{n:08}", f"Area {n}", shapely.MultiPolygon([shape])))
    return Boundaries(found)


def main(rows: int, area_count: int) -> None:
    """Make a register with areas, import the file, and say how it went."""
    from alembic import command

    folder = Path(tempfile.mkdtemp(prefix="assetmap-measure-"))
    os.environ.setdefault("ASSETMAP_INSTANCE", str(folder))
    settings = Settings()
    command.upgrade(alembic_config(settings.database_url), "head")
    path = folder / "places.csv"
    write_rows(path, rows)
    app = create_app(settings)
    settle()
    with app.app_context():
        spatial.writing(db.session)
        team = Team(name="Measured")
        db.session.add(team)
        db.session.flush()
        categories.load_default(db.session)
        kind = AreaType.LSOA
        given = small_areas(area_count)
        areas.load(db.session, given, type=kind, vintage="", source="", viewer=OPERATOR)
        team_id = team.id
        db.session.commit()
        measure(path, folder, rows, team_id)


def measure(path: Path, folder: Path, rows: int, team_id: int) -> None:
    """Import it, then again with new telephone numbers, take that back, and print what it took."""
    _measure(path, folder / "first", rows, team_id)
    text = path.read_text("utf-8").replace(",01482 ", ",01964 ")
    path.write_text(text, "utf-8")
    number = _measure(path, folder / "again", rows, team_id)
    began = time.perf_counter()
    spatial.writing(db.session)
    _, undone = imports.undo(db.session, number, viewer=OPERATOR)
    db.session.commit()
    print(f"{undone.restored / (time.perf_counter() - began):,.0f} rows/s put back")


def _measure(path: Path, folder: Path, rows: int, team_id: int) -> int:
    began, worked = time.perf_counter(), time.process_time()
    table = imports.sniffed(db.session, path, path.name)
    mapping = import_mapping.guess(db.session, table, Kind.ASSET).mapping
    options = ImportOptions()
    one = imports.Importer(
        db.session, table, path.name, Kind.ASSET, mapping, options, folder, OPERATOR, team_id
    )
    one.plan()
    planned = time.perf_counter() - began
    db.session.rollback()
    spatial.writing(db.session)
    stored = StoredImport()
    done = imports.begin(
        db.session, Kind.ASSET, path.name, "x", stored, viewer=OPERATOR, team_id=team_id
    )
    plan = one.carry_out(done)
    db.session.commit()
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(plan.counts)
    print(f"{rows / took:,.0f} rows/s: {planned:.1f} s planning, {took - planned:.1f} s writing")
    print(f"{cpu:.1f} s of processor here ({rows / cpu:,.0f} rows a second of it)")
    print(f"{most:,.0f} MB at most; load of the machine {os.getloadavg()[0]:.1f}")
    return done.id


if __name__ == "__main__":
    given_rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    main(given_rows, int(sys.argv[2]) if len(sys.argv) > 2 else 8_000)
