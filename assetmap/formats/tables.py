"""Reading a table that somebody uploads, whatever made it."""

import zipfile
from pathlib import Path

from assetmap.errors import Invalid
from assetmap.formats import delimited, features, workbook
from assetmap.formats.limits import BROKEN_ZIP, Limits, beginning, check_size, opened
from assetmap.formats.table import Row, Table
from assetmap.formats.vector import is_geopackage, is_zip

__all__ = ["Limits", "Row", "Table", "sniff"]

SNIFFED_BYTES = 4_096
_BINARY = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls). Save it as .xlsx or CSV",
    b"%PDF": "a PDF. Ask for the table it was made from",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "compressed. Unpack it first",
    b"\x00\x00\x27\x0a": "one part of a shapefile. Zip all its parts together",
}
_OTHER_ZIPS = {
    "mimetype": "an OpenDocument file. Save it as .xlsx or CSV",
    "word/document.xml": "a Word document. Save its table as .xlsx or CSV",
}


def sniff(
    source: Path | bytes, filename: str, *, header: bool | None = None, limits: Limits | None = None
) -> Table:
    """Look at a file and say how to read it as a table. The content decides, not the name.

    CSV (any usual encoding and delimiter), XLSX, GeoJSON, GeoPackage, zipped shapefile.
    header: whether the first row names the columns; None means judge by the rows.
    Raises Invalid when it is no table, or holds more than the limits; `rows` does too, on reaching
    the row concerned.
    """
    most = limits or Limits()
    check_size(source, most.bytes, filename)
    start = beginning(source, SNIFFED_BYTES)
    for magic, what in _BINARY.items():
        if start.startswith(magic):
            raise Invalid(f"{filename} is {what}.")
    if is_zip(start):
        if _is_workbook(source, filename):
            return workbook.table(source, filename, header=header, limits=most)
        return features.layer_table(source, filename, "shapefile", most)
    if is_geopackage(start):
        return features.layer_table(source, filename, "geopackage", most)
    if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        check_size(source, most.json_bytes, filename)
        return features.geojson_table(source, filename, most)
    return delimited.table(source, filename, header=header, limits=most)


def _is_workbook(source: Path | bytes, filename: str) -> bool:
    try:
        with opened(source) as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except BROKEN_ZIP as error:
        raise Invalid(f"{filename} is broken: it is not a whole file.") from error
    for member, what in _OTHER_ZIPS.items():
        if member in names:
            raise Invalid(f"{filename} is {what}.")
    return "xl/workbook.xml" in names
