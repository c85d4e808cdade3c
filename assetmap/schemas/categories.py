"""What an administrator gives to change the classification."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assetmap.schemas.text import Line
from assetmap.vocabulary import Visibility

LOCAL = "x_"
LONGEST_CODE = 24
_CODE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def a_code(given: str) -> str:
    """A code that forms and spreadsheets elsewhere can use as it is, or nothing."""
    if given and not _CODE.fullmatch(given):
        raise ValueError("Use small letters, digits and single underlines; begin with a letter.")
    return given


Label = Annotated[str, Line(120, 1)]
Note = Annotated[str, Line(500)]
Code = Annotated[str, Line(LONGEST_CODE), AfterValidator(a_code)]
Why = Annotated[str, Line(500)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewTerm(_Form):
    """A term to add: below a top term, or a new top term when no parent is named."""

    label: Label
    scope_note: Note = ""
    parent: Code = Field("", description="code of the top term it goes under")
    code: Code = Field("", description="made from the label when empty; local codes begin x_")
    default_visibility: Visibility | None = None
    why: Why = ""


class Rename(_Form):
    """New words for a term; its code stays."""

    label: Label
    scope_note: Note = ""
    why: Why = ""


class _Confirmed(_Form):
    why: Why = ""
    confirmed: Literal["yes"] | None = None


class Move(_Confirmed):
    """Another top term to put a term under."""

    parent: Annotated[str, Line(LONGEST_CODE, 1)]


class Merge(_Confirmed):
    """Another term that takes over a term's entries."""

    into: Annotated[str, Line(LONGEST_CODE, 1)]


class Retire(_Confirmed):
    """Stop offering a term, or offer it again."""


class TreeFilter(BaseModel):
    """Words to find terms by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Line(100)] = ""
