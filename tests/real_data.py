"""Finding the real, open data that some tests read; they are skipped where it is not there."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[2] / "shared" / "data"


def real(path: str) -> Path:
    """The file or folder at `path` in the real data (ASSETMAP_REAL_DATA, or beside the checkout).

    Skips the test, in one line, when it is absent.
    """
    found = Path(os.environ.get("ASSETMAP_REAL_DATA") or _BESIDE) / path
    if not found.exists():
        pytest.skip(f"no real data: {path} (set ASSETMAP_REAL_DATA to its folder)")
    return found
