"""Where a page of results ended, as text that can travel in an address."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement

from assetmap.db import UtcDateTime
from assetmap.errors import BadRequest

SPOILT = "This is not a place in these results. Start again from the first page."


def write(sort: str, keys: Sequence[Any]) -> str:
    """The sort and the last row's keys."""
    plain = [_plain(key) for key in keys]
    packed = json.dumps([sort, *plain], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read(cursor: str, sort: str, order: Sequence[ColumnElement[Any]]) -> list[Any]:
    """The keys again, each of the type of what it is compared with.

    Raises BadRequest for "cursor" when it is not one of ours, or belongs to another sort.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        said, *keys = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if said != sort or len(keys) != len(order):
            raise ValueError(said)
        return [_typed(key, column) for key, column in zip(keys, order, strict=True)]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise BadRequest.field("cursor", SPOILT) from error


def _plain(key: Any) -> Any:
    match key:
        case datetime():
            return key.astimezone(UTC).isoformat()
        case date():
            return key.isoformat()
        case _:
            return key


def _typed(key: Any, column: ColumnElement[Any]) -> Any:
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(key).astimezone(UTC)
    kind = column.type.python_type
    if kind is date:
        return date.fromisoformat(key)
    if isinstance(key, bool) or not isinstance(key, int | float):
        raise TypeError(key)
    made = kind(key)
    most = 2**62 if isinstance(column.type, BigInteger) else 2**31 - 1
    if isinstance(made, int) and abs(made) > most:
        raise OverflowError(key)
    return made
