"""Where people walked: both ends go, jumps go, and what is left is measured."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from assetmap.errors import Invalid
from assetmap.formats.tracks import Fix, clean, covered, length_m, read_gpx, write_gpx

START = datetime(2026, 5, 1, 10, tzinfo=UTC)
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
STEP = 0.0001  # degrees of longitude: 6.6 m here
NORTH = 53.735
GPX = '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="t">{}</gpx>'


def fix(n: int, longitude: float, latitude: float = NORTH, accuracy_m: float = 8) -> Fix:
    return Fix(longitude, latitude, accuracy_m, START + timedelta(seconds=5 * n))


def straight(count: int) -> list[Fix]:
    return [fix(n, -1.92 + n * STEP) for n in range(count)]


@settings(max_examples=25, deadline=None)
@given(count=st.integers(30, 120), trim_m=st.integers(0, 90), seed=st.integers(0, 99))
def test_neither_end_is_kept_whatever_order_positions_come_in(
    count: int, trim_m: int, seed: int
) -> None:
    fixes = straight(count)
    random.Random(seed).shuffle(fixes)  # noqa: S311  # an order, no secret
    whole = (count - 1) * length_m([(-1.92, NORTH), (-1.92 + STEP, NORTH)])
    track = clean(fixes, trim_m=trim_m)
    assert track is not None
    assert track.length_m == pytest.approx(whole - 2 * trim_m, abs=0.5)
    spots = [spot for line in track.lines for spot in line]
    for end in (-1.92, -1.92 + (count - 1) * STEP):
        nearest = min(length_m([(end, NORTH), spot]) for spot in spots)
        assert nearest >= trim_m - 0.5


def test_a_way_shorter_than_what_is_cut_off_leaves_nothing() -> None:
    assert clean(straight(10), trim_m=50) is None
    assert clean([], trim_m=0) is None
    assert clean([fix(0, -1.92)], trim_m=0) is None


def test_whoever_stands_about_at_home_before_walking_is_not_shown_there() -> None:
    about = [fix(n, -1.92 + (n % 2) * STEP) for n in range(60)]  # four hundred metres of nothing
    away = [fix(60 + n, -1.92 + n * STEP) for n in range(40)]
    back = [fix(100 + n, -1.92 + (39 - n) * STEP, NORTH + 0.001) for n in range(60)]
    track = clean(about + away + back, trim_m=50)
    assert track is not None
    spots = [spot for line in track.lines for spot in line]
    for end in (about[0], back[-1]):
        at = (end.longitude, end.latitude)
        assert min(length_m([at, spot]) for spot in spots) >= 49.5


def test_whoever_comes_by_home_again_on_the_way_is_not_shown_there() -> None:
    steps = [*range(40), *range(40, 0, -1), *range(60)]  # off, back for the keys, and off again
    track = clean([fix(n, -1.92 + x * STEP) for n, x in enumerate(steps)], trim_m=50)
    assert track is not None
    assert len(track.lines) == 2
    spots = [spot for line in track.lines for spot in line]
    assert min(length_m([(-1.92, NORTH), spot]) for spot in spots) >= 49.5


def test_a_phone_that_is_out_for_a_moment_does_not_draw_where_its_owner_stands() -> None:
    out = [(0, 0), (9, 0), (0, 0), (0, 6), (0, 0), (-9, 0), (0, 0), (0, -6), (0, 0)]
    about = [fix(n * 9, -1.92 + x * STEP, NORTH + y * STEP) for n, (x, y) in enumerate(out)]
    away = [fix(100 + n, -1.92 + n * STEP) for n in range(40)]
    assert clean(about, trim_m=50) is None
    track = clean(about + away, trim_m=50)
    assert track is not None
    assert [line[0][0] > -1.92 + 7 * STEP for line in track.lines] == [True]


def test_jumps_and_rough_positions_are_left_out_and_a_silence_parts_the_way() -> None:
    fixes = straight(40)
    fixes[10] = fix(10, -1.5)  # forty kilometres in five seconds
    fixes[20] = fix(20, -1.9195, accuracy_m=400)
    track = clean(fixes, trim_m=0)
    assert track is not None
    assert (track.left_out, len(track.lines)) == (2, 1)
    assert track.length_m < 300
    later = [fix(n + 1000, -1.91 + n * STEP) for n in range(20)]
    parted = clean(straight(40) + later, trim_m=0)
    assert parted is not None
    assert len(parted.lines) == 2


def test_too_many_positions_are_refused() -> None:
    with pytest.raises(Invalid, match="50,000"):
        clean([fix(0, -1.92)] * 50_001, trim_m=0)


def test_what_was_seen_from_the_way_counts_as_covered() -> None:
    walked = [[(-1.92, NORTH), (-1.91, NORTH)]]
    along = LineString(walked[0])
    assert covered(along, walked) == pytest.approx(1.0, abs=0.01)
    assert covered(box(-1.92, NORTH - 0.0001, -1.91, NORTH + 0.0001), walked) > 0.97
    assert covered(box(-1.92, 53.8, -1.91, 53.81), walked) == 0
    half = LineString([(-1.92, NORTH), (-1.90, NORTH)])
    assert covered(half, walked) == pytest.approx(0.52, abs=0.03)
    assert covered(Point(-1.915, NORTH), walked) == 1
    assert covered(along, []) == 0


def test_gpx_goes_out_without_times_and_comes_in_with_and_without() -> None:
    line = [(-1.92, NORTH), (-1.915, NORTH), (-1.91, NORTH)]
    text = write_gpx("A <walk> & more", [line])
    assert "<time>" not in text
    back = read_gpx(text.encode(), START)
    assert [(one.longitude, one.latitude) for one in back] == line
    assert [one.at for one in back] == sorted({one.at for one in back})
    timed = '<rte><rtept lat="53.7" lon="-1.9"><time>2026-05-01T10:00:00Z</time></rtept></rte>'
    assert read_gpx(GPX.format(timed).encode(), NEVER)[0].at == START


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<html></html>",
        b"\xff\xfe\x00",
        b'<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx>&a;</gpx>',
        GPX.format('<rte><rtept lat="953.7" lon="-1.9"/></rte>').encode(),
        GPX.format('<rte><rtept lat="nan" lon="-1.9"/></rte>').encode(),
        b"<gpx>" + b" " * (10 * 2**20),
    ],
)
def test_what_is_no_gpx_file_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_gpx(data, START)
    assert list(refused.value.problems) == ["file"]


def test_a_gpx_time_beyond_all_years_is_refused() -> None:
    spots = '<trkpt lat="53.7" lon="-1.9"><time>9999-12-31T23:59:59Z</time></trkpt>' + (
        '<trkpt lat="53.71" lon="-1.9"/>' * 2
    )
    data = f'<gpx version="1.1" creator="t"><trk><trkseg>{spots}</trkseg></trk></gpx>'
    with pytest.raises(Invalid):
        read_gpx(data.encode(), START)


def test_a_way_that_crosses_itself_everywhere_is_measured_like_any_other() -> None:
    draw = random.Random(1)  # noqa: S311  # a way, no secret
    tangle = [(draw.uniform(-1.93, -1.91), draw.uniform(53.73, 53.74)) for _ in range(400)]
    assert covered(box(-1.925, 53.732, -1.915, 53.738), [tangle]) == pytest.approx(1.0)
