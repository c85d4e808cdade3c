"""What is looked for when somebody asks what is held of them: a name, an e-mail address, a phone.

The database narrows down; which characters are meant is decided here, the same on any database.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_

from assetmap import textsearch
from assetmap.register import suppressions

LEAST_DIGITS = 7  # of a phone number, without its nought or country code
_BETWEEN = r"[\s().\-]{0,3}"
_SEPARATORS = " -().+"
_APOSTROPHES = "'\u2019\u2018\u02bc`\u00b4"
_HYPHENS = "-\u2010\u2011\u2013"
_MARKS = re.compile(f"[{re.escape(_APOSTROPHES + _HYPHENS)}]+")
Span = tuple[int, int]


@dataclass(frozen=True)
class Terms:
    """Whom to look for. What is empty is not looked for."""

    name: str = ""
    email: str = ""
    phone: str = ""

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """What a text is about them by: the name in either order, the address, the number."""
        found = []
        parts = [_however_written(part) for part in self.name.split()]
        if parts:
            turned = [parts[-1] + ",", *parts[:-1]]
            for order in [parts, turned] if len(parts) > 1 else [parts]:
                found.append(r"(?<!\w)" + r"\s+".join(order) + r"(?!\w)")
        if self.email:
            found.append(rf"(?<![\w.+\-]){re.escape(self.email)}(?![\w\-]|\.\w)")
        if digits := self.national:
            number = _BETWEEN.join(digits)
            found.append(rf"(?<!\d)(?:\+?(?:00)?44{_BETWEEN})?0?{_BETWEEN}{number}(?!\d)")
        return tuple(re.compile(one, re.IGNORECASE) for one in found)

    @property
    def national(self) -> str:
        """The digits of the phone number without nought or country code; "" for too few."""
        digits = suppressions.normal_phone(self.phone).removeprefix("0")
        return digits if len(digits) >= LEAST_DIGITS else ""

    def where(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Rows whose column may say something of them: never too few, sometimes too many."""
        text = cast(column, Text)
        small = func.lower(text)
        ways = []
        if self.name:
            parts = [part for part in _MARKS.sub(" ", self.name).split() if part]
            ways.append(and_(*(or_(*_holding(small, part)) for part in parts)))
        if self.email:
            ways.append(or_(*_holding(small, self.email)))
        if self.national:
            bare: ColumnElement[Any] = text
            for one in _SEPARATORS:
                bare = func.replace(bare, one, "")
            ways.append(bare.contains(self.national))
        return or_(*ways)

    def spans(self, text: str) -> list[Span]:
        """Where a text says something of them, in order and without overlap."""
        found = sorted(hit.span() for one in self.patterns for hit in one.finditer(text))
        kept: list[Span] = []
        for start, end in found:
            if kept and start < kept[-1][1]:
                kept[-1] = kept[-1][0], max(end, kept[-1][1])
            else:
                kept.append((start, end))
        return kept

    def without(self, value: Any, instead: str) -> Any:
        """The same value, a text or whatever JSON holds, with other words in their place."""
        if isinstance(value, str):
            for one in self.patterns:
                value = one.sub(instead, value)
            return value
        if isinstance(value, dict):
            return {self.without(k, instead): self.without(v, instead) for k, v in value.items()}
        if isinstance(value, list):
            return [self.without(one, instead) for one in value]
        return value


def readable(value: Any) -> str:
    """A column's value as a text to read: JSON spread out, nothing escaped."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, indent=1)


def _however_written(part: str) -> str:
    """A pattern for a part of a name, with whichever apostrophe or hyphen somebody typed."""
    found = ""
    for one in part:
        if one in _APOSTROPHES:
            found += f"[{_APOSTROPHES}]"
        elif one in _HYPHENS:
            found += rf"[\s{re.escape(_HYPHENS)}]"
        else:
            found += re.escape(one)
    return found


def _holding(small: ColumnElement[Any], part: str) -> Iterator[ColumnElement[bool]]:
    """JSON may be kept escaped: look for each way to write."""
    written = textsearch.however_large(part)
    escaped = {json.dumps(one)[1:-1].lower() for one in written}
    for one in sorted(escaped.union(written)):
        yield small.contains(one, autoescape=True)
