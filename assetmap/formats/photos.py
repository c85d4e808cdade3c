"""Photographs made safe to keep and show: decoded, turned upright, made smaller, written anew.

Only the picture survives. What the camera wrote into the file (place, time, owner, serial number,
thumbnail) goes; the place and the time are handed back apart, for the person to use or not.
"""

import hashlib
import io
import math
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from assetmap.errors import Invalid
from assetmap.formats.limits import MEGABYTE
from assetmap.settings import LOCAL

MOST_BYTES = 20 * MEGABYTE
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2_000
THUMBNAIL_SIDE = 320
QUALITY, THUMBNAIL_QUALITY = 85, 75

_FORMATS = ("JPEG", "PNG", "WEBP")
_HEIC_BRANDS = (b"heic", b"heix", b"heif", b"hevc", b"hevx", b"mif1", b"msf1")
_FIRST_MOMENT, _BRAND = 4, slice(8, 12)
_MOST_DEGREES = {"N": 90, "S": 90, "E": 180, "W": 180}
_SIXTIETHS = (1, 60, 3600)
_EXIF_DATE = "%Y:%m:%d %H:%M:%S%z"

# What a file with broken metadata makes Pillow raise, one way or another.
_BROKEN_METADATA = (
    *(AttributeError, KeyError, IndexError, ValueError, TypeError, OverflowError),
    *(ZeroDivisionError, SyntaxError, OSError, struct.error),
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph as kept. width, height: of `jpeg`, pixels. sha256: of `jpeg`, hexadecimal.

    taken_at: UTC. longitude, latitude: degrees (EPSG:4326), where the camera said it was.
    """

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str
    taken_at: datetime | None = None
    longitude: float | None = None
    latitude: float | None = None


def reencode(data: bytes, *, zone: tzinfo = LOCAL) -> Photo:
    """The picture in a JPEG, PNG or WEBP file, at most 2,000 pixels a side, without metadata.

    zone: of the camera's clock where the file does not say.
    Raises Invalid about the field "photo": another type, broken, over 20 MB or 60 megapixels.
    """
    if len(data) > MOST_BYTES:
        raise _wrong(f"The photograph is larger than {MOST_BYTES // MEGABYTE} MB.")
    if data[_FIRST_MOMENT:8] == b"ftyp" and data[_BRAND] in _HEIC_BRANDS:
        raise _wrong(
            "HEIC photographs cannot be read. Send it as JPEG: on an iPhone, choose Settings, "
            "Camera, Formats, Most Compatible."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # broken metadata, and size, which is checked here
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise _too_many_pixels()
                taken_at, place = _said(image, zone)
                picture = _upright(image)
        except Image.DecompressionBombError as error:
            raise _too_many_pixels() from error
        except UnidentifiedImageError as error:
            raise _wrong("This is not a JPEG, PNG or WEBP photograph.") from error
        except _BROKEN_METADATA as error:
            raise _wrong("The photograph is broken or breaks off.") from error
    jpeg = _jpeg(picture, QUALITY)
    small = picture.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Photo(
        jpeg=jpeg,
        thumbnail=_jpeg(small, THUMBNAIL_QUALITY),
        width=picture.width,
        height=picture.height,
        sha256=hashlib.sha256(jpeg).hexdigest(),
        taken_at=taken_at,
        longitude=place[0] if place else None,
        latitude=place[1] if place else None,
    )


def _upright(image: Image.Image) -> Image.Image:
    """The pixels only, the right way up, in plain colour on white, no side too long."""
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    try:
        turned = ImageOps.exif_transpose(image)
    except _BROKEN_METADATA:
        turned = image
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if turned.mode.startswith("I"):  # 16 bits of grey
        turned = turned.point(lambda level: level / 256).convert("L")
    if "A" in turned.getbands() or "transparency" in turned.info:
        turned = turned.convert("RGBA")
        paper = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(paper, turned)
    plain = Image.new("RGB", turned.size)
    plain.paste(turned.convert("RGB"))
    return plain


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _said(image: Image.Image, zone: tzinfo) -> tuple[datetime | None, tuple[float, float] | None]:
    """When and where the camera says it was; None for what it does not say or gets wrong."""
    try:
        exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except _BROKEN_METADATA:
        return None, None
    try:
        taken_at = _taken_at(details, zone)
    except _BROKEN_METADATA:
        taken_at = None
    try:
        place = _place(gps)
    except _BROKEN_METADATA:
        place = None
    return taken_at, place


def _taken_at(details: Mapping[int, object], zone: tzinfo) -> datetime | None:
    given = details.get(ExifTags.Base.DateTimeOriginal)
    if not isinstance(given, str):
        return None
    offset = details.get(ExifTags.Base.OffsetTimeOriginal)
    known = offset.strip("\0 ") if isinstance(offset, str) else ""
    moment = datetime.strptime(given.strip("\0 ") + (known or "+00:00"), _EXIF_DATE)  # noqa: DTZ007
    if not known:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def _place(gps: Mapping[int, object]) -> tuple[float, float] | None:
    tags = ExifTags.GPS
    longitude = _degrees(gps.get(tags.GPSLongitude), gps.get(tags.GPSLongitudeRef), "EW")
    latitude = _degrees(gps.get(tags.GPSLatitude), gps.get(tags.GPSLatitudeRef), "NS")
    if longitude is None or latitude is None or longitude == latitude == 0:
        return None
    return longitude, latitude


def _degrees(parts: object, letter: object, letters: str) -> float | None:
    """Degrees, minutes and seconds as one signed number; None where they are no place on earth."""
    if not isinstance(parts, tuple) or not isinstance(letter, str):
        return None
    side = letter.strip("\0 ").upper()
    if side not in tuple(letters):
        return None
    value = math.fsum(
        float(part) / divisor for part, divisor in zip(parts, _SIXTIETHS, strict=False)
    )
    if not math.isfinite(value) or not 0 <= value <= _MOST_DEGREES[side]:
        return None
    return -value if side in "SW" else value


def _too_many_pixels() -> Invalid:
    return _wrong(f"The photograph has more than {MOST_PIXELS // 1_000_000} megapixels.")


def _wrong(problem: str) -> Invalid:
    return Invalid(problem, {"photo": problem})
