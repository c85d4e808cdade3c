"""What text should not hold: numbers that point at a person, and crime or health beside a name.

It is looked for with patterns and lists of words, here and now, so that each find can say why it is
one. A find is a question, never a verdict: an organisation's own telephone number may well stay.
Every pattern is bounded, so that the time taken grows with the length of the text and no faster.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from assetmap.hygiene.words import ABOUT, ALSO_WORDS, NAMES, PLACES, has_any

NEAR = 120  # characters between a name and a word about crime or health
ADDRESS_BEFORE = 60  # characters from a house number to the postcode
BORN_BEFORE = 20
MOST = 200  # finds in one text

_DIGIT = re.compile(r"\d")
_PHONE = re.compile(
    r"(?<![\w+])(?:\+44[\s-]?(?:\(0\))?|0044[\s-]?|\(?0)(?:[\s().-]{0,2}\d){9,10}(?![\d])"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_POSTCODE = re.compile(r"\b[A-Za-z]{1,2}\d[A-Za-z\d]?\s?\d[A-Za-z]{2}\b")
_HOUSE = re.compile(r"\b(?:[Ff]lat\s)?\d{1,4}[A-Za-z]?,?\s(?=[A-Z])")
_PLATE = re.compile(
    r"\b(?:[A-Z]{2}\d{2}\s?[A-Z]{3}|[A-Z]\d{1,3}\s?[A-Z]{3}|[A-Z]{3}\s?\d{1,3}[A-Z])\b"
)
_PLATE_NOW = re.compile(r"[A-Z]{2}\d{2}\s?[A-Z]{3}")
_VEHICLE = re.compile(
    r"\b(?:cars?|vans?|vehicles?|lorry|lorries|truck|moped|mopeds|scooter|motorbike|motorcycle|bike|"
    r"reg|registration|plate|plates|number ?plate|taxi|BMW|Audi|Ford|Vauxhall)\b",
    re.IGNORECASE,
)
_NI = re.compile(r"\b([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])\s?(?:\d{2}\s?){3}[A-Da-d]\b")
_NOT_NI = frozenset({"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"})
_NHS = re.compile(r"(?<!\d)[4679]\d{2}[ -]?\d{3}[ -]?\d{4}(?!\d)")
_DAY = re.compile(
    r"\b(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d{2}|(?:19|20)\d{2}-\d{2}-\d{2}"
    r"|\d{1,2}(?:st|nd|rd|th)?\s(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
    r"\s(?:19|20)\d{2})\b",
    re.IGNORECASE,
)
_BORN = re.compile(r"\b(?:born|d\.?o\.?b\.?|date of birth|birth ?day)[^\d]{0,14}$", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]{1,4000}")
_TOKEN = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-]){0,30}")
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx"})
_TOO_SHORT = 2

WHY = {
    "phone": "A UK phone number. An organisation’s own belongs in its contact details; a person’s"
    " belongs nowhere in a text.",
    "email": "An e-mail address. An organisation’s own belongs in its contact details.",
    "address": "A house number with a postcode: it may be where somebody lives.",
    "plate": "It looks like a vehicle’s registration, which points at its keeper.",
    "ni_number": "It looks like a National Insurance number.",
    "nhs_number": "It is an NHS number: its check digit is right.",
    "birth_date": "A date of birth.",
    "crime": "A person’s name near “{word}”: it may say that somebody did, or suffered, a crime.",
    "health": "A person’s name near “{word}”: it may say something of somebody’s health.",
}
LABELS = {
    "phone": "Phone number",
    "email": "E-mail address",
    "address": "Address",
    "plate": "Vehicle registration",
    "ni_number": "National Insurance number",
    "nhs_number": "NHS number",
    "birth_date": "Date of birth",
    "crime": "Crime and a name",
    "health": "Health and a name",
}


@dataclass(frozen=True)
class Find:
    """Something in a text, from character `start` up to `end`; `why` is for the person reading."""

    what: str
    start: int
    end: int
    why: str

    def of(self, text: str) -> str:
        """The words themselves."""
        return text[self.start : self.end]


def look(text: str) -> list[Find]:
    """What a text should perhaps not hold, in order; of two that overlap, the first and longer."""
    found = sorted(_every(text), key=lambda one: (one.start, -one.end))
    kept: list[Find] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept[:MOST]


def _every(text: str) -> Iterator[Find]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield _find("email", match.start(), match.end())
    if _DIGIT.search(text):
        yield from _numbers(text)
        yield from _addresses(text)
        yield from _plates(text)
    yield from _said_of_people(text)


def _numbers(text: str) -> Iterator[Find]:
    for match in _PHONE.finditer(text):
        if _is_private_line(match[0]):
            yield _find("phone", match.start(), match.end())
    for match in _NI.finditer(text):
        if match[1] not in _NOT_NI:
            yield _find("ni_number", match.start(), match.end())
    for match in _NHS.finditer(text):
        if _has_check_digit(match[0]):
            yield _find("nhs_number", match.start(), match.end())
    for match in _DAY.finditer(text):
        if _BORN.search(text[max(0, match.start() - BORN_BEFORE) : match.start()]):
            yield _find("birth_date", match.start(), match.end())


def _find(what: str, start: int, end: int, word: str = "") -> Find:
    return Find(what, start, end, WHY[what].format(word=word))


def _is_private_line(given: str) -> bool:
    """A landline or a mobile; 03, 08 and 09 are nobody's own."""
    digits = re.sub(r"\D", "", given)
    digits = digits.removeprefix("00")
    digits = digits[2:] if digits.startswith("44") else digits
    return digits.lstrip("0")[:1] in ("1", "2", "7")


def _addresses(text: str) -> Iterator[Find]:
    for match in _POSTCODE.finditer(text):
        since = max(0, match.start() - ADDRESS_BEFORE)
        for stop in ".;\n":
            since = max(since, text.rfind(stop, since, match.start()) + 1)
        house = _HOUSE.search(text, since, match.start())
        if house is not None:
            yield _find("address", house.start(), match.end())


def _plates(text: str) -> Iterator[Find]:
    for match in _PLATE.finditer(text):
        around = max(0, match.start() - 50), match.end() + 30
        if _PLATE_NOW.fullmatch(match[0]) or _VEHICLE.search(text, *around):
            yield _find("plate", match.start(), match.end())


def _has_check_digit(given: str) -> bool:
    digits = [int(c) for c in given if c.isdigit()]
    rest = sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=False)) % 11
    return digits[9] == (11 - rest) % 11


def _said_of_people(text: str) -> Iterator[Find]:
    if not has_any(text):
        return  # names alone are no find
    for what, about in ABOUT.items():
        for sentence in _SENTENCE.finditer(text):
            said = [
                (match.start(), match.end(), match[0])
                for match in about.finditer(text, *sentence.span())
            ]
            if said:
                yield from _near(what, list(_names(text, *sentence.span())), said)


def _near(
    what: str, names: list[tuple[int, int]], said: list[tuple[int, int, str]]
) -> Iterator[Find]:
    starts = [start for start, _, _ in said]
    for start, end in names:
        at = bisect_left(starts, start)
        close = [
            word
            for since, until, word in said[max(0, at - 1) : at + 1]
            if since - end <= NEAR and start - until <= NEAR
        ]
        if close:
            yield _find(what, start, end, close[-1])


def _names(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where likely names of people stand: a first name, alone or before a surname, or a title
    before a surname. A first name that is also a word, or belongs to a place, is none."""
    previous = ""
    tokens = list(_TOKEN.finditer(text, start, end))
    for n, token in enumerate(tokens):
        folded = token[0].casefold().removesuffix("’s").removesuffix("'s")
        after = tokens[n + 1] if n + 1 < len(tokens) else None
        follows = after is not None and text[token.end() : after.start()] in (" ", ". ", "\u00a0")
        surname = after if follows and after is not None and after[0][0].isupper() else None
        if folded in _TITLES and surname is not None and len(surname[0]) > _TOO_SHORT:
            yield token.start(), surname.end()
        elif token[0][0].isupper() and folded in NAMES and previous != "st":
            if surname is not None and surname[0].casefold() not in PLACES:
                yield token.start(), surname.end()
            elif surname is None and folded not in ALSO_WORDS:
                yield token.start(), token.end()
        previous = folded
