"""Photographs are decoded and written anew; nothing the camera wrote stays in them."""

import io
import json
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import ExifTags, Image, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

from assetmap.errors import Invalid
from assetmap.formats import photos
from tests.real_data import real


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def exif(**given: Any) -> Image.Exif:
    made = Image.Exif()
    for name, value in given.items():
        if name == "gps":
            made.get_ifd(ExifTags.IFD.GPSInfo).update(value)
        elif hasattr(ExifTags.Base, name) and name.endswith("Original"):
            made.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base[name]] = value
        else:
            made[ExifTags.Base[name]] = value
    return made


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as raised:
        photos.reencode(data)
    return raised.value.problems["photo"]


def test_real_photographs_give_their_place_and_time_and_then_hold_neither() -> None:
    folder = real("photos")
    found = 0
    for one in json.loads((folder / "expected_gps.json").read_text("utf-8")):
        path = folder / one["file"].rpartition("/")[2]
        if not path.exists():
            continue
        found += 1
        photo = photos.reencode(path.read_bytes(), zone=UTC)
        assert (photo.longitude, photo.latitude) == pytest.approx((one["lon"], one["lat"]))
        assert photo.taken_at is not None
        assert photo.taken_at.strftime("%Y:%m:%d %H:%M:%S") == one["taken"]
        for data in (photo.jpeg, photo.thumbnail):
            assert not opened(data).getexif()
            assert set(opened(data).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
            assert b"COOLPIX" not in data
    assert found >= 9


def test_south_and_west_are_negative() -> None:
    gps = {1: "S", 2: (0.0, 22.0, 16.68), 3: "W", 4: (36.0, 3.0, 23.1)}
    photo = photos.reencode(encoded(Image.new("RGB", (40, 30)), exif=exif(gps=gps)))
    assert (photo.longitude, photo.latitude) == pytest.approx((-36.05642, -0.3713), abs=1e-5)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {2: (53.0, 0.0, 0.0), 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (53.0, 0.0, 0.0)},
        {1: "E", 2: (53.0, 0.0, 0.0), 3: "N", 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (IFDRational(0, 0), 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
    ],
)
def test_a_place_that_makes_no_sense_is_left_out(gps: dict[int, Any]) -> None:
    photo = photos.reencode(encoded(Image.new("RGB", (40, 30)), exif=exif(gps=gps)))
    assert (photo.longitude, photo.latitude) == (None, None)


def test_the_time_is_given_in_utc() -> None:
    image = Image.new("RGB", (40, 30))
    summer = exif(DateTimeOriginal="2024:07:01 12:00:00")
    abroad = exif(DateTimeOriginal="2024:07:01 12:00:00", OffsetTimeOriginal="+05:30")
    never = exif(DateTimeOriginal="0000:00:00 00:00:00")
    times = [photos.reencode(encoded(image, exif=one)).taken_at for one in (summer, abroad, never)]
    assert times == [
        datetime(2024, 7, 1, 11, tzinfo=UTC),
        datetime(2024, 7, 1, 6, 30, tzinfo=UTC),
        None,
    ]


def test_a_photograph_taken_sideways_is_turned_upright() -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste("black", (0, 0, 20, 20))
    photo = photos.reencode(encoded(image, exif=exif(Orientation=6), quality=95))
    assert (photo.width, photo.height) == (20, 40)
    upright = opened(photo.jpeg).convert("L")
    assert upright.getpixel((10, 5)) == pytest.approx(0, abs=20)
    assert upright.getpixel((10, 35)) == pytest.approx(255, abs=20)


def test_a_large_photograph_is_made_smaller() -> None:
    photo = photos.reencode(encoded(Image.new("RGB", (4_000, 1_000))))
    assert (photo.width, photo.height) == (2_000, 500)
    assert max(opened(photo.thumbnail).size) == 320
    assert len(photo.sha256) == 64


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_every_kind_of_png_becomes_a_plain_jpeg(mode: str) -> None:
    photo = photos.reencode(encoded(Image.new(mode, (40, 30)), "PNG"))
    assert (opened(photo.jpeg).format, opened(photo.jpeg).mode) == ("JPEG", "RGB")


def test_webp_is_read_and_what_is_see_through_turns_white() -> None:
    photo = photos.reencode(encoded(Image.new("RGBA", (40, 30), (0, 0, 0, 0)), "WEBP"))
    assert opened(photo.jpeg).getpixel((5, 5)) == (255, 255, 255)


def test_comments_and_text_blocks_do_not_survive() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "Jo Bloggs")
    for data in (
        encoded(Image.new("RGB", (40, 30)), "PNG", pnginfo=text),
        encoded(Image.new("RGB", (40, 30)), comment=b"Jo Bloggs"),
        encoded(Image.new("RGB", (40, 30))) + b"Jo Bloggs",
    ):
        photo = photos.reencode(data)
        assert b"Jo Bloggs" in data or b"Author" in data
        assert b"Bloggs" not in photo.jpeg + photo.thumbnail


def test_what_is_no_photograph_is_refused_in_words() -> None:
    assert "not a JPEG" in refusal(b"")
    assert "not a JPEG" in refusal(b"<svg onload=alert(1)>")
    assert "not a JPEG" in refusal(encoded(Image.new("RGB", (4, 4)), "GIF"))
    assert "HEIC" in refusal(b"\0\0\0\x18ftypheic\0\0\0\0")
    assert "20 MB" in refusal(b"\xff\xd8\xff" + b"0" * photos.MOST_BYTES)
    assert "breaks off" in refusal(encoded(Image.effect_noise((400, 400), 50))[:5_000])


@pytest.mark.parametrize("side", [8_000, 30_000])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(side: int) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0"))
    assert "60 megapixels" in refusal(bomb)
