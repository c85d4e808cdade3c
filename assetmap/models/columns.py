"""Small pieces that tables are made of."""

import enum
from collections.abc import Iterable
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import MappedColumn, mapped_column


def one_of(column: str, allowed: Iterable[str], *, optional: bool = False) -> CheckConstraint:
    """A constraint: the column holds one of these words."""
    words = ", ".join(f"'{word}'" for word in allowed)
    missing = f"{column} IS NULL OR " if optional else ""
    return CheckConstraint(f"{missing}{column} IN ({words})", name=column)


def values(words: type[enum.StrEnum]) -> list[str]:
    """The words of an enumeration."""
    return [word.value for word in words]


def short(length: int, **more: Any) -> MappedColumn[Any]:
    """Text up to so many characters."""
    return mapped_column(String(length), **more)


def pointing(to: str, *, index: bool = True, **more: Any) -> MappedColumn[Any]:
    """A key of another table."""
    return mapped_column(ForeignKey(to), index=index, **more)
