"""Alderbrook's areas, streets and postcodes."""

import re

import shapely
from shapely.geometry import Point

from assetmap.demo import plan as plans
from assetmap.demo.streets import lay
from assetmap.demo.town import town

TOWN = town()


def test_the_town_is_the_same_every_time() -> None:
    again = plans.draw()

    assert again == TOWN.plan
    assert lay(again) == TOWN.ways
    town.cache_clear()
    assert [a.boundary.wkb for a in town().small_areas] == [
        a.boundary.wkb for a in TOWN.small_areas
    ]
    assert town().postcodes == TOWN.postcodes


def test_there_are_eight_wards_and_about_forty_small_areas() -> None:
    assert len(TOWN.wards) == 8
    assert 38 <= len(TOWN.small_areas) <= 46
    assert len({w.name for w in TOWN.wards}) == 8


def test_codes_have_the_national_form() -> None:
    assert all(re.fullmatch(r"E0599\d{4}", a.code) for a in TOWN.wards)
    assert all(re.fullmatch(r"E0199\d{4}", a.code) for a in TOWN.small_areas)
    assert re.fullmatch(r"E0799\d{4}", TOWN.district.code)
    assert all(re.fullmatch(r"Alderbrook \d{3}[A-J]", a.name) for a in TOWN.small_areas)


def test_small_areas_fill_their_ward_exactly() -> None:
    for ward in TOWN.wards:
        parts = [s.boundary for s in TOWN.small_areas if s.parent == ward.code]
        assert shapely.union_all(parts).equals(ward.boundary)
        assert (
            sum(p.area for p in parts) == ward.boundary.area
            or abs(sum(p.area for p in parts) - ward.boundary.area) < ward.boundary.area * 1e-9
        )


def test_wards_fill_the_district_and_do_not_overlap() -> None:
    assert shapely.union_all([w.boundary for w in TOWN.wards]).equals(TOWN.district.boundary)
    for i, one in enumerate(TOWN.wards):
        assert all(one.boundary.intersection(o.boundary).area == 0 for o in TOWN.wards[i + 1 :])


def test_every_boundary_is_one_valid_polygon() -> None:
    for area in (TOWN.district, *TOWN.wards, *TOWN.small_areas):
        assert area.boundary.is_valid
        assert len(area.boundary.geoms) == 1


def test_every_postcode_lies_in_the_areas_it_names() -> None:
    boundaries = {a.code: a.boundary for a in (*TOWN.wards, *TOWN.small_areas, TOWN.district)}
    for postcode in TOWN.postcodes:
        place = Point(postcode.longitude, postcode.latitude)
        assert all(
            boundaries[code].contains(place)
            for code in (postcode.ward, postcode.lsoa, postcode.lad)
        )


def test_postcodes_are_about_250_and_all_different() -> None:
    pcds = [p.pcds for p in TOWN.postcodes]

    assert 240 <= len(pcds) <= 270
    assert len(set(pcds)) == len(pcds)
    assert all(re.fullmatch(r"QX\d \d[ABD-HJLNP-UW-Z]{2}", p) for p in pcds)


def test_every_neighbourhood_has_postcodes() -> None:
    named = {p.neighbourhood for p in TOWN.postcodes}

    assert named == {c.name for c in TOWN.plan.neighbourhoods}


def test_no_two_streets_share_a_name() -> None:
    names = [s.name for s in TOWN.streets if s.kind != "path"]

    assert len(names) == len(set(names))


def test_parks_lie_in_a_ward() -> None:
    assert all(TOWN.ward_at(p.boundary) == p.ward for p in TOWN.parks)
