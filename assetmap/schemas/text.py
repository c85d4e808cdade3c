"""Text and lists as people type them: trimmed, in one Unicode form, and bounded."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic_core import CoreSchema, core_schema

EMAIL = re.compile(r"[^@\s<>\"',;:()\[\]\\]+@[^@\s<>\"',;:()\[\]\\]+\.[^@\s<>\"',;:()\[\]\\.]{2,}")
PHONE = re.compile(r"[0-9+()\s.\-]*(?:\s*(?:x|ext\.?)\s*\d{1,6})?")
UNSEEN = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))  # controls, marks of direction, spaces
_DIGIT = re.compile(r"\d")
_PLAIN_WEB = re.compile(
    r"https?://[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}(?:/[\w/.~-]*)?\Z", re.ASCII
)
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)


def tidy(given: str) -> str:
    """Trimmed, with Unix line ends, in normal form C. Raises ValueError for broken characters."""
    if "\0" in given:
        raise ValueError("Take out the NUL character.")
    if not given.isascii():
        try:
            given.encode()
        except UnicodeEncodeError as error:
            raise ValueError("Some characters are broken. Type the text again.") from error
        given = unicodedata.normalize("NFC", given)
    if "\r" in given:
        given = given.replace("\r\n", "\n").replace("\r", "\n")
    return given.strip()


def one_line(given: str) -> str:
    """The same, on one line."""
    return " ".join(tidy(given).split())


def name_line(given: str) -> str:
    """The same; of a name in which there is nothing to see, nothing is left."""
    return _if_seen(one_line(given))


def prose(given: str) -> str:
    """Tidied; of a text in which there is nothing to see, nothing is left."""
    return _if_seen(tidy(given))


def _if_seen(text: str) -> str:
    seen = text.isprintable() or any(unicodedata.category(one) not in UNSEEN for one in text)
    return text if seen else ""


def web_address(given: str) -> str:
    """An address beginning http:// or https://; what has no scheme gets https://."""
    if not given:
        return ""
    if _PLAIN_WEB.match(given):
        return given
    whole = given if re.match(r"[a-z][a-z0-9+.\-]*:", given, re.I) else f"https://{given}"
    parts = urlsplit(whole)
    if parts.scheme.lower() not in ("http", "https") or "." not in (parts.hostname or ""):
        raise ValueError("Give a web address such as https://example.org.")
    return whole


def email_address(given: str) -> str:
    """One e-mail address, or nothing."""
    if given and not EMAIL.fullmatch(given):
        raise ValueError("Give an e-mail address such as name@example.org.")
    return given


def phone_number(given: str) -> str:
    """A phone number as people write it, or nothing."""
    if given and (not PHONE.fullmatch(given) or not 5 <= len(_DIGIT.findall(given)) <= 20):
        raise ValueError("Give a phone number such as 01632 960 123.")
    return given


def small_address(given: str) -> str:
    """An e-mail address as it is kept and looked for: capital letters do not matter. Made small
    here, because databases disagree about what is beyond A to Z."""
    return unicodedata.normalize("NFC", given).strip().lower()


def sensible_day(given: date) -> date:
    """A day between 1900 and 2200."""
    if not FIRST_DAY <= given <= LAST_DAY:
        raise ValueError("Give a day between 1900 and 2200.")
    return given


def sensible_instant(given: datetime) -> datetime:
    """An instant between 1900 and 2200, in UTC; without a time zone it is taken as UTC."""
    aware = given.replace(tzinfo=UTC) if given.tzinfo is None else given
    try:
        inside = aware.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Give a day between 1900 and 2200.") from error
    sensible_day(inside.date())
    return inside


def listed(given: Any) -> Any:
    """A list, also when somebody typed it with commas or one a line, in one box or in several."""
    if isinstance(given, str):
        return [part.strip() for part in re.split(r"[,\n]", given) if part.strip()]
    if isinstance(given, list):
        return [line for part in given for line in _lines(part)]
    return given


def _lines(part: Any) -> list[Any]:
    if isinstance(part, str) and "\n" in part.strip():
        return [line.strip() for line in part.splitlines() if line.strip()]
    return [part]


def without_repeats(given: list[Any]) -> list[Any]:
    """Each once, in the order given."""
    return list(dict.fromkeys(part for part in given if part != ""))


@dataclass(frozen=True)
class Line:
    """One line of text with a length between two bounds."""

    longest: int
    shortest: int = 0

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        text = core_schema.str_schema(min_length=self.shortest, max_length=self.longest)
        return core_schema.no_info_before_validator_function(_if_text(one_line), text)


@dataclass(frozen=True)
class Name:
    """What something is called: one line in which there is something to see, up to so long."""

    longest: int

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        text = core_schema.str_schema(min_length=1, max_length=self.longest)
        return core_schema.no_info_before_validator_function(_if_text(name_line), text)


@dataclass(frozen=True)
class Prose:
    """Text of any number of lines, up to so many characters."""

    longest: int

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        text = core_schema.str_schema(max_length=self.longest)
        return core_schema.no_info_before_validator_function(_if_text(prose), text)


@dataclass(frozen=True)
class OneOf:
    """One word of a closed list."""

    allowed: tuple[str, ...]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        return core_schema.literal_schema(list(self.allowed))


@dataclass(frozen=True)
class Some:
    """A list of up to so many, each once; typed text is split at commas and line ends."""

    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        (item,) = get_args(source)
        listing = core_schema.list_schema(handler.generate_schema(item), max_length=self.most)
        once = core_schema.no_info_after_validator_function(without_repeats, listing)
        return core_schema.no_info_before_validator_function(listed, once)


def _if_text(rule: Callable[[str], str]) -> Callable[[Any], Any]:
    return lambda given: rule(given) if isinstance(given, str) else given


Day = Annotated[date, AfterValidator(sensible_day)]
Instant = Annotated[datetime, AfterValidator(sensible_instant)]
Code = Annotated[str, Line(64, 1)]  # of a category, or of an area with its type
WebAddress = Annotated[str, Line(300), AfterValidator(web_address)]
EmailAddress = Annotated[str, Line(254), AfterValidator(email_address)]
PhoneNumber = Annotated[str, Line(30), AfterValidator(phone_number)]
