"""Integer programming within the time there is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import scipy  # its parts are loaded when they are first used, which takes half a second

from assetmap.sortition.pools import Numbers

OUT_OF_TIME = 1  # as scipy says it
_until: ContextVar[float | None] = ContextVar("until", default=None)


class TooHard(Exception):
    """It took longer than it may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TooHard for what takes longer in this block. A result that is found in time does not
    depend on it."""
    before = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(before)


def milp(prices: Numbers, *, gap: float | None = None, **asked: Any) -> Any:
    """What integer programming finds, in the time that is left."""
    options = {} if gap is None else {"mip_rel_gap": gap}
    if (until := _until.get()) is not None:
        left = until - time.monotonic()
        if left <= 0:
            raise TooHard
        options["time_limit"] = left
    found = scipy.optimize.milp(prices, options=options, **asked)
    if found.status == OUT_OF_TIME:
        raise TooHard
    return found
