"""A database that the tests of one module share, because filling it takes seconds."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import postgis
from tests.conftest import migrate


@contextmanager
def kept_database(database: str, folder: Path, name: str) -> Iterator[str]:
    """The address of a migrated, empty database; `name` must be unique to the module and worker.

    Skips the test where PostGIS is not installed.
    """
    if database == "spatialite":
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.sqlite"
        migrate(f"sqlite:///{path}")
        yield f"sqlite:///{path}"
        for left in folder.glob(f"{name}.sqlite*"):
            left.unlink()
        return
    cluster = postgis.shared()
    if cluster is None:
        pytest.skip(postgis.MISSING)
    cluster.template("template_assetmap", migrate)
    yield cluster.create_database(name, "template_assetmap")
    cluster.drop_database(name)
    shutil.rmtree(folder, ignore_errors=True)
