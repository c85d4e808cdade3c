"""Tries are counted in one file, by all processes, in windows, and without addresses."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from assetmap.outside import rate_store
from assetmap.outside.rate_store import DAY_S, RateStore

ONE_PROCESS = """
import sys
from assetmap.outside.rate_store import RateStore
for _ in range(25):
    RateStore(sys.argv[1]).incr("sign-in/192.0.2.7", 60)
"""


@pytest.fixture
def store(tmp_path: Path) -> RateStore:
    return RateStore(rate_store.address(tmp_path / "new" / "tried.sqlite"), secret="s")


def test_what_several_processes_count_adds_up(tmp_path: Path) -> None:
    where = rate_store.address(tmp_path / "tried.sqlite")
    begun = [subprocess.Popen([sys.executable, "-c", ONE_PROCESS, where]) for _ in range(3)]
    assert [one.wait(60) for one in begun] == [0, 0, 0]
    assert RateStore(where).get("sign-in/192.0.2.7") == 75


def test_a_window_begins_anew_once_it_is_over_and_what_is_over_is_forgotten(
    store: RateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.time()
    clock = [begun]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    assert [store.incr("a", 60), store.incr("a", 60), store.incr("b", 10)] == [1, 2, 1]
    assert store.get_expiry("a") == begun + 60
    clock[0] = begun + 61
    assert (store.get("a"), store.get("b")) == (0, 0)
    assert (store.incr("a", 60), store.get_expiry("a")) == (1, begun + 121)
    assert store.reset() == 1  # b went when a began anew
    assert store.get_expiry("a") == clock[0]


def test_a_window_that_began_before_the_clock_was_put_back_is_over(
    store: RateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [time.time() + 3 * DAY_S]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    assert [store.incr("a", 60), store.incr("a", 60)] == [1, 2]
    clock[0] -= 3 * DAY_S
    assert (store.incr("a", 60), store.get_expiry("a")) == (1, clock[0] + 60)
    clock[0] -= 1  # another process looked a moment before
    assert store.incr("a", 60) == 2


def test_the_limiter_finds_it_by_its_address_and_it_holds_no_address_of_anybody(
    tmp_path: Path,
) -> None:
    file = tmp_path / "tried.sqlite"
    store = storage_from_string(rate_store.address(file), secret="s")
    limiter, three = FixedWindowRateLimiter(store), parse("3 per minute")
    assert [limiter.hit(three, "192.0.2.7") for _ in range(4)] == [True] * 3 + [False]
    assert limiter.hit(three, "192.0.2.8")
    held = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    assert b"192.0.2" not in held


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    store = RateStore(rate_store.address(tmp_path))  # a folder
    assert store.check() is False
    with pytest.raises(store.base_exceptions):
        store.incr("a", 60)
