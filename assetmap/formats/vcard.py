"""Contacts as vCard 3.0 (RFC 2426), which phones and mail programs take in."""

import re
from collections.abc import Iterable, Iterator, Mapping

TYPE = "text/vcard; charset=utf-8"
LONGEST_LINE = 75  # bytes, without the end of the line
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def write(cards: Iterable[Mapping[str, str]]) -> Iterator[bytes]:
    """A file of cards, one after the other. Of each: uid, name, and where they are there org,
    title, email, phone and note; anything else is left out."""
    for card in cards:
        name = escaped(card["name"])
        lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{name};;;;", f"FN:{name}"]
        for field, given in (
            ("UID", card["uid"]),
            ("ORG", card.get("org", "")),
            ("TITLE", card.get("title", "")),
            ("EMAIL;TYPE=INTERNET", card.get("email", "")),
            ("TEL", card.get("phone", "")),
            ("NOTE", card.get("note", "")),
        ):
            if given:
                lines.append(f"{field}:{escaped(given)}")
        yield b"".join(folded(line) for line in [*lines, "END:VCARD"])


def escaped(text: str) -> str:
    """The text as a value: what would end it or begin another line means itself."""
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for mark in ("\\", ";", ","):
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("\n", "\\n")


def folded(line: str) -> bytes:
    """The line in parts of at most 75 bytes, no character cut in two."""
    parts, part = [], b""
    for character in line:
        one = character.encode("utf-8", "replace")
        if len(part) + len(one) > LONGEST_LINE:
            parts.append(part)
            part = b" "
        part += one
    return b"\r\n".join([*parts, part]) + b"\r\n"
