"""Loading postcodes: what is added, what stays, what an older release doesn't take away."""

import csv
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.errors import Invalid, SignInFirst
from assetmap.formats import postcode_archives
from assetmap.formats.postcodes import PostcodeRow
from assetmap.models import Postcode
from assetmap.register import postcodes
from tests.real_data import real

HULL = PostcodeRow("HU1 3UB", -0.34, 53.74, "198001", None, "E05000001", "E01000001", "E06000010")
ENDED = PostcodeRow("HU1 9ZZ", -0.33, 53.74, "198001", "199506")
NOWHERE = PostcodeRow("HU2 0AA")
CODE_POINT = '"HU1 3UB",10,509600,428700,"E92000001","","","","E06000010","E05000001"\n'
NSPL = "pcds,doterm,osgrdind,oslaua,lat,long\nHU1 3UB,,1,E06000010,53.74,-0.34\n"


def load(session: Session, rows: Iterable[PostcodeRow], release: str = "") -> tuple[int, ...]:
    done = postcodes.load(session, rows, release=release, viewer=OPERATOR)
    return done.added, done.updated, done.unchanged, done.refused


def kept(session: Session, pcds: str = "HU1 3UB") -> Postcode:
    session.expire_all()
    found = session.get(Postcode, pcds)
    assert found is not None
    return found


def test_loading_the_same_postcodes_again_changes_nothing(session: Session) -> None:
    assert load(session, [HULL, ENDED, NOWHERE], "Nov 2021") == (3, 0, 0, 0)
    assert load(session, [HULL, ENDED, NOWHERE], "Nov 2021") == (0, 0, 3, 0)
    assert load(session, [HULL, ENDED, NOWHERE]) == (0, 0, 3, 0)
    assert kept(session).release == "Nov 2021"


def test_ended_postcodes_and_those_without_a_position_are_kept(session: Session) -> None:
    load(session, [ENDED, NOWHERE])
    assert kept(session, "HU1 9ZZ").terminated == "199506"
    nowhere = kept(session, "HU2 0AA")
    assert (nowhere.longitude, nowhere.latitude) == (None, None)


def test_a_later_release_moves_ends_and_revives_a_postcode(session: Session) -> None:
    load(session, [HULL])
    assert load(session, [replace(HULL, longitude=-0.35, terminated="202203")]) == (0, 1, 0, 0)
    assert (kept(session).longitude, kept(session).terminated) == (-0.35, "202203")
    load(session, [HULL])
    assert kept(session).terminated is None


def test_a_file_that_knows_less_takes_nothing_away(session: Session) -> None:
    load(session, [HULL])
    bare = PostcodeRow("HU1 3UB", -0.34, 53.74)
    assert load(session, [bare]) == (0, 0, 1, 0)
    assert (kept(session).lsoa, kept(session).introduced) == ("E01000001", "198001")


def test_a_postcode_outside_the_extent_is_refused_by_name(session: Session) -> None:
    rows = [HULL, PostcodeRow("HU1 1AA", 20.0, 53.7), PostcodeRow("HU1 1AB", float("nan"), 53.7)]
    done = postcodes.load(session, rows, viewer=OPERATOR)
    assert (done.added, done.refused) == (1, 2)
    assert done.reasons[0].startswith("HU1 1AA lies outside")


def test_a_postcode_given_twice_is_kept_once(session: Session) -> None:
    assert load(session, [HULL, replace(HULL, longitude=-0.36)]) == (1, 0, 1, 0)
    assert kept(session).longitude == -0.36


def test_more_rows_than_fit_in_one_batch_are_all_there(session: Session) -> None:
    letters = "ABDEFGHJLN"
    rows = [
        PostcodeRow(f"HU{n} {m}{a}{b}", -0.34, 53.74)
        for n in range(1, 9)
        for m in range(8)
        for a in letters
        for b in letters
    ]
    said: list[int] = []
    postcodes.load(session, rows, viewer=OPERATOR, progress=said.append)
    assert said == [5_000, 6_400]
    assert session.scalar(select(func.count()).select_from(Postcode)) == 6_400


def test_only_an_administrator_may_load_postcodes(session: Session) -> None:
    with pytest.raises(SignInFirst):
        postcodes.load(session, [HULL], viewer=PUBLIC)


def zipped(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.removesuffix("_csv").replace("__", "/") + ".csv", text)
    return path


def read(path: Path) -> list[str]:
    return [row.pcds for row in postcode_archives.read(path)]


def test_a_zip_is_read_without_the_papers_in_it(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "codepo.zip",
        Data__CSV__hu_csv=CODE_POINT,
        Data__CSV__dn_csv=CODE_POINT.replace("HU1 3UB", "DN1 1AA"),
        Doc__headers_csv="PC,PQ,EA,NO\nPostcode,Quality,Eastings,Northings\n",
        Data__names_csv="LAD23CD,LAD23NM\nE06000010,Hull\n",
        Data__Code_Point_Column_Headers_csv="PC,PQ,EA,NO\n",
    )
    assert read(path) == ["DN1 1AA", "HU1 3UB"]


def test_postcodes_given_whole_and_in_pieces_are_read_once(tmp_path: Path) -> None:
    pieces = {"Data__multi_csv__NSPL_HU_csv": NSPL}
    assert read(zipped(tmp_path / "a.zip", Data__NSPL_csv=NSPL, **pieces)) == ["HU1 3UB"]
    assert read(zipped(tmp_path / "b.zip", **pieces)) == ["HU1 3UB"]


def test_a_zip_without_postcodes_or_broken_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"c\.zip: There is no file of postcodes"):
        read(zipped(tmp_path / "c.zip", a_csv="x,y\n1,2\n"))
    spoilt = zipped(tmp_path / "d.zip", a_csv=NSPL * 50)
    whole = bytearray(spoilt.read_bytes())
    whole[40:60] = bytes(20)
    spoilt.write_bytes(bytes(whole))
    with pytest.raises(Invalid, match="cannot be unpacked"):
        read(spoilt)


def test_a_wrong_line_in_a_zip_is_named_with_its_file(tmp_path: Path) -> None:
    path = zipped(tmp_path / "e.zip", hu_csv=CODE_POINT + CODE_POINT.replace("HU1", "nothing"))
    with pytest.raises(Invalid, match=r"hu\.csv: Line 2"):
        read(path)


def test_every_published_postcode_of_hull_doncaster_and_lincoln_loads(session: Session) -> None:
    for district in ("hu", "dn", "ln"):
        path = real(f"postcodes/{district}.csv")
        with path.open(newline="") as file:
            published = sum(1 for _ in csv.reader(file))
        assert load(session, postcode_archives.read(path)) == (published, 0, 0, 0)
        assert load(session, postcode_archives.read(path)) == (0, 0, published, 0)


def test_the_national_lookup_keeps_ended_and_placeless_postcodes(session: Session) -> None:
    path = real("postcodes/NSPL_NOV_2021_UK_WC.csv")
    with path.open(newline="") as file:
        published = list(csv.DictReader(file))
    assert load(session, postcode_archives.read(path), "Nov 2021")[0] == len(published)
    ended = select(func.count()).where(Postcode.terminated.is_not(None))
    assert session.scalar(ended) == sum(1 for row in published if row["doterm"])
    nowhere = select(func.count()).where(Postcode.longitude.is_(None))
    assert session.scalar(nowhere) == sum(1 for row in published if float(row["lat"]) > 99)
