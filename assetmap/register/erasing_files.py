"""Taking a person out of what imports keep beside the database: uploads, and rows put aside."""

import csv
import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from assetmap.formats.limits import MEGABYTE
from assetmap.outside.import_folder import ImportFolder
from assetmap.register import deployment
from assetmap.register.subject_terms import Terms

MOST_BYTES = 200 * MEGABYTE  # of one part of a zipped file; what is larger is not read but goes
_CELLS = re.compile(r"<[^>]*>|[\",;\t]+")  # what stands between the cells of a table
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ZIP = b"PK\x03\x04"


def erase(session: Session, terms: Terms) -> None:
    """Take somebody's rows out of all that imports put aside, and forget uploads with them in it.

    Call it after the commit; doing it again does no harm. Rows of others stay as they are.
    """
    if not terms.patterns:
        return
    for _, folder in ImportFolder.every(deployment.instance(session)):
        for path in sorted(folder.path.glob("*.csv")):
            _without_rows(path, terms)
        for path in sorted(folder.path.glob("*.json")):
            said = folder.said(path.stem)
            if (left := terms.without(said, "[erased]")) != said:
                folder.say(path.stem, left)
        held = (folder.upload, *folder.path.glob("*.jsonl"), *folder.path.glob("*.part"))
        if any(_says(path, terms) for path in held if path.is_file()):
            folder.forget_upload()


def _without_rows(path: Path, terms: Terms) -> None:
    """Write a CSV file anew without the rows that say something of them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    kept = [*rows[:1], *(row for row in rows[1:] if not terms.spans("\n".join(row)))]
    if len(kept) < len(rows):
        whole = path.with_suffix(".csv.part")
        with whole.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(kept)
        whole.replace(path)


def _says(path: Path, terms: Terms) -> bool:
    """Whether a file of any kind says something of them; one that cannot be looked through may."""
    try:
        texts = list(map(_text, _parts(path)))
        cells = (_CELLS.sub("\n", html.unescape(one)) for one in texts)
        return any(terms.spans(one) for one in (*texts, *cells))
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return True


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        begins = file.read(len(_ZIP))
    if begins != _ZIP:
        yield path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.file_size > MOST_BYTES:
                raise zipfile.BadZipFile
            yield archive.read(member)


def _text(content: bytes) -> str:
    if content.startswith(_UTF_16):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace") + content.decode(errors="replace")
