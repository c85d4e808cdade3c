"""Where tries are counted: one small file that all server processes of a service share.

Everything that serves one register runs on one machine, so a file is enough, and it is the same
with either database. What it holds is gone when its time is over; addresses are in it as keyed
hashes alone.
"""

import hashlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from limits import RateLimitItem
from limits.storage import Storage

SCHEME = "assetmap-file"
WAIT_S = 5.0
DAY_S = 24 * 3600


def address(file: Path) -> str:
    """What tells the rate limiter to count in this file."""
    return f"{SCHEME}://{file.absolute()}"


def too_often(limit: RateLimitItem) -> str:
    """What somebody is told who tried more often than this."""
    day = limit.get_expiry() >= DAY_S
    often = f"{limit.amount} times in {'a day' if day else 'a minute'}"
    when = "tomorrow" if day else "in a minute"
    return f"From where you are, this can be done {often} at most. Try again {when}."


class RateStore(Storage):
    """Counts by key, each until its window is over.

    uri: as `address` gives it. secret: what addresses are hashed with.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012  # what the limiter looks it up by

    def __init__(
        self, uri: str, *, wrap_exceptions: bool = False, secret: str = "", **_options: Any
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._file = Path(uri.removeprefix(f"{SCHEME}://"))
        self._secret = hashlib.sha256(secret.encode()).digest()
        self._is_made = False

    @property
    def base_exceptions(self) -> type[Exception]:
        """What goes wrong with a file, upon which the limiter counts in memory for a while."""
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count so many more, in a window of `expiry` seconds from the first. Gives the count.

        One that lasts for twice that long began before the clock was put back: it is over, too.
        """
        at = time.time()
        rows = self._do(
            "INSERT INTO tried (key, count, ends_at) VALUES (:key, :amount, :at + :expiry)"
            " ON CONFLICT (key) DO UPDATE SET"
            " count = CASE WHEN ends_at > :at AND ends_at < :at + 2 * :expiry"
            " THEN count + :amount ELSE :amount END,"
            " ends_at = CASE WHEN ends_at > :at AND ends_at < :at + 2 * :expiry"
            " THEN ends_at ELSE :at + :expiry END"
            " RETURNING count",
            {"key": self._hashed(key), "amount": amount, "at": at, "expiry": expiry},
        )
        if rows[0][0] <= amount:  # a window begins: others have ended
            self._do("DELETE FROM tried WHERE ends_at <= :at", {"at": at})
        return int(rows[0][0])

    def get(self, key: str) -> int:
        """The count in the window that runs; 0 for none."""
        said = {"key": self._hashed(key), "at": time.time()}
        rows = self._do("SELECT count FROM tried WHERE key = :key AND ends_at > :at", said)
        return int(rows[0][0]) if rows else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970; now for none."""
        rows = self._do("SELECT ends_at FROM tried WHERE key = :key", {"key": self._hashed(key)})
        return float(rows[0][0]) if rows else time.time()

    def check(self) -> bool:
        """Whether the file can be used."""
        try:
            self._do("SELECT 1 FROM tried LIMIT 1", {})
        except sqlite3.Error:
            return False
        return True

    def reset(self) -> int | None:
        """Forget every count. Gives how many there were."""
        return len(self._do("DELETE FROM tried RETURNING key", {}))

    def clear(self, key: str) -> None:
        """Forget one."""
        self._do("DELETE FROM tried WHERE key = :key", {"key": self._hashed(key)})

    def _do(self, statement: str, given: dict[str, Any]) -> list[Any]:
        if not self._is_made:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        # a connection each: processes and threads come and go, and few requests are counted
        with closing(sqlite3.connect(self._file, timeout=WAIT_S, isolation_level=None)) as file:
            if not self._is_made:
                file.execute("PRAGMA journal_mode = WAL")
                file.execute(
                    "CREATE TABLE IF NOT EXISTS tried"
                    " (key TEXT PRIMARY KEY, count INTEGER NOT NULL, ends_at REAL NOT NULL)"
                    " WITHOUT ROWID"
                )
                self._is_made = True
            return file.execute(statement, given).fetchall()

    def _hashed(self, key: str) -> str:
        return hashlib.blake2b(key.encode(), key=self._secret, digest_size=16).hexdigest()
