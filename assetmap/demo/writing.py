"""Reading the words of the town: lines with bars between their columns, choices in brackets.

`[this/that]` is a choice; `{street}` is filled in. All choices of a line are made together, so that
the first title goes with the first description.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import resources

_CHOICE = re.compile(r"\[([^\]]*)\]")


@cache
def lines(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of one file of words as columns, comments left out."""
    text = resources.files("assetmap.demo").joinpath("words", f"{name}.txt").read_text("utf-8")
    return tuple(
        tuple(column.strip() for column in line.split("|"))
        for line in text.splitlines()
        if line and not line.startswith("#")
    )


def chosen(text: str, number: int) -> str:
    """The text with the choice of that number made in every bracket, round and round."""

    def choice(match: re.Match[str]) -> str:
        options = match.group(1).split("/")
        return options[number % len(options)]

    return _CHOICE.sub(choice, text)


def extras(text: str) -> dict[str, str]:
    """`key=value` pairs parted by semicolons."""
    return dict(_pairs(text))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(";"):
        key, bar, value = part.partition("=")
        if bar:
            yield key.strip(), value.strip()


def slug(text: str) -> str:
    """Lower-case letters and digits with hyphens between words."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "").replace("&", "and")).strip("-")
