"""Loading boundaries: what is added, what stays, and entries that follow."""

import json
import zipfile
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from assetmap import spatial
from assetmap.access import OPERATOR, PUBLIC
from assetmap.errors import Invalid, SignInFirst
from assetmap.formats import boundaries
from assetmap.formats.boundaries import AreaShape, Boundaries
from assetmap.models import Area, Entry, EntryArea
from assetmap.register import (
    area_assignment,
    area_index,
    areas,
    histories,
    indexing,
    search,
)
from assetmap.register.area_index import AreaIndex
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import AreaType
from tests.make import make_area, make_entry, make_team, point, shape_json
from tests.real_data import real

WEST, EAST = shapely.box(-1.95, 53.70, -1.90, 53.75), shapely.box(-1.90, 53.70, -1.85, 53.75)


def shapes(*named: tuple[str, shapely.Polygon]) -> Boundaries:
    return Boundaries(
        [AreaShape(code, f"Ward {code}", shapely.MultiPolygon([shape])) for code, shape in named]
    )


def load(session: Session, found: Boundaries, kind: str = "ward", **more: Any) -> areas.Loaded:
    done = areas.load(session, found, type=AreaType(kind), viewer=OPERATOR, **more)
    session.flush()
    return done


def counts(done: areas.Loaded) -> tuple[int, int, int]:
    return done.added, done.updated, done.unchanged


def areas_of(session: Session, entry: Entry) -> set[str]:
    query = select(Area.code).join(EntryArea, EntryArea.area_id == Area.id)
    return set(session.scalars(query.where(EntryArea.entry_id == entry.id)))


def found_in(session: Session, code: str) -> set[str]:
    results = search.search(session, EntrySearch(area=(code,)), viewer=PUBLIC)
    return {hit.entry.title for hit in results.hits}


def test_loading_the_same_areas_again_changes_nothing(session: Session) -> None:
    two = shapes(("A", WEST), ("B", EAST))
    assert counts(load(session, two, vintage="2022", source="ONS")) == (2, 0, 0)
    assert counts(load(session, two, vintage="2022", source="ONS")) == (0, 0, 2)
    assert counts(load(session, two, vintage="2022")) == (0, 0, 2)


def test_an_outline_in_metres_is_the_same_when_it_is_loaded_again(
    session: Session, tmp_path: Path
) -> None:
    outline = shapely.Point(510_000.3, 430_000.7).buffer(777)
    frame = geopandas.GeoDataFrame(
        {"code": ["E05990001"], "name": ["A ward"]},
        geometry=[outline],
        crs="EPSG:27700",
    )
    frame.to_file(path := tmp_path / "metres.gpkg", driver="GPKG")
    for added in (1, 0):
        read = boundaries.read(path, code="code", name="name")
        assert counts(load(session, read)) == (added, 0, 1 - added)


def test_an_outline_that_begins_at_another_corner_is_the_same(session: Session) -> None:
    corners = list(WEST.exterior.coords)
    turned = shapely.Polygon([*corners[2:], *corners[1:3]])
    load(session, shapes(("A", WEST)))
    assert counts(load(session, shapes(("A", turned)))) == (0, 0, 1)


def test_a_new_outline_name_or_source_is_an_update(session: Session) -> None:
    load(session, shapes(("A", WEST), ("B", EAST)))
    load(session, shapes(("C", EAST)))
    changed = shapes(("A", EAST), ("B", EAST))
    changed.areas.append(AreaShape("C", "Sea View", shapely.MultiPolygon([EAST])))
    assert counts(load(session, changed)) == (0, 2, 1)
    assert counts(load(session, changed, source="Council")) == (0, 3, 0)


def test_every_column_of_an_area_is_filled(session: Session) -> None:
    load(session, shapes(("A", WEST)), vintage="2022", source="ONS")
    area = session.scalars(select(Area).options(undefer(Area.boundary))).one()
    assert (area.type, area.code, area.vintage, area.source) == ("ward", "A", "2022", "ONS")
    assert (area.name, area.name_folded) == ("Ward A", "ward a")
    assert (area.west, area.south, area.east, area.north) == (-1.95, 53.70, -1.90, 53.75)
    assert WEST.contains(shapely.Point(area.longitude, area.latitude))
    boundary = spatial.shape_of(area.boundary)
    assert boundary is not None
    assert boundary.equals(WEST)


def test_types_and_vintages_stand_side_by_side(session: Session) -> None:
    for kind, vintage in (("ward", "2013"), ("ward", "2022"), ("lsoa", "2022")):
        load(session, shapes(("A", WEST)), kind, vintage=vintage)
    found = [(sort.type, sort.vintage, sort.count) for sort in areas.kinds_loaded(session)]
    assert found == [("ward", "2022", 1), ("ward", "2013", 1), ("lsoa", "2022", 1)]


def test_areas_outside_the_extent_or_with_unusable_codes_are_refused(session: Session) -> None:
    far = shapely.box(10, 50, 11, 51)
    done = load(session, shapes(("A", WEST), ("far", far), ("a,b", EAST), ("ward:A", EAST)))
    assert counts(done) == (1, 0, 0)
    assert [reason.split()[0] for reason in done.refused] == ["far", "a,b", "ward:A"]


def test_a_file_without_one_area_that_can_be_kept_is_refused(session: Session) -> None:
    with pytest.raises(Invalid, match="outside the extent"):
        load(session, shapes(("far", shapely.box(10, 50, 11, 51))))


def test_names_too_long_or_odd_are_kept_as_one_line(session: Session) -> None:
    ward = AreaShape("A", "x\n" + "y" * 150, shapely.MultiPolygon([WEST]))
    load(session, Boundaries([ward]))
    name = session.scalars(select(Area.name)).one()
    assert (name[:3], len(name)) == ("x y", 120)


def test_only_an_administrator_may_load_areas(session: Session) -> None:
    with pytest.raises(SignInFirst):
        areas.load(session, shapes(("A", WEST)), type=AreaType.WARD, viewer=PUBLIC)


def test_an_area_lies_in_the_next_bigger_one_that_is_loaded(session: Session) -> None:
    whole = shapely.box(-2, 53.6, -1.8, 53.8)
    load(session, shapes(("force", whole)), "pfa")
    load(session, shapes(("small", shapely.box(-1.94, 53.71, -1.93, 53.72))), "lsoa")
    parent = dict.fromkeys(("force", "ward", "small"))

    def parents() -> dict[str, str | None]:
        codes = dict(session.execute(select(Area.id, Area.code)).all())
        rows = session.execute(select(Area.code, Area.parent_id)).all()
        return parent | {code: codes.get(key or 0) for code, key in rows}

    assert parents() == parent | {"small": "force"}
    load(session, shapes(("ward", WEST)))
    assert parents() == {"small": "ward", "ward": "force", "force": None}


def test_of_several_vintages_the_parent_is_of_the_same_or_the_latest(session: Session) -> None:
    for vintage in ("2013", "2022", "2024"):
        load(session, shapes((f"W{vintage}", WEST)), vintage=vintage)
    load(session, shapes(("S", shapely.box(-1.94, 53.71, -1.93, 53.72))), "lsoa", vintage="2022")
    load(session, shapes(("T", shapely.box(-1.94, 53.71, -1.93, 53.72))), "lsoa", vintage="2021")
    codes = dict(session.execute(select(Area.id, Area.code)).all())
    rows = session.execute(select(Area.code, Area.parent_id).where(Area.type == "lsoa"))
    assert {code: codes[key or 0] for code, key in rows} == {"S": "W2022", "T": "W2024"}


def test_entries_are_found_in_areas_loaded_after_them(session: Session) -> None:
    team = make_team(session)
    inside = make_entry(session, "asset", team, title="Hall", geometry=point(-1.92, 53.73))
    make_entry(session, "asset", team, title="Elsewhere", geometry=point(-1.5, 53.73))
    done = load(session, shapes(("A", WEST), ("B", EAST)))
    assert (done.reassigned.moved, areas_of(session, inside)) == (1, {"A"})
    assert found_in(session, "A") == {"Hall"}


def test_entries_leave_an_area_whose_boundary_moves_away(session: Session) -> None:
    team = make_team(session)
    load(session, shapes(("A", WEST), ("B", EAST)))
    hall = make_entry(session, "asset", team, title="Hall", geometry=point(-1.92, 53.73))
    load(session, shapes(("A", EAST), ("B", WEST)))
    assert areas_of(session, hall) == {"B"}
    assert (found_in(session, "A"), found_in(session, "B")) == (set(), {"Hall"})


def test_moving_a_boundary_is_no_new_version_of_an_entry(session: Session) -> None:
    team = make_team(session)
    hall = make_entry(session, "asset", team, geometry=point(-1.92, 53.73))
    load(session, shapes(("A", WEST)))
    session.refresh(hall)
    assert hall.version == 1
    assert len(histories.of(session, hall, viewer=OPERATOR)) == 1


def test_the_ground_an_offer_covers_follows_its_areas(session: Session) -> None:
    team = make_team(session)
    load(session, shapes(("A", WEST)))
    make_entry(session, "offer", team, title="Meals", geometry=None, covers_areas=["A"])
    east = EntrySearch(covers=(-1.87, 53.73))
    assert search.search(session, east, viewer=PUBLIC).total == 0
    done = load(session, shapes(("A", EAST)))
    assert done.reassigned.covers == 1
    assert [hit.entry.title for hit in search.search(session, east, viewer=PUBLIC).hits] == [
        "Meals"
    ]


def test_an_entry_shown_by_its_ward_moves_to_the_ward_when_it_is_loaded(session: Session) -> None:
    team = make_team(session)
    made = make_entry(
        session, "offer", team, precision="ward", geometry=point(-1.901, 53.701), radius_m=500
    )
    load(session, shapes(("A", WEST)))
    session.expire_all()
    ward = session.scalars(select(Area)).one()
    assert (made.longitude, made.latitude) == pytest.approx((ward.longitude, ward.latitude))
    covered = spatial.shape_of(made.covers)
    assert covered is not None
    assert covered.centroid.distance(shapely.Point(ward.longitude, ward.latitude)) < 1e-6


def test_retagging_mends_what_was_lost(session: Session) -> None:
    team, ward = make_team(session), make_area(session)
    hall = make_entry(session, "asset", team)
    area_assignment.write_areas(session, {hall.id: []})
    done = area_assignment.reassign(session, viewer=OPERATOR)
    assert (done.looked_at, done.moved, areas_of(session, hall)) == (1, 1, {ward.code})
    assert area_assignment.reassign(session, viewer=OPERATOR).moved == 0


# Every kind of shape, and places on borders and corners, on a grid of wards and small areas.
GRID = st.sampled_from([round(-1.95 + n * 0.0125, 4) for n in range(9)])
NORTH = st.sampled_from([round(53.70 + n * 0.0125, 4) for n in range(5)])
POINTS = st.tuples(GRID, NORTH)
ANY_SHAPE = st.one_of(
    POINTS.map(shapely.Point),
    st.lists(POINTS, min_size=2, max_size=4, unique=True).map(shapely.MultiPoint),
    st.lists(POINTS, min_size=2, max_size=4, unique=True).map(shapely.LineString),
    st.tuples(POINTS, POINTS)
    .filter(lambda two: two[0][0] != two[1][0] and two[0][1] != two[1][1])
    .map(lambda two: shapely.MultiPoint(two).envelope),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(given_shapes=st.lists(ANY_SHAPE, min_size=1, max_size=8))
def test_bulk_and_single_answers_agree(session: Session, given_shapes: list[BaseGeometry]) -> None:
    if session.scalar(select(Area.id).limit(1)) is None:
        for vintage in ("2013", "2022"):
            load(session, shapes(("B1", WEST), ("A1", EAST)), vintage=vintage)
        load(session, shapes(("S2", shapely.box(-1.925, 53.7, -1.875, 53.725))), "lsoa")
    index = AreaIndex.load(session)
    single = [indexing.areas_of(session, shape) for shape in given_shapes]
    assert index.assign(given_shapes) == single


def test_what_has_no_place_lies_in_no_area() -> None:
    index = AreaIndex.of([("ward", "", "A", 7, WEST)])
    given_shapes = [None, shapely.Point(), shapely.Point(-1.92, 53.73), shapely.Point(1, 1)]
    assert index.assign(given_shapes) == [[], [], [7], []]
    assert AreaIndex.of([]).assign(given_shapes) == [[], [], [], []]


def test_a_long_list_is_worked_through_in_parts() -> None:
    assert [list(part) for part in area_index.in_parts(range(5), 2)] == [[0, 1], [2, 3], [4]]


def written(folder: Path, suffix: str) -> Path:
    """Two wards in British National Grid metres, in a format."""
    frame = geopandas.GeoDataFrame(
        {"WD22CD": ["E1", "E2"], "WD22NM": ["West", "East"]}, geometry=[WEST, EAST], crs=4326
    ).to_crs(27700)
    path = folder / f"wards{suffix}"
    if suffix == ".zip":
        frame.to_file(folder / "wards.shp")
        with zipfile.ZipFile(path, "w") as archive:
            for part in folder.glob("wards.[!z]*"):
                archive.write(part, part.name)
    elif suffix == ".json":
        _write_topojson(path)
    else:
        frame.to_file(path)
    return path


def _write_topojson(path: Path) -> None:
    rings = [list(shape.exterior.coords) for shape in (WEST, EAST)]
    members = [
        {"type": "Polygon", "arcs": [[n]], "properties": {"WD22CD": code, "WD22NM": name}}
        for n, (code, name) in enumerate((("E1", "West"), ("E2", "East")))
    ]
    path.write_text(
        json.dumps(
            {
                "type": "Topology",
                "objects": {"wards": {"type": "GeometryCollection", "geometries": members}},
                "arcs": [[list(pair) for pair in ring] for ring in rings],
            }
        )
    )


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".zip", ".json"])
def test_every_format_puts_an_entry_in_the_same_ward(
    session: Session, tmp_path: Path, suffix: str
) -> None:
    hall = make_entry(session, "asset", make_team(session), geometry=point(-1.92, 53.73))
    found = boundaries.read(written(tmp_path, suffix), code="WD22CD", name="WD22NM")
    assert counts(load(session, found)) == (2, 0, 0)
    assert areas_of(session, hall) == {"E1"}


def test_an_outline_that_crosses_itself_is_loaded_mended(session: Session, tmp_path: Path) -> None:
    bow = shapely.Polygon([(-1.95, 53.7), (-1.9, 53.75), (-1.9, 53.7), (-1.95, 53.75)])
    feature = {
        "type": "Feature",
        "properties": {"c": "E1", "n": "Bow"},
        "geometry": shape_json(bow),
    }
    path = tmp_path / "bow.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    done = load(session, boundaries.read(path, code="c", name="n"))
    assert (counts(done), done.repaired) == ((1, 0, 0), ["E1"])


def test_humberside_wards_and_small_areas_load_and_hold_one_another(session: Session) -> None:
    for file, kind, code, name in (
        ("ward22_humberside.geojson", "ward", "ward22_code", "ward22_name"),
        ("lsoa21_humberside.geojson", "lsoa", "lsoa21_code", "lsoa21_name"),
    ):
        found = boundaries.read(real(f"boundaries/{file}"), code=code, name=name)
        load(session, found, kind)
        again = load(session, found, kind)
        assert counts(again) == (0, 0, len(found.areas))
    rows = session.execute(select(Area.type, Area.parent_id.is_(None)).order_by(Area.id)).all()
    assert (len(rows), rows.count(("ward", True))) == (670, 79)
    assert rows.count(("lsoa", True)) < 6  # beside a generalised boundary


def test_invalid_published_outlines_are_repaired_and_reported(session: Session) -> None:
    repaired: list[str] = []
    for kind, file, code, name in (
        ("ward", "ward_2013/E06000011.json", "WD13CD", "WD13NM"),
        ("lsoa", "lsoa_2011/E06000012.json", "LSOA11CD", "LSOA11NM"),
    ):
        path = real(f"boundaries/{file}")
        published = geopandas.read_file(path).set_index(code)
        done = load(session, boundaries.read(path, code=code, name=name), kind)
        assert set(done.repaired) == set(published.index[~published.is_valid])
        assert (done.added, done.refused) == (len(published), [])
        repaired += done.repaired
    assert len(repaired) == 2
