"""Postcode files as published, and telling a postcode from other words."""

import io
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetmap.errors import Invalid
from assetmap.formats import postcodes
from assetmap.formats.postcodes import normal_postcode
from tests.real_data import real

OLD = "pcd,pcd2,pcds,dointr,doterm,osgrdind,laua,ward,lsoa11,lat,long"
NEW = "pcd7,pcd8,pcds,dointr,doterm,gridind,lad26cd,wd26cd,lsoa21cd,lat,long"


def read(text: str, *, northern_ireland: bool = False) -> list[postcodes.PostcodeRow]:
    source = io.BytesIO(text.encode("utf-8-sig"))
    return list(postcodes.read(source, northern_ireland=northern_ireland))


def test_code_point_open_is_read_without_a_header() -> None:
    rows = {row.pcds: row for row in postcodes.read(real("postcodes/hu.csv"))}
    assert len(rows) == 10_772
    hull = rows["HU1 1AA"]
    assert (hull.longitude, hull.latitude) == pytest.approx((-0.33314, 53.74404), abs=1e-4)
    assert (hull.ward, hull.lad, hull.quality) == ("E05001677", "E06000010", 10)


def test_the_national_lookup_keeps_ended_postcodes_and_those_without_a_position() -> None:
    rows = list(postcodes.read(real("postcodes/NSPL_NOV_2021_UK_WC.csv")))
    assert len(rows) == 7_455
    assert rows[0].pcds == "WC1A 1AA"
    assert (rows[0].introduced, rows[0].terminated) == ("199002", "199806")
    assert (rows[0].longitude, rows[0].latitude) == (-0.129279, 51.516595)
    assert sum(row.terminated is not None for row in rows) == 4_846
    assert sum(row.latitude is None for row in rows) == 13


@pytest.mark.parametrize("header", [OLD, NEW, NEW.upper(), NEW.replace("26", "31")])
def test_any_release_s_column_names_are_recognised(header: str) -> None:
    line = "HU13UB,HU1 3UB,HU1 3UB,199001,,1,E06000010,E05001677,E01012766,53.74,-0.34"
    (row,) = read(f"{header}\n{line}\n")
    assert row == postcodes.PostcodeRow(
        *("HU1 3UB", -0.34, 53.74, "199001", None),
        *("E05001677", "E01012766", "E06000010", 1),
    )


def test_latitude_99_999999_means_no_position_and_a_pseudo_code_no_area() -> None:
    line = "HU13UB,HU1 3UB,HU1 3UB,199001,200001,9,E99999999,E99999999,,99.999999,0.000000"
    (row,) = read(f"{OLD}\n{line}\n")
    assert (row.longitude, row.latitude, row.ward, row.lad, row.lsoa) == (None,) * 5


def test_of_the_small_areas_of_several_censuses_the_latest_is_taken() -> None:
    head = "pcd,pcd2,pcds,dointr,doterm,oslaua,osward,lsoa01,lsoa11,lat,long,lsoa21,msoa21"
    line = "HU13UB,,HU1 3UB,199001,,E06000010,E05011533,E01000001,E01000011,53.7,-0.3,E01000021,"
    (row,) = read(f"{head}\n{line}\n")
    assert row.lsoa == "E01000021"


def test_code_point_quality_90_means_no_position() -> None:
    (row,) = read('"HU1 1AA",90,0,0,"E92000001","","","","E06000010","E05001677"\n')
    assert (row.longitude, row.latitude) == (None, None)


def test_northern_ireland_is_read_only_when_asked_for() -> None:
    text = f"{OLD}\nBT11AA,BT1 1AA,BT1 1AA,199001,,1,N09000003,N08000301,,54.6,-5.93\n"
    assert read(text) == []
    assert [row.pcds for row in read(text, northern_ireland=True)] == ["BT1 1AA"]


def test_rows_come_before_the_whole_file_is_read() -> None:
    line = b"HU1 1AA,10,510027,428807,E92000001,,,,E06000010,E05001677\n"
    source = io.BytesIO(line * 50_000)
    rows = list(islice(postcodes.read(source), 3))
    assert source.tell() < len(line) * 10_000
    assert [row.pcds for row in rows] == ["HU1 1AA"] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither Code-Point Open nor NSPL"),
        ("name,address\nA,B\n", "name, address"),
        (f"{OLD}\nHU13UB,HU1 3UB,nonsense,199001,,1,E,E,E,53.7,-0.3\n", "Line 2: “nonsense”"),
        (f"{OLD}\nHU13UB,HU1 3UB,HU1 3UB\n", "Line 2 has only 3 columns"),
        (f"{OLD}\nHU13UB,HU1 3UB,HU1 3UB,1,,1,E,E,E,north,west\n", "position of HU1 3UB"),
    ],
)
def test_another_file_or_a_broken_line_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read(text)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("hu13ub", "HU1 3UB"),
        (" HU1  3UB ", "HU1 3UB"),
        ("H U 1 3 U B", "HU1 3UB"),
        ("ec1a1bb", "EC1A 1BB"),
        ("m11ae", "M1 1AE"),
        ("dn551pt", "DN55 1PT"),
        ("gir 0aa", "GIR 0AA"),
        ("w1a\u00a00ax", "W1A 0AX"),
    ],
)
def test_a_postcode_is_recognised_however_it_is_typed(typed: str, normal: str) -> None:
    assert normal_postcode(typed) == normal


@pytest.mark.parametrize(
    "typed",
    ["", "HU1", "HU1 3U", "Hull", "HU1-3UB", "12345", "HU1 3UBB", "HU\u0661 3UB", "A" * 1000],
)
def test_what_is_no_postcode_is_not_taken_for_one(typed: str) -> None:
    assert normal_postcode(typed) is None


def test_every_published_postcode_is_recognised() -> None:
    for file in ("postcodes/dn.csv", "postcodes/ln.csv", "postcodes/NSPL_NOV_2021_UK_SM.csv"):
        for row in postcodes.read(real(file)):
            assert normal_postcode(row.pcds.replace(" ", "").lower()) == row.pcds


@given(st.text() | st.from_regex(r"\A[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}\Z"))
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    normal = normal_postcode(text)
    assert normal is None or normal_postcode(normal) == normal


def test_a_file_on_disk_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "hu.csv"
    path.write_text("HU1 1AA,10,510027,428807,E92000001,,,,E06000010,E05001677\n" * 3)
    assert next(iter(postcodes.read(path))).pcds == "HU1 1AA"
